/* tlspin connect.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/host.h"
#include "common/text.h"
#include "libclient/tlspin-gnutls.h"
#include "pinning/change.h"
#include "tools/hosts.h"
#include "tools/json.h"
#include "tools/meeting.h"
#include "tools/progress.h"
#include "tools/sheet.h"
#include "tools/when.h"

#include <string.h>

enum {
  TIMEOUT_DEFAULT = 10,
  TIMEOUT_MOST = 3600,
  RULE_ADDED_ANCHOR = 4 /* of tlspin-verdict(7) */
};

static struct {
  char *ca_file;
  char *sni;
  char *level;
  int timeout;
  gboolean raw_keys;
  gboolean is_private;
} options = {.timeout = TIMEOUT_DEFAULT};

static const GOptionEntry entries[] = {
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options.ca_file,
     N_("Trust these certificates (PEM), not the system's"), N_("FILE")},
    {"sni", 0, 0, G_OPTION_ARG_STRING, &options.sni,
     N_("The server's name, where HOST is its address"), N_("NAME")},
    {"level", 0, 0, G_OPTION_ARG_STRING, &options.level, N_("strict, tofu or advisory"),
     N_("LEVEL")},
    {"timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
     N_("Give up after so many seconds (default: 10)"), N_("SECONDS")},
    {"private", 0, 0, G_OPTION_ARG_NONE, &options.is_private,
     N_("Store nothing: no key, no ticket, no log"), NULL},
    {"raw-keys", 0, 0, G_OPTION_ARG_NONE, &options.raw_keys,
     N_("The server may show a raw public key (RFC 7250)"), NULL},
    G_OPTION_ENTRY_NULL,
};

static bool read_level(unsigned *level)
{
  static const struct {
    const char *name;
    unsigned level;
  } levels[] = {{"strict", TLSPIN_STRICT}, {"tofu", TLSPIN_TOFU}, {"advisory", TLSPIN_ADVISORY}};

  *level = TLSPIN_TOFU;
  if (options.level == NULL)
    return true;
  for (size_t i = 0; i < G_N_ELEMENTS(levels); i++)
    if (strcmp(levels[i].name, options.level) == 0) {
      *level = levels[i].level;
      return true;
    }
  return false;
}

/* Where to connect, and the name that is pinned: --sni, else the host. An address stays as it is:
 * it can be met, but not pinned. Returns STATUS_FINE, or STATUS_USAGE after a message. */
static int read_server(const char *argument, char where[HOST_INPUT_MAX + 1], struct target *target)
{
  g_autofree char *problem = NULL;

  if (!host_split(argument, where, &target->port) || target->port == 0)
    return complain(STATUS_USAGE,
                    _("'%s' is not of the form HOST:PORT, ADDRESS:PORT or [ADDRESS]:PORT."),
                    argument);
  if (options.sni == NULL && g_hostname_is_ip_address(where)) {
    g_strlcpy(target->host, where, sizeof target->host);
    return STATUS_FINE;
  }
  return target_read_met(argument, options.sni, target, where, &problem)
             ? STATUS_FINE
             : complain(STATUS_USAGE, "%s.", problem);
}

/* What became of the ticket; NULL: there was none to ask for. */
static char *ticket_text(const struct meeting *meeting)
{
  g_autofree char *end = when_to_text(meeting->stored);

  if (meeting->stored > 0)
    return g_strdup_printf(_("kept until %s"), end);
  if (meeting->is_private && meeting->lifetime > 0)
    return g_strdup(_("not kept, because of --private"));
  if (meeting->kept == TLSPIN_MISMATCH)
    return g_strdup(_("not kept, because the pin is locked or was changed meanwhile"));
  if (meeting->kept == TLSPIN_OPTED_OUT)
    return g_strdup(_("not kept, because an authority that was added to this computer vouches for "
                      "the server"));
  if (meeting->kept != TLSPIN_NO_PIN)
    return g_strdup(_("could not be kept"));
  if (meeting->proved)
    return g_strdup(_("no new one came, so the pin ends when it was to end"));
  if (!meeting->asked || !meeting->done)
    return NULL;
  return g_strdup(meeting->tls13 ? _("not offered by the server")
                                 : _("not offered: a server needs TLS 1.3 for it"));
}

/* No pin decided. */
static char *first_text(const struct meeting *meeting)
{
  if (meeting->is_private)
    return g_strdup(_("none, and none was made because of --private"));
  if (!meeting->unlearned)
    return g_strdup(_("met for the first time"));
  if (meeting->no_learning != NULL)
    return g_strdup_printf(_("none, and none was made because of learn=no (%s)"),
                           meeting->no_learning);
  if (meeting->exempt)
    return g_strdup(_("none, and none was made: an authority that was added to this computer "
                      "vouches for the server"));
  return g_strdup(_("none that decides, and none was made"));
}

/* What the pin is worth. */
static char *pin_text(const struct meeting *meeting)
{
  enum change change;

  if (meeting->status == STATUS_PIN)
    return g_strdup_printf(_("NOT MET (%s)"), meeting->reason);
  if (!meeting->done)
    return g_strdup(_("not checked"));
  if (meeting->reported)
    return g_strdup_printf(_("would not have been met (%s); it is only reported"), meeting->reason);
  if (change_from_token(meeting->change, &change) && change != CHANGE_NONE)
    return g_strdup_printf(_("met: %s"), _(change_text(change)));
  if (meeting->proved)
    return g_strdup(_("proved: the server is the one that was pinned"));
  if (meeting->answer == TLSPIN_MATCH)
    return g_strdup(meeting->excused != NULL ? _("met: there is an exception for its key")
                                             : _("met: the server has the key that is pinned"));
  if (meeting->answer == TLSPIN_NO_PIN)
    return first_text(meeting);
  if (meeting->answer == TLSPIN_OPTED_OUT && meeting->rule == RULE_ADDED_ANCHOR)
    return g_strdup(_("none: an authority that was added to this computer vouches for the server"));
  return g_strdup(tlspin_code_text((enum tlspin_code)meeting->answer));
}

static enum paint pin_paint(const struct meeting *meeting)
{
  if (meeting->status == STATUS_PIN)
    return PAINT_BAD;
  if (meeting->status != STATUS_FINE)
    return PAINT_WARNING;
  if (meeting->excused != NULL || meeting->reported)
    return PAINT_WARNING;
  return meeting->stored > 0 || meeting->answer == TLSPIN_MATCH ? PAINT_GOOD : PAINT_NONE;
}

static void add_certificate(struct sheet *sheet, const struct identity *certificate)
{
  g_autofree char *from = when_to_text(certificate->not_before);
  g_autofree char *until = when_to_text(certificate->not_after);

  if (certificate->raw) {
    sheet_add(sheet, _("Certificate"), "%s", _("none, but a raw public key"));
    return;
  }
  sheet_add(sheet, _("Certificate"), "%s",
            certificate->subject != NULL ? certificate->subject : "?");
  sheet_add(sheet, "", _("issued by %s"), certificate->issuer != NULL ? certificate->issuer : "?");
  sheet_add(sheet, "", _("valid from %s until %s"), from, until);
}

/* Only of a server that showed something of itself. */
static void print_meeting(const struct meeting_plan *plan, const struct meeting *meeting)
{
  const struct columns_style style = columns_style_of_output();
  struct sheet *sheet;
  g_autofree char *pin = NULL, *ticket = NULL;

  if (meeting->tls == NULL)
    return;
  sheet = sheet_new();
  pin = pin_text(meeting);
  ticket = ticket_text(meeting);
  sheet_add(sheet, _("Server"), _("%s, port %u (%s)"), plan->name, plan->port,
            meeting->address != NULL ? meeting->address : "?");
  sheet_add(sheet, "TLS", "%s, %s", meeting->tls, meeting->cipher);
  add_certificate(sheet, &meeting->certificate);
  if (meeting->excused != NULL)
    sheet_add_painted(sheet, "", PAINT_WARNING, meeting->excused);
  sheet_add(sheet, _("Key"), "%s", meeting->certificate.key);
  sheet_add_painted(sheet, _("Pin"), pin_paint(meeting), pin);
  if (ticket != NULL)
    sheet_add(sheet, _("Ticket"), "%s", ticket);
  sheet_end(sheet, &style);
}

static void print_json(const struct meeting_plan *plan, const struct meeting *meeting)
{
  JsonBuilder *builder = json_builder_new();
  const struct identity *certificate = &meeting->certificate;

  json_builder_begin_object(builder);
  json_put_text(builder, "host", plan->name);
  json_put_number(builder, "port", plan->port);
  json_put_text(builder, "address", meeting->address);
  json_put_text(builder, "answer",
                meeting->greeted ? tlspin_code_token((enum tlspin_code)meeting->answer) : NULL);
  json_put_text(builder, "reason", meeting->reason);
  json_put_text(builder, "change", meeting->change);
  json_put_number(builder, "rule", meeting->rule);
  json_put_text(builder, "excused", meeting->excused);
  json_put_flag(builder, "asked", meeting->asked);
  json_put_flag(builder, "sent", meeting->sent);
  json_put_flag(builder, "proved", meeting->proved);
  json_put_time(builder, "stored", meeting->stored);
  json_put_number(builder, "lifetime", meeting->lifetime);
  json_put_text(builder, "layer", meeting->layer);
  json_put_text(builder, "tls", meeting->tls);
  json_put_text(builder, "cipher", meeting->cipher);
  json_put_text(builder, "subject", certificate->subject);
  json_put_text(builder, "issuer", certificate->issuer);
  json_put_time(builder, "not-before", certificate->not_before);
  json_put_time(builder, "not-after", certificate->not_after);
  json_put_text(builder, "key", certificate->key);
  json_put_number(builder, "exit", (uint64_t)meeting->status);
  json_put_text(builder, "message", meeting->message);
  json_print(json_builder_end_object(builder));
}

static int meet(const struct meeting_plan *plan)
{
  tlspin_t *context = store_context();
  g_autofree char *doing = g_strdup_printf(_("Connecting to %s ..."), plan->host);
  struct progress *progress = progress_start(doing);
  struct meeting meeting;
  int status;

  meeting_hold(context, plan, &meeting);
  progress_stop(progress);
  (shared_options.json ? print_json : print_meeting)(plan, &meeting);
  status = meeting.status;
  if (status != STATUS_FINE || meeting.reported)
    complain(status, "%s", meeting.message);
  meeting_clear(&meeting);
  tlspin_free(context);
  return status;
}

static int plan_and_meet(const char *argument)
{
  char where[HOST_INPUT_MAX + 1];
  struct target target = {.port = 0};
  struct meeting_plan plan = {.host = where, .name = target.host, .ca_file = options.ca_file};
  int status = read_server(argument, where, &target);

  if (status != STATUS_FINE)
    return status;
  if (!read_level(&plan.level))
    return complain(STATUS_USAGE, _("'%s' is not a level. Say strict, tofu or advisory."),
                    options.level);
  if (options.timeout < 1 || options.timeout > TIMEOUT_MOST)
    return complain(STATUS_USAGE, _("--timeout must be 1 to %d seconds."), TIMEOUT_MOST);
  plan.timeout = (unsigned)options.timeout;
  plan.raw_keys = options.raw_keys != FALSE;
  plan.port = target.port;
  if (options.is_private)
    plan.level |= TLSPIN_PRIVATE;
  return meet(&plan);
}

int run_connect(int argc, char **argv)
{
  const char *description =
      _("Makes one TLS connection, checks the certificate and the pins, and says goodbye.\n"
        "A server that is met for the first time is pinned by its key, and one that hands\n"
        "out a ticket by that, too. Exceptions count, as in programs that leave the check\n"
        "to tlspin.\n"
        "\n"
        "LEVEL says what to do where the pin store can't be read: 'strict' refuses the\n"
        "server; 'tofu', the usual one, goes on and stores nothing. 'advisory' goes on in\n"
        "any case, also where the server does not meet its pin.\n"
        "\n"
        "Examples:\n"
        "  tlspin connect imap.example.org:993\n"
        "  tlspin connect --sni www.example.org '[2001:db8::7]:443'\n"
        "  tlspin connect --ca test-ca.pem --level strict --json localhost:4433\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection or no valid certificate,\n"
        "3 the server did not meet a pin that is enforced, 4 the pin store can't be read\n"
        "or did not keep the ticket.");
  int status = read_options("connect", _("HOST:PORT"), description, entries, 1, 1, &argc, &argv);

  return status == STATUS_FINE ? plan_and_meet(argv[1]) : status;
}

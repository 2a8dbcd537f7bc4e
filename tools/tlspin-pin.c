/* tlspin pin: a server has this key, and no other.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/storing.h"

static struct {
  struct edit_keys keys;
  char *level;
  char *until;
  char *note;
  gboolean also;
  gboolean report;
} options;

static const GOptionEntry entries[] = {
    {"key", 'k', 0, G_OPTION_ARG_STRING_ARRAY, &options.keys.texts,
     N_("A key, in a form that is said below; again for a backup"), N_("TEXT")},
    {"cert", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.keys.files,
     N_("The key of the certificate or public key in FILE (PEM)"), N_("FILE")},
    {"from-server", 0, 0, G_OPTION_ARG_NONE, &options.keys.from_server,
     N_("The key that the server shows, if its certificate is valid"), NULL},
    {"ca", 0, 0, G_OPTION_ARG_FILENAME, &options.keys.ca_file,
     N_("With --from-server: trust these certificates (PEM)"), N_("FILE")},
    {"sni", 0, 0, G_OPTION_ARG_STRING, &options.keys.sni,
     N_("With --from-server: its name, where HOST is its address"), N_("NAME")},
    {"level", 0, 0, G_OPTION_ARG_STRING, &options.level,
     N_("Whose key it is: leaf, issuer, anchor, authority or any"), N_("LEVEL")},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, N_("When the pin ends (default: never)"),
     N_("TIME")},
    {"also", 0, 0, G_OPTION_ARG_NONE, &options.also,
     N_("Accept this key, and leave others to the PKI"), NULL},
    {"report", 0, 0, G_OPTION_ARG_NONE, &options.report,
     N_("Only log it where the server has another key"), NULL},
    {"note", 0, 0, G_OPTION_ARG_STRING, &options.note, N_("A note to yourself"), N_("TEXT")},
    G_OPTION_ENTRY_NULL,
};

/* Only reported from the start on is the same as enforced until long ago. */
static int fill(struct edit *model)
{
  int status = edit_read_level(options.level);

  if (status != STATUS_FINE)
    return status;
  if (options.also && options.report)
    return complain(STATUS_USAGE,
                    _("Say either --also or --report: a key that is only accepted, too, "
                      "is never refused, so that there is nothing to report."));
  model->record.status = options.also ? "active" : "critical";
  model->record.level = options.level;
  model->record.enforced_until = options.report ? 1 : 0;
  status = edit_read_note(options.note, &model->record);
  return status == STATUS_FINE ? edit_read_end(options.until, &model->record.expires) : status;
}

static int pin(const struct edit *model)
{
  g_autofree char *place = edit_place_text(model);
  g_autofree char *done = g_strdup_printf(
      options.report ? _("%s is pinned; another key there is only reported.") : _("%s is pinned."),
      place);

  return storing_put(&options.keys, place, model, done);
}

int run_pin(int argc, char **argv)
{
  struct edit model = {.record = {.scope = "exact"}};
  const char *description =
      _("Pins a server to one or more keys: one of them must be in the path of its\n"
        "certificates, or your programs refuse it, whatever certificate it has. Name a\n"
        "backup key too, so that the server can change its key. HOST is one host, *.HOST\n"
        "the names with one label more, .HOST the host and all names below it.\n"
        "\n"
        "TEXT: sha256//BASE64, the 64 hex digits of the key's SHA-256, a TLSA record, or\n"
        "a key as 'tlspin list --json' and 'tlspin why' print it.\n"
        "\n"
        "LEVEL: 'leaf' is the server's own key, 'issuer' that of the one who issued its\n"
        "certificate, 'anchor' that of the root, 'authority' any but the server's own,\n"
        "'any' any of the path. Without it, it is what a TLSA record says, 'leaf' with\n"
        "--from-server, and else 'any'.\n"
        "\n"
        "Examples:\n"
        "  tlspin pin imap.example.org:993 --from-server\n"
        "  tlspin pin .example.org --level authority --cert our-ca.pem\n"
        "  tlspin pin www.example.org --key sha256//BASE64 --key sha256//BACKUP\n"
        "  tlspin pin mail.example.org:25 --key '3 1 1 HEX'\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 2 no connection or no valid certificate, 4\n"
        "the pin store can't be read or written.");
  int status = read_options("pin", _("HOST[:PORT]"), description, entries, 1, 1, &argc, &argv);

  if (status == STATUS_FINE)
    status = edit_keys_read_server(&options.keys, argv[1], &model);
  if (status == STATUS_FINE)
    status = fill(&model);
  return status == STATUS_FINE ? pin(&model) : status;
}

/* tlspin import: pins that other programs keep, and dumps.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "formats/policy-text.h"
#include "tools/backups.h"
#include "tools/edit.h"
#include "tools/exchange.h"
#include "tools/intake.h"
#include "tools/pages.h"

#include <inttypes.h>
#include <time.h>

enum { DAY = 86400, EXCEPTIONS_LAST = 366 }; /* days, unless --until says otherwise */

static struct {
  char *format;
  gboolean dry_run;
  gboolean critical;
  gboolean policy;
  char *until;
  char **certs;
} options;

static const GOptionEntry entries[] = {
    {"format", 'f', 0, G_OPTION_ARG_STRING, &options.format,
     N_("What kind of file it is, where that isn't found out"), N_("NAME")},
    {"dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run,
     N_("Say what would be done, and don't do it"), NULL},
    {"critical", 0, 0, G_OPTION_ARG_NONE, &options.critical,
     N_("From now on accept no other keys than these"), NULL},
    {"policy", 0, 0, G_OPTION_ARG_NONE, &options.policy, N_("Print policy text, and store nothing"),
     NULL},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until,
     N_("Let exceptions end by then (in a year), or the policy"), N_("TIME")},
    {"cert", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.certs,
     N_("Certificates of which the file may hold only digests"), N_("FILE")},
    G_OPTION_ENTRY_NULL,
};

static void print_record(const struct keypin *pin)
{
  g_autofree char *text = exchange_text(pin);

  output_text("%s", text);
}

/* Where the records go, the second time through. */
struct storing {
  struct pages *pages;
  struct backups *backups;
};

static void store_record(const struct keypin *pin, size_t line, void *data)
{
  struct storing *storing = data;

  if (pages_put(storing->pages, pin, line, backups_have(storing->backups, pin)) &&
      options.dry_run && !shared_options.json)
    print_record(pin);
}

static void note_record(const struct keypin *pin, size_t line, void *data)
{
  (void)line;
  backups_note(data, pin);
}

static int store(struct intake *intake, struct backups *backups, struct tlspin_change *change)
{
  tlspin_t *context = store_context();
  struct storing storing = {
      pages_new(context, options.dry_run ? TLSPIN_DRY_RUN : 0, intake_remark, intake), backups};
  int status;

  intake_repeat(intake, store_record, &storing);
  status = pages_end(storing.pages, change);
  tlspin_free(context);
  return status;
}

static void print_json(struct intake *intake, int status, const struct tlspin_change *change)
{
  bool done = status == STATUS_FINE && !options.dry_run;
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  intake_to_json(intake, builder);
  json_put_flag(builder, "dry-run", options.dry_run);
  if (done && change->operation != 0)
    json_put_number(builder, "operation", change->operation);
  else
    json_put_text(builder, "operation", NULL);
  json_put_number(builder, "count", status == STATUS_FINE ? change->count : 0);
  json_print(json_builder_end_object(builder));
}

/* Only what is new or changed counts as imported. */
static void print_count(unsigned long count)
{
  if (options.dry_run)
    output_text(text_translate_count("%lu pin would be imported.\n",
                                     "%lu pins would be imported.\n", count),
                count);
  else
    output_text(text_translate_count("%lu pin was imported.\n", "%lu pins were imported.\n", count),
                count);
}

static void print(const struct intake *intake, const struct tlspin_change *change)
{
  unsigned long count = (unsigned long)MIN(change->count, intake->records);
  unsigned long rest = intake->records - count;

  if (count == 0 && options.dry_run)
    output_text("%s\n", _("That is so already; nothing would be changed."));
  else if (count == 0)
    output_text("%s\n", _("That was so already; nothing was changed."));
  else {
    print_count(count);
    if (rest > 0)
      output_text(text_translate_count("%lu more is stored like that already.\n",
                                       "%lu more are stored like that already.\n", rest),
                  rest);
    if (change->operation != 0)
      output_text(_("To take that back: tlspin undo %" PRIu64 "\n"), change->operation);
  }
}

static int import_pins(struct intake *intake)
{
  struct backups *backups = backups_new(intake->reading.now);
  struct tlspin_change change = {0};
  int status;

  intake->record = note_record;
  intake->data = backups;
  status = intake_look(intake);
  if (status == STATUS_FINE)
    status = store(intake, backups, &change);
  backups_free(backups);
  if (shared_options.json)
    print_json(intake, status, &change);
  else if (status == STATUS_FINE)
    print(intake, &change);
  if (!shared_options.json)
    intake_sum_up(intake);
  return status;
}

static void add_to_policy(const struct keypin *pin, size_t line, void *data)
{
  policy_text_put(data, pin, line);
}

static int print_policy(struct intake *intake, int64_t until)
{
  struct policy_text *policy = policy_text_new(intake->reading.now, until, intake_remark, intake);
  g_autofree char *text = NULL;
  bool whole;
  int status;

  intake->record = add_to_policy;
  intake->data = policy;
  status = intake_look(intake);
  text = policy_text_end(policy, &whole);
  if (status == STATUS_FINE)
    output_text("# %s: %s\n\n%s", intake->name, _(intake->format->title), text);
  intake_sum_up(intake);
  return status == STATUS_FINE && !whole ? STATUS_NOT_FOUND : status;
}

static int import(struct intake *intake)
{
  uint64_t until = 0;
  int status = edit_read_end(options.until, &until);

  if (status != STATUS_FINE)
    return status;
  intake->reading.now = time(NULL);
  intake->reading.critical = options.critical;
  /* the end of a day, so that the same file read again says the same */
  intake->reading.exceptions_end =
      until != 0 ? (int64_t)until : (intake->reading.now / DAY + EXCEPTIONS_LAST) * DAY;
  if (options.policy)
    return print_policy(intake, (int64_t)until);
  if (intake->format->policy_only)
    return complain(STATUS_USAGE,
                    _("'%s' holds %s, which are for an administrator's policy and not for a user. "
                      "Say --policy, put what that prints into a file below "
                      "/etc/tlspin/policy.d, and run 'tlspin policy compile'."),
                    intake->name, _(intake->format->title));
  return import_pins(intake);
}

static int read_import_options(int *argc, char ***argv)
{
  const char *description =
      _("Takes over pins that another program keeps, or a dump of 'tlspin export'. The\n"
        "file is read as a whole first; a line that can't be used is named, and the rest\n"
        "goes on. All that is stored can be taken back by one undo.\n"
        "\n"
        "Keys that you accepted in another program become pins, and certificates that you\n"
        "accepted in spite of an error become exceptions for this error. HOST is for\n"
        "files that don't say, or only by a digest, which servers they are about: PEM,\n"
        "and that of Emacs. tlspin-formats(5) describes the formats: dump, known-hosts,\n"
        "filezilla, firefox, kde, emacs, chromium, pem.\n"
        "\n"
        "Examples:\n"
        "  tlspin import --dry-run ~/.gnutls/known_hosts\n"
        "  tlspin import ~/.config/filezilla/trustedcerts.xml\n"
        "  tlspin import server.pem imap.example.org:993\n"
        "  tlspin import --policy chromium_static_pins.json >chromium.conf\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage or the file can't be used, 4 the pin store\n"
        "can't be read or written, 5 nothing in the file can be used, or policy text\n"
        "can't say all that it refuses.");
  int status = read_options("import", _("FILE | - [HOST[:PORT]...]"), description, entries, 1, -1,
                            argc, argv);

  if (status == STATUS_FINE && options.policy && (options.dry_run || shared_options.json))
    return complain(STATUS_USAGE, _("--policy prints policy text, and stores nothing: it goes with "
                                    "neither --dry-run nor --json."));
  return status;
}

int run_import(int argc, char **argv)
{
  struct intake intake;
  int status = read_import_options(&argc, &argv);

  if (status != STATUS_FINE)
    return status;
  status = intake_open(&intake, argv[1], options.format, options.certs, argv + 2);
  if (status == STATUS_FINE)
    status = import(&intake);
  intake_clear(&intake);
  return status;
}

/* tlspin clear.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/cleared.h"
#include "tools/consent.h"
#include "tools/forever.h"
#include "tools/hosts.h"
#include "tools/progress.h"
#include "tools/when.h"

#include <unistd.h>

static struct {
  gboolean all;
  char *since;
  gboolean forever;
  gboolean yes;
  struct choice choice;
} options;

static const GOptionEntry entries[] = {
    {"all", 0, 0, G_OPTION_ARG_NONE, &options.all, N_("Clear all pins of yours"), NULL},
    {"since", 0, 0, G_OPTION_ARG_STRING, &options.since,
     N_("Clear the pins stored or renewed since then"), N_("TIME")},
    {"kind", 0, 0, G_OPTION_ARG_STRING, &options.choice.kind, N_("Clear only pins of this kind"),
     N_("KIND")},
    {"status", 0, 0, G_OPTION_ARG_STRING, &options.choice.status,
     N_("Clear only pins that say this"), N_("STATUS")},
    {"origin", 0, 0, G_OPTION_ARG_STRING, &options.choice.origin,
     N_("Clear only pins that come from there"), N_("ORIGIN")},
    {"key", 'k', 0, G_OPTION_ARG_STRING, &options.choice.key, N_("Clear only pins about this key"),
     N_("TEXT")},
    {"forever", 0, 0, G_OPTION_ARG_NONE, &options.forever,
     N_("Leave no trace of them in any file; it can't be taken back"), NULL},
    {"yes", 'y', 0, G_OPTION_ARG_NONE, &options.yes, N_("Don't ask before --all or --forever"),
     NULL},
    G_OPTION_ENTRY_NULL,
};

static struct cleared begin(const struct tlspin_filter *filter)
{
  return (struct cleared){.filter = *filter, .choice = &options.choice, .since = options.since};
}

static int clear_one(tlspin_t *context, struct cleared *clear, struct json_array *array)
{
  struct progress *progress =
      progress_start(options.forever ? _("Erasing pins ...") : _("Clearing pins ..."));
  struct tlspin_change change = {0};
  int code, status = STATUS_FINE;

  cleared_look(context, clear);
  code = tlspin_clear(context, &clear->filter, &change);
  progress_stop(progress);
  if (code == TLSPIN_E_NOT_FOUND)
    status = cleared_complain(clear);
  else if (code != TLSPIN_OK)
    status = complain_of(code);
  else if (shared_options.json)
    cleared_put(array, clear, &change);
  else
    cleared_print(clear, &change);
  cleared_end(clear);
  return status;
}

static int clear_target(tlspin_t *context, const struct tlspin_filter *chosen,
                        const struct target *target, bool alone, struct json_array *array)
{
  g_autofree char *name = target_text(target);
  struct cleared clear = begin(chosen);

  clear.name = name;
  clear.alone = alone;
  clear.filter.host = target->host;
  clear.filter.port = target->port;
  clear.filter.scope = target_scope(target);
  return clear_one(context, &clear, array);
}

static int64_t count_pins(tlspin_t *context)
{
  tlspin_status_t *status = NULL;
  int64_t tickets = -1, records = 0;

  if (tlspin_status(context, &status) == TLSPIN_OK) {
    tickets = tlspin_status_number(status, "entries");
    records = tlspin_status_number(status, "records");
  }
  tlspin_status_free(status);
  return tickets < 0 || records < 0 ? -1 : tickets + records;
}

static int confirm_all(tlspin_t *context)
{
  unsigned long count;
  int64_t pins;

  if (options.yes)
    return STATUS_FINE;
  if (!isatty(STDIN_FILENO))
    return complain(STATUS_USAGE,
                    _("There is no terminal to ask at; say --yes to clear all pins."));
  pins = count_pins(context);
  if (pins < 0)
    return complain(STATUS_STORE, _("The pins can't be counted: %s Nothing was changed."),
                    tlspin_last_message());
  if (pins == 0)
    return complain(STATUS_NOT_FOUND, _("There are no pins of yours. Nothing was changed."));
  count = (unsigned long)pins;
  g_printerr(text_translate_count("Clear %lu pin of yours, all there is? [y/N] ",
                                  "Clear all %lu pins of yours? [y/N] ", count),
             count);
  return consent_given() ? STATUS_FINE : complain(STATUS_USAGE, _("Nothing was changed."));
}

/* STATUS_FINE: go on. */
static int confirm(tlspin_t *context, struct forever *files)
{
  *files = (struct forever){0, 0, 0};
  if (options.forever)
    return forever_confirm(context, options.all, options.yes, files);
  return options.all ? confirm_all(context) : STATUS_FINE;
}

static int end(tlspin_t *context, struct json_array *array, const struct forever *files, bool any,
               int status)
{
  if (shared_options.json)
    json_array_end(array, status);
  else if (any && options.forever)
    forever_print(context, files);
  tlspin_free(context);
  return status;
}

static int clear_targets(const struct tlspin_filter *chosen, const GArray *targets)
{
  tlspin_t *context = store_context();
  struct json_array array = {false};
  struct forever files;
  int status = confirm(context, &files);
  bool agreed = status == STATUS_FINE, any = false;

  for (guint i = 0; agreed && i < targets->len && status != STATUS_STORE; i++) {
    int one = clear_target(context, chosen, &g_array_index(targets, struct target, i),
                           targets->len == 1, &array);

    any = any || one == STATUS_FINE;
    if (one != STATUS_FINE)
      status = one;
  }
  return end(context, &array, &files, any, status);
}

static int clear_many(const struct tlspin_filter *chosen)
{
  struct cleared clear = begin(chosen);
  tlspin_t *context = store_context();
  struct json_array array = {false};
  struct forever files;
  int status = confirm(context, &files);

  if (status == STATUS_FINE)
    status = clear_one(context, &clear, &array);
  return end(context, &array, &files, status == STATUS_FINE, status);
}

static int clear_hosts(const struct tlspin_filter *chosen, char *const *arguments)
{
  g_autofree char *problem = NULL;
  g_autoptr(GArray) targets = hosts_read(arguments, stdin, &problem);

  return targets != NULL ? clear_targets(chosen, targets) : complain(STATUS_USAGE, "%s.", problem);
}

/* What --since and the words choose, of the servers that are named or of all. */
static int clear_chosen(char *const *arguments)
{
  struct tlspin_filter filter = {.forever = options.forever};
  g_autofree char *problem = NULL;
  int status = choice_read(&options.choice, &filter);

  if (status != STATUS_FINE)
    return status;
  if (options.since != NULL && !when_parse(options.since, store_time(), &filter.since, &problem))
    return complain(STATUS_USAGE, "%s.", problem);
  return arguments[0] != NULL ? clear_hosts(&filter, arguments) : clear_many(&filter);
}

static bool is_narrowed(void)
{
  return options.since != NULL || choice_is_made(&options.choice);
}

int run_clear(int argc, char **argv)
{
  struct tlspin_filter everything = {.all = 1};
  const char *description =
      _("Forgets pins of yours; those of the administrator stay. The servers are pinned\n"
        "anew when a program meets them again. What was cleared can be taken back with\n"
        "'tlspin undo'. HOST is all that stands at this name; HOST:PORT is what is for\n"
        "this port alone, and what is for every port stays. '*.HOST' and '.HOST' are pins\n"
        "of the names below HOST, '*' is what holds everywhere. '-' reads the servers\n"
        "from standard input, one a line; so they don't stand in the list of processes.\n"
        "\n"
        "What was cleared is in the journal and in backups until the undo period is over,\n"
        "seven days as a rule, and what was logged of it is in the log. With --forever it\n"
        "is erased from all files at once, and can't be taken back; damaged files that\n"
        "were set aside are removed with it.\n"
        "\n"
        "TIME is 2h, 30min or 3d ago, 2026-11-22, '2026-11-22 17:00' or\n"
        "2026-11-22T17:00:00Z. KIND is ticket, pin, exception or mode; STATUS is\n"
        "critical, active, inactive, rejected, excepted, on or off; ORIGIN is tofu, hpkp,\n"
        "program, user or import.\n"
        "\n"
        "Examples:\n"
        "  tlspin clear imap.example.org\n"
        "      all ports of a server\n"
        "  tlspin clear imap.example.org:993\n"
        "      one port, but not what is for every port\n"
        "  tlspin clear --since 2h\n"
        "      what was stored behind a network that you don't trust any more\n"
        "  tlspin clear --forever clinic.example.org\n"
        "      leave no trace of it, in no backup either\n"
        "  tlspin clear --key sha256//BASE64\n"
        "      what you said of a key: that it is blocked, say\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage or not confirmed, 4 the pin store can't be\n"
        "read or written, 5 a server is not pinned by you.");
  int status = read_options("clear", _("[HOST[:PORT]...] | --all"), description, entries, 0, -1,
                            &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  if (options.all ? is_narrowed() || argc > 1 : !is_narrowed() && argc < 2)
    return complain(STATUS_USAGE,
                    _("Name servers, or say --since TIME, --kind, --status, --origin or --key, or "
                      "--all alone. Look at 'tlspin clear --help'."));
  everything.forever = options.forever;
  return options.all ? clear_many(&everything) : clear_chosen(argv + 1);
}

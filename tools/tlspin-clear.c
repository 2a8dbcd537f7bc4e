/* tlspin clear.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/choice.h"
#include "tools/consent.h"
#include "tools/entry.h"
#include "tools/forever.h"
#include "tools/hosts.h"
#include "tools/progress.h"
#include "tools/record.h"
#include "tools/when.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { NAMED_MOST = 20 }; /* pins that are named after a clear */

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

/* One clear: what it shall forget, and what is known of that beforehand. */
struct clear {
  struct tlspin_filter filter;
  const char *name; /* of the host, with its port; NULL: --all, --since, --kind... */
  bool alone;       /* no other server was named */
  GPtrArray *pins;  /* the first of the user's that fit: where, and what */
  GPtrArray *stays; /* those of them that are for every port, where one was named */
  char *foreign;    /* a layer of the administrator that has such a pin, or NULL */
};

static void add_pin(struct clear *clear, const tlspin_entry_t *entry)
{
  g_autofree char *server = entry_server(entry);
  const char *says = record_is(entry) ? record_says(entry) : _("ticket");
  bool stays = clear->filter.port != 0 && tlspin_entry_port(entry) == 0;

  g_ptr_array_add(stays ? clear->stays : clear->pins, g_strdup_printf("%s  %s", server, says));
}

static int visit(const tlspin_entry_t *entry, void *data)
{
  struct clear *clear = data;

  if (strcmp(tlspin_entry_layer(entry), "user") == 0)
    add_pin(clear, entry);
  else
    clear->foreign = output_clean(tlspin_entry_layer(entry));
  return clear->foreign != NULL || clear->pins->len == NAMED_MOST; /* the user's come first */
}

/* The clear itself knows only how many they were. */
static void look(tlspin_t *context, struct clear *clear)
{
  struct tlspin_filter filter = clear->filter;

  filter.all = filter.forever = 0;
  clear->pins = g_ptr_array_new_with_free_func(g_free);
  clear->stays = g_ptr_array_new_with_free_func(g_free);
  clear->foreign = NULL;
  tlspin_list(context, &filter, visit, clear);
}

static void add_option(GString *command, const char *option, const char *value)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=-:.";
  g_autofree char *quoted = NULL;

  if (value == NULL)
    return;
  quoted = value[strspn(value, plain)] != '\0' ? g_shell_quote(value) : g_strdup(value);
  g_string_append_printf(command, " %s %s", option, quoted);
}

/* The same without the port. */
static char *command_for_every_port(const struct clear *clear)
{
  GString *command = g_string_new("tlspin clear");
  char *name = g_strndup(clear->name, (size_t)(strrchr(clear->name, ':') - clear->name));
  g_autofree char *quoted = strchr(name, '*') != NULL ? g_shell_quote(name) : g_strdup(name);

  if (options.forever)
    g_string_append(command, " --forever");
  add_option(command, "--since", options.since);
  add_option(command, "--kind", options.choice.kind);
  add_option(command, "--status", options.choice.status);
  add_option(command, "--origin", options.choice.origin);
  add_option(command, "--key", options.choice.key);
  g_string_append_printf(command, " %s", quoted);
  g_free(name);
  return g_string_free(command, FALSE);
}

static void print_stays(const struct clear *clear)
{
  g_autofree char *command = NULL;

  if (clear->stays->len == 0)
    return;
  command = command_for_every_port(clear);
  output_said(_("This stays, as it is for every port; '%s' clears it, and the other ports:"),
              command);
  for (guint i = 0; i < clear->stays->len; i++)
    output_text("  %s\n", (const char *)g_ptr_array_index(clear->stays, i));
}

static void print_change(const struct clear *clear, const struct tlspin_change *change)
{
  unsigned long count = (unsigned long)change->count, named = MIN(clear->pins->len, count);

  if (!options.forever)
    output_text(text_translate_count("%lu pin was cleared.\n", "%lu pins were cleared.\n", count),
                count);
  else if (count > 0)
    output_text(text_translate_count("%lu pin was erased for good.\n",
                                     "%lu pins were erased for good.\n", count),
                count);
  else
    output_said("%s", _("No pin of this was there any more. What was left of it otherwise was "
                        "erased for good."));
  for (guint i = 0; i < named; i++)
    output_text("  %s\n", (const char *)g_ptr_array_index(clear->pins, i));
  if (named > 0 && named < count)
    output_text(text_translate_count("  and %lu more\n", "  and %lu more\n", count - named),
                count - named);
  print_stays(clear);
  if (!options.forever)
    output_said(_("To take that back: tlspin undo %" PRIu64), change->operation);
}

static void put_number_or_null(JsonBuilder *builder, const char *key, uint64_t number)
{
  if (number != 0)
    json_put_number(builder, key, number);
  else
    json_put_text(builder, key, NULL);
}

static void add_change(struct json_array *array, const struct clear *clear,
                       const struct tlspin_change *change)
{
  JsonBuilder *builder = json_builder_new();

  json_builder_begin_object(builder);
  json_put_text(builder, "host", clear->filter.host);
  json_put_text(builder, "scope", clear->filter.scope);
  put_number_or_null(builder, "port", clear->filter.port);
  json_put_time(builder, "since", clear->filter.since);
  json_put_text(builder, "kind", clear->filter.kind);
  json_put_text(builder, "status", clear->filter.status);
  json_put_text(builder, "origin", clear->filter.origin);
  json_put_text(builder, "key", options.choice.key);
  json_put_flag(builder, "all", clear->filter.all != 0);
  json_put_flag(builder, "forever", clear->filter.forever != 0);
  json_put_number(builder, "operation", change->operation);
  json_put_number(builder, "count", change->count);
  json_array_add(array, json_builder_end_object(builder));
}

static bool is_narrowed(void)
{
  return options.since != NULL || choice_is_made(&options.choice);
}

static int say_nothing_there(const struct clear *clear)
{
  if (clear->name == NULL)
    return complain(STATUS_NOT_FOUND,
                    clear->filter.all ? _("There are no pins of yours. Nothing was changed.")
                                      : _("There is no such pin of yours. Nothing was changed."));
  if (clear->stays->len > 0) {
    g_autofree char *command = command_for_every_port(clear);

    return complain(STATUS_NOT_FOUND,
                    _("There is nothing of yours for %s alone. Nothing was changed. '%s' clears "
                      "what is for every port."),
                    clear->name, command);
  }
  if (clear->foreign != NULL)
    return complain(STATUS_NOT_FOUND,
                    _("%s is pinned by the administrator of this computer (%s); ask there."),
                    clear->name, clear->foreign);
  if (!clear->alone) /* others may have been cleared */
    return complain(STATUS_NOT_FOUND,
                    is_narrowed() ? _("%s has no such pin of yours.") : _("%s is not pinned."),
                    clear->name);
  return complain(STATUS_NOT_FOUND,
                  is_narrowed() ? _("%s has no such pin of yours. Nothing was changed.")
                                : _("%s is not pinned. Nothing was changed."),
                  clear->name);
}

static int clear_one(tlspin_t *context, struct clear *clear, struct json_array *array)
{
  struct progress *progress =
      progress_start(options.forever ? _("Erasing pins ...") : _("Clearing pins ..."));
  struct tlspin_change change = {0};
  int code, status = STATUS_FINE;

  look(context, clear);
  code = tlspin_clear(context, &clear->filter, &change);
  progress_stop(progress);
  if (code == TLSPIN_E_NOT_FOUND)
    status = say_nothing_there(clear);
  else if (code != TLSPIN_OK)
    status = complain_of(code);
  else if (shared_options.json)
    add_change(array, clear, &change);
  else
    print_change(clear, &change);
  g_ptr_array_unref(clear->pins);
  g_ptr_array_unref(clear->stays);
  g_free(clear->foreign);
  return status;
}

static int clear_target(tlspin_t *context, const struct tlspin_filter *chosen,
                        const struct target *target, bool alone, struct json_array *array)
{
  g_autofree char *name = target_text(target);
  struct clear clear = {.filter = *chosen, .name = name, .alone = alone};

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
  *files = (struct forever){0, 0};
  if (options.forever)
    return forever_confirm(context, options.all, options.yes, files);
  return options.all ? confirm_all(context) : STATUS_FINE;
}

static int end(tlspin_t *context, struct json_array *array, const struct forever *files, bool any,
               int status)
{
  if (shared_options.json)
    json_array_end(array, status);
  else if (any)
    forever_print(files);
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

static int clear_many(struct clear *clear)
{
  tlspin_t *context = store_context();
  struct json_array array = {false};
  struct forever files;
  int status = confirm(context, &files);

  if (status == STATUS_FINE)
    status = clear_one(context, clear, &array);
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
  struct clear clear = {.filter.forever = options.forever};
  g_autofree char *problem = NULL;
  int status = choice_read(&options.choice, &clear.filter);

  if (status != STATUS_FINE)
    return status;
  if (options.since != NULL &&
      !when_parse(options.since, store_time(), &clear.filter.since, &problem))
    return complain(STATUS_USAGE, "%s.", problem);
  return arguments[0] != NULL ? clear_hosts(&clear.filter, arguments) : clear_many(&clear);
}

int run_clear(int argc, char **argv)
{
  struct clear everything = {.filter = {.all = 1}};
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
  everything.filter.forever = options.forever;
  return options.all ? clear_many(&everything) : clear_chosen(argv + 1);
}

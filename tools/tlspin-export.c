/* tlspin export: dumps, policy text, and options of other programs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "formats/dump.h"
#include "formats/options.h"
#include "formats/policy-text.h"
#include "tools/exchange.h"
#include "tools/hosts.h"
#include "tools/json.h"
#include "tools/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *format;

static const GOptionEntry entries[] = {
    {"format", 'f', 0, G_OPTION_ARG_STRING, &format,
     N_("dump, policy, curl, wget, msmtp, weechat, openconnect"), N_("NAME")},
    G_OPTION_ENTRY_NULL,
};

/* What is being written: a dump, policy, or options of a program. */
struct writing {
  struct dump *dump;
  struct policy_text *policy;
  enum options_program program;
  GArray *blocked; /* struct keypin, without note and chain; NULL where no options are meant */
  struct options *options; /* of the host that is being asked for */
  GString *text;           /* of all of them */
  unsigned count;
  int status;         /* what a visit ended with */
  bool found;         /* something for the host that is being asked for */
  bool whole;         /* no group of policy accepts more, as it can't say what the pins do */
  unsigned long told; /* remarks */
  GHashTable *seen;   /* records as text, where several hosts may have the same one; else NULL */
  struct progress *progress;
};

static void write_line(const char *line, void *unused)
{
  (void)unused;
  json_print_text(line);
}

static void on_remark(size_t line, enum remark remark, const char *text, void *data)
{
  struct writing *writing = data;

  (void)line;
  (void)remark;
  writing->told++;
  complain(STATUS_FINE, "%s", text);
}

/* OPTIONS_PROGRAMS where it is none. */
static enum options_program program_of(const char *name)
{
  int program = 0;

  while (program < OPTIONS_PROGRAMS &&
         strcmp(name, options_program_name((enum options_program)program)) != 0)
    program++;
  return (enum options_program)program;
}

static int begin(struct writing *writing)
{
  const char *name = format != NULL ? format : "dump";
  bool dump = strcmp(name, "dump") == 0, policy = strcmp(name, "policy") == 0;
  enum options_program program = program_of(name);

  *writing = (struct writing){.whole = true};
  if (!dump && !policy && program == OPTIONS_PROGRAMS)
    return complain(STATUS_USAGE,
                    _("'%s' is none of dump, policy, curl, wget, msmtp, weechat and openconnect."),
                    name);
  if (!dump && shared_options.json)
    return complain(STATUS_USAGE, _("--json goes with a dump alone, which is JSON already."));
  if (dump)
    writing->dump = dump_begin(write_line, NULL);
  else if (policy)
    writing->policy = policy_text_new(time(NULL), 0, on_remark, writing);
  else
    writing->blocked = g_array_new(FALSE, FALSE, sizeof(struct keypin));
  writing->text = g_string_new(NULL);
  writing->program = program;
  if (!isatty(STDOUT_FILENO))
    writing->progress = progress_start(_("Pins read:"));
  return STATUS_FINE;
}

/* Options are for what holds, whoever says so; the other two are about what is the user's own.
 * Tickets hold secrets. */
static bool is_meant(const struct writing *writing, const tlspin_entry_t *entry)
{
  return strcmp(tlspin_entry_kind(entry), "ticket") != 0 &&
         (writing->blocked != NULL || strcmp(tlspin_entry_layer(entry), "user") == 0);
}

/* One for any port is found with each port that is asked for. */
static bool is_repeated(const struct writing *writing, const struct keypin *pin)
{
  char place[PLACE_TEXT_SIZE], key[KEYPIN_KEY_TEXT_SIZE];

  if (writing->seen == NULL || !keypin_key_text(pin, key))
    return false;
  place_text(&pin->place, place);
  return !g_hash_table_add(writing->seen,
                           g_strjoin(" ", place, place_protocol_token(pin->place.protocol),
                                     keypin_kind_token(pin->kind), keypin_origin_token(pin->origin),
                                     keypin_level_token(pin->level), key, NULL));
}

static bool read_entry(struct writing *writing, const tlspin_entry_t *entry,
                       uint8_t seen[CHAIN_SEEN_MAX], struct keypin *pin)
{
  if (exchange_of_entry(entry, seen, pin))
    return true;
  writing->status =
      complain(STATUS_STORE, _("A pin of %s is of a kind that this version doesn't know."),
               tlspin_entry_host(entry));
  return false;
}

static int visit_blocked(const tlspin_entry_t *entry, void *data)
{
  struct writing *writing = data;
  uint8_t seen[CHAIN_SEEN_MAX];
  struct keypin pin;

  if (!read_entry(writing, entry, seen, &pin))
    return writing->status;
  pin.note = "";
  pin.seen = (struct span){NULL, 0};
  g_array_append_val(writing->blocked, pin);
  return 0;
}

static int visit(const tlspin_entry_t *entry, void *data)
{
  struct writing *writing = data;
  uint8_t seen[CHAIN_SEEN_MAX];
  struct keypin pin;

  if (!is_meant(writing, entry))
    return 0;
  if (!read_entry(writing, entry, seen, &pin))
    return writing->status;
  writing->found = true;
  if (is_repeated(writing, &pin))
    return 0;
  writing->count++;
  if (writing->progress != NULL)
    progress_count(writing->progress, writing->count);
  if (writing->dump != NULL)
    dump_put(writing->dump, &pin);
  else if (writing->policy != NULL)
    policy_text_put(writing->policy, &pin, 0);
  else
    options_put(writing->options, &pin, tlspin_entry_layer(entry),
                strcmp(tlspin_entry_state(entry), "masked") == 0);
  return 0;
}

/* A dump that has no last line is known to be cut off. */
static void end(struct writing *writing, bool whole)
{
  g_autofree char *policy = NULL;

  if (writing->progress != NULL)
    progress_stop(writing->progress);
  if (writing->policy != NULL)
    policy = policy_text_end(writing->policy, &writing->whole);
  if (whole)
    output_text("%s", policy != NULL ? policy : writing->text->str);
  g_string_free(writing->text, TRUE);
  if (writing->dump != NULL)
    dump_end(writing->dump, whole);
  if (writing->seen != NULL)
    g_hash_table_unref(writing->seen);
  if (writing->blocked != NULL)
    g_array_unref(writing->blocked);
}

static int walk(tlspin_t *context, const struct target *target, struct writing *writing)
{
  struct tlspin_filter filter = {.host = target != NULL ? target->host : NULL,
                                 .port = target != NULL ? target->port : 0};
  int code;

  writing->found = false;
  code = tlspin_list(context, target != NULL ? &filter : NULL, visit, writing);
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (writing->status != STATUS_FINE)
    return writing->status;
  if (target != NULL && !writing->found)
    return complain(STATUS_NOT_FOUND, _("%s has no pin that could be written."), target->host);
  return STATUS_FINE;
}

/* A server with its port is asked for as a program meets it, with all that is about it; else the
 * places of a host are walked over. */
static bool is_server(const struct target *target)
{
  return target != NULL && target->port != 0 && target->host[0] != '\0' &&
         (target->scope == TARGET_ANY_SCOPE || target->scope == SCOPE_EXACT);
}

static int ask(tlspin_t *context, const struct target *target, struct writing *writing)
{
  int code = tlspin_get(context, target->host, "tls", target->port, visit, writing);

  if (writing->status != STATUS_FINE)
    return writing->status;
  return code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND ? STATUS_FINE : complain_of(code);
}

static void begin_options(struct writing *writing, const struct target *target)
{
  struct place place = {.protocol = PLACE_ANY_PROTOCOL};

  if (is_server(target)) {
    strcpy(place.host, target->host);
    place.port = target->port;
  }
  writing->options = options_new(writing->program, time(NULL), is_server(target) ? &place : NULL);
  for (guint i = 0; i < writing->blocked->len; i++)
    options_block(writing->options, &g_array_index(writing->blocked, struct keypin, i));
}

/* A line of options that is missing would leave a program to itself, so that no status but 0 may
 * mean that there is one. */
static int write_options(tlspin_t *context, const struct target *target, struct writing *writing)
{
  unsigned long told = writing->told;
  g_autofree char *text = NULL;
  int status;

  begin_options(writing, target);
  status = is_server(target) ? ask(context, target, writing) : walk(context, target, writing);
  text = options_end(writing->options, on_remark, writing);
  if (status != STATUS_FINE)
    return status;
  g_string_append(writing->text, text);
  if (text[0] != '\0' || (target == NULL && writing->told == told))
    return STATUS_FINE;
  if (writing->told == told)
    complain(STATUS_NOT_FOUND, _("%s has no pin that could be written."), target->host);
  return STATUS_NOT_FOUND;
}

static int write_target(tlspin_t *context, const struct target *target, struct writing *writing)
{
  return writing->blocked != NULL ? write_options(context, target, writing)
                                  : walk(context, target, writing);
}

static int find_blocked(tlspin_t *context, struct writing *writing)
{
  const struct tlspin_filter filter = {.kind = "pin", .status = "rejected"};
  int code;

  if (writing->blocked == NULL)
    return STATUS_FINE;
  code = tlspin_list(context, &filter, visit_blocked, writing);
  if (writing->status != STATUS_FINE)
    return writing->status;
  return code == TLSPIN_OK ? STATUS_FINE : complain_of(code);
}

/* targets: NULL means all there is; an empty list of hosts means none of it. */
static int write_targets(tlspin_t *context, const GArray *targets, struct writing *writing)
{
  int status = find_blocked(context, writing);

  if (targets == NULL)
    return status == STATUS_FINE ? write_target(context, NULL, writing) : status;
  for (guint i = 0; i < targets->len && (status == STATUS_FINE || status == STATUS_NOT_FOUND);
       i++) {
    int one = write_target(context, &g_array_index(targets, struct target, i), writing);

    status = one != STATUS_FINE ? one : status;
  }
  return status;
}

static int write_all(const GArray *targets)
{
  tlspin_t *context;
  struct writing writing;
  int status = begin(&writing);
  bool options = writing.blocked != NULL;

  if (status != STATUS_FINE)
    return status;
  context = store_context();
  if (targets != NULL && targets->len > 1 && !options)
    writing.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  status = write_targets(context, targets, &writing);
  end(&writing, status == STATUS_FINE || status == STATUS_NOT_FOUND);
  if (options && status == STATUS_FINE)
    status = complain_of_layers(context);
  if (!writing.whole && status == STATUS_FINE)
    status = STATUS_NOT_FOUND;
  tlspin_free(context);
  return status;
}

int run_export(int argc, char **argv)
{
  g_autofree char *problem = NULL;
  g_autoptr(GArray) targets = NULL;
  const char *description =
      _("Writes pins to standard output, all of them or those of some hosts: as a dump\n"
        "that 'tlspin import' reads again; as policy text for an administrator; or as\n"
        "options for programs that know keys by themselves. Dump and policy hold your own\n"
        "pins, options those of the administrator as well. Tickets are never written:\n"
        "they hold secrets.\n"
        "\n"
        "'-' reads the hosts from standard input, one a line.\n"
        "\n"
        "Examples:\n"
        "  tlspin export >pins.dump\n"
        "  tlspin export --format curl www.example.org:443\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read, 5 a host has\n"
        "no pin, or none that the program can be given or that policy text can say.");
  int status =
      read_options("export", _("[HOST[:PORT]...]"), description, entries, 0, -1, &argc, &argv);

  if (status != STATUS_FINE || argc == 1)
    return status != STATUS_FINE ? status : write_all(NULL);
  targets = hosts_read(argv + 1, stdin, &problem);
  return targets != NULL ? write_all(targets) : complain(STATUS_USAGE, "%s.", problem);
}

/* tlspin log: what happened.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/event.h"
#include "tools/hosts.h"
#include "tools/when.h"

#include <string.h>

static struct {
  char *since;
  gboolean reports;
} options;

static const GOptionEntry entries[] = {
    {"since", 0, 0, G_OPTION_ARG_STRING, &options.since, N_("Only what happened since then"),
     N_("TIME")},
    {"reports", 0, 0, G_OPTION_ARG_NONE, &options.reports,
     N_("The reports of HPKP violations alone, as JSON (RFC 7469)"), NULL},
    G_OPTION_ENTRY_NULL,
};

struct log {
  uint64_t since;
  unsigned count;
  struct columns_style style;
  struct json_array array;
};

/* As it was made, so that it can be sent on. */
static void print_report(const char *report)
{
  if (report != NULL && report[0] != '\0')
    output_text("%s\n", report);
}

static int visit(const tlspin_entry_t *event, void *data)
{
  struct log *log = data;

  if (tlspin_entry_number(event, "last") < (int64_t)log->since)
    return 0;
  log->count++;
  if (options.reports)
    print_report(tlspin_entry_string(event, "report"));
  else if (shared_options.json)
    json_array_add(&log->array, event_to_json(event));
  else
    event_print(event, &log->style);
  return 0;
}

static int print_log(const char *host, uint64_t since)
{
  tlspin_t *context = store_context();
  struct log log = {.since = since, .style = columns_style_of_output()};
  int code = tlspin_events(context, 0, host, visit, &log);
  int status = code == TLSPIN_OK ? STATUS_FINE : complain_of(code);

  if (shared_options.json && !options.reports)
    json_array_end(&log.array, status);
  else if (status == STATUS_FINE && log.count == 0)
    complain(STATUS_FINE, "%s",
             host != NULL || since != 0 ? _("Nothing of that was logged.")
                                        : _("Nothing was logged yet."));
  tlspin_free(context);
  return status;
}

int run_log(int argc, char **argv)
{
  struct target target = {.host = ""};
  uint64_t since = 0;
  g_autofree char *problem = NULL;
  const char *description =
      _("Shows what happened: servers that did not meet their pins, changes of keys that\n"
        "were accepted, keys that a program had its user accept or that found no room,\n"
        "uses of exceptions, and what became of the pins of HPKP; with the command that\n"
        "takes back what can be. The newest thousand are kept. With HOST only of this\n"
        "one.\n"
        "\n"
        "Examples:\n"
        "  tlspin log\n"
        "  tlspin log --since 2d imap.example.org\n"
        "  tlspin log --json | jq '.[] | select(.kind == \"mismatch\")'\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read.");
  int status = read_options("log", _("[HOST]"), description, entries, 0, 1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  if (options.reports && shared_options.json)
    return complain(STATUS_USAGE, _("Say either --json or --reports, which are JSON already."));
  if ((argc > 1 && !target_read(argv[1], &target, &problem)) ||
      (options.since != NULL && !when_parse(options.since, store_time(), &since, &problem)))
    return complain(STATUS_USAGE, "%s.", problem);
  return print_log(argc > 1 ? target.host : NULL, since);
}

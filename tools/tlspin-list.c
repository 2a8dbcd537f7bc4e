/* tlspin list.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/host.h"
#include "common/text.h"
#include "tools/choice.h"
#include "tools/entry.h"
#include "tools/progress.h"

#include <string.h>
#include <unistd.h>

static gboolean hosts_only;
static struct choice choice;

static const GOptionEntry entries[] = {
    {"kind", 0, 0, G_OPTION_ARG_STRING, &choice.kind, N_("Only entries of this kind"), N_("KIND")},
    {"status", 0, 0, G_OPTION_ARG_STRING, &choice.status, N_("Only entries that say this"),
     N_("STATUS")},
    {"origin", 0, 0, G_OPTION_ARG_STRING, &choice.origin, N_("Only entries that come from there"),
     N_("ORIGIN")},
    {"key", 'k', 0, G_OPTION_ARG_STRING, &choice.key, N_("Only entries about this key"),
     N_("TEXT")},
    {"hosts", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &hosts_only,
     N_("Print nothing but the hosts, for completion"), NULL},
    G_OPTION_ENTRY_NULL,
};

struct list {
  unsigned count;
  struct progress *progress; /* or NULL */
  struct columns *table;     /* or NULL */
  struct json_array array;   /* with --json */
  char last[HOST_MAX + 1];   /* with --hosts */
};

static int visit(const tlspin_entry_t *entry, void *data)
{
  struct list *list = data;

  list->count++;
  if (list->progress != NULL)
    progress_count(list->progress, list->count);
  if (shared_options.json)
    json_array_add(&list->array, entry_to_json(entry));
  else if (list->table != NULL)
    entry_add_row(list->table, entry);
  else if (tlspin_entry_host(entry)[0] != '\0' && strcmp(list->last, tlspin_entry_host(entry)) != 0)
    output_text("%s\n", tlspin_entry_host(entry));
  g_strlcpy(list->last, tlspin_entry_host(entry), sizeof list->last);
  return 0;
}

static void begin(struct list *list)
{
  struct columns_style style = columns_style_of_output();

  if (!shared_options.json && !hosts_only)
    list->table = columns_new(entry_columns, ENTRY_COLUMNS, &style);
  if (!isatty(STDOUT_FILENO)) /* else the list shows it */
    list->progress = progress_start(_("Pins read:"));
}

static void end(struct list *list)
{
  if (list->progress != NULL)
    progress_stop(list->progress);
  if (list->table != NULL)
    columns_end(list->table);
}

static void say_empty(const char *pattern)
{
  if (shared_options.json || hosts_only)
    return;
  if (pattern != NULL)
    complain(STATUS_FINE, _("No pin fits '%s'."), pattern);
  else if (choice_is_made(&choice))
    complain(STATUS_FINE, _("There are no such pins."));
  else
    complain(STATUS_FINE, _("There are no pins yet. They come when your programs meet servers; try "
                            "one with 'tlspin connect HOST:PORT'."));
}

/* A name without wildcards may be written as people write names; in a pattern, the store compares
 * octets. False: after a message. */
static bool read_pattern(const char *text, struct tlspin_filter *filter,
                         char pattern[HOST_INPUT_MAX + 1])
{
  uint16_t port;

  if (!host_split(text, pattern, &port) || strlen(pattern) > HOST_MAX) {
    complain(STATUS_USAGE, _("'%s' is not of the form PATTERN or PATTERN:PORT."), text);
    return false;
  }
  filter->port = port;
  if (strpbrk(pattern, "*?") == NULL) {
    filter->host = pattern;
  } else if (g_str_is_ascii(pattern)) {
    filter->pattern = pattern;
  } else {
    complain(STATUS_USAGE, _("In a pattern, write international names with xn--, as 'tlspin list' "
                             "shows them."));
    return false;
  }
  return true;
}

/* What is wrong with a layer is said in its own words rather than in those of the list that failed
 * for it. */
static int list_pins(const struct tlspin_filter *filter, const char *text)
{
  tlspin_t *context = store_context();
  struct list list = {.count = 0};
  g_autofree char *message = NULL;
  int code, status;

  begin(&list);
  code = tlspin_list(context, filter, visit, &list);
  message = g_strdup(tlspin_last_message());
  end(&list);
  status =
      code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE ? complain_of_layers(context) : STATUS_FINE;
  if (status == STATUS_FINE && code != TLSPIN_OK)
    status = complain(status_of(code), "%s", message[0] != '\0' ? message : tlspin_code_text(code));
  if (status == STATUS_FINE && list.count == 0)
    say_empty(text);
  if (shared_options.json)
    json_array_end(&list.array, status);
  tlspin_free(context);
  return status;
}

int run_list(int argc, char **argv)
{
  struct tlspin_filter filter = {NULL};
  char pattern[HOST_INPUT_MAX + 1];
  const char *description =
      _("Lists the pins: your own ones and those of system layers. PATTERN is a host\n"
        "name in which '*' stands for any characters and '?' for one; ':PORT' behind it\n"
        "names a port.\n"
        "\n"
        "HOST is shown as '*.HOST' where it is about the names with one label more, as\n"
        "'.HOST' for the host and all names below it, and as '*' for every host. KIND is\n"
        "'ticket', or what a record says of a key: 'learned' at the first connection,\n"
        "'critical', 'accepted', 'blocked', 'exception'; or 'on' and 'off'. STATE says\n"
        "whether it counts: 'active'; 'expired'; 'reported', but not enforced; 'history';\n"
        "or 'masked' by another entry for the server. FAILED counts how often the server\n"
        "did not meet its ticket.\n"
        "\n"
        "Only some: KIND is ticket, pin, exception or mode; STATUS is critical, active,\n"
        "inactive, rejected, excepted, on or off; ORIGIN is tofu, hpkp, program, user,\n"
        "import or policy.\n"
        "\n"
        "Examples:\n"
        "  tlspin list\n"
        "  tlspin list '*.example.org'\n"
        "  tlspin list --status rejected\n"
        "  tlspin list --json '*:993' | jq -r '.[].host'\n"
        "\n"
        "Exit status: 0 fine, also where there is no pin, 1 wrong usage, 4 the pin store\n"
        "can't be read as a whole.");
  int status = read_options("list", _("[PATTERN]"), description, entries, 0, 1, &argc, &argv);

  if (status == STATUS_FINE)
    status = choice_read(&choice, &filter);
  if (status != STATUS_FINE)
    return status;
  if (argc > 1 && !read_pattern(argv[1], &filter, pattern))
    return STATUS_USAGE;
  return list_pins(&filter, argv[1]);
}

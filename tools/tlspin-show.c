/* tlspin show.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/entry.h"
#include "tools/hosts.h"

struct show {
  unsigned count; /* entries of this server */
  unsigned shown; /* of all servers */
  struct columns_style style;
  struct json_array array;
};

static int visit(const tlspin_entry_t *entry, void *data)
{
  struct show *show = data;

  if (shared_options.json) {
    json_array_add(&show->array, entry_to_json(entry));
  } else {
    if (show->shown > 0)
      output_text("\n");
    entry_print(entry, &show->style);
  }
  show->count++;
  show->shown++;
  return 0;
}

/* That nothing is there is said only where the whole store was readable. */
static int show_target(tlspin_t *context, const struct target *target, struct show *show)
{
  const struct tlspin_filter filter = {
      .host = target->host, .port = target->port, .scope = target_scope(target)};
  g_autofree char *text = target_text(target);
  int code, status;

  show->count = 0;
  code = tlspin_list(context, &filter, visit, show);
  if (code != TLSPIN_OK)
    return complain_of(code);
  if (show->count > 0)
    return STATUS_FINE;
  status = complain_of_layers(context);
  return status != STATUS_FINE ? status : complain(STATUS_NOT_FOUND, _("%s is not pinned."), text);
}

static int show_all(const GArray *targets)
{
  tlspin_t *context = store_context();
  struct show show = {.style = columns_style_of_output()};
  int status = STATUS_FINE;

  for (guint i = 0; i < targets->len && status != STATUS_STORE; i++) {
    int one = show_target(context, &g_array_index(targets, struct target, i), &show);

    if (one != STATUS_FINE)
      status = one;
  }
  if (shared_options.json)
    json_array_end(&show.array, status);
  tlspin_free(context);
  return status;
}

int run_show(int argc, char **argv)
{
  g_autoptr(GArray) targets = NULL;
  g_autofree char *problem = NULL;
  const char *description =
      _("Shows all that stands in the store at the names of servers: every port, your own\n"
        "pins and the administrator's. '*.HOST' and '.HOST' are pins of names below HOST,\n"
        "'*' is what holds everywhere; 'tlspin why' tells what counts for one server. '-'\n"
        "reads the servers from standard input, one a line; so they don't stand in the\n"
        "list of processes.\n"
        "\n"
        "Examples:\n"
        "  tlspin show imap.example.org\n"
        "  tlspin show imap.example.org:993 smtp.example.org:465\n"
        "  tlspin show --json - < servers.txt\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read, 5 a server is\n"
        "not pinned.");
  int status = read_options("show", _("HOST[:PORT]..."), description, NULL, 1, -1, &argc, &argv);

  if (status != STATUS_FINE)
    return status;
  targets = hosts_read(argv + 1, stdin, &problem);
  return targets != NULL ? show_all(targets) : complain(STATUS_USAGE, "%s.", problem);
}

/* tlspin off, tlspin on: whether pinning is done at all.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/edit.h"

static struct {
  gboolean all;
  char *until;
} options;

static const GOptionEntry entries[] = {
    {"all", 0, 0, G_OPTION_ARG_NONE, &options.all, N_("For every server"), NULL},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, N_("When that ends (default: never)"),
     N_("TIME")},
    G_OPTION_ENTRY_NULL,
};

/* With --all the place is every host. */
static int read_places(char **names, GPtrArray *edits, const char *status)
{
  int code = STATUS_FINE;

  for (size_t i = 0; code == STATUS_FINE && (options.all ? i == 0 : names[i] != NULL); i++) {
    struct edit *edit = g_new0(struct edit, 1);

    edit->record =
        (struct tlspin_record){.host = "", .scope = "subtree", .kind = "mode", .status = status};
    edit->place.scope = SCOPE_SUBTREE;
    g_ptr_array_add(edits, edit);
    code = edit_read_end(options.until, &edit->record.expires);
    if (code == STATUS_FINE && !options.all)
      code = edit_read_place(names[i], edit);
  }
  return code;
}

static int switch_it(int argc, char **argv, const char *status, const char *done)
{
  g_autoptr(GPtrArray) edits = g_ptr_array_new_with_free_func(g_free);
  int code;

  if (options.all ? argc > 1 : argc < 2)
    return complain(STATUS_USAGE, _("Name the servers, or say --all. Look at '%s --help'."),
                    g_get_prgname());
  code = read_places(argv + 1, edits, status);
  return code == STATUS_FINE ? edit_store(edits, done) : code;
}

int run_off(int argc, char **argv)
{
  const char *description =
      _("Switches pinning off for servers: your programs trust the PKI alone there. What\n"
        "is pinned stays stored, for 'tlspin on'. Blocked keys stay blocked, and what the\n"
        "administrator has locked stays as it is. *.HOST and .HOST are names below HOST,\n"
        "as in 'tlspin pin'. A pin of yours that is more specific counts all the same.\n"
        "\n"
        "Examples:\n"
        "  tlspin off test.example.org\n"
        "  tlspin off --all --until 2h\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written.");
  int status =
      read_options("off", _("HOST[:PORT]... | --all"), description, entries, 0, -1, &argc, &argv);

  return status == STATUS_FINE ? switch_it(argc, argv, "off", _("Pinning is off there.")) : status;
}

int run_on(int argc, char **argv)
{
  const char *description =
      _("Switches pinning on again for servers, after 'tlspin off', or where a system\n"
        "layer has it off and doesn't lock that.\n"
        "\n"
        "Examples:\n"
        "  tlspin on test.example.org\n"
        "  tlspin on --all\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written.");
  int status =
      read_options("on", _("HOST[:PORT]... | --all"), description, entries, 0, -1, &argc, &argv);

  return status == STATUS_FINE ? switch_it(argc, argv, "on", _("Pinning is on there.")) : status;
}

/* tlspin block: a key is never acceptable.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/tlspin.h"

#include "common/text.h"
#include "tools/storing.h"

static struct {
  gboolean file;
  char *until;
  char *note;
} options;

static const GOptionEntry entries[] = {
    {"cert", 0, 0, G_OPTION_ARG_NONE, &options.file,
     N_("KEY is a PEM file with a certificate or a public key"), NULL},
    {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, N_("When that ends (default: never)"),
     N_("TIME")},
    {"note", 0, 0, G_OPTION_ARG_STRING, &options.note, N_("A note to yourself"), N_("TEXT")},
    G_OPTION_ENTRY_NULL,
};

static int block(char *key, const struct edit *model)
{
  char *named[] = {key, NULL};
  const struct edit_keys keys = {.texts = options.file ? NULL : named,
                                 .files = options.file ? named : NULL};

  return storing_put(&keys, NULL, model, _("The key is blocked."));
}

int run_block(int argc, char **argv)
{
  struct edit model = {
      .record = {.host = "", .scope = "subtree", .status = "rejected", .level = "any"}};
  const char *description =
      _("Blocks a key: a server that shows it, anywhere in its certificates, is refused.\n"
        "No exception, pin or policy lifts that. With HOST only for that server; *.HOST\n"
        "and .HOST are names below it, as in 'tlspin pin'.\n"
        "\n"
        "Examples:\n"
        "  tlspin block sha256//BASE64\n"
        "  tlspin block --cert stolen.pem .example.org\n"
        "\n"
        "Exit status: 0 fine, 1 wrong usage, 4 the pin store can't be read or written.");
  int status =
      read_options("block", _("KEY [HOST[:PORT]]"), description, entries, 1, 2, &argc, &argv);

  model.place.scope = SCOPE_SUBTREE;
  if (status == STATUS_FINE && argc > 2)
    status = edit_read_place(argv[2], &model);
  if (status == STATUS_FINE)
    status = edit_read_note(options.note, &model.record);
  if (status == STATUS_FINE)
    status = edit_read_end(options.until, &model.record.expires);
  return status == STATUS_FINE ? block(argv[1], &model) : status;
}

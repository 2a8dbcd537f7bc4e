/* A program with subcommands: see command.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/command.h"

#include "common/spelling.h"
#include "common/text.h"
#include "tools/output.h"

#include <string.h>

const struct command *command_nearest(const struct command *table, const char *text)
{
  const struct command *nearest = NULL;
  unsigned least = SPELLING_FAR;

  for (; table->name != NULL; table++)
    if (spelling_is_nearer(text, table->name, &least))
      nearest = table;
  return nearest;
}

char *command_list(const struct command *table)
{
  GString *lines = g_string_new(NULL);

  for (; table->name != NULL; table++)
    g_string_append_printf(lines, "  %-10s %s\n", table->name, _(table->purpose));
  return g_string_free(lines, FALSE);
}

int command_run(const struct command *table, const char *whole, int argc, char **argv)
{
  const struct command *nearest;

  g_set_prgname(whole);
  if (argc < 2)
    return complain(STATUS_USAGE, _("A command is missing. Look at '%s --help'."), whole);
  for (const struct command *command = table; command->name != NULL; command++)
    if (strcmp(command->name, argv[1]) == 0)
      return command->run(argc - 1, argv + 1);
  nearest = command_nearest(table, argv[1]);
  if (nearest != NULL)
    return complain(STATUS_USAGE,
                    _("There is no command '%s'. Is '%s' meant? Look at '%s --help'."), argv[1],
                    nearest->name, whole);
  return complain(STATUS_USAGE, _("There is no command '%s'. Look at '%s --help'."), argv[1],
                  whole);
}

static const char *translate(const char *text, gpointer data)
{
  (void)data;
  return text_translate(text);
}

static GOptionContext *context_new(const char *arguments, const char *description,
                                   const GOptionEntry *entries)
{
  GOptionContext *context = g_option_context_new(arguments);

  g_option_context_add_main_entries(context, entries, NULL);
  g_option_group_set_translate_func(g_option_context_get_main_group(context), translate, NULL,
                                    NULL);
  g_option_context_set_description(context, description);
  return context;
}

/* GLib leaves "--" where an argument after it begins with a hyphen. */
static void drop_separator(int *argc, char **argv)
{
  int i = 1;

  while (i < *argc && strcmp(argv[i], "--") != 0)
    i++;
  if (i == *argc)
    return;
  memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof argv[0]);
  (*argc)--;
}

int options_parse(const char *whole, const char *arguments, const char *description,
                  const GOptionEntry *entries, int least, int most, int *argc, char ***argv)
{
  g_autoptr(GOptionContext) context = context_new(arguments, description, entries);
  g_autoptr(GError) error = NULL;

  g_set_prgname(whole);
  if (!g_option_context_parse(context, argc, argv, &error))
    return complain(STATUS_USAGE, _("%s. Look at '%s --help'."), error->message, whole);
  drop_separator(argc, *argv);
  if (*argc - 1 < least)
    return complain(STATUS_USAGE, _("An argument is missing: %s. Look at '%s --help'."), arguments,
                    whole);
  if (most >= 0 && *argc - 1 > most)
    return complain(STATUS_USAGE, _("'%s' is one argument too many. Look at '%s --help'."),
                    (*argv)[most + 1], whole);
  return STATUS_FINE;
}

int command_main(const struct command *table, const char *program, const char *summary,
                 const char *description, int argc, char **argv)
{
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
      {"version", 'V', 0, G_OPTION_ARG_NONE, &version, N_("Print the version"), NULL},
      G_OPTION_ENTRY_NULL,
  };
  g_autoptr(GOptionContext) context = context_new(_("COMMAND [ARGUMENT...]"), description, entries);
  g_autoptr(GError) error = NULL;

  g_set_prgname(program);
  g_option_context_set_summary(context, summary);
  g_option_context_set_strict_posix(context, TRUE); /* what follows the command is the command's */
  if (!g_option_context_parse(context, &argc, &argv, &error))
    return complain(STATUS_USAGE, _("%s. Look at '%s --help'."), error->message, program);
  if (version) {
    output_text("%s %s\n", program, PACKAGE_VERSION);
    return STATUS_FINE;
  }
  return command_run(table, program, argc, argv);
}

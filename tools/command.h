/* A program with subcommands: the table of them, and the options of one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <glib.h>

/* A command of a table, which ends with an empty one. */
struct command {
  const char *name;
  const char *arguments;             /* untranslated: "FILE [OPTION...]" */
  const char *purpose;               /* for gettext */
  int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit status */
};

/* Reads the options that stand before the command, and runs the command that comes then. program:
 * its name. description: translated, below the options. */
int command_main(const struct command *table, const char *program, const char *summary,
                 const char *description, int argc, char **argv);

/* Runs the command that argv[1] names; where there is none, says so and which one is near. whole:
 * what stands before it, "tlspin-server keys". */
int command_run(const struct command *table, const char *whole, int argc, char **argv);

/* The table as lines of a help text; to be freed by the caller. */
char *command_list(const struct command *table);

/* The entry of the table whose name is most like the text; NULL where none is much like it. */
const struct command *command_nearest(const struct command *table, const char *text);

/* Reads the options of a command. whole: "tlspin-server keys new". arguments: what stands behind
 * the options in the usage line, at least `least` and at most `most` (-1: any number). description:
 * translated text below the options, with examples. Returns 0, or STATUS_USAGE after a message.
 * argc and argv are left with the arguments alone, from argv[1] on. */
int options_parse(const char *whole, const char *arguments, const char *description,
                  const GOptionEntry *entries, int least, int most, int *argc, char ***argv);

#endif

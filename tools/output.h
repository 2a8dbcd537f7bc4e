/* What the commands write: text to standard output, problems to standard error, an exit status.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Texts are UTF-8 here and are converted to the terminal's character set on the way out.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <glib.h>
#include <stdbool.h>

enum exit_status {
  STATUS_FINE = 0,
  STATUS_USAGE = 1,      /* or the output could not be written */
  STATUS_CONNECTION = 2, /* connection, TLS or PKI failure */
  STATUS_PIN = 3,        /* the server did not meet its pin */
  STATUS_STORE = 4,      /* store unavailable or damaged */
  STATUS_NOT_FOUND = 5   /* no such entry, nothing to undo */
};

enum paint { PAINT_NONE, PAINT_TITLE, PAINT_GOOD, PAINT_WARNING, PAINT_BAD, PAINT_FAINT };

/* To standard output. */
void output_text(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* The same, and on a terminal broken at blanks; lines that are indented stay as they are. Ends with
 * a line feed. */
void output_said(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* output_text without a format: a sink for columns.h. */
void output_write(const char *text, void *unused);

/* To standard error, as "PROGRAM: TEXT" and a line feed; on a terminal broken at blanks. Returns
 * the status, so that a function can end with it. */
int complain(int status, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What was complained about first with a status other than STATUS_FINE, without the program's name;
 * NULL: nothing was. Stays until the program ends. */
const char *output_problem(void);

/* Whether colour is wanted on a file descriptor: a terminal that is not dumb, and no NO_COLOR
 * (https://no-color.org). */
bool output_is_coloured(int fd);

/* The width of the terminal, from the terminal itself, COLUMNS, or 80; 0: not a terminal, so that
 * there is no limit. */
unsigned output_width(int fd);

/* The text in its colour where `coloured`. To be freed by the caller. */
char *output_paint(const char *text, enum paint paint, bool coloured);

/* False for a character that a terminal would obey: controls, line feeds too, and format
 * characters. */
bool output_is_harmless(gunichar c);

/* The text with everything that a terminal would obey replaced: certificates and servers choose
 * some of the texts that are shown. Line feeds too. To be freed by the caller. */
char *output_clean(const char *text);

/* What stands for the part of a text that was left out: an ellipsis, or three full stops where the
 * character set has none. Static. */
const char *output_ellipsis(void);

/* Writes out what is still buffered. status: what the command returned, and what comes back;
 * instead of STATUS_FINE it is STATUS_USAGE where standard output could not be written, which is
 * said. */
int output_finish(int status);

#endif

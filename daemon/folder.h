/* Whether files came to a folder, or went.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <glib.h>
#include <stdbool.h>

/* Appends which folder it is and when it was changed last: another text after files came or went,
 * or after there was none. False: it was changed within this tick of the clock, and what comes next
 * in it would have the same time, and the same text. Any thread. */
bool folder_note(const char *path, GString *text);

#endif

/* Facts about one thing: a line for each, its name in front, the values aligned.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Unlike a table's, the values are never shortened; on a terminal they are broken at blanks.
 */
#ifndef SHEET_H
#define SHEET_H

#include "tools/columns.h"

struct sheet;

struct sheet *sheet_new(void);

/* Adds a fact. name: translated; "" for one more line of the fact before. What a terminal would
 * obey is taken out of the value. */
void sheet_add(struct sheet *sheet, const char *name, const char *format, ...) G_GNUC_PRINTF(3, 4);
void sheet_add_painted(struct sheet *sheet, const char *name, enum paint paint, const char *value);

/* Writes the facts and frees the sheet. Of the style, the ellipsis isn't used. */
void sheet_end(struct sheet *sheet, const struct columns_style *style);

#endif

/* A store that has lived: rows in every table, small ones and ones on several pages, earlier states
 * and deleted ones behind it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVED_H
#define LIVED_H

#include "daemon/contents.h"

#include <glib.h>

/* Digests of rows, each with its table. */
GHashTable *lived_set_new(void);
void lived_add(GHashTable *set, enum table_id table, const struct digest *digest);
bool lived_has(GHashTable *set, enum table_id table, const struct digest *digest);

/* All rows that are in the file now, which SQLite reads. */
GHashTable *lived_rows(const char *path);

/* Makes a user's store at the path, of about `rows` rows, the same ones in every run. ever: the set
 * to which each row is added that was in it at any time. */
void lived_make(const char *path, int rows, GHashTable *ever);

#endif

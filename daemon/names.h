/* The names in a folder.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NAMES_H
#define NAMES_H

#include <glib.h>
#include <stdbool.h>

/* The names in a folder, in no order; to be unreferenced. Where there is no folder there are none.
 * NULL, with a *problem (which may be NULL): they can't all be told, and nobody may take one for
 * missing. */
GPtrArray *names_read(const char *folder, char **problem);

/* What the names of SQLite's temporary files begin with, unless it was built otherwise. */
#define NAMES_TEMPORARY "etilqs_"

/* Removes them. SQLite takes their names away as soon as it has made them; a loss of power may
 * bring one back, with a copy of the store in it that nobody would ever erase. Who uses one now
 * goes on using it. False, and errno, where one is left, or that can't be told. */
bool names_remove_temporaries(const char *folder);

#endif

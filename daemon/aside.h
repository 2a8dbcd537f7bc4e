/* Damaged files that were set aside: in the folder of the store, under a name with the time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * damaged-20261123T062500Z.db, and a journal beside it if there was one. They are for people and
 * their tools, and stay until hosts that they may name are to leave no trace (traces.h).
 */
#ifndef ASIDE_H
#define ASIDE_H

#include "common/tlspin-error.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A name that is free in the folder of the store; to be freed by g_free. now: in seconds since
 * 1970.
 */
char *aside_choose(const char *path, int64_t now);

/* Gives the file of a store this name in its folder, too, so that it stays when another takes the
 * place of the first, and takes what is unfinished beside it away. A crash leaves the file with
 * both, and an error leaves all as it was. */
enum tlspin_code aside_put(const char *path, const char *name, char **problem);

/* Undoes that, while no other has taken the place. */
void aside_take_back(const char *path, const char *name);

/* As aside_put for what is unfinished alone, where the file is missing, or isn't kept: it would be
 * taken for that of the file that comes next. */
enum tlspin_code aside_put_journals(const char *path, int64_t now, char **problem);

/* The names of such files in the folder of the store, the oldest first; to be unreferenced. NULL,
 * with a *problem (which may be NULL): the folder can't be listed, and there may be some. */
GPtrArray *aside_list(const char *path, char **problem);

/* The same of all files: what was beside them, too, which comes after its own. */
GPtrArray *aside_list_files(const char *path, char **problem);

/* How many octets they have, all together, as far as that can be told. */
uint64_t aside_size(const char *path);

/* Whether it is the name of such a file itself, and not of what was beside one. */
bool aside_is_main(const char *name);

#endif

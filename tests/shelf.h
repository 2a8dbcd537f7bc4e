/* Backups for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHELF_H
#define SHELF_H

#include "daemon/backups.h"

#include "tests/stores.h"

enum { SHELF_ROWS = 20 };

/* stores_setup, and a store with SHELF_ROWS tickets, closed. */
int shelf_setup(void **state);

/* The folder of the backups, and a name in it; to be freed. */
char *shelf_folder(const struct stores *stores);
char *shelf_path(const struct stores *stores, const char *name);

/* Makes a backup that must be made, and takes its path. */
char *shelf_make(const struct stores *stores, int64_t now);

/* Must be refused with these words; nothing may have been changed among the names. */
void shelf_refuse(const struct stores *stores, enum tlspin_code code, const char *words);

/* Opens a backup that must be whole. */
struct store *shelf_open(const char *path);

/* How many names there are in the folder that are no backup: of the lock file, and what was left.
 */
unsigned shelf_others(const struct stores *stores);
unsigned shelf_count(const struct stores *stores);

/* Turns a bit over in the middle of the host names of a file. */
void shelf_damage(const char *path);

/* Puts an import into the store that is half applied; the store is left open. */
void shelf_begin_import(struct store *store, int records);

/* What an erasure does, as a change of backups: with the host of row 3. */
#define SHELF_ERASED "host-0003.example"
enum tlspin_code shelf_erase(struct store *store, void *data);

/* The highest number that an operation was given in this file is this, by a digest that is right.
 */
void shelf_count_on(const char *path, uint64_t last);

#endif

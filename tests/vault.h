/* Backups for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VAULT_H
#define VAULT_H

#include "daemon/backups.h"

#include "tests/stores.h"

enum { VAULT_ROWS = 20 };

/* stores_setup, and a store with VAULT_ROWS tickets, closed. */
int vault_setup(void **state);

/* The folder of the backups, and a name in it; to be freed. */
char *vault_folder(const struct stores *stores);
char *vault_path(const struct stores *stores, const char *name);

/* Makes a backup that must be made, and takes its path. */
char *vault_make(const struct stores *stores, int64_t now);

/* Must be refused with these words; nothing may have been changed among the names. */
void vault_refuse(const struct stores *stores, enum tlspin_code code, const char *words);

/* Opens a backup that must be whole. */
struct store *vault_open(const char *path);

/* How many names there are in the folder that are no backup: of the lock file, and what was left.
 */
unsigned vault_others(const struct stores *stores);
unsigned vault_count(const struct stores *stores);

/* Turns a bit over in the middle of the host names of a file. */
void vault_damage(const char *path);

/* Puts an import into the store that is half applied; the store is left open. */
void vault_begin_import(struct store *store, int records);

/* What an erasure does, as a change of backups: with the host of row 3. */
#define VAULT_ERASED "host-0003.example"
enum tlspin_code vault_erase(struct store *store, void *data);

#endif

/* A server that is written down wherever one can be, and the search for what is left of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VESTIGES_H
#define VESTIGES_H

#include "daemon/erasure.h"

#include "tests/stores.h"

/* So many tickets there are; what is known of row `LIVED` and of `OTHER` is more than that. */
enum { VESTIGES_ROWS = 10, VESTIGES_LIVED = 3, VESTIGES_OTHER = 5 };

/* All that there can be about the server of row n, whose ticket is in the store: a learned record
 * and one of the user's, each with images, a failure, an event. And an event alone; its number. */
void vestiges_live(struct store *store, int n);
uint64_t vestiges_log(struct store *store, int n, int64_t now);

/* Whether a file holds the name of row n's server, its secret, its key, or a part of its ticket. */
bool vestiges_in(const char *path, int n);

/* A file below the folder that does, to be freed by g_free; NULL: there is none. */
char *vestiges_find(const char *folder, int n);

/* Makes a store in which both have lived, with two backups and a damaged one, a file that was set
 * aside with its journal, and what a recovery and the making of a backup leave that are cut off. */
void vestiges_make(const struct stores *stores);

/* Erases row n's server as the daemon does, in all files: from the search for it to the store
 * itself. begun: called once the store is open; or NULL. The code is that of Clear. */
enum tlspin_code vestiges_erase(const struct stores *stores, int n, void (*begun)(void *data),
                                void *data, char **problem);

/* What is wrong with the others, in the store and in both backups, to be freed by g_free; NULL:
 * nothing. erased: rows that needn't be there, a bit each. *gone: of them, those that are not in
 * the store. */
char *vestiges_check(const struct stores *stores, unsigned erased, unsigned *gone);

/* The same of names: nothing else is left in the folders. */
char *vestiges_check_names(const struct stores *stores);

#endif

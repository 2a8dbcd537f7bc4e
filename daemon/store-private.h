/* What store.c shares with list.c and journal.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "daemon/contents.h"
#include "daemon/lockfile.h"
#include "daemon/row.h"

struct store {
  enum store_kind kind;
  char *path;
  struct lockfile lock; /* of a user store */
  struct database db;
};

/* The row of a peer, which points into db.get[TABLE_TICKET]; the caller resets that, whatever the
 * code is. */
enum tlspin_code store_find(struct store *store, const struct peer *peer, struct ticket_row *row);

/* A filter made ready for SQLite. */
struct walk {
  const struct store_filter *filter;
  char glob[3 * HOST_MAX + 1]; /* each character escaped, and a NUL */
};

/* False where the filter can't be meant: no such protocol, or a pattern longer than any host. */
bool walk_init(struct walk *walk, const struct store_filter *filter);

/* The first row that fits and comes after `after` (NULL: the first of all). It points into
 * db.statements[STATEMENT_LIST], which the caller resets, whatever the code is. TLSPIN_E_NOT_FOUND:
 * no more. */
enum tlspin_code walk_next(struct store *store, const struct walk *walk, const struct peer *after,
                           struct ticket_row *row);

/* Like change_begin; TLSPIN_E_DENIED for a system store. */
enum tlspin_code store_begin(struct store *store, struct change *change);

#endif

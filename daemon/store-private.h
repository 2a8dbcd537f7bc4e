/* What the parts of the store share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include "daemon/contents.h"
#include "daemon/file.h"
#include "daemon/lockfile.h"
#include "daemon/pinrow.h"
#include "daemon/row.h"

struct store {
  enum store_kind kind;
  char *path;
  struct lockfile lock; /* of a user store */
  struct database db;
  GArray *drafts; /* uint64_t: the numbers of those that were begun here and aren't over; or NULL */
  struct {
    struct place place;
    uint64_t operation;
  } crowd; /* see store_crowd */
  struct {
    uint64_t operation;
    bool partly;
  } bereft; /* see store_bereft */
  struct {
    uint64_t reading; /* of db, at which it was looked up; 0: it has to be */
    bool stands;
  } lost; /* see damage_stands */
};

/* Opens the file of a user's store, whose path is resolved and whose lock file is held: makes it
 * where it is new, and reads it through. TLSPIN_STORE_DAMAGED: see store_open. */
enum tlspin_code store_examine(struct store *store, struct file_rule rule, char **problem);

/* The drafts that are under way here, and what is being applied of them. Their numbers are held in
 * the lock file, by which others know that somebody sees to them. draft_take: takes one over that
 * nobody sees to any more; false where somebody does. */
void draft_hold(struct store *store, uint64_t operation);
void draft_let_go(struct store *store, uint64_t operation);
bool draft_take(struct store *store, uint64_t operation);
bool draft_is_held(const struct store *store, uint64_t operation);

/* False for a layer of an older form, which hasn't got the table. */
bool store_has(const struct store *store, enum table_id table);

/* Steps to the statement's next row, which is of a table with digests; the caller resets the
 * statement, whatever the code is. TLSPIN_E_NOT_FOUND: no more. */
enum tlspin_code store_step(struct store *store, enum table_id table, sqlite3_stmt *statement,
                            struct cell *cells);

/* The row of a peer, which points into db.get[TABLE_TICKET]; the caller resets that, whatever the
 * code is. */
enum tlspin_code store_find(struct store *store, const struct peer *peer, struct ticket_row *row);

/* The record of a key, which points into *note and db.get[TABLE_PIN]; the same. */
enum tlspin_code store_find_pin(struct store *store, const struct keypin *key, struct keypin *pin,
                                struct pin_note *note);

/* How many records there are at a place, the history apart, as far as `limit`: those of a first use
 * (learned), or the others. draft: as it will be with the records of that; 0: as it is. */
enum tlspin_code store_count_at(struct store *store, const struct place *place, bool learned,
                                uint64_t draft, uint32_t limit, uint32_t *count);

/* A filter made ready for SQLite. */
struct walk {
  const struct store_filter *filter;
  char glob[3 * HOST_MAX + 1]; /* each character escaped, and a NUL */
  bool same_port;              /* a record for any port fits no port */
};

/* False where the filter can't be meant: no such protocol, or a pattern longer than any host. */
bool walk_init(struct walk *walk, const struct store_filter *filter);

/* The last host that fits the filter, in the order of the tables. */
const char *walk_last_host(const struct walk *walk);

/* The first row that fits and comes after `after` (NULL: the first of all). It points into
 * db.statements[STATEMENT_LIST], which the caller resets, whatever the code is. TLSPIN_E_NOT_FOUND:
 * no more. */
enum tlspin_code walk_next(struct store *store, const struct walk *walk, const struct peer *after,
                           struct ticket_row *row);

/* The same for records: db.statements[STATEMENT_LIST_PINS], and *note. */
enum tlspin_code walk_next_pin(struct store *store, const struct walk *walk,
                               const struct keypin *after, struct keypin *pin,
                               struct pin_note *note);

/* Like transaction_begin; TLSPIN_E_DENIED for a system store. */
enum tlspin_code store_begin(struct store *store, struct transaction *change);

#endif

/* One SQLite file of pins: see store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "daemon/store-private.h"

bool store_in_place(struct store *store)
{
  return !store->db.distrusted && database_in_place(&store->db);
}

enum tlspin_code store_begin(struct store *store, struct transaction *change)
{
  return store->kind == STORE_USER ? transaction_begin(change, &store->db) : TLSPIN_E_DENIED;
}

bool store_has(const struct store *store, enum table_id table)
{
  return tables[table].version <= store->db.version;
}

bool store_trust(struct store *store)
{
  return database_in_transaction(&store->db) || contents_trust(&store->db, store->kind);
}

enum tlspin_code store_step(struct store *store, enum table_id table, sqlite3_stmt *statement,
                            struct cell *cells)
{
  struct digest digest;

  switch (database_step(statement)) {
  case STEP_ROW:
    return cells_read(store->db.checksum, &tables[table], statement, cells, &digest)
               ? TLSPIN_OK
               : TLSPIN_UNAVAILABLE;
  case STEP_DONE:
    return TLSPIN_E_NOT_FOUND;
  default:
    return TLSPIN_UNAVAILABLE;
  }
}

/* Trust comes first: what a change of another daemon brings after it was looked at is a proper one.
 */
enum tlspin_code store_read_begin(struct store *store)
{
  if (!store_trust(store))
    return TLSPIN_UNAVAILABLE;
  database_refuel(&store->db);
  return database_finish(store->db.statements[STATEMENT_BEGIN]) ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

void store_read_end(struct store *store)
{
  database_finish(store->db.statements[STATEMENT_ROLLBACK]);
}

enum tlspin_code store_find(struct store *store, const struct peer *peer, struct ticket_row *row)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  peer_to_cells(peer, key);
  code = contents_get(&store->db, TABLE_TICKET, key, cells, &digest);
  if (code == TLSPIN_OK && !ticket_row_of_cells(cells, store->kind, row))
    code = TLSPIN_UNAVAILABLE;
  return code;
}

enum tlspin_code store_get(struct store *store, const struct peer *peer, struct ticket_row *row)
{
  enum tlspin_code code;

  *row = (struct ticket_row){.series = 0};
  if (!peer_is_valid(peer))
    return TLSPIN_E_ARGUMENT;
  database_refuel(&store->db);
  code = store_find(store, peer, row);
  if (code == TLSPIN_OK && !ticket_row_own(row))
    code = TLSPIN_E_MEMORY;
  if (code != TLSPIN_OK)
    *row = (struct ticket_row){.series = 0};
  database_reset(store->db.get[TABLE_TICKET]);
  if (code == TLSPIN_E_NOT_FOUND && !store_trust(store))
    code = TLSPIN_UNAVAILABLE;
  return code;
}

/* Compare-and-set: see store_put in store.h. */
static enum tlspin_code compare(struct store *store, const struct peer *peer, uint64_t expected,
                                int64_t now)
{
  struct ticket_row present;
  enum tlspin_code code = store_find(store, peer, &present);
  bool stands = code == TLSPIN_OK && (expected != 0 || present.expires > now);

  database_reset(store->db.get[TABLE_TICKET]);
  if (code == TLSPIN_UNAVAILABLE)
    return code;
  if (!stands)
    return expected == 0 ? TLSPIN_OK : TLSPIN_MISMATCH;
  return present.series == expected ? TLSPIN_OK : TLSPIN_MISMATCH;
}

enum tlspin_code store_put(struct store *store, const struct ticket_row *row, uint64_t expected,
                           int64_t now)
{
  struct cell cells[TABLE_COLUMNS];
  struct transaction change;
  enum tlspin_code code;

  if (!ticket_row_is_valid(row, store->kind) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  ticket_row_to_cells(row, cells);
  code = compare(store, &row->peer, expected, now);
  if (code == TLSPIN_OK)
    code = transaction_put(&change, TABLE_TICKET, cells);
  return transaction_end(&change, code);
}

/* Fills *failure with zeros where there is none. */
static enum tlspin_code find_failure(struct store *store, const struct peer *peer,
                                     struct failure_row *failure)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  struct peer found;
  enum tlspin_code code;

  *failure = (struct failure_row){.count = 0};
  peer_to_cells(peer, key);
  code = contents_get(&store->db, TABLE_FAILURE, key, cells, &digest);
  if (code == TLSPIN_OK && !failure_row_of_cells(cells, &found, failure))
    code = TLSPIN_UNAVAILABLE;
  database_reset(store->db.get[TABLE_FAILURE]);
  return code;
}

static enum tlspin_code count_failure(struct store *store, struct transaction *change,
                                      const struct peer *peer, const char *reason, int64_t now)
{
  struct cell cells[TABLE_COLUMNS];
  struct failure_row failure;

  if (find_failure(store, peer, &failure) == TLSPIN_UNAVAILABLE)
    return TLSPIN_UNAVAILABLE;
  if (failure.count == 0)
    failure.first = now;
  if (failure.count < UINT32_MAX)
    failure.count++;
  failure.last = now;
  g_strlcpy(failure.reason, reason, sizeof failure.reason);
  failure_row_to_cells(peer, &failure, cells);
  return transaction_put(change, TABLE_FAILURE, cells);
}

enum tlspin_code store_put_failure(struct store *store, const struct peer *peer, const char *reason,
                                   int64_t now)
{
  struct transaction change;
  enum tlspin_code code;

  if (!peer_is_valid(peer) || !reason_is_valid(reason) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  return transaction_end(&change, count_failure(store, &change, peer, reason, now));
}

enum tlspin_code store_get_failure(struct store *store, const struct peer *peer,
                                   struct failure_row *failure)
{
  *failure = (struct failure_row){.count = 0};
  if (!peer_is_valid(peer))
    return TLSPIN_E_ARGUMENT;
  database_refuel(&store->db);
  return find_failure(store, peer, failure);
}

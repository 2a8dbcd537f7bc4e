/* One SQLite file of pins: see store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "daemon/store-private.h"

bool store_in_place(struct store *store)
{
  return !store->db.distrusted && database_in_place(&store->db);
}

enum tlspin_code store_begin(struct store *store, struct change *change)
{
  return store->kind == STORE_USER ? change_begin(change, &store->db) : TLSPIN_E_DENIED;
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
  if (code == TLSPIN_E_NOT_FOUND && !database_in_transaction(&store->db) &&
      !contents_trust(&store->db, store->kind))
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
  struct change change;
  enum tlspin_code code;

  if (!ticket_row_is_valid(row, store->kind) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  ticket_row_to_cells(row, cells);
  code = compare(store, &row->peer, expected, now);
  if (code == TLSPIN_OK)
    code = change_put(&change, TABLE_TICKET, cells);
  return change_end(&change, code);
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

static enum tlspin_code count_failure(struct store *store, struct change *change,
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
  return change_put(change, TABLE_FAILURE, cells);
}

enum tlspin_code store_put_failure(struct store *store, const struct peer *peer, const char *reason,
                                   int64_t now)
{
  struct change change;
  enum tlspin_code code;

  if (!peer_is_valid(peer) || !reason_is_valid(reason) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  return change_end(&change, count_failure(store, &change, peer, reason, now));
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

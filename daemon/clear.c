/* Clearing entries, in a way that can be undone: see store_clear in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

/* The read ends before its row is deleted: SQLite promises nothing otherwise. */
static enum tlspin_code clear_next(struct work *work, const struct walk *walk, struct peer *last)
{
  const struct peer *after = work->done.changed > 0 ? last : NULL;
  struct cell key[TABLE_KEY];
  struct ticket_row row;
  enum tlspin_code code = walk_next(work->store, walk, after, &row);

  if (code == TLSPIN_OK) {
    *last = row.peer;
    code = journal_keep(work, last, &row);
  }
  database_reset(work->store->db.statements[STATEMENT_LIST]);
  if (code != TLSPIN_OK)
    return code;
  peer_to_cells(last, key);
  code = change_drop(&work->change, TABLE_TICKET, key);
  return code == TLSPIN_OK ? journal_drop_failure(work, last) : code;
}

static enum tlspin_code clear_all(struct work *work, const struct walk *walk, int64_t now)
{
  enum tlspin_code code = journal_number(work, OPERATION_CLEAR, 0, now);
  struct peer last;

  while (code == TLSPIN_OK) {
    code = clear_next(work, walk, &last);
    work->done.changed += code == TLSPIN_OK;
  }
  return code == TLSPIN_E_NOT_FOUND && work->done.changed > 0 ? TLSPIN_OK : code;
}

enum tlspin_code store_clear(struct store *store, const struct store_filter *filter, int64_t now,
                             struct store_change *change)
{
  enum tlspin_code code;
  struct work work;
  struct walk walk;

  *change = (struct store_change){.operation = 0};
  if (!walk_init(&walk, filter) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = journal_begin(&work, store);
  return code == TLSPIN_OK ? journal_end(&work, clear_all(&work, &walk, now), change) : code;
}

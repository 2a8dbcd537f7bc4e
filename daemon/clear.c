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
  code = transaction_drop(&work->change, TABLE_TICKET, key);
  return code == TLSPIN_OK ? journal_drop_failure(work, last) : code;
}

static enum tlspin_code clear_next_pin(struct work *work, const struct walk *walk,
                                       struct keypin *last, bool first)
{
  struct cell key[PIN_KEY];
  struct pin_note note;
  struct keypin pin;
  enum tlspin_code code = walk_next_pin(work->store, walk, first ? NULL : last, &pin, &note);

  if (code == TLSPIN_OK) {
    *last = pin;
    code = journal_keep_pin(work, &pin, NULL);
  }
  database_reset(work->store->db.statements[STATEMENT_LIST_PINS]);
  if (code != TLSPIN_OK)
    return code;
  pin_key_to_cells(last, key);
  code = transaction_drop(&work->change, TABLE_PIN, key);
  return code == TLSPIN_OK ? journal_drop_failure_of(work, &last->place) : code;
}

static enum tlspin_code clear_tickets(struct work *work, const struct walk *walk)
{
  enum tlspin_code code = TLSPIN_OK;
  struct peer last;

  while (code == TLSPIN_OK) {
    code = clear_next(work, walk, &last);
    work->done.changed += code == TLSPIN_OK;
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code clear_pins(struct work *work, const struct walk *walk)
{
  enum tlspin_code code = TLSPIN_OK;
  struct keypin last;

  for (bool first = true; code == TLSPIN_OK; first = false) {
    code = clear_next_pin(work, walk, &last, first);
    work->done.changed += code == TLSPIN_OK;
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code clear_all(struct work *work, const struct walk *walk, int64_t now)
{
  enum tlspin_code code = journal_number(work, OPERATION_CLEAR, 0, now);

  if (code == TLSPIN_OK && walk->filter->tickets)
    code = clear_tickets(work, walk);
  if (code == TLSPIN_OK && walk->filter->records)
    code = clear_pins(work, walk);
  return code == TLSPIN_OK && work->done.changed == 0 ? TLSPIN_E_NOT_FOUND : code;
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
  walk.same_port = true; /* what is said of every port isn't taken back for one */
  code = journal_begin(&work, store);
  return code == TLSPIN_OK ? journal_end(&work, clear_all(&work, &walk, now), change) : code;
}

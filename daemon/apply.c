/* Putting the records of a draft that was finished: see store_apply in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The head of such an operation names the draft as its target until all is put. Each call takes
 * some records out of the draft and puts them, in one transaction, as an edit does; so whatever
 * ends the daemon, the next call goes on where the last one was. No other operation has a number
 * meanwhile that isn't lower, or waits as well: what the images say of before and after is true.
 * Who finished the draft holds its number until then, and so no other daemon on this home takes
 * part: one that did could not tell whoever waits for it. */
#include "config.h"

#include "daemon/journal.h"

enum { SLICE = 1000 };

/* Where it has no room any more, it is left out. */
static enum tlspin_code take(struct store_edit *edit, const struct keypin *pin,
                             struct store_applied *applied)
{
  struct work *work = store_edit_work(edit);
  struct cell key[TABLE_KEY];
  enum tlspin_code code = store_edit_put(edit, pin);

  if (code == TLSPIN_E_LIMIT) {
    applied->left_out++;
    code = TLSPIN_OK;
  }
  key[0] = cell_integer((int64_t)work->operation.target);
  pin_key_to_cells(pin, key + 1);
  return code == TLSPIN_OK ? transaction_drop(&work->change, TABLE_IMAGE, key) : code;
}

/* TLSPIN_E_NOT_FOUND: there are no more. */
static enum tlspin_code take_next(struct store_edit *edit, struct store_applied *applied,
                                  bool *history)
{
  const struct work *work = store_edit_work(edit);
  struct pin_image staged;
  enum tlspin_code code = journal_next_pin(work->store, work->operation.target, NULL, &staged);

  if (code != TLSPIN_OK)
    return code;
  *history = *history || staged.pin.status == KEYPIN_INACTIVE;
  code = take(edit, &staged.pin, applied);
  keypin_clear(&staged.pin);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_UNAVAILABLE : code;
}

/* An operation that changed nothing is none. */
static enum tlspin_code settle(struct work *work)
{
  struct operation_row row = work->operation;
  struct pin_image first;
  enum tlspin_code code = journal_next_pin(work->store, row.id, NULL, &first);

  if (code == TLSPIN_E_NOT_FOUND)
    return journal_drop(&work->change, row.id);
  if (code != TLSPIN_OK)
    return code;
  keypin_clear(&first.pin);
  row.kind = OPERATION_EDIT;
  row.target = 0;
  return journal_put(&work->change, &row);
}

static enum tlspin_code take_some(struct store_edit *edit, uint64_t keep, uint64_t keep_each,
                                  struct store_applied *applied)
{
  enum tlspin_code code = TLSPIN_OK;
  bool history = false;

  for (int i = 0; i < SLICE && code == TLSPIN_OK; i++)
    code = take_next(edit, applied, &history);
  applied->over = code == TLSPIN_E_NOT_FOUND;
  if (applied->over)
    code = TLSPIN_OK;
  applied->changed = store_edit_changed(edit);
  if (code == TLSPIN_OK && history)
    code = store_edit_trim(edit, keep, keep_each, &applied->dropped);
  return code == TLSPIN_OK && applied->over ? settle(store_edit_work(edit)) : code;
}

bool store_is_applying(struct store *store)
{
  struct operation_row row;

  database_refuel_all(&store->db);
  return journal_find_applying(store, &row) == TLSPIN_OK;
}

enum tlspin_code store_apply(struct store *store, uint64_t keep, uint64_t keep_each,
                             struct store_applied *applied)
{
  struct store_change change;
  struct store_edit *edit;
  enum tlspin_code code = edit_begin_applying(store, &edit);

  *applied = (struct store_applied){.operation = 0};
  if (code != TLSPIN_OK)
    return code;
  applied->operation = store_edit_work(edit)->operation.id;
  code = take_some(edit, keep, keep_each, applied);
  code = store_edit_end(edit, code, &change);
  if (code == TLSPIN_OK && applied->over)
    draft_let_go(store, applied->operation);
  return code;
}

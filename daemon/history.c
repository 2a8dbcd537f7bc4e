/* The history of records, which doesn't grow for ever: see store_trim_history in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

enum { BATCH = 32 };

/* Reads the keys of the statement's records; the read ends before a row is deleted. */
static enum tlspin_code read_batch(struct store *store, sqlite3_stmt *statement,
                                   struct keypin *batch, size_t *count)
{
  enum tlspin_code code = TLSPIN_OK;
  struct cell cells[PIN_COLUMNS];
  struct pin_note note;

  for (*count = 0; code == TLSPIN_OK && *count < BATCH; *count += code == TLSPIN_OK) {
    code = store_step(store, TABLE_PIN, statement, cells);
    if (code == TLSPIN_OK && !pin_of_cells(cells, store->kind, &batch[*count], &note))
      code = TLSPIN_UNAVAILABLE;
  }
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* Drops the oldest `number` inactive records at a place, or anywhere (NULL). */
static enum tlspin_code drop_oldest(struct store_edit *edit, const struct place *place,
                                    uint64_t number)
{
  struct store *store = store_edit_work(edit)->store;
  struct database *db = &store->db;
  sqlite3_stmt *statement = db->statements[place != NULL ? STATEMENT_OLDEST_AT : STATEMENT_OLDEST];
  enum tlspin_code code = TLSPIN_OK;

  while (number > 0 && code == TLSPIN_OK) {
    struct cell cells[5] = {cell_integer((int64_t)MIN(number, BATCH))};
    struct keypin batch[BATCH];
    size_t count = 0;

    database_refuel_all(db);
    if (place != NULL)
      place_to_cells(place, cells + 1);
    if (!cells_bind(statement, cells, place != NULL ? 5 : 1))
      return TLSPIN_UNAVAILABLE;
    code = read_batch(store, statement, batch, &count);
    if (code == TLSPIN_OK && count == 0)
      return TLSPIN_UNAVAILABLE; /* the census says that there are more */
    for (size_t i = 0; i < count && code == TLSPIN_OK; i++, number--)
      code = store_edit_drop(edit, &batch[i]);
  }
  return code;
}

/* A walk over the history that ends behind the next place with more records than are kept at one.
 */
struct crowd {
  uint64_t keep;
  uint64_t count;     /* at the place of `last` */
  struct keypin last; /* its key counts */
};

/* The records of one place stand together in the table. */
static bool visit_inactive(const struct keypin *pin, void *data)
{
  struct crowd *crowd = data;

  if (crowd->count > 0 && !place_equal(&crowd->last.place, &pin->place)) {
    if (crowd->count > crowd->keep)
      return false;
    crowd->count = 0;
  }
  crowd->count++;
  crowd->last = *pin;
  return true;
}

static enum tlspin_code trim_places(struct store_edit *edit, uint64_t keep_each)
{
  struct store_filter history = STORE_FILTER_ANY;
  struct crowd crowd = {.keep = keep_each};
  const struct keypin *after = NULL;
  enum tlspin_code code;

  history.status = KEYPIN_INACTIVE;
  for (;;) {
    struct keypin last = crowd.last;

    crowd.count = 0;
    code = store_list_pins(store_edit_work(edit)->store, &history, after != NULL ? &last : NULL,
                           UINT32_MAX, visit_inactive, &crowd);
    if (code != TLSPIN_OK || crowd.count <= keep_each)
      return code;
    code = drop_oldest(edit, &crowd.last.place, crowd.count - keep_each);
    if (code != TLSPIN_OK)
      return code;
    after = &crowd.last;
  }
}

static enum tlspin_code trim_all(struct store_edit *edit, uint64_t keep, uint64_t keep_each)
{
  const struct census *census = &store_edit_work(edit)->change.census;
  enum tlspin_code code = TLSPIN_OK;

  if (census->inactive > keep_each)
    code = trim_places(edit, keep_each);
  if (code == TLSPIN_OK && census->inactive > keep)
    code = drop_oldest(edit, NULL, census->inactive - keep);
  return code;
}

enum tlspin_code store_edit_trim(struct store_edit *edit, uint64_t keep, uint64_t keep_each,
                                 uint64_t *dropped)
{
  uint64_t before = store_edit_changed(edit);
  enum tlspin_code code = trim_all(edit, keep, keep_each);

  *dropped = store_edit_changed(edit) - before;
  return code;
}

enum tlspin_code store_trim_history(struct store *store, uint64_t keep, uint64_t keep_each)
{
  struct store_change change;
  struct store_edit *edit;
  uint64_t dropped;
  enum tlspin_code code = store_edit_begin(store, STORE_LEARNED, 0, 0, &edit);

  if (code != TLSPIN_OK)
    return code;
  code = store_edit_trim(edit, keep, keep_each, &dropped);
  return store_edit_end(edit, code, &change);
}

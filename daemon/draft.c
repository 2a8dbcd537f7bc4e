/* Drafts, which are operations that aren't finished: see store_edit_begin in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "daemon/restore.h"

void draft_hold(struct store *store, uint64_t operation)
{
  if (store->drafts == NULL)
    store->drafts = g_array_new(FALSE, FALSE, sizeof operation);
  g_array_append_val(store->drafts, operation);
  lockfile_hold(&store->lock, operation); /* nobody else can have a number that is new */
}

void draft_let_go(struct store *store, uint64_t operation)
{
  for (guint i = store->drafts != NULL ? store->drafts->len : 0; i > 0; i--)
    if (g_array_index(store->drafts, uint64_t, i - 1) == operation) {
      g_array_remove_index_fast(store->drafts, i - 1);
      lockfile_let_go(&store->lock, operation);
    }
}

bool draft_is_held(const struct store *store, uint64_t operation)
{
  for (guint i = 0; store->drafts != NULL && i < store->drafts->len; i++)
    if (g_array_index(store->drafts, uint64_t, i) == operation)
      return true;
  return false;
}

/* Only where the record is as the draft left it. */
static enum tlspin_code put_back(struct work *work, const struct trail *trail,
                                 const struct pin_image *image, const struct found *current)
{
  struct pin_image state;
  enum tlspin_code code;

  if (!restore_is_left(work, image, current))
    return TLSPIN_OK;
  code = trail_follow(trail, image, &state);
  if (code != TLSPIN_OK)
    return code;
  if (!restore_is_so(current, &state)) {
    work->done.changed++;
    code = restore_put(&work->change, &state);
  }
  if (code == TLSPIN_OK)
    code = journal_drop_failure_of(work, &state.pin.place);
  keypin_clear(&state.pin);
  return code;
}

static enum tlspin_code drop_image(struct work *work, const struct operation_row *target,
                                   const struct trail *trail, const struct pin_image *image)
{
  struct found current;
  enum tlspin_code code = restore_find(work->store, &image->pin, &current);

  (void)target;
  if (code == TLSPIN_OK)
    code = put_back(work, trail, image, &current);
  keypin_clear(&current.pin);
  return code;
}

/* The images go by and by (forget.c). But where something newer stands they are kept: it may have
 * found what the draft had put, and once it is undone that must not come back (trail.c). */
static enum tlspin_code forget(struct work *work, struct operation_row *row)
{
  struct operation_row newest;
  enum tlspin_code code = journal_last_head(work->store, INT64_MAX, &newest);

  if (code != TLSPIN_OK || newest.id != row->id)
    return code;
  row->kind = OPERATION_GONE;
  return journal_put(&work->change, row);
}

static enum tlspin_code drop(struct work *work, uint64_t operation)
{
  struct operation_row row;
  enum tlspin_code code = journal_find(work->store, operation, &row);

  if (code == TLSPIN_OK && (row.kind != OPERATION_DRAFT || row.undone))
    return TLSPIN_E_NOT_FOUND;
  row.undone = true;
  if (code == TLSPIN_OK)
    code = journal_put(&work->change, &row);
  if (code == TLSPIN_OK)
    code = restore_walk(work, &row, drop_image);
  return code == TLSPIN_OK ? forget(work, &row) : code;
}

static enum tlspin_code drop_one(struct store *store, uint64_t operation,
                                 struct store_change *change)
{
  struct work work;
  enum tlspin_code code = journal_begin(&work, store);

  *change = (struct store_change){.operation = 0};
  return code == TLSPIN_OK ? journal_end(&work, drop(&work, operation), change) : code;
}

enum tlspin_code store_drop_draft(struct store *store, uint64_t operation,
                                  struct store_change *change)
{
  enum tlspin_code code = TLSPIN_E_NOT_FOUND;

  *change = (struct store_change){.operation = 0};
  if (draft_is_held(store, operation))
    code = drop_one(store, operation, change);
  draft_let_go(store, operation);
  return code;
}

/* While it is held here, no other daemon tries the same. */
static enum tlspin_code drop_abandoned(struct store *store, uint64_t operation)
{
  struct store_change change;
  enum tlspin_code code;

  if (draft_is_held(store, operation) || !lockfile_hold(&store->lock, operation))
    return TLSPIN_OK;
  code = drop_one(store, operation, &change);
  lockfile_let_go(&store->lock, operation);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code store_drop_drafts(struct store *store)
{
  struct operation_row row = {.id = 0};
  enum tlspin_code code = TLSPIN_OK;

  if (store->kind != STORE_USER)
    return TLSPIN_E_DENIED;
  database_refuel_all(&store->db);
  while (code == TLSPIN_OK && (code = journal_next_head(store, row.id, &row)) == TLSPIN_OK)
    if (row.kind == OPERATION_DRAFT && !row.undone)
      code = drop_abandoned(store, row.id);
  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_OK;
  g_warning(
      _("%s holds a part of an import that was broken off, which can't be taken back now; that "
        "is tried again within the hour."),
      store->path);
  return code;
}

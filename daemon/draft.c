/* Drafts, which are operations that aren't finished: see store_edit_begin in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "daemon/journal.h"

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

bool draft_take(struct store *store, uint64_t operation)
{
  if (draft_is_held(store, operation))
    return true;
  if (!lockfile_hold(&store->lock, operation))
    return false;
  draft_hold(store, operation);
  return true;
}

/* What was put into it goes by and by (forget.c). */
static enum tlspin_code mark(struct store *store, struct transaction *change, uint64_t operation)
{
  struct operation_row row;
  enum tlspin_code code = journal_find(store, operation, &row);

  if (code == TLSPIN_OK && row.kind != OPERATION_DRAFT)
    code = TLSPIN_E_NOT_FOUND;
  return code == TLSPIN_OK ? journal_mark_gone(change, &row) : code;
}

static enum tlspin_code drop(struct store *store, uint64_t operation)
{
  struct transaction change;
  enum tlspin_code code = store_begin(store, &change);

  return code == TLSPIN_OK ? transaction_end(&change, mark(store, &change, operation)) : code;
}

enum tlspin_code store_drop_draft(struct store *store, uint64_t operation)
{
  enum tlspin_code code = TLSPIN_E_NOT_FOUND;

  if (draft_is_held(store, operation))
    code = drop(store, operation);
  draft_let_go(store, operation);
  return code;
}

/* While it is held here, no other daemon tries the same. */
static enum tlspin_code drop_abandoned(struct store *store, uint64_t operation)
{
  enum tlspin_code code;

  if (draft_is_held(store, operation) || !lockfile_hold(&store->lock, operation))
    return TLSPIN_OK;
  code = drop(store, operation);
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
    if (row.kind == OPERATION_DRAFT)
      code = drop_abandoned(store, row.id);
  if (code == TLSPIN_E_NOT_FOUND)
    return TLSPIN_OK;
  g_warning(
      _("%s holds a part of an import that was broken off, which can't be removed now; that is "
        "tried again within the hour."),
      store->path);
  return code;
}

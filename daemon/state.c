/* What a user's store knows of itself: see state.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/state.h"

#include "daemon/store-private.h"

#include <string.h>

bool state_is_valid(const struct cell *cells, enum store_kind kind)
{
  char name[TOKEN_MAX + 1];

  return kind == STORE_USER && cell_read_text(&cells[0], name, sizeof name) &&
         reason_is_valid(name) && cells[1].bytes.size > 0 && cells[1].bytes.size <= STATE_VALUE_MAX;
}

enum tlspin_code state_get(struct store *store, const char *name, uint8_t *value, size_t *size)
{
  struct cell key = cell_text(name), cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  if (!store_has(store, TABLE_STATE))
    return TLSPIN_E_NOT_FOUND;
  database_refuel(&store->db);
  code = contents_get(&store->db, TABLE_STATE, &key, cells, &digest);
  if (code == TLSPIN_OK && !state_is_valid(cells, store->kind))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK) {
    *size = cells[1].bytes.size;
    memcpy(value, cells[1].bytes.data, *size);
  }
  database_reset(store->db.get[TABLE_STATE]);
  return code == TLSPIN_E_NOT_FOUND && !store_trust(store) ? TLSPIN_UNAVAILABLE : code;
}

enum tlspin_code state_put(struct store *store, const char *name, struct span value)
{
  struct cell cells[] = {cell_text(name), cell_blob(value)};
  struct transaction change;
  enum tlspin_code code;

  if (value.size > 0 && !state_is_valid(cells, STORE_USER))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  code = value.size > 0 ? transaction_put(&change, TABLE_STATE, cells)
                        : transaction_drop(&change, TABLE_STATE, cells);
  if (value.size == 0 && code == TLSPIN_E_NOT_FOUND)
    code = TLSPIN_OK;
  return transaction_end(&change, code);
}

/* What is still to be done: see owed.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/owed.h"

#include "daemon/contents.h"
#include "daemon/state.h"

void owed_to_cells(const char *name, struct cell *cells)
{
  static const uint8_t yes[] = {1};

  cells[0] = cell_text(name);
  cells[1] = cell_blob((struct span){yes, sizeof yes});
}

enum tlspin_code owed_put(struct transaction *change, const char *name)
{
  struct cell cells[2];

  owed_to_cells(name, cells);
  return transaction_put(change, TABLE_STATE, cells);
}

enum tlspin_code owed_drop(struct transaction *change, const char *name)
{
  const struct cell key = cell_text(name);
  enum tlspin_code code = transaction_drop(change, TABLE_STATE, &key);

  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code owed_settle(struct store *store, const char *name)
{
  return state_put(store, name, (struct span){NULL, 0});
}

enum tlspin_code owed_look(struct store *store, const char *name, bool *stands)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size;
  enum tlspin_code code = state_get(store, name, value, &size);

  *stands = code == TLSPIN_OK;
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

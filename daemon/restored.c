/* What a restore leaves in the store: see restored.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/restored.h"

bool restored_put(struct rebuild *rebuild, uint64_t highest)
{
  uint8_t octets[sizeof(uint64_t)];
  struct writer w = writer_of(octets, sizeof octets);
  struct cell cells[] = {cell_text(RESTORED_ROW), cell_blob((struct span){octets, sizeof octets})};

  rebuild_raise_operation(rebuild, highest);
  rebuild_raise_operation(rebuild, highest + RESTORED_APART); /* unless none is left */
  writer_u64(&w, rebuild_last_operation(rebuild));
  return rebuild_replace(rebuild, TABLE_STATE, cells);
}

/* What is not understood, of a newer tlspin perhaps, is after all backups. */
static uint64_t decode(struct span value)
{
  struct reader r = reader_of(value);
  uint64_t number = reader_u64(&r);

  return r.failed || r.left > 0 ? UINT64_MAX : number;
}

static enum tlspin_code find_row(struct database *db, uint64_t *number)
{
  struct cell key = cell_text(RESTORED_ROW), cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  database_refuel(db);
  code = contents_get(db, TABLE_STATE, &key, cells, &digest);
  if (code == TLSPIN_OK)
    *number = decode(cells[1].bytes);
  database_reset(db->get[TABLE_STATE]);
  return code;
}

static enum tlspin_code find_head(struct database *db, uint64_t number)
{
  struct cell key = cell_integer((int64_t)number), cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;

  database_refuel(db);
  code = contents_get(db, TABLE_OPERATION, &key, cells, &digest);
  database_reset(db->get[TABLE_OPERATION]);
  return code;
}

/* That an import leaves a number of which nothing is told, or that the heads of some operations are
 * lost, is no restore yet. */
static enum tlspin_code find_gap(struct rebuild *rebuild, uint64_t operation)
{
  uint64_t last = rebuild_last_operation(rebuild);
  unsigned untold = 0;

  for (uint64_t number = operation + 1; number <= last && untold < RESTORED_APART; number++) {
    enum tlspin_code code = find_head(rebuild_database(rebuild), number);

    if (code == TLSPIN_UNAVAILABLE)
      return code;
    untold = code == TLSPIN_OK ? 0 : untold + 1;
  }
  return untold < RESTORED_APART ? TLSPIN_E_NOT_FOUND : TLSPIN_OK;
}

enum tlspin_code restored_since(struct rebuild *rebuild, uint64_t operation)
{
  uint64_t restored = 0;
  enum tlspin_code code = find_row(rebuild_database(rebuild), &restored);

  if (code == TLSPIN_E_NOT_FOUND)
    return find_gap(rebuild, operation);
  if (code != TLSPIN_OK)
    return code;
  rebuild_raise_operation(rebuild, restored);
  return restored > operation ? TLSPIN_OK : TLSPIN_E_NOT_FOUND;
}

/* Rows that are to be dropped: see doomed.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/doomed.h"

#include <string.h>

struct row {
  enum table_id table;
  struct cell key[TABLE_KEY];
  uint8_t octets[];
};

struct doomed {
  GPtrArray *rows;
};

struct doomed *doomed_new(void)
{
  struct doomed *doomed = g_new0(struct doomed, 1);

  doomed->rows = g_ptr_array_new_with_free_func(g_free);
  return doomed;
}

void doomed_free(struct doomed *doomed)
{
  if (doomed == NULL)
    return;
  g_ptr_array_unref(doomed->rows);
  g_free(doomed);
}

void doomed_add(struct doomed *doomed, enum table_id table, const struct cell *cells)
{
  int columns = tables[table].key;
  size_t size = 0, used = 0;
  struct row *row;

  for (int i = 0; i < columns; i++)
    size += cells[i].bytes.size;
  row = g_malloc(sizeof *row + size);
  row->table = table;
  for (int i = 0; i < columns; i++) {
    row->key[i] = cells[i];
    if (cells[i].type == CELL_INTEGER)
      continue;
    row->key[i].bytes.data = row->octets + used;
    if (cells[i].bytes.size > 0)
      memcpy(row->octets + used, cells[i].bytes.data, cells[i].bytes.size);
    used += cells[i].bytes.size;
  }
  g_ptr_array_add(doomed->rows, row);
}

enum tlspin_code doomed_drop(const struct doomed *doomed, struct transaction *change)
{
  enum tlspin_code code = TLSPIN_OK;

  for (guint i = 0; code == TLSPIN_OK && i < doomed->rows->len; i++) {
    const struct row *row = doomed->rows->pdata[i];

    code = transaction_drop(change, row->table, row->key);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_UNAVAILABLE : code;
}

bool doomed_host(enum table_id table, const struct cell *cells, char host[HOST_MAX + 1])
{
  switch (table) {
  case TABLE_TICKET:
  case TABLE_FAILURE:
  case TABLE_PIN:
    return cell_read_text(&cells[0], host, HOST_MAX + 1);
  case TABLE_BEFORE:
  case TABLE_IMAGE:
    return cell_read_text(&cells[1], host, HOST_MAX + 1);
  case TABLE_EVENT:
    return cell_read_text(&cells[5], host, HOST_MAX + 1);
  default:
    return false;
  }
}

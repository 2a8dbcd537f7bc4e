/* Which pins the operations of a journal touched: see touched.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/touched.h"

struct touched {
  GHashTable *last; /* from a key's octets to the number of the last operation: uint64_t */
};

/* Each with its length, so that two keys never have the same octets. */
static GBytes *encode(enum table_id table, const struct cell *key)
{
  g_autoptr(GByteArray) octets = g_byte_array_new();
  uint8_t kind = (uint8_t)table;

  g_byte_array_append(octets, &kind, 1);
  for (int i = 0; i < tables[table].key; i++) {
    uint64_t size = key[i].type == CELL_INTEGER ? (uint64_t)key[i].number : key[i].bytes.size;

    g_byte_array_append(octets, (const guint8 *)&size, sizeof size);
    if (key[i].type != CELL_INTEGER)
      g_byte_array_append(octets, key[i].bytes.data, (guint)key[i].bytes.size);
  }
  return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
}

/* The key of an image is the operation's number, and then that of the row. They come in the order
 * of their keys: the last operation last. */
static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct touched *touched = data;
  uint64_t operation = (uint64_t)cells[0].number;

  (void)digest;
  if (table == TABLE_BEFORE || table == TABLE_IMAGE)
    g_hash_table_replace(touched->last,
                         encode(table == TABLE_BEFORE ? TABLE_TICKET : TABLE_PIN, cells + 1),
                         g_memdup2(&operation, sizeof operation));
  return true;
}

struct touched *touched_new(struct database *db)
{
  struct touched *touched = g_new0(struct touched, 1);

  touched->last =
      g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, g_free);
  database_refuel_all(db);
  if (contents_walk(db, STORE_USER, on_row, touched))
    return touched;
  touched_free(touched);
  return NULL;
}

void touched_free(struct touched *touched)
{
  if (touched == NULL)
    return;
  g_hash_table_unref(touched->last);
  g_free(touched);
}

bool touched_after(const struct touched *touched, enum table_id table, const struct cell *key,
                   uint64_t operation)
{
  g_autoptr(GBytes) octets = NULL;
  const uint64_t *last;

  if (table != TABLE_TICKET && table != TABLE_PIN)
    return false;
  octets = encode(table, key);
  last = g_hash_table_lookup(touched->last, octets);
  return last != NULL && *last > operation;
}

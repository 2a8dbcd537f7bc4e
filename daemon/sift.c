/* Takes rows out of a store that is being rebuilt: see sift.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/sift.h"

/* The key of a row that is to go, with its octets. */
struct going {
  enum table_id table;
  struct cell key[TABLE_KEY];
  uint8_t octets[];
};

struct sift {
  sift_unwanted unwanted;
  void *data;
  GPtrArray *going;
};

static struct going *going_new(enum table_id table, const struct cell *cells)
{
  const int count = tables[table].key;
  struct going *going;
  struct writer w;
  size_t size = 0;

  for (int i = 0; i < count; i++)
    size += cells[i].bytes.size;
  going = g_malloc0(sizeof *going + size);
  going->table = table;
  w = writer_of(going->octets, size);
  for (int i = 0; i < count; i++) {
    going->key[i] = cells[i];
    going->key[i].bytes.data = going->octets + w.used;
    writer_put(&w, cells[i].bytes);
  }
  return going;
}

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct sift *sift = data;

  if (sift->unwanted(table, cells, digest, sift->data))
    g_ptr_array_add(sift->going, going_new(table, cells));
  return sift->going->len < SIFT_AT_ONCE;
}

static bool drop_all(struct rebuild *rebuild, GPtrArray *going)
{
  for (guint i = 0; i < going->len; i++) {
    const struct going *row = going->pdata[i];

    if (!rebuild_drop(rebuild, row->table, row->key))
      return false;
  }
  return true;
}

/* A walk that ends early, and found as many as are held, has left some to the next. */
bool sift_drop(struct rebuild *rebuild, sift_unwanted unwanted, void *data, uint64_t *count)
{
  g_autoptr(GPtrArray) going = g_ptr_array_new_with_free_func(g_free);
  struct sift sift = {unwanted, data, going};
  struct database *db = rebuild_database(rebuild);
  bool whole, fine;

  *count = 0;
  do {
    database_refuel_all(db);
    whole = contents_walk(db, STORE_USER, on_row, &sift);
    fine = (whole || going->len == SIFT_AT_ONCE) && drop_all(rebuild, going);
    *count += fine ? going->len : 0;
    g_ptr_array_set_size(going, 0);
  } while (fine && !whole);
  return fine;
}

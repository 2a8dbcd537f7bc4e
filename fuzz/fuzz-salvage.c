/* Rows out of files that are none, and out of stores with some octets changed.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The input is that of fuzz-store. Whatever is told of must be a row with its digest; out of a
 * changed store come no others than there were before, and none is reached that wasn't. */
#include "config.h"

#include "fuzz/fuzz.h"
#include "fuzz/specimen.h"

#include "daemon/row-sound.h"
#include "daemon/salvage.h"

#include <glib.h>
#include <string.h>

enum { SYSTEM = 1, WHOLE = 2 };

/* The digests that were told of. */
struct rows {
  GHashTable *reached, *carved;
  enum store_kind kind;
  uint64_t calls;
};

static GHashTable *set_new(void)
{
  return g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
}

static struct rows rows_new(enum store_kind kind)
{
  return (struct rows){set_new(), set_new(), kind, 0};
}

static void rows_free(struct rows *rows)
{
  g_hash_table_unref(rows->reached);
  g_hash_table_unref(rows->carved);
}

static bool take(enum table_id table, const struct cell *cells, const struct digest *digest,
                 bool reached, void *data)
{
  struct rows *rows = data;
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct digest own;

  require(table < TABLES && cells_digest(checksum, &tables[table], cells, &own));
  require(memcmp(&own, digest, sizeof own) == 0 && row_is_sound(table, cells, rows->kind));
  require(!reached || g_hash_table_size(rows->carved) == 0);
  g_hash_table_add(reached ? rows->reached : rows->carved, g_bytes_new(digest, sizeof *digest));
  rows->calls++;
  g_checksum_free(checksum);
  return true;
}

static struct rows read_rows(const struct specimen *specimen)
{
  struct rows rows = rows_new(specimen->kind);
  struct salvage_found found;

  require(salvage_read(specimen->path, specimen->kind, take, &rows, &found));
  require(found.reached + found.carved == rows.calls && found.mended <= found.reached);
  require(found.pages_damaged <= found.pages);
  return rows;
}

/* What comes out of the good store. */
static const struct rows *rows_of(const struct specimen *specimen)
{
  static struct rows known[2];
  struct rows *rows = &known[specimen->kind == STORE_SYSTEM];

  if (rows->reached == NULL) {
    specimen_put(specimen, (struct span){specimen->octets, specimen->size});
    *rows = read_rows(specimen);
    require(g_hash_table_size(rows->reached) > 0);
  }
  return rows;
}

static void compare(const struct rows *good, const struct rows *rows)
{
  GHashTableIter iter;
  gpointer digest;

  g_hash_table_iter_init(&iter, rows->reached);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    require(g_hash_table_contains(good->reached, digest) ||
            g_hash_table_contains(good->carved, digest));
  g_hash_table_iter_init(&iter, rows->carved);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    require(g_hash_table_contains(good->reached, digest) ||
            g_hash_table_contains(good->carved, digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct reader r = reader_of((struct span){data, size});
  uint8_t mode = reader_u8(&r);
  const struct specimen *specimen = specimen_of((mode & SYSTEM) != 0 ? STORE_SYSTEM : STORE_USER);
  const struct rows *good = rows_of(specimen);
  bool whole = (mode & WHOLE) != 0;
  uint8_t *copy = g_malloc(specimen->size);
  struct rows rows;

  specimen_put(specimen, whole ? reader_take(&r, r.left) : specimen_change(specimen, &r, copy));
  rows = read_rows(specimen);
  if (!whole)
    compare(good, &rows);
  rows_free(&rows);
  g_free(copy);
  return 0;
}

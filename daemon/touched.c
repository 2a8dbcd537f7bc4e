/* Which pins the operations of a journal touched: see touched.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/touched.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"

/* What is known of a key: the numbers of operations. */
struct trace {
  struct digest key;
  uint64_t last;
  uint64_t in_force; /* the last that stands, and did more than to note the row; or 0 */
};

struct touched {
  GHashTable *traces; /* by the digests of their keys: struct trace */
  GHashTable *idle;   /* numbers of operations that aren't in force, as int64_t */
  GHashTable *drafts; /* of drafts, whose images are what is to be put */
  GHashTable *heads;  /* of the others */
  GHashTable *told;   /* of those that have images */
  uint64_t gone;      /* the last of which some images may be gone already */
  GChecksum *checksum;
};

/* Each with its length, so that two keys never have the same octets. */
static struct digest digest_of(const struct touched *touched, enum table_id table,
                               const struct cell *key)
{
  struct digest digest;
  gsize size = sizeof digest.octets;
  uint8_t kind = (uint8_t)table;

  g_checksum_reset(touched->checksum);
  g_checksum_update(touched->checksum, &kind, 1);
  for (int i = 0; i < tables[table].key; i++) {
    uint64_t number = key[i].type == CELL_INTEGER ? (uint64_t)key[i].number : key[i].bytes.size;

    g_checksum_update(touched->checksum, (const guchar *)&number, sizeof number);
    if (key[i].type != CELL_INTEGER && key[i].bytes.size > 0)
      g_checksum_update(touched->checksum, key[i].bytes.data, (gssize)key[i].bytes.size);
  }
  g_checksum_get_digest(touched->checksum, digest.octets, &size);
  return digest;
}

static struct trace *trace_of(struct touched *touched, enum table_id table, const struct cell *key)
{
  struct digest digest = digest_of(touched, table, key);
  struct trace *trace = g_hash_table_lookup(touched->traces, &digest);

  if (trace == NULL) {
    trace = g_new0(struct trace, 1);
    trace->key = digest;
    g_hash_table_insert(touched->traces, &trace->key, trace);
  }
  return trace;
}

static void add_number(GHashTable *numbers, int64_t number)
{
  if (!g_hash_table_contains(numbers, &number))
    g_hash_table_add(numbers, g_memdup2(&number, sizeof number));
}

static void note_head(struct touched *touched, const struct cell *cells)
{
  struct operation_row row;

  (void)operation_row_of_cells(cells, &row); /* the walk has looked at it */
  add_number(row.kind == OPERATION_DRAFT ? touched->drafts : touched->heads, cells[0].number);
  if (row.kind == OPERATION_APPLYING)
    add_number(touched->drafts, (int64_t)row.target);
  if (row.undone || row.kind == OPERATION_APPLYING)
    add_number(touched->idle, cells[0].number);
  if (row.kind == OPERATION_GONE)
    touched->gone = row.id;
}

static bool is_noted(enum table_id table, const struct cell *cells)
{
  struct pin_image image;
  struct pin_note note;

  if (table != TABLE_IMAGE)
    return false;
  (void)pin_image_of_cells(cells, &image, &note);
  return image.noted;
}

/* The key of an image is the operation's number, and then that of the row. They come in the order
 * of their keys: the last operation last; and after the heads of the operations. Where a head is
 * lost the operation counts as in force: had it been taken back, that would have left an image,
 * too. */
static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct touched *touched = data;
  struct trace *trace;

  (void)digest;
  if (table == TABLE_OPERATION)
    note_head(touched, cells);
  if ((table != TABLE_BEFORE && table != TABLE_IMAGE) ||
      g_hash_table_contains(touched->drafts, &cells[0].number))
    return true;
  trace = trace_of(touched, table == TABLE_BEFORE ? TABLE_TICKET : TABLE_PIN, cells + 1);
  trace->last = (uint64_t)cells[0].number;
  add_number(touched->told, cells[0].number);
  if (!g_hash_table_contains(touched->idle, &cells[0].number) && !is_noted(table, cells))
    trace->in_force = trace->last;
  return true;
}

struct touched *touched_new(struct database *db)
{
  struct touched *touched = g_new0(struct touched, 1);

  touched->traces = g_hash_table_new_full(digest_hash, digest_same, NULL, g_free);
  touched->idle = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  touched->drafts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  touched->heads = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  touched->told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  touched->checksum = g_checksum_new(G_CHECKSUM_SHA256);
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
  g_hash_table_unref(touched->traces);
  g_hash_table_unref(touched->idle);
  g_hash_table_unref(touched->drafts);
  g_hash_table_unref(touched->heads);
  g_hash_table_unref(touched->told);
  g_checksum_free(touched->checksum);
  g_free(touched);
}

static const struct trace *find(const struct touched *touched, enum table_id table,
                                const struct cell *key)
{
  struct digest digest;

  if (table != TABLE_TICKET && table != TABLE_PIN)
    return NULL;
  digest = digest_of(touched, table, key);
  return g_hash_table_lookup(touched->traces, &digest);
}

bool touched_after(const struct touched *touched, enum table_id table, const struct cell *key,
                   uint64_t operation)
{
  const struct trace *trace = find(touched, table, key);

  return trace != NULL && trace->last > operation;
}

uint64_t touched_in_force(const struct touched *touched, enum table_id table,
                          const struct cell *key)
{
  const struct trace *trace = find(touched, table, key);

  return trace != NULL ? trace->in_force : 0;
}

static bool tells_each(const struct touched *touched, uint64_t after, uint64_t last)
{
  if (last - after > g_hash_table_size(touched->told) + g_hash_table_size(touched->drafts))
    return false;
  for (uint64_t number = after + 1; number <= last; number++)
    if (!g_hash_table_contains(touched->told, &number) &&
        !g_hash_table_contains(touched->drafts, &number))
      return false;
  return true;
}

static bool tells_of_heads(const struct touched *touched, uint64_t after)
{
  GHashTableIter iter;
  gpointer number;

  g_hash_table_iter_init(&iter, touched->heads);
  while (g_hash_table_iter_next(&iter, &number, NULL))
    if (*(const uint64_t *)number > after && !g_hash_table_contains(touched->told, number))
      return false;
  return true;
}

bool touched_tells(const struct touched *touched, uint64_t after, uint64_t last, bool whole)
{
  if (last < after || touched->gone > after)
    return false;
  return whole ? tells_of_heads(touched, after) : tells_each(touched, after, last);
}

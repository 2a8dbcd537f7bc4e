/* A new store, made of the rows of a damaged one: see rebuild.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/rebuild.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/missing.h"
#include "daemon/pinrow.h"
#include "daemon/problem.h"
#include "daemon/row.h"
#include "daemon/schema.h"

#include <glib/gstdio.h>
#include <string.h>

/* A row that was offered; its cells point into `octets`. */
struct candidate {
  enum rebuild_source source;
  enum table_id table;
  struct cell cells[TABLE_COLUMNS];
  uint8_t *octets;
  struct digest digest;
};

struct rebuild {
  char *path;
  struct database db;
  struct transaction change;
  GPtrArray *candidates; /* what of them can be chosen from */
  size_t octets;         /* of their rows */
  bool crowded;          /* there were more: none is chosen */
  GHashTable *offered;   /* their digests */
  bool finished;
};

static void candidate_free(void *data)
{
  struct candidate *candidate = data;

  g_free(candidate->octets);
  g_free(candidate);
}

static size_t size_of(enum table_id table, const struct cell *cells)
{
  size_t size = 0;

  for (int i = 0; i < tables[table].columns; i++)
    size += cells[i].bytes.size;
  return size;
}

static struct candidate *candidate_new(enum rebuild_source source, enum table_id table,
                                       const struct cell *cells, const struct digest *digest)
{
  struct candidate *made = g_new0(struct candidate, 1);
  size_t size = size_of(table, cells);
  struct writer w;

  made->source = source;
  made->table = table;
  made->digest = *digest;
  made->octets = g_malloc(size + 1);
  w = writer_of(made->octets, size);
  for (int i = 0; i < tables[table].columns; i++) {
    made->cells[i] = cells[i];
    made->cells[i].bytes.data = made->octets + w.used;
    writer_put(&w, cells[i].bytes);
  }
  return made;
}

static bool begin(struct rebuild *rebuild)
{
  struct database *db = &rebuild->db;

  return database_open(db, rebuild->path, STORE_USER) &&
         schema_migrate(db->handle, &schema_current) && database_prepare(db) &&
         transaction_begin(&rebuild->change, db) == TLSPIN_OK;
}

struct rebuild *rebuild_new(const char *path, char **problem)
{
  struct rebuild *rebuild = g_new0(struct rebuild, 1);

  rebuild->path = g_strdup(path);
  rebuild->candidates = g_ptr_array_new_with_free_func(candidate_free);
  rebuild->offered = g_hash_table_new(digest_hash, digest_same);
  if (file_create(path, problem) == TLSPIN_OK && begin(rebuild))
    return rebuild;
  if (*problem == NULL)
    problem_set(problem, _("%s can't be written: %s. Make room on the disk."), path,
                database_fault(&rebuild->db));
  rebuild_free(rebuild);
  return NULL;
}

static void remove_files(const char *path)
{
  g_autofree char *journal = g_strconcat(path, "-journal", NULL);

  g_unlink(path);
  g_unlink(journal);
}

void rebuild_free(struct rebuild *rebuild)
{
  if (rebuild == NULL)
    return;
  database_close(&rebuild->db);
  if (!rebuild->finished)
    remove_files(rebuild->path);
  g_hash_table_unref(rebuild->offered);
  g_ptr_array_unref(rebuild->candidates);
  g_free(rebuild->path);
  g_free(rebuild);
}

struct database *rebuild_database(struct rebuild *rebuild)
{
  return &rebuild->db;
}

static enum tlspin_code look_for(struct rebuild *rebuild, enum table_id table,
                                 const struct cell *key, struct digest *digest)
{
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code;

  database_refuel(&rebuild->db);
  code = contents_get(&rebuild->db, table, key, cells, digest);
  database_reset(rebuild->db.get[table]);
  return code;
}

static enum tlspin_code look(struct rebuild *rebuild, enum table_id table, const struct cell *key)
{
  struct digest digest;

  return look_for(rebuild, table, key, &digest);
}

bool rebuild_has(struct rebuild *rebuild, enum table_id table, const struct cell *cells)
{
  return look(rebuild, table, cells) == TLSPIN_OK;
}

bool rebuild_holds(struct rebuild *rebuild, enum table_id table, const struct cell *cells,
                   const struct digest *digest)
{
  struct digest held;

  return look_for(rebuild, table, cells, &held) == TLSPIN_OK &&
         memcmp(&held, digest, sizeof held) == 0;
}

bool rebuild_add(struct rebuild *rebuild, enum table_id table, const struct cell *cells)
{
  enum tlspin_code code = look(rebuild, table, cells);

  if (code != TLSPIN_E_NOT_FOUND)
    return code == TLSPIN_OK;
  if (table == TABLE_OPERATION || table == TABLE_BEFORE || table == TABLE_IMAGE)
    rebuild_raise_operation(rebuild, (uint64_t)cells[0].number);
  return change_add(&rebuild->change, table, cells) == TLSPIN_OK;
}

bool rebuild_drop(struct rebuild *rebuild, enum table_id table, const struct cell *key)
{
  database_refuel(&rebuild->db);
  return transaction_drop(&rebuild->change, table, key) == TLSPIN_OK;
}

bool rebuild_replace(struct rebuild *rebuild, enum table_id table, const struct cell *cells)
{
  database_refuel(&rebuild->db);
  return transaction_put(&rebuild->change, table, cells) == TLSPIN_OK;
}

/* What can't be chosen from is no use any more. */
static void crowd(struct rebuild *rebuild)
{
  rebuild->crowded = true;
  g_hash_table_remove_all(rebuild->offered);
  g_ptr_array_set_size(rebuild->candidates, 0);
}

static void offer(struct rebuild *rebuild, struct candidate *candidate)
{
  rebuild->octets += sizeof *candidate + size_of(candidate->table, candidate->cells);
  g_ptr_array_add(rebuild->candidates, candidate);
  g_hash_table_add(rebuild->offered, &candidate->digest);
  if (rebuild->octets > REBUILD_OCTETS || rebuild->candidates->len > MISSING_MANY)
    crowd(rebuild);
}

bool rebuild_offer(struct rebuild *rebuild, enum rebuild_source source, enum table_id table,
                   const struct cell *cells, const struct digest *digest)
{
  enum tlspin_code code;

  if (rebuild->crowded || g_hash_table_contains(rebuild->offered, digest))
    return true;
  code = look(rebuild, table, cells);
  if (code == TLSPIN_E_NOT_FOUND)
    offer(rebuild, candidate_new(source, table, cells, digest));
  return code != TLSPIN_UNAVAILABLE;
}

uint64_t rebuild_rows(const struct rebuild *rebuild)
{
  return rebuild->change.contents.rows;
}

uint64_t rebuild_missing(const struct rebuild *rebuild, const struct contents *contents)
{
  uint64_t rows = rebuild->change.contents.rows;

  return contents->rows > rows ? contents->rows - rows : 0;
}

/* What is left of the sum once the rows that are there are taken out of it. */
static struct digest left_over(const struct rebuild *rebuild, const struct contents *contents)
{
  struct digest left = contents->all;

  digest_toggle(&left, &rebuild->change.contents.all);
  return left;
}

static bool is_complete(const struct rebuild *rebuild, const struct contents *contents)
{
  static const struct digest nothing;
  struct digest left = left_over(rebuild, contents);

  return contents->rows == rebuild->change.contents.rows &&
         memcmp(&left, &nothing, sizeof left) == 0;
}

static bool add_chosen(struct rebuild *rebuild, const bool *chosen, uint64_t *added)
{
  for (guint i = 0; i < rebuild->candidates->len; i++) {
    const struct candidate *candidate = rebuild->candidates->pdata[i];

    if (!chosen[i])
      continue;
    if (!rebuild_add(rebuild, candidate->table, candidate->cells))
      return false;
    added[candidate->source]++;
  }
  return true;
}

static bool add_missing(struct rebuild *rebuild, const struct contents *contents, uint64_t *added)
{
  guint count = rebuild->candidates->len;
  g_autofree struct digest *digests = g_new(struct digest, count);
  g_autofree bool *chosen = g_new(bool, count);
  struct digest left = left_over(rebuild, contents);

  for (guint i = 0; i < count; i++)
    digests[i] = ((struct candidate *)rebuild->candidates->pdata[i])->digest;
  return !missing_find(digests, count, rebuild_missing(rebuild, contents), &left, chosen) ||
         add_chosen(rebuild, chosen, added);
}

enum tlspin_code rebuild_complete(struct rebuild *rebuild, const struct contents *contents,
                                  uint64_t added[REBUILD_SOURCES])
{
  memset(added, 0, REBUILD_SOURCES * sizeof *added);
  if (rebuild->candidates->len > 0 && !is_complete(rebuild, contents) &&
      !add_missing(rebuild, contents, added))
    return TLSPIN_UNAVAILABLE;
  return is_complete(rebuild, contents) ? TLSPIN_OK : TLSPIN_E_NOT_FOUND;
}

uint64_t rebuild_last_operation(const struct rebuild *rebuild)
{
  return rebuild->change.contents.last_operation;
}

void rebuild_raise_operation(struct rebuild *rebuild, uint64_t number)
{
  struct contents *contents = &rebuild->change.contents;

  if (number > contents->last_operation && number < OPERATION_LAST / 2) {
    contents->last_operation = number;
    rebuild->change.written = true;
  }
}

bool rebuild_finish(struct rebuild *rebuild, char **problem)
{
  g_autofree char *journal = g_strconcat(rebuild->path, "-journal", NULL), *fault = NULL;

  if (transaction_end(&rebuild->change, TLSPIN_OK) != TLSPIN_OK) {
    problem_set(problem, _("%s can't be written: %s. Make room on the disk."), rebuild->path,
                database_fault(&rebuild->db));
    return false;
  }
  database_drop_cache(&rebuild->db);
  fault = contents_verify(&rebuild->db, STORE_USER);
  if (fault != NULL) {
    problem_set(problem, _("%s was written and can't be read again: %s. Check the disk."),
                rebuild->path, fault);
    return false;
  }
  database_close(&rebuild->db);
  g_unlink(journal);
  rebuild->finished = true;
  return true;
}

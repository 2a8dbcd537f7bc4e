/* What a file holds as a whole: see contents.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"

#include <string.h>

enum {
  CONTENTS_SIZE = 8 + 8 + DIGEST_SIZE, /* rows, last_operation, all */
  CENSUS_SIZE = 8 + 8 + 8,             /* records, wide, inactive */
  VALUE_MAX = CONTENTS_SIZE + DIGEST_SIZE
};

/* SHA-256 of what is encoded, so that a flipped bit in the numbers shows as well. */
static void digest_encoded(GChecksum *checksum, struct span encoded, struct digest *digest)
{
  gsize size = DIGEST_SIZE;

  g_checksum_reset(checksum);
  g_checksum_update(checksum, encoded.data, (gssize)encoded.size);
  g_checksum_get_digest(checksum, digest->octets, &size);
}

/* Copies what a row of `meta` holds without its digest, which is checked. */
static bool decode(GChecksum *checksum, struct span value, size_t size, uint8_t *encoded)
{
  struct digest digest;

  if (value.size != size + DIGEST_SIZE)
    return false;
  memcpy(encoded, value.data, size);
  digest_encoded(checksum, (struct span){encoded, size}, &digest);
  return memcmp(value.data + size, digest.octets, DIGEST_SIZE) == 0;
}

bool contents_decode(GChecksum *checksum, struct span value, struct contents *contents)
{
  uint8_t encoded[CONTENTS_SIZE];
  struct reader r = reader_of((struct span){encoded, sizeof encoded});
  struct span all;

  if (!decode(checksum, value, sizeof encoded, encoded))
    return false;
  contents->rows = reader_u64(&r);
  contents->last_operation = reader_u64(&r);
  all = reader_take(&r, DIGEST_SIZE);
  memcpy(contents->all.octets, all.data, DIGEST_SIZE);
  return contents->last_operation < OPERATION_LAST;
}

bool census_decode(GChecksum *checksum, struct span value, struct census *census)
{
  uint8_t encoded[CENSUS_SIZE];
  struct reader r = reader_of((struct span){encoded, sizeof encoded});

  if (!decode(checksum, value, sizeof encoded, encoded))
    return false;
  census->records = reader_u64(&r);
  census->wide = reader_u64(&r);
  census->inactive = reader_u64(&r);
  return true;
}

/* A row of `meta`, which points into the statement that is to be reset. */
static struct span load(struct database *db, const char *name)
{
  sqlite3_stmt *statement = db->statements[STATEMENT_META_GET];
  struct span value = {NULL, 0};

  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  if (database_step(statement) == STEP_ROW && sqlite3_column_type(statement, 0) == SQLITE_BLOB) {
    value.data = sqlite3_column_blob(statement, 0);
    value.size = (size_t)sqlite3_column_bytes(statement, 0);
  }
  return value;
}

/* w holds what is encoded, and has room for the digest. */
static bool save(struct database *db, const char *name, struct writer *w)
{
  sqlite3_stmt *statement = db->statements[STATEMENT_META_PUT];
  struct digest digest;

  digest_encoded(db->checksum, writer_span(w), &digest);
  writer_put(w, (struct span){digest.octets, DIGEST_SIZE});
  sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
  sqlite3_bind_blob(statement, 2, w->data, (int)w->used, SQLITE_STATIC);
  return database_finish(statement);
}

bool contents_load(struct database *db, struct contents *contents)
{
  bool loaded = contents_decode(db->checksum, load(db, CONTENTS_NAME), contents);

  database_reset(db->statements[STATEMENT_META_GET]);
  return loaded;
}

static bool save_contents(struct database *db, const struct contents *contents)
{
  uint8_t value[VALUE_MAX];
  struct writer w = writer_of(value, sizeof value);

  writer_u64(&w, contents->rows);
  writer_u64(&w, contents->last_operation);
  writer_put(&w, (struct span){contents->all.octets, DIGEST_SIZE});
  return save(db, CONTENTS_NAME, &w);
}

bool census_load(struct database *db, struct census *census)
{
  bool loaded;

  *census = (struct census){.records = 0};
  if (db->version < tables[TABLE_PIN].version)
    return true;
  loaded = census_decode(db->checksum, load(db, CENSUS_NAME), census);
  database_reset(db->statements[STATEMENT_META_GET]);
  return loaded;
}

static bool save_census(struct database *db, const struct census *census)
{
  uint8_t value[VALUE_MAX];
  struct writer w = writer_of(value, sizeof value);

  writer_u64(&w, census->records);
  writer_u64(&w, census->wide);
  writer_u64(&w, census->inactive);
  return save(db, CENSUS_NAME, &w);
}

static bool cell_is(const struct cell *cell, const char *token)
{
  return span_equal(cell->bytes, cell_text(token).bytes);
}

void census_count(struct census *census, const struct cell *cells, int by)
{
  uint64_t one = (uint64_t)(int64_t)by;

  census->records += one;
  if (!cell_is(&cells[PIN_SCOPE], scope_token(SCOPE_EXACT)))
    census->wide += one;
  if (cell_is(&cells[PIN_STATUS], keypin_status_token(KEYPIN_INACTIVE)))
    census->inactive += one;
}

enum tlspin_code contents_get(struct database *db, enum table_id table, const struct cell *key,
                              struct cell *cells, struct digest *digest)
{
  sqlite3_stmt *statement = db->get[table];

  if (!cells_bind(statement, key, tables[table].key))
    return TLSPIN_UNAVAILABLE;
  switch (database_step(statement)) {
  case STEP_ROW:
    return cells_read(db->checksum, &tables[table], statement, cells, digest) ? TLSPIN_OK
                                                                              : TLSPIN_UNAVAILABLE;
  case STEP_DONE:
    return TLSPIN_E_NOT_FOUND;
  default:
    return TLSPIN_UNAVAILABLE;
  }
}

enum tlspin_code transaction_begin(struct transaction *change, struct database *db)
{
  *change = (struct transaction){.db = db, .written = false};
  if (!contents_trust(db, STORE_USER))
    return TLSPIN_UNAVAILABLE;
  database_refuel_all(db);
  if (!database_finish(db->statements[STATEMENT_BEGIN_WRITE]))
    return TLSPIN_UNAVAILABLE;
  change->known = database_unchanged(db);
  if (database_in_place(db) && contents_load(db, &change->contents) &&
      census_load(db, &change->census))
    return TLSPIN_OK;
  return transaction_end(change, TLSPIN_UNAVAILABLE);
}

/* Counts a row in, or out where by is -1. */
static void count(struct transaction *change, enum table_id table, const struct cell *cells,
                  const struct digest *digest, int by)
{
  digest_toggle(&change->contents.all, digest);
  change->contents.rows += (uint64_t)(int64_t)by;
  change->written = true;
  if (table == TABLE_PIN) {
    census_count(&change->census, cells, by);
    change->counted = true;
  }
}

/* Takes the key's row, if there is one, out of the sum. */
static enum tlspin_code forget(struct transaction *change, enum table_id table,
                               const struct cell *key)
{
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code = contents_get(change->db, table, key, cells, &digest);

  if (code == TLSPIN_OK)
    count(change, table, cells, &digest, -1);
  database_reset(change->db->get[table]);
  return code;
}

/* After some errors (a full disk, no memory) SQLite takes all back by itself; what came then would
 * be written for good at once, and without the rest. */
static bool is_open(const struct transaction *change)
{
  return database_in_transaction(change->db);
}

enum tlspin_code change_add(struct transaction *change, enum table_id table,
                            const struct cell *cells)
{
  sqlite3_stmt *statement = change->db->put[table];
  struct cell columns[TABLE_COLUMNS + 1];
  struct digest digest;

  if (!is_open(change) || !cells_digest(change->db->checksum, &tables[table], cells, &digest))
    return TLSPIN_UNAVAILABLE;
  memcpy(columns, cells, (size_t)tables[table].columns * sizeof *cells);
  columns[tables[table].columns] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  if (!cells_bind(statement, columns, tables[table].columns + 1) || !database_finish(statement))
    return TLSPIN_UNAVAILABLE;
  count(change, table, cells, &digest, 1);
  return TLSPIN_OK;
}

enum tlspin_code transaction_put(struct transaction *change, enum table_id table,
                                 const struct cell *cells)
{
  return forget(change, table, cells) == TLSPIN_UNAVAILABLE ? TLSPIN_UNAVAILABLE
                                                            : change_add(change, table, cells);
}

enum tlspin_code transaction_drop(struct transaction *change, enum table_id table,
                                  const struct cell *key)
{
  sqlite3_stmt *statement = change->db->drop[table];
  enum tlspin_code code = forget(change, table, key);

  if (code == TLSPIN_OK && (!is_open(change) || !cells_bind(statement, key, tables[table].key) ||
                            !database_finish(statement)))
    code = TLSPIN_UNAVAILABLE;
  return code;
}

static bool save_sums(const struct transaction *change)
{
  return (!change->written || save_contents(change->db, &change->contents)) &&
         (!change->counted || save_census(change->db, &change->census));
}

enum tlspin_code transaction_end(struct transaction *change, enum tlspin_code code)
{
  struct database *db = change->db;

  if (code == TLSPIN_OK && (!is_open(change) || !save_sums(change) ||
                            !database_finish(db->statements[STATEMENT_COMMIT])))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK &&
      change->known) /* what others wrote before is not made good by our writing */
    database_stamp(db);
  if (!sqlite3_get_autocommit(db->handle))
    database_finish(db->statements[STATEMENT_ROLLBACK]);
  return code;
}

/* What a file holds as a whole: see contents.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include <string.h>

enum {
  CONTENTS_SIZE = 8 + 8 + DIGEST_SIZE, /* rows, last_operation, all */
  VALUE_SIZE = CONTENTS_SIZE + DIGEST_SIZE
};

static const char meta_name[] = "contents";

/* SHA-256 of the encoded contents, so that a flipped bit in the numbers shows as well. */
static void digest_contents(GChecksum *checksum, struct span encoded, struct digest *digest)
{
  gsize size = DIGEST_SIZE;

  g_checksum_reset(checksum);
  g_checksum_update(checksum, encoded.data, (gssize)encoded.size);
  g_checksum_get_digest(checksum, digest->octets, &size);
}

static bool decode(GChecksum *checksum, struct span value, struct contents *contents)
{
  struct reader r = reader_of(value);
  struct span encoded = reader_take(&r, CONTENTS_SIZE), stored = reader_take(&r, DIGEST_SIZE), all;
  struct digest digest;

  if (!reader_done(&r))
    return false;
  digest_contents(checksum, encoded, &digest);
  r = reader_of(encoded);
  contents->rows = reader_u64(&r);
  contents->last_operation = reader_u64(&r);
  all = reader_take(&r, DIGEST_SIZE);
  memcpy(contents->all.octets, all.data, DIGEST_SIZE);
  return span_equal(stored, (struct span){digest.octets, DIGEST_SIZE});
}

bool contents_load(struct database *db, struct contents *contents)
{
  sqlite3_stmt *statement = db->statements[STATEMENT_META_GET];
  bool loaded = false;

  sqlite3_bind_text(statement, 1, meta_name, -1, SQLITE_STATIC);
  if (database_step(statement) == STEP_ROW && sqlite3_column_type(statement, 0) == SQLITE_BLOB) {
    struct span value = {sqlite3_column_blob(statement, 0),
                         (size_t)sqlite3_column_bytes(statement, 0)};

    loaded = decode(db->checksum, value, contents);
  }
  database_reset(statement);
  return loaded;
}

static bool save(struct database *db, const struct contents *contents)
{
  sqlite3_stmt *statement = db->statements[STATEMENT_META_PUT];
  uint8_t value[VALUE_SIZE];
  struct writer w = writer_of(value, sizeof value);
  struct digest digest;

  writer_u64(&w, contents->rows);
  writer_u64(&w, contents->last_operation);
  writer_put(&w, (struct span){contents->all.octets, DIGEST_SIZE});
  digest_contents(db->checksum, writer_span(&w), &digest);
  writer_put(&w, (struct span){digest.octets, DIGEST_SIZE});
  sqlite3_bind_text(statement, 1, meta_name, -1, SQLITE_STATIC);
  sqlite3_bind_blob(statement, 2, value, sizeof value, SQLITE_STATIC);
  return database_finish(statement);
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

enum tlspin_code change_begin(struct change *change, struct database *db)
{
  *change = (struct change){.db = db, .written = false};
  if (!contents_trust(db, STORE_USER))
    return TLSPIN_UNAVAILABLE;
  database_refuel_all(db);
  if (!database_finish(db->statements[STATEMENT_BEGIN_WRITE]))
    return TLSPIN_UNAVAILABLE;
  change->known = database_unchanged(db);
  if (database_in_place(db) && contents_load(db, &change->contents))
    return TLSPIN_OK;
  return change_end(change, TLSPIN_UNAVAILABLE);
}

/* Takes the digest of the key's row, if there is one, out of the sum. */
static enum tlspin_code forget(struct change *change, enum table_id table, const struct cell *key)
{
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code = contents_get(change->db, table, key, cells, &digest);

  database_reset(change->db->get[table]);
  if (code == TLSPIN_OK) {
    digest_toggle(&change->contents.all, &digest);
    change->contents.rows--;
  }
  return code;
}

enum tlspin_code change_put(struct change *change, enum table_id table, const struct cell *cells)
{
  sqlite3_stmt *statement = change->db->put[table];
  struct cell columns[TABLE_COLUMNS + 1];
  struct digest digest;

  if (forget(change, table, cells) == TLSPIN_UNAVAILABLE ||
      !cells_digest(change->db->checksum, &tables[table], cells, &digest))
    return TLSPIN_UNAVAILABLE;
  memcpy(columns, cells, (size_t)tables[table].columns * sizeof *cells);
  columns[tables[table].columns] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  if (!cells_bind(statement, columns, tables[table].columns + 1) || !database_finish(statement))
    return TLSPIN_UNAVAILABLE;
  digest_toggle(&change->contents.all, &digest);
  change->contents.rows++;
  change->written = true;
  return TLSPIN_OK;
}

enum tlspin_code change_drop(struct change *change, enum table_id table, const struct cell *key)
{
  sqlite3_stmt *statement = change->db->drop[table];
  enum tlspin_code code = forget(change, table, key);

  if (code == TLSPIN_OK &&
      (!cells_bind(statement, key, tables[table].key) || !database_finish(statement)))
    code = TLSPIN_UNAVAILABLE;
  change->written = change->written || code == TLSPIN_OK;
  return code;
}

/* After some errors SQLite has rolled back by itself. */
enum tlspin_code change_end(struct change *change, enum tlspin_code code)
{
  struct database *db = change->db;

  if (code == TLSPIN_OK && ((change->written && !save(db, &change->contents)) ||
                            !database_finish(db->statements[STATEMENT_COMMIT])))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK &&
      change->known) /* what others wrote before is not made good by our writing */
    database_stamp(db);
  if (!sqlite3_get_autocommit(db->handle))
    database_finish(db->statements[STATEMENT_ROLLBACK]);
  return code;
}

/* Reading a file through before it is believed: see contents_verify in contents.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "common/text.h"
#include "daemon/hardening.h"
#include "daemon/row-sound.h"

#include <string.h>

enum { KEY_OCTETS = 512 }; /* more than the octets of a key */

/* Keeps a row's key over the step to the next one. */
struct last_key {
  struct cell cells[TABLE_KEY];
  uint8_t octets[KEY_OCTETS];
  bool set;
};

static bool keep_key(const struct table *table, const struct cell *cells, struct last_key *last)
{
  struct writer w = writer_of(last->octets, sizeof last->octets);

  for (int i = 0; i < table->key; i++) {
    last->cells[i] = cells[i];
    last->cells[i].bytes.data = last->octets + w.used;
    writer_put(&w, cells[i].bytes);
  }
  last->set = true;
  return !w.failed;
}

/* What `meta` says, or what is found. */
struct sums {
  struct contents contents;
  struct census census;
};

/* The order counts: a lookup goes down the tree by it, and would miss a row that a scan still
 * meets. */
static bool scan_rows(struct database *db, enum table_id table, enum store_kind kind,
                      sqlite3_stmt *statement, contents_visit visit, void *data)
{
  struct cell cells[TABLE_COLUMNS];
  struct last_key last = {.set = false};
  struct digest digest;
  enum step step;

  while ((step = database_step(statement)) == STEP_ROW) {
    if (!cells_read(db->checksum, &tables[table], statement, cells, &digest) ||
        (last.set && cells_compare(&tables[table], last.cells, cells) >= 0) ||
        !keep_key(&tables[table], cells, &last) || !row_is_sound(table, cells, kind) ||
        !visit(table, cells, &digest, data))
      return false;
  }
  return step == STEP_DONE;
}

bool contents_walk_table(struct database *db, enum table_id table, enum store_kind kind,
                         contents_visit visit, void *data)
{
  sqlite3_stmt *statement = NULL;
  bool fine =
      sqlite3_prepare_v2(db->handle, tables[table].scan, -1, &statement, NULL) == SQLITE_OK &&
      scan_rows(db, table, kind, statement, visit, data);

  sqlite3_finalize(statement);
  return fine;
}

bool contents_walk(struct database *db, enum store_kind kind, contents_visit visit, void *data)
{
  for (int i = 0; i < TABLES; i++)
    if (tables[i].version <= db->version &&
        !contents_walk_table(db, (enum table_id)i, kind, visit, data))
      return false;
  return true;
}

static bool count_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                      void *data)
{
  struct sums *found = data;

  digest_toggle(&found->contents.all, digest);
  found->contents.rows++;
  if (table == TABLE_PIN)
    census_count(&found->census, cells, 1);
  return true;
}

/* It finds pages that are used twice or free and used: the next write would destroy rows by them.
 * And it makes sure that the scans come to an end. */
static bool structure_is_sound(struct database *db)
{
  return hardening_answers(db->handle, "PRAGMA quick_check(1)", "ok");
}

static bool page_is_ours(struct database *db)
{
  g_autofree char *size = g_strdup_printf("%d", STORE_PAGE);

  return hardening_answers(db->handle, "PRAGMA page_size", size);
}

static const char *verify(struct database *db, enum store_kind kind)
{
  struct sums said, found = {.contents.rows = 0};

  if (!page_is_ours(db))
    return _("its pages are of another size");
  if (!structure_is_sound(db))
    return _("its pages don't fit together");
  if (!contents_load(db, &said.contents) || !census_load(db, &said.census))
    return _("its digest can't be read");
  if (!contents_walk(db, kind, count_row, &found))
    return _("an entry in it is not what was written");
  if (found.contents.rows != said.contents.rows ||
      memcmp(&found.contents.all, &said.contents.all, sizeof found.contents.all) != 0 ||
      memcmp(&found.census, &said.census, sizeof found.census) != 0)
    return _("entries are missing from it or too many");
  return NULL;
}

/* Whether SQLite's last error says something else than "damaged" does. */
static bool is_fault_of_sqlite(sqlite3 *handle)
{
  switch (sqlite3_errcode(handle)) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE:
    return false;
  default:
    return true;
  }
}

/* What can't be read has no other sign in SQLite's check than damage has, so that it is asked for.
 */
static const char *look(struct database *db, enum store_kind kind)
{
  const char *fault = verify(db, kind);

  db->hindered = false;
  if (is_fault_of_sqlite(db->handle)) {
    fault = database_fault(db);
    db->hindered = database_is_hindered(db);
  }
  if (fault != NULL && !db->hindered && !database_is_readable(db)) {
    fault = _("the disk doesn't give all of it");
    db->hindered = true;
  }
  return fault;
}

/* Damage is still there when it is looked at again; what was in the way for a moment isn't. */
char *contents_verify(struct database *db, enum store_kind kind)
{
  const char *fault = NULL;
  char *text = NULL;

  database_refuel_all(db);
  db->reading++;
  if (!database_finish(db->statements[STATEMENT_BEGIN])) {
    fault = database_fault(db);
    db->hindered = database_is_hindered(db);
  } else if (look(db, kind) != NULL) {
    database_refuel_all(db);
    fault = look(db, kind);
  }
  text = g_strdup(fault);
  if (!sqlite3_get_autocommit(db->handle))
    database_finish(db->statements[STATEMENT_ROLLBACK]);
  return text;
}

bool contents_trust(struct database *db, enum store_kind kind)
{
  g_autofree char *fault = NULL;

  if (db->distrusted)
    return false;
  if (database_unchanged(db))
    return true;
  database_stamp(db); /* before it is read: what comes meanwhile is read the next time */
  if (kind == STORE_SYSTEM && db->stamp.set && db->stamp.status.st_size > STORE_SMALL) {
    db->distrusted = true; /* nobody shall wait for that here: see layers_renew */
    return false;
  }
  database_drop_cache(db);
  fault = contents_verify(db, kind);
  db->distrusted = fault != NULL;
  if (db->distrusted)
    g_warning("%s: %s", sqlite3_db_filename(db->handle, "main"), fault);
  return !db->distrusted;
}

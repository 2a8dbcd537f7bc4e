/* An open SQLite file: see database.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/database.h"

#include "daemon/hardening.h"
#include "daemon/schema.h"

#include <fcntl.h>
#include <unistd.h>

enum {
  FUEL_OPERATIONS = 10000, /* of SQLite's virtual machine, for one unit of fuel */
  FUEL_LOOKUP = 1000,      /* units for a lookup */
  FUEL_OCTETS = 1000,      /* octets of the file for one unit more: 10 operations an octet */
  BUSY_TRIES = 2000,       /* of BUSY_USEC each: 2 seconds */
  BUSY_USEC = 1000
};

/* SQLite's own waits grow to 100 ms, in which a busy writer beside us takes every chance: ours stay
 * short. */
static int wait_while_busy(void *data, int tries)
{
  (void)data;
  if (tries >= BUSY_TRIES)
    return 0;
  g_usleep(BUSY_USEC);
  return 1;
}

static int burn(void *data)
{
  struct database *db = data;

  return db->fuel-- <= 0;
}

/* A transaction that has read nothing yet has no state. */
static bool is_under_way(const struct database *db)
{
  return sqlite3_get_autocommit(db->handle) == 0 ||
         sqlite3_txn_state(db->handle, "main") != SQLITE_TXN_NONE;
}

void database_refuel(struct database *db)
{
  db->fuel = is_under_way(db) ? MAX(db->fuel, FUEL_LOOKUP) : FUEL_LOOKUP;
}

/* Its methods are NULL while it isn't open; NULL: there is no telling. */
static sqlite3_file *file_of(const struct database *db)
{
  sqlite3_file *file = NULL;

  sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file != NULL && file->pMethods != NULL ? file : NULL;
}

static int64_t file_size(const struct database *db)
{
  sqlite3_file *file = file_of(db);
  sqlite3_int64 size = 0;

  return file != NULL && file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : 0;
}

bool database_is_readable(const struct database *db)
{
  sqlite3_file *file = file_of(db);
  sqlite3_int64 size = 0, at = 0;
  uint8_t octets[4096];
  bool readable = file != NULL && file->pMethods->xFileSize(file, &size) == SQLITE_OK;

  for (; readable && at < size; at += (sqlite3_int64)sizeof octets) {
    int part = (int)MIN(size - at, (sqlite3_int64)sizeof octets);

    readable = file->pMethods->xRead(file, octets, part, at) == SQLITE_OK;
  }
  return readable;
}

void database_refuel_all(struct database *db)
{
  db->fuel = FUEL_LOOKUP + file_size(db) / FUEL_OCTETS;
}

static bool harden(struct database *db)
{
  if (!hardening_limit(db->handle))
    return false;
  sqlite3_progress_handler(db->handle, FUEL_OPERATIONS, burn, db);
  return sqlite3_busy_handler(db->handle, wait_while_busy, NULL) == SQLITE_OK;
}

/* A layer is opened without locks in a folder that we may not write to; its file is only ever
 * replaced. */
static int open_handle(const char *path, enum store_kind kind, sqlite3 **handle)
{
  int flags =
      SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  g_autofree char *uri = NULL, *immutable = NULL;

  if (kind == STORE_USER)
    return sqlite3_open_v2(path, handle, flags | SQLITE_OPEN_READWRITE, NULL);
  uri = g_filename_to_uri(path, NULL, NULL);
  immutable = g_strconcat(uri, "?mode=ro&immutable=1", NULL);
  return sqlite3_open_v2(immutable, handle, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
}

/* Where it can't be held the name has to do. */
static void hold_file(struct database *db, const char *path)
{
  db->hold.fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  db->hold.set = db->hold.fd >= 0;
}

static void release_file(struct database *db)
{
  if (db->hold.set)
    close(db->hold.fd);
}

bool database_open(struct database *db, const char *path, enum store_kind kind)
{
  *db = (struct database){.checksum = g_checksum_new(G_CHECKSUM_SHA256)};
  if (open_handle(path, kind, &db->handle) != SQLITE_OK || !harden(db))
    return false;
  if (kind == STORE_SYSTEM)
    hold_file(db, path);
  database_refuel_all(db);
  return hardening_set(db->handle, kind);
}

static bool prepare(struct database *db, const char *text, sqlite3_stmt **statement)
{
  return sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) ==
         SQLITE_OK;
}

static void finalize(sqlite3_stmt **statements, int count)
{
  for (int i = 0; i < count; i++) {
    sqlite3_finalize(statements[i]);
    statements[i] = NULL;
  }
}

static void finalize_all(struct database *db)
{
  finalize(db->get, TABLES);
  finalize(db->put, TABLES);
  finalize(db->drop, TABLES);
  finalize(db->statements, STATEMENTS);
}

/* In a file without a version no statement finds its table, and the first one says so. */
bool database_prepare(struct database *db)
{
  int version = schema_version(db->handle);

  finalize_all(db);
  if (version < 0)
    return false;
  db->version = version > 0 ? version : schema_current.version;
  for (int i = 0; i < TABLES; i++)
    if (tables[i].version <= db->version &&
        (!prepare(db, tables[i].get, &db->get[i]) || !prepare(db, tables[i].put, &db->put[i]) ||
         !prepare(db, tables[i].drop, &db->drop[i])))
      return false;
  for (int i = 0; i < STATEMENTS; i++)
    if (statement_texts[i].version <= db->version &&
        !prepare(db, statement_texts[i].text, &db->statements[i]))
      return false;
  return true;
}

void database_close(struct database *db)
{
  finalize_all(db);
  sqlite3_close(db->handle);
  release_file(db);
  g_clear_pointer(&db->checksum, g_checksum_free);
  *db = (struct database){.handle = NULL};
}

bool database_is_fixed(const struct database *db)
{
  return db->handle != NULL && sqlite3_db_readonly(db->handle, "main") == 1;
}

const char *database_fault(const struct database *db)
{
  return sqlite3_errmsg(db->handle);
}

bool database_is_hindered(const struct database *db)
{
  switch (sqlite3_errcode(db->handle) & 0xff) { /* without what SQLite adds to it */
  case SQLITE_OK:                               /* it has nothing to say against the content */
  case SQLITE_PERM:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_NOMEM:
  case SQLITE_READONLY:
  case SQLITE_IOERR:
  case SQLITE_FULL:
  case SQLITE_CANTOPEN:
  case SQLITE_PROTOCOL:
  case SQLITE_NOLFS:
  case SQLITE_AUTH:
    return true;
  default:
    return false;
  }
}

static bool look(const struct database *db, struct stat *status)
{
  return db->hold.set ? fstat(db->hold.fd, status) == 0
                      : lstat(sqlite3_db_filename(db->handle, "main"), status) == 0;
}

void database_stamp(struct database *db)
{
  db->stamp.set = look(db, &db->stamp.status);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* What is done to a layer's name, owner or mode changes its ctime, too; then the layer is read anew
 * aside (see layers_renew), and by that who set mtime back is found out. */
bool database_unchanged(const struct database *db)
{
  const struct stat *then = &db->stamp.status;
  struct stat now;

  return db->stamp.set && look(db, &now) && now.st_dev == then->st_dev &&
         now.st_ino == then->st_ino && now.st_size == then->st_size &&
         same_time(&now.st_mtim, &then->st_mtim) &&
         (db->hold.set || same_time(&now.st_ctim, &then->st_ctim));
}

bool database_in_transaction(const struct database *db)
{
  return sqlite3_get_autocommit(db->handle) == 0;
}

bool database_is_writing(const struct database *db)
{
  return sqlite3_txn_state(db->handle, "main") == SQLITE_TXN_WRITE;
}

void database_drop_cache(struct database *db)
{
  sqlite3_db_release_memory(db->handle);
}

/* Whether what is held is what SQLite opened: both have to be what has the name. */
static bool holds_named(const struct database *db)
{
  struct stat held, named;

  return fstat(db->hold.fd, &held) == 0 &&
         lstat(sqlite3_db_filename(db->handle, "main"), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

bool database_in_place(const struct database *db)
{
  int moved = 1;

  return sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         !moved && (!db->hold.set || holds_named(db));
}

/* In a file without a name in the folder of the database, and not in memory: it may be large.
 * SQLite has one such folder for all threads. */
static bool vacuum(struct database *db)
{
  static GMutex mutex;
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&mutex);
  g_autofree char *folder = g_path_get_dirname(sqlite3_db_filename(db->handle, "main"));
  bool done;

  (void)locker;
  sqlite3_temp_directory = sqlite3_mprintf("%s", folder);
  done =
      sqlite3_exec(db->handle, "PRAGMA temp_store = FILE; VACUUM", NULL, NULL, NULL) == SQLITE_OK;
  if (sqlite3_exec(db->handle, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL) != SQLITE_OK)
    done = false;
  sqlite3_free(sqlite3_temp_directory);
  sqlite3_temp_directory = NULL;
  return done;
}

/* VACUUM builds the new content in a database of its own, to which it attaches. */
bool database_rewrite(struct database *db)
{
  bool done;

  if (!database_in_place(db))
    return false;
  database_refuel_all(db);
  sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1);
  done = vacuum(db);
  sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
  return done;
}

enum step database_step(sqlite3_stmt *statement)
{
  switch (sqlite3_step(statement)) {
  case SQLITE_ROW:
    return STEP_ROW;
  case SQLITE_DONE:
    return STEP_DONE;
  default:
    return STEP_FAILED;
  }
}

void database_reset(sqlite3_stmt *statement)
{
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

bool database_finish(sqlite3_stmt *statement)
{
  bool done = database_step(statement) == STEP_DONE;

  database_reset(statement);
  return done;
}

bool database_ask(sqlite3_stmt *statement, const struct cell *cells, int count, int64_t *answer)
{
  bool answered = cells_bind(statement, cells, count) && database_step(statement) == STEP_ROW;

  if (answered)
    *answer = sqlite3_column_int64(statement, 0);
  database_reset(statement);
  return answered;
}

/* An open SQLite file: see database.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/database.h"

#include "daemon/schema.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
  FUEL_OPERATIONS = 10000, /* of SQLite's virtual machine, for one unit of fuel */
  FUEL_LOOKUP = 1000,      /* units for a lookup */
  FUEL_OCTETS = 1000,      /* octets of the file for one unit more: 10 operations an octet */
  BUSY_TRIES = 2000,       /* of BUSY_USEC each: 2 seconds */
  BUSY_USEC = 1000,
  HEAP_SOFT = 4 << 20, /* octets, for all of SQLite in the process */
  HEAP_HARD = 32 << 20
};

#define PIN        PIN_KEY_COLUMNS ", " PIN_REST_COLUMNS ", digest"
#define IN_HISTORY "status = 'inactive'"
#define BY_AGE     "ORDER BY max(first_seen, last_seen), " PIN_KEY_COLUMNS

static const struct {
  int version;
  const char *text;
} texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = {1, "BEGIN"},
    [STATEMENT_BEGIN_WRITE] = {1, "BEGIN IMMEDIATE"},
    [STATEMENT_COMMIT] = {1, "COMMIT"},
    [STATEMENT_ROLLBACK] = {1, "ROLLBACK"},
    [STATEMENT_META_GET] = {1, "SELECT value FROM meta WHERE name = ?1"},
    [STATEMENT_META_PUT] = {1, "INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)"},
    [STATEMENT_LIST] =
        {1,
         "SELECT host, protocol, port, ticket, secret, hash, series, first_seen, issued, expires, "
         "lock, digest FROM ticket WHERE (host, protocol, port) > (?1, ?2, ?3) AND host <= ?4 "
         "AND host GLOB ?5 AND (?6 = '' OR protocol = ?6) AND (?7 = 0 OR port = ?7) "
         "AND issued >= ?8 ORDER BY host, protocol, port LIMIT ?9"},
    [STATEMENT_COUNT] = {1, "SELECT count(*) FROM ticket"},
    [STATEMENT_NEWEST] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                             "WHERE undone = 0 AND kind IN ('clear', 'edit') "
                             "ORDER BY id DESC LIMIT 1"},
    [STATEMENT_LATER] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                            "WHERE id > ?1 ORDER BY id LIMIT 1"},
    [STATEMENT_EARLIER] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                              "WHERE id < ?1 ORDER BY id DESC LIMIT 1"},
    [STATEMENT_APPLYING] = {1, "SELECT id, kind, target, made, undone, digest FROM operation "
                               "WHERE kind = 'applying' ORDER BY id LIMIT 1"},
    [STATEMENT_IMAGES] =
        {1, "SELECT operation, host, protocol, port, present, ticket, secret, hash, series, "
            "first_seen, issued, expires, lock, digest FROM before WHERE operation = ?1 "
            "AND (host, protocol, port) > (?2, ?3, ?4) ORDER BY host, protocol, port LIMIT 1"},
    [STATEMENT_COUNT_IMAGES] = {1, "SELECT count(*) FROM (SELECT 1 FROM before "
                                   "WHERE operation = ?1 LIMIT ?2)"},
    [STATEMENT_PINS] = {2, "SELECT " PIN " FROM pin WHERE host = ?1 AND protocol IN ('', ?2) "
                           "AND port IN (0, ?3) AND (?4 OR scope <> 'exact' OR origin <> 'tofu') "
                           "ORDER BY " PIN_KEY_COLUMNS},
    [STATEMENT_LIST_PINS] =
        {2, "SELECT " PIN " FROM pin WHERE (" PIN_KEY_COLUMNS ") > "
            "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) AND host <= ?11 AND host GLOB ?12 "
            "AND (?13 = '' OR protocol IN ('', ?13)) AND (?14 = 0 OR port IN (?15, ?14)) "
            "AND first_seen >= ?16 AND (?17 = '' OR kind = ?17) AND (?18 = '' OR status = ?18) "
            "AND (?19 = '' OR origin = ?19) AND (?20 = '' OR scope = ?20) "
            "AND (?21 = x'' OR key = ?21) ORDER BY " PIN_KEY_COLUMNS " LIMIT ?22"},
    [STATEMENT_COUNT_AT] = {2, "SELECT count(*) FROM (SELECT 1 FROM pin WHERE host = ?1 "
                               "AND scope = ?2 AND protocol = ?3 AND port = ?4 "
                               "AND NOT (" IN_HISTORY ") AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_COUNT_STAGED_AT] =
        {2, "SELECT count(*) FROM (SELECT 1 FROM image WHERE operation = ?7 AND host = ?1 "
            "AND scope = ?2 AND protocol = ?3 AND port = ?4 AND NOT (" IN_HISTORY ") "
            "AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_COUNT_REPLACED_AT] = {2,
                                     "SELECT count(*) FROM (SELECT 1 FROM image CROSS JOIN pin "
                                     "USING(" PIN_KEY_COLUMNS
                                     ") WHERE operation = ?7 AND host = ?1 AND scope = ?2 "
                                     "AND protocol = ?3 AND port = ?4 AND NOT (pin." IN_HISTORY ") "
                                     "AND (origin = 'tofu') = ?5 LIMIT ?6)"},
    [STATEMENT_LEARNED_AT] = {2, "SELECT " PIN " FROM pin WHERE host = ?1 AND scope = 'exact' "
                                 "AND protocol = ?2 AND port = ?3 AND kind = 'pin' "
                                 "AND origin = 'tofu'"},
    [STATEMENT_PIN_IMAGES] = {2,
                              "SELECT operation, " PIN_KEY_COLUMNS ", present, " PIN_REST_COLUMNS
                              ", result, digest "
                              "FROM image WHERE operation = ?1 AND (" PIN_KEY_COLUMNS ") > "
                              "(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ORDER BY " PIN_KEY_COLUMNS
                              " LIMIT 1"},
    [STATEMENT_COUNT_PIN_IMAGES] = {2, "SELECT count(*) FROM (SELECT 1 FROM image "
                                       "WHERE operation = ?1 LIMIT ?2)"},
    [STATEMENT_TOLD_STANDS] =
        {2, "SELECT operation.id FROM operation "
            "CROSS JOIN image ON image.operation = operation.id "
            "WHERE operation.kind = 'told' AND operation.undone = 0 AND present = 1 "
            "AND image.host = ?1 AND image.protocol = ?2 AND image.port = ?3 AND image.origin = ?4 "
            "ORDER BY operation.id DESC LIMIT 1"},
    [STATEMENT_LATER_PIN_IMAGE] =
        {2,
         "SELECT image.present FROM operation CROSS JOIN image ON image.operation = operation.id "
         "WHERE operation.id > ?11 AND operation.id < ?12 AND host = ?1 AND scope = ?2 "
         "AND protocol = ?3 AND port = ?4 AND image.kind = ?5 AND origin = ?6 AND level = ?7 "
         "AND selector = ?8 AND matching = ?9 AND key = ?10 "
         "AND operation.kind NOT IN ('draft', 'gone') AND result <> zeroblob(32) "
         "ORDER BY operation.id LIMIT 1"},
    [STATEMENT_EARLIER_PIN_IMAGES] = {2, "SELECT operation, " PIN_KEY_COLUMNS
                                         ", present, " PIN_REST_COLUMNS ", result, digest "
                                         "FROM image WHERE operation IN (SELECT id FROM operation "
                                         "WHERE id < ?1 AND kind NOT IN ('draft', 'gone'))"},
    [STATEMENT_OLDEST] = {2, "SELECT " PIN " FROM pin WHERE " IN_HISTORY " " BY_AGE " LIMIT ?1"},
    [STATEMENT_OLDEST_AT] = {2, "SELECT " PIN " FROM pin WHERE host = ?2 AND scope = ?3 "
                                "AND protocol = ?4 AND port = ?5 AND " IN_HISTORY " " BY_AGE
                                " LIMIT ?1"},
    [STATEMENT_EVENTS] = {2, "SELECT " EVENT_COLUMNS ", digest FROM event WHERE id > ?1 "
                             "AND (?2 = '' OR host = ?2) ORDER BY id LIMIT ?3"},
    [STATEMENT_EVENT_LIKE] = {2, "SELECT " EVENT_COLUMNS
                                 ", digest FROM event WHERE kind = ?1 AND host = ?2 "
                                 "AND protocol = ?3 AND port = ?4 AND reason = ?5 AND key = ?6 "
                                 "AND program = ?7 "
                                 "ORDER BY id DESC LIMIT 1"},
    [STATEMENT_EVENT_TOTALS] = {2, "SELECT count(*), ifnull(sum(length(report)), 0), "
                                   "ifnull(min(id), 0), ifnull(max(id), 0) FROM event"},
    [STATEMENT_SETTINGS] = {2, "SELECT name, value, locked, digest FROM setting ORDER BY name"},
};

/* Nothing of what our tables never need (sqlite.org/security.html). */
static const struct {
  int option, on;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    /* else a statement with GLOB is compiled anew whenever its pattern is bound */
    {SQLITE_DBCONFIG_ENABLE_QPSG, 1},
};

static const struct {
  int limit, value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 256 * 1024},
    {SQLITE_LIMIT_SQL_LENGTH, 8192},
    {SQLITE_LIMIT_COLUMN, 32},
    {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_COMPOUND_SELECT, 2},
    {SQLITE_LIMIT_VDBE_OP, 10000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1024},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/* What is set, and what must be read back: a pragma that SQLite doesn't follow says nothing.
 * TRUNCATE with EXTRA loses no acknowledged commit at a loss of power, as DELETE with FULL does. */
struct setting {
  const char *set, *ask, *answer;
};

static const struct setting common_settings[] = {
    {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
    {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1"},
    {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
    {"PRAGMA cache_size = -256", "PRAGMA cache_size", "-256"},
};

static const struct setting user_settings[] = {
    {"PRAGMA auto_vacuum = NONE", "SELECT 1", "1"},
    {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
    {"PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3"},
    {"PRAGMA journal_mode = TRUNCATE", "PRAGMA journal_mode", "truncate"},
};

static const struct setting system_settings[] = {
    {"PRAGMA query_only = ON", "PRAGMA query_only", "1"},
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

void database_refuel(struct database *db)
{
  db->fuel = FUEL_LOOKUP;
}

static int64_t file_size(const struct database *db)
{
  sqlite3_file *file = NULL;
  sqlite3_int64 size = 0;

  if (sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file->pMethods == NULL || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
    size = 0;
  return size;
}

void database_refuel_all(struct database *db)
{
  db->fuel = FUEL_LOOKUP + file_size(db) / FUEL_OCTETS;
}

static bool apply_setting(sqlite3 *handle, const struct setting *setting)
{
  sqlite3_stmt *statement = NULL;
  bool applied = sqlite3_exec(handle, setting->set, NULL, NULL, NULL) == SQLITE_OK &&
                 sqlite3_prepare_v2(handle, setting->ask, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW &&
                 g_strcmp0((const char *)sqlite3_column_text(statement, 0), setting->answer) == 0;

  sqlite3_finalize(statement);
  return applied;
}

static bool apply_settings(sqlite3 *handle, const struct setting *settings, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (!apply_setting(handle, &settings[i]))
      return false;
  return true;
}

static bool harden(struct database *db)
{
  for (size_t i = 0; i < G_N_ELEMENTS(switches); i++)
    if (sqlite3_db_config(db->handle, switches[i].option, switches[i].on, NULL) != SQLITE_OK)
      return false;
  for (size_t i = 0; i < G_N_ELEMENTS(limits); i++)
    sqlite3_limit(db->handle, limits[i].limit, limits[i].value);
  sqlite3_soft_heap_limit64(HEAP_SOFT);
  sqlite3_hard_heap_limit64(HEAP_HARD);
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
  if (!apply_settings(db->handle, common_settings, G_N_ELEMENTS(common_settings)))
    return false;
  return kind == STORE_USER
             ? apply_settings(db->handle, user_settings, G_N_ELEMENTS(user_settings))
             : apply_settings(db->handle, system_settings, G_N_ELEMENTS(system_settings));
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
  db->version = version > 0 ? version : schema_current.version;
  for (int i = 0; i < TABLES; i++)
    if (tables[i].version <= db->version &&
        (!prepare(db, tables[i].get, &db->get[i]) || !prepare(db, tables[i].put, &db->put[i]) ||
         !prepare(db, tables[i].drop, &db->drop[i])))
      return false;
  for (int i = 0; i < STATEMENTS; i++)
    if (texts[i].version <= db->version && !prepare(db, texts[i].text, &db->statements[i]))
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

const char *database_fault(const struct database *db)
{
  return sqlite3_errmsg(db->handle);
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

/* In a file without a name in the folder of the database, and not in memory: it may be large. */
static bool vacuum(struct database *db)
{
  g_autofree char *folder = g_path_get_dirname(sqlite3_db_filename(db->handle, "main"));
  bool done;

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

/* An open SQLite file, where the system or SQLite says no.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/database.h"

#include "daemon/schema.h"
#include "tests/baddisk.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)
MISFIRE(int, sqlite3_busy_handler, (sqlite3 * handle, int (*handler)(void *, int), void *data),
        (handle, handler, data), SQLITE_MISUSE)
MISFIRE(int, sqlite3_exec,
        (sqlite3 * handle, const char *sql, sqlite3_callback row, void *data, char **message),
        (handle, sql, row, data, message), SQLITE_IOERR)
MISFIRE(int, sqlite3_prepare_v2,
        (sqlite3 * handle, const char *sql, int size, sqlite3_stmt **statement, const char **tail),
        (handle, sql, size, statement, tail), SQLITE_NOMEM)
MISFIRE(int, sqlite3_prepare_v3,
        (sqlite3 * handle, const char *sql, int size, unsigned flags, sqlite3_stmt **statement,
         const char **tail),
        (handle, sql, size, flags, statement, tail), SQLITE_NOMEM)

/* What is another in each answer of stat(2) from now on. */
enum other {
  OTHER_NONE,
  OTHER_ANSWER, /* there is none */
  OTHER_DEVICE,
  OTHER_NUMBER,
  OTHER_SIZE,
  OTHER_CHANGED,
  OTHER_CHANGED_NSEC,
  OTHER_STATUS,
  OTHER_STATUS_NSEC,
  OTHERS
};

static enum other other_by_name, other_by_file;

static int change(enum other other, int result, struct stat *status)
{
  status->st_dev += other == OTHER_DEVICE;
  status->st_ino += other == OTHER_NUMBER;
  status->st_size += other == OTHER_SIZE;
  status->st_mtim.tv_sec += other == OTHER_CHANGED;
  status->st_mtim.tv_nsec += other == OTHER_CHANGED_NSEC;
  status->st_ctim.tv_sec += other == OTHER_STATUS;
  status->st_ctim.tv_nsec += other == OTHER_STATUS_NSEC;
  return other == OTHER_ANSWER ? -1 : result;
}

int __real_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status)
{
  return change(other_by_name, __real_lstat(path, status), status);
}

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status)
{
  return change(other_by_file, __real_fstat(fd, status), status);
}

/* SQLite's last word, where it isn't its own. */
static int errcode = -1;

int __real_sqlite3_errcode(sqlite3 *handle);
int __wrap_sqlite3_errcode(sqlite3 *handle);
int __wrap_sqlite3_errcode(sqlite3 *handle)
{
  return errcode >= 0 ? errcode : __real_sqlite3_errcode(handle);
}

static void open_layer(struct stores *stores, struct database *db)
{
  stores_sql(stores->layer, "CREATE TABLE t(x)");
  assert_true(database_open(db, stores->layer, STORE_SYSTEM));
}

/* Any other answer than before says that somebody wrote to the file. */
static void test_user_unchanged(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_false(database_unchanged(&db));
  database_stamp(&db);
  for (other_by_name = OTHER_NONE; other_by_name < OTHERS; other_by_name++)
    assert_int_equal(database_unchanged(&db), other_by_name == OTHER_NONE);
  other_by_name = OTHER_ANSWER;
  database_stamp(&db);
  other_by_name = OTHER_NONE;
  assert_false(database_unchanged(&db));
  database_close(&db);
}

/* Of a layer's file all but what only its name did. */
static void test_layer_unchanged(void **state)
{
  struct database db;

  open_layer(*state, &db);
  database_stamp(&db);
  other_by_name = OTHER_NUMBER;
  for (other_by_file = OTHER_NONE; other_by_file < OTHERS; other_by_file++)
    assert_int_equal(database_unchanged(&db), other_by_file == OTHER_NONE ||
                                                  other_by_file == OTHER_STATUS ||
                                                  other_by_file == OTHER_STATUS_NSEC);
  other_by_name = other_by_file = OTHER_NONE;
  database_close(&db);
}

/* What SQLite opened, what is held and what has the name have to be one file. */
static void test_in_place(void **state)
{
  struct database db;

  open_layer(*state, &db);
  for (enum other other = OTHER_NONE; other < OTHERS; other++) {
    bool same = other != OTHER_ANSWER && other != OTHER_DEVICE && other != OTHER_NUMBER;

    other_by_name = other;
    assert_int_equal(database_in_place(&db), same);
    other_by_name = OTHER_NONE;
    other_by_file = other;
    assert_int_equal(database_in_place(&db), same);
    other_by_file = OTHER_NONE;
  }
  database_close(&db);
}

/* A layer that can't be held is known by its name, as a user's store is. */
static void test_not_held(void **state)
{
  struct stores *stores = *state;
  g_autofree char *moved = g_strconcat(stores->layer, ".old", NULL);
  struct database db;

  open_misfire = (struct misfire){.call = 1, .error = EMFILE};
  open_layer(stores, &db);
  assert_int_equal(open_misfire.call, 0);
  assert_false(db.hold.set);
  assert_true(database_in_place(&db));
  database_stamp(&db);
  assert_true(database_unchanged(&db));
  other_by_name = OTHER_STATUS;
  assert_false(database_unchanged(&db));
  other_by_name = OTHER_NONE;
  assert_int_equal(g_rename(stores->layer, moved), 0);
  assert_false(database_unchanged(&db));
  database_close(&db);
}

/* In memory, and not even there. */
static void test_no_file(void **state)
{
  struct stores *stores = *state;
  struct database db = {.handle = NULL};
  int64_t fuel;

  assert_int_equal(sqlite3_open(":memory:", &db.handle), SQLITE_OK);
  database_refuel(&db);
  fuel = db.fuel;
  database_refuel_all(&db);
  assert_true(db.fuel == fuel);
  assert_false(database_is_readable(&db));
  assert_false(database_in_place(&db));
  database_close(&db);
  assert_false(database_open(&db, stores->layer, STORE_USER));
  database_refuel_all(&db);
  assert_true(db.fuel == fuel);
  assert_false(database_is_readable(&db));
  assert_true(database_is_hindered(&db)); /* can't be opened */
  database_close(&db);
}

/* The disk gives no size, or not all octets. */
static void test_disk(void **state)
{
  struct stores *stores = *state;
  struct database db;
  int64_t fuel;

  stores_new_database(stores, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  baddisk_begin(&db);
  database_refuel(&db);
  fuel = db.fuel;
  database_refuel_all(&db);
  assert_true(db.fuel > fuel);
  baddisk_size.call = 1;
  database_refuel_all(&db);
  assert_true(db.fuel == fuel);
  assert_true(database_is_readable(&db));
  baddisk_size.call = 1;
  assert_false(database_is_readable(&db));
  for (unsigned page = 1; page <= 3; page++) {
    baddisk_read.call = page;
    assert_false(database_is_readable(&db));
    assert_int_equal(baddisk_read.call, 0); /* and it ends there */
  }
  assert_int_equal(truncate(stores->layer, STORE_PAGE + 1), 0);
  for (unsigned read = 1; read <= 3; read++) {
    baddisk_read.call = read;
    assert_int_equal(database_is_readable(&db), read == 3);
  }
  assert_int_equal(truncate(stores->layer, STORE_PAGE), 0);
  baddisk_read.call = 2;
  assert_true(database_is_readable(&db)); /* there is nothing to read behind the end */
  assert_int_equal(baddisk_read.call, 1);
  baddisk_read.call = 0;
  baddisk_end(&db);
  database_close(&db);
}

/* Which words of SQLite say nothing against the content, with or without more to them. */
static void test_hindered(void **state)
{
  static const int hindered[] = {
      SQLITE_OK,       SQLITE_PERM,  SQLITE_BUSY,       SQLITE_LOCKED,       SQLITE_NOMEM,
      SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL,       SQLITE_CANTOPEN,     SQLITE_PROTOCOL,
      SQLITE_NOLFS,    SQLITE_AUTH,  SQLITE_IOERR_READ, SQLITE_BUSY_SNAPSHOT};
  static const int damaged[] = {
      SQLITE_ERROR,    SQLITE_INTERNAL, SQLITE_ABORT,  SQLITE_INTERRUPT,  SQLITE_CORRUPT,
      SQLITE_NOTFOUND, SQLITE_SCHEMA,   SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH,
      SQLITE_MISUSE,   SQLITE_FORMAT,   SQLITE_RANGE,  SQLITE_NOTADB,     SQLITE_CORRUPT_VTAB};
  struct database db;

  stores_new_database(*state, &db);
  for (size_t i = 0; i < G_N_ELEMENTS(hindered); i++) {
    errcode = hindered[i];
    assert_true(database_is_hindered(&db));
  }
  for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
    errcode = damaged[i];
    assert_false(database_is_hindered(&db));
  }
  errcode = -1;
  database_close(&db);
}

/* Without one of its statements a file isn't ready. */
static void test_statements(void **state)
{
  struct database db;
  unsigned call = 0;
  bool ready;

  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  sqlite3_prepare_v2_misfire = (struct misfire){.call = 1};
  assert_false(database_prepare(&db)); /* of which version is it? */
  do {
    sqlite3_prepare_v3_misfire = (struct misfire){.call = ++call};
    ready = database_prepare(&db);
    assert_int_equal(ready, sqlite3_prepare_v3_misfire.call > 0);
  } while (!ready);
  assert_int_equal(call, 3 * TABLES + STATEMENTS + 1);
  sqlite3_prepare_v3_misfire.call = 0;
  database_close(&db);
}

/* One that would not wait for others isn't opened. */
static void test_waits(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_write(stores->layer, 0, "", 0);
  sqlite3_busy_handler_misfire = (struct misfire){.call = 1};
  assert_false(database_open(&db, stores->layer, STORE_USER));
  database_close(&db);
}

/* Written anew or not: what was allowed for that isn't any more. */
static void test_rewrite(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  for (unsigned call = 1; call <= 2; call++) {
    sqlite3_exec_misfire = (struct misfire){.call = call};
    assert_false(database_rewrite(&db));
    assert_null(sqlite3_temp_directory);
    assert_false(stores_runs(&db, "ATTACH ':memory:' AS more"));
  }
  assert_true(database_rewrite(&db));
  assert_null(sqlite3_temp_directory);
  stores_expect_sql(&db, "PRAGMA temp_store", "2");
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_user_unchanged), TEST(test_layer_unchanged), TEST(test_in_place),
      TEST(test_not_held),       TEST(test_no_file),         TEST(test_disk),
      TEST(test_hindered),       TEST(test_statements),      TEST(test_waits),
      TEST(test_rewrite),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What SQLite is kept from, and how it writes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/hardening.h"

#include "daemon/database.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

static void open_new(struct stores *stores, struct database *db)
{
  stores_write(stores->layer, 0, "", 0);
  assert_true(database_open(db, stores->layer, STORE_USER));
}

static sqlite3_stmt *prepare(struct database *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL), SQLITE_OK);
  return statement;
}

static void expect(struct database *db, const char *sql, const char *answer)
{
  sqlite3_stmt *statement = prepare(db, sql);

  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  assert_string_equal(sqlite3_column_text(statement, 0), answer);
  sqlite3_finalize(statement);
}

/* Runs SQL and tells whether it was let through. */
static bool runs(struct database *db, const char *sql)
{
  return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void test_settings(void **state)
{
  struct database db;

  open_new(*state, &db);
  expect(&db, "PRAGMA journal_mode", "truncate");
  expect(&db, "PRAGMA synchronous", "3");
  expect(&db, "PRAGMA secure_delete", "1");
  expect(&db, "PRAGMA temp_store", "2");
  expect(&db, "PRAGMA auto_vacuum", "0");
  expect(&db, "PRAGMA mmap_size", "0");
  expect(&db, "PRAGMA cell_size_check", "1");
  expect(&db, "PRAGMA trusted_schema", "0");
  expect(&db, "PRAGMA locking_mode", "normal");
  expect(&db, "PRAGMA soft_heap_limit", "4194304");
  expect(&db, "PRAGMA hard_heap_limit", "33554432");
  database_close(&db);
  database_close(&db);
}

static void test_limits(void **state)
{
  struct database db;

  open_new(*state, &db);
  assert_false(runs(&db, "ATTACH ':memory:' AS more"));
  assert_false(runs(&db, "SELECT zeroblob(300000)"));
  assert_false(runs(&db, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''"));
  assert_false(runs(&db, "SELECT load_extension('x')"));
  assert_false(runs(&db, "SELECT \"no such column\""));
  assert_true(runs(&db, "CREATE VIEW v AS SELECT 1"));
  assert_false(runs(&db, "SELECT * FROM v"));
  database_close(&db);
}

/* A layer is only read, and what is no database says so at the first use. */
static void test_kinds(void **state)
{
  struct stores *stores = *state;
  static const char noise[4096] = "no database";
  sqlite3 *handle;

  stores_sql(stores->layer, "CREATE TABLE t(x)");
  handle = stores_raw(stores->layer);
  assert_true(hardening_limit(handle) && hardening_set(handle, STORE_SYSTEM));
  assert_int_not_equal(sqlite3_exec(handle, "INSERT INTO t VALUES(1)", NULL, NULL, NULL),
                       SQLITE_OK);
  sqlite3_close(handle);
  handle = stores_raw(stores->layer);
  assert_true(hardening_limit(handle) && hardening_set(handle, STORE_USER));
  assert_int_equal(sqlite3_exec(handle, "INSERT INTO t VALUES(1)", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(handle);
  stores_write(stores->layer, 0, noise, sizeof noise);
  handle = stores_raw(stores->layer);
  assert_true(hardening_limit(handle));
  assert_false(hardening_set(handle, STORE_USER));
  sqlite3_close(handle);
}

static int setup(void **state)
{
  stores_setup(state);
  return g_mkdir(((struct stores *)*state)->home, 0700);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_settings),
      TEST(test_limits),
      TEST(test_kinds),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

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

static void test_settings(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  stores_expect_sql(&db, "PRAGMA journal_mode", "truncate");
  stores_expect_sql(&db, "PRAGMA synchronous", "3");
  stores_expect_sql(&db, "PRAGMA secure_delete", "1");
  stores_expect_sql(&db, "PRAGMA temp_store", "2");
  stores_expect_sql(&db, "PRAGMA auto_vacuum", "0");
  stores_expect_sql(&db, "PRAGMA mmap_size", "0");
  stores_expect_sql(&db, "PRAGMA cell_size_check", "1");
  stores_expect_sql(&db, "PRAGMA trusted_schema", "0");
  stores_expect_sql(&db, "PRAGMA locking_mode", "normal");
  stores_expect_sql(&db, "PRAGMA soft_heap_limit", "4194304");
  stores_expect_sql(&db, "PRAGMA hard_heap_limit", "33554432");
  database_close(&db);
  database_close(&db);
}

static void test_limits(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_false(stores_runs(&db, "ATTACH ':memory:' AS more"));
  assert_false(stores_runs(&db, "SELECT zeroblob(300000)"));
  assert_false(stores_runs(&db, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''"));
  assert_false(stores_runs(&db, "SELECT load_extension('x')"));
  assert_false(stores_runs(&db, "SELECT \"no such column\""));
  assert_true(stores_runs(&db, "CREATE VIEW v AS SELECT 1"));
  assert_false(stores_runs(&db, "SELECT * FROM v"));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_settings),
      TEST(test_limits),
      TEST(test_kinds),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What SQLite is kept from, and how it writes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/hardening.h"

#include "daemon/database.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

MISFIRE(int, sqlite3_prepare_v2,
        (sqlite3 * handle, const char *sql, int size, sqlite3_stmt **statement, const char **tail),
        (handle, sql, size, statement, tail), SQLITE_NOMEM)
MISFIRE(int, sqlite3_step, (sqlite3_stmt * statement), (statement), SQLITE_IOERR)
MISFIRE(int, sqlite3_exec,
        (sqlite3 * handle, const char *sql, sqlite3_callback row, void *data, char **message),
        (handle, sql, row, data, message), SQLITE_IOERR)

/* An option that this SQLite doesn't know. */
static struct misfire config_misfire;

int __real_sqlite3_db_config(sqlite3 *handle, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *handle, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *handle, int option, ...)
{
  va_list list;
  int on;

  va_start(list, option);
  on = va_arg(list, int);
  va_end(list);
  return misfire_now(&config_misfire) ? SQLITE_ERROR
                                      : __real_sqlite3_db_config(handle, option, on, (int *)NULL);
}

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

/* A switch that can't be set leaves the file closed. */
static void test_unknown_switch(void **state)
{
  enum { SWITCHES = 9 };
  struct stores *stores = *state;
  sqlite3 *handle;
  struct database db;

  stores_sql(stores->layer, "CREATE TABLE t(x)");
  handle = stores_raw(stores->layer);
  for (unsigned call = 1; call <= SWITCHES; call++) {
    config_misfire = (struct misfire){.call = call};
    assert_false(hardening_limit(handle));
  }
  config_misfire = (struct misfire){.call = SWITCHES + 1};
  assert_true(hardening_limit(handle));
  sqlite3_close(handle);
  config_misfire = (struct misfire){.call = 1};
  assert_false(database_open(&db, stores->layer, STORE_USER));
  database_close(&db);
}

/* Nor is a setting believed that can't be set or read back. */
static void test_settings_fail(void **state)
{
  struct misfire *const misfires[] = {&sqlite3_exec_misfire, &sqlite3_prepare_v2_misfire,
                                      &sqlite3_step_misfire};
  static const unsigned settings[] = {[STORE_USER] = 9, [STORE_SYSTEM] = 5};
  struct stores *stores = *state;
  sqlite3 *handle;

  stores_sql(stores->layer, "CREATE TABLE t(x)");
  handle = stores_raw(stores->layer);
  for (enum store_kind kind = STORE_USER; kind <= STORE_SYSTEM; kind++)
    for (size_t i = 0; i < G_N_ELEMENTS(misfires); i++) {
      for (unsigned call = 1; call <= settings[kind]; call++) {
        *misfires[i] = (struct misfire){.call = call};
        assert_false(hardening_set(handle, kind));
      }
      assert_true(hardening_set(handle, kind));
    }
  sqlite3_close(handle);
}

/* What SQLite says has to be the answer as a whole. */
static void test_answers(void **state)
{
  struct stores *stores = *state;
  sqlite3 *handle;

  handle = stores_raw(stores->layer);
  assert_true(hardening_answers(handle, "SELECT 'ok'", "ok"));
  assert_true(hardening_answers(handle, "SELECT 4096", "4096"));
  assert_false(hardening_answers(handle, "SELECT 'o'", "ok"));
  assert_false(hardening_answers(handle, "SELECT 'okay'", "ok"));
  assert_false(hardening_answers(handle, "SELECT NULL", "ok"));
  assert_false(hardening_answers(handle, "SELECT 'ok' WHERE 0", "ok"));
  assert_false(hardening_answers(handle, "SELECT nothing", "ok"));
  sqlite3_close(handle);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_settings),       TEST(test_limits),        TEST(test_kinds),
      TEST(test_unknown_switch), TEST(test_settings_fail), TEST(test_answers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

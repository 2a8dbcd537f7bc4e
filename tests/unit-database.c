/* An open SQLite file, made safe.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/database.h"

#include "daemon/schema.h"
#include "tests/descriptors.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What a hostile file made a lookup do: the fuel ends it. */
static void test_runaway(void **state)
{
  static const char endless[] = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) "
                                "SELECT x FROM r WHERE x < 0";
  struct database db;
  sqlite3_stmt *statement;
  int64_t answer = 9;

  stores_new_database(*state, &db);
  statement = stores_prepare(&db, endless);
  database_refuel(&db);
  assert_int_equal(database_step(statement), STEP_FAILED);
  assert_string_equal(database_fault(&db), "interrupted");
  assert_false(database_finish(statement));
  assert_false(database_ask(statement, NULL, 0, &answer));
  assert_int_equal(answer, 9);
  sqlite3_finalize(statement);
  statement = stores_prepare(&db, "SELECT 1");
  database_refuel(&db);
  assert_int_equal(database_step(statement), STEP_ROW);
  assert_int_equal(database_step(statement), STEP_DONE);
  sqlite3_finalize(statement);
  database_close(&db);
}

static void test_ask(void **state)
{
  const struct cell cells[] = {cell_integer(3), cell_integer(4)};
  struct database db;
  sqlite3_stmt *statement;
  int64_t answer = 9;

  stores_new_database(*state, &db);
  statement = stores_prepare(&db, "SELECT ?1 + ifnull(?2, 10)");
  assert_true(database_ask(statement, cells, 1, &answer));
  assert_int_equal(answer, 13);
  assert_true(database_ask(statement, cells, 2, &answer));
  assert_int_equal(answer, 7);
  assert_true(database_ask(statement, cells, 1, &answer)); /* nothing stays bound */
  assert_int_equal(answer, 13);
  assert_int_equal(database_step(statement), STEP_ROW);
  assert_false(database_ask(statement, cells, 2, &answer)); /* it runs: nothing is bound */
  assert_true(database_ask(statement, cells, 1, &answer));
  sqlite3_finalize(statement);
  statement = stores_prepare(&db, "SELECT 1 WHERE ?1 = 0");
  assert_false(database_ask(statement, cells, 1, &answer));
  assert_int_equal(answer, 13);
  sqlite3_finalize(statement);
  database_close(&db);
}

/* A bigger file is given more. */
static void test_fuel(void **state)
{
  struct database db;
  int64_t empty;

  stores_new_database(*state, &db);
  database_refuel_all(&db);
  empty = db.fuel;
  assert_true(stores_runs(&db, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(200000))"));
  database_refuel_all(&db);
  assert_true(db.fuel >= empty + 200);
  database_refuel(&db);
  assert_true(db.fuel == empty);
  database_close(&db);
}

/* A lookup within a task takes nothing away from the task. */
static void test_fuel_within(void **state)
{
  const int64_t much = 1000000;
  struct database db;
  sqlite3_stmt *statement;
  int64_t lookup;

  stores_new_database(*state, &db);
  database_refuel(&db);
  lookup = db.fuel;
  assert_true(stores_runs(&db, "BEGIN")); /* and nothing is read yet */
  db.fuel = much;
  database_refuel(&db);
  assert_true(db.fuel == much);
  db.fuel = 0;
  database_refuel(&db);
  assert_true(db.fuel == lookup);
  assert_true(stores_runs(&db, "CREATE TABLE t(x); INSERT INTO t VALUES(1), (2); COMMIT"));
  statement = stores_prepare(&db, "SELECT x FROM t");
  assert_int_equal(database_step(statement), STEP_ROW);
  db.fuel = much;
  database_refuel(&db);
  assert_true(db.fuel == much);
  sqlite3_finalize(statement);
  database_refuel(&db);
  assert_true(db.fuel == lookup);
  database_close(&db);
}

static void test_statements(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_false(database_prepare(&db)); /* no tables yet */
  assert_non_null(strstr(database_fault(&db), "no such table"));
  database_close(&db);
  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  assert_true(database_prepare(&db));
  assert_true(database_finish(db.statements[STATEMENT_BEGIN]));
  assert_false(database_finish(db.statements[STATEMENT_BEGIN_WRITE])); /* one in another */
  assert_true(database_finish(db.statements[STATEMENT_ROLLBACK]));
  database_close(&db);
}

static int count_statements(struct database *db)
{
  int count = 0;

  for (sqlite3_stmt *at = NULL; (at = sqlite3_next_stmt(db->handle, at)) != NULL;)
    count++;
  return count;
}

/* Those of the file's version, and none twice where it has changed. */
static void test_versions(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  for (int version = 1; version <= schema_current.version; version++) {
    struct schema schema = {schema_current.migrations, version};
    int expected = 0;

    assert_true(schema_migrate(db.handle, &schema) && database_prepare(&db));
    assert_int_equal(db.version, version);
    for (int i = 0; i < TABLES; i++) {
      bool there = tables[i].version <= version;

      assert_true((db.get[i] != NULL) == there && (db.put[i] != NULL) == there &&
                  (db.drop[i] != NULL) == there);
      expected += there ? 3 : 0;
    }
    for (int i = 0; i < STATEMENTS; i++) {
      assert_int_equal(db.statements[i] != NULL, statement_texts[i].version <= version);
      expected += db.statements[i] != NULL;
    }
    assert_int_equal(count_statements(&db), expected);
  }
  database_close(&db);
}

/* Nothing of it is left open. */
static void test_closed(void **state)
{
  struct stores *stores = *state;
  int lowest;
  struct database db;

  stores_new_database(stores, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  database_close(&db);
  lowest = descriptors_lowest();
  for (int system = 0; system < 2; system++) {
    assert_true(database_open(&db, stores->layer, system ? STORE_SYSTEM : STORE_USER));
    assert_true(database_prepare(&db));
    assert_int_not_equal(descriptors_lowest(), lowest);
    database_close(&db);
    assert_int_equal(descriptors_lowest(), lowest);
  }
}

static void test_transactions(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_true(stores_runs(&db, "CREATE TABLE t(x)"));
  assert_false(database_in_transaction(&db) || database_is_writing(&db));
  assert_true(stores_runs(&db, "BEGIN; SELECT * FROM t"));
  assert_true(database_in_transaction(&db) && !database_is_writing(&db));
  assert_true(stores_runs(&db, "INSERT INTO t VALUES(1)"));
  assert_true(database_in_transaction(&db) && database_is_writing(&db));
  assert_true(stores_runs(&db, "COMMIT"));
  assert_false(database_in_transaction(&db) || database_is_writing(&db));
  database_close(&db);
}

/* What was bound is forgotten, also where the statement did its work. */
static void test_forgets(void **state)
{
  struct database db;
  sqlite3_stmt *asks, *puts;

  stores_new_database(*state, &db);
  assert_true(stores_runs(&db, "CREATE TABLE t(x)"));
  asks = stores_prepare(&db, "SELECT ?1");
  puts = stores_prepare(&db, "INSERT INTO t VALUES(?1)");
  sqlite3_bind_int(asks, 1, 7);
  assert_int_equal(database_step(asks), STEP_ROW);
  assert_int_equal(sqlite3_column_int(asks, 0), 7);
  database_reset(asks);
  assert_false(sqlite3_stmt_busy(asks));
  assert_int_equal(database_step(asks), STEP_ROW);
  assert_int_equal(sqlite3_column_type(asks, 0), SQLITE_NULL);
  sqlite3_finalize(asks);
  sqlite3_bind_int(puts, 1, 7);
  assert_true(database_finish(puts) && database_finish(puts));
  stores_expect_sql(&db, "SELECT count(*) || count(x) FROM t", "21");
  sqlite3_finalize(puts);
  database_close(&db);
}

/* What stands on the disk is seen only then: SQLite sees no reason to look. */
static void test_cache(void **state)
{
  struct stores *stores = *state;
  struct database db;
  char *content = NULL;
  gsize size = 0;

  stores_new_database(stores, &db);
  assert_true(stores_runs(&db, "CREATE TABLE t(x); INSERT INTO t VALUES('before')"));
  stores_expect_sql(&db, "SELECT x FROM t", "before");
  assert_true(g_file_get_contents(stores->layer, &content, &size, NULL));
  stores_write(stores->layer, (size_t)((char *)memmem(content, size, "before", 6) - content),
               "behind", 6);
  g_free(content);
  stores_expect_sql(&db, "SELECT x FROM t", "before");
  database_drop_cache(&db);
  stores_expect_sql(&db, "SELECT x FROM t", "behind");
  database_close(&db);
}

static void test_in_place(void **state)
{
  struct stores *stores = *state;
  struct database db;
  g_autofree char *moved = g_strconcat(stores->layer, ".old", NULL);

  stores_new_database(stores, &db);
  assert_true(database_in_place(&db));
  assert_int_equal(g_rename(stores->layer, moved), 0);
  assert_false(database_in_place(&db));
  stores_write(stores->layer, 0, "another", 7);
  assert_false(database_in_place(&db));
  assert_int_equal(g_rename(moved, stores->layer), 0);
  assert_true(database_in_place(&db));
  assert_int_equal(g_unlink(stores->layer), 0);
  assert_false(database_in_place(&db));
  database_close(&db);
}

/* A file that is written anew holds the same and nothing else, and all goes on with it. */
static void test_rewrite(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_new_database(stores, &db);
  assert_true(schema_migrate(db.handle, &schema_current) && database_prepare(&db));
  assert_true(
      stores_runs(&db, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(200000)); DELETE FROM t"));
  stores_expect_sql(&db, "SELECT freelist_count > 9 FROM pragma_freelist_count", "1");
  assert_true(database_rewrite(&db));
  stores_expect_sql(&db, "PRAGMA freelist_count", "0");
  stores_expect_sql(&db, "PRAGMA user_version", "3");
  stores_expect_sql(&db, "PRAGMA hard_heap_limit", "33554432");
  assert_false(stores_runs(&db, "ATTACH ':memory:' AS more"));
  assert_true(database_in_place(&db));
  assert_int_equal(database_step(db.statements[STATEMENT_COUNT]), STEP_ROW);
  database_reset(db.statements[STATEMENT_COUNT]);
  assert_true(database_finish(db.statements[STATEMENT_BEGIN]));
  assert_false(database_rewrite(&db)); /* not inside a transaction */
  assert_true(database_finish(db.statements[STATEMENT_ROLLBACK]));
  assert_int_equal(g_unlink(stores->layer), 0);
  assert_false(database_rewrite(&db));
  database_close(&db);
}

static void test_no_file(void **state)
{
  struct stores *stores = *state;
  struct database db;

  assert_false(database_open(&db, stores->layer, STORE_USER)); /* and makes none */
  assert_non_null(strstr(database_fault(&db), "unable to open"));
  database_close(&db);
  assert_false(g_file_test(stores->layer, G_FILE_TEST_EXISTS));
  assert_false(database_open(&db, stores->layer, STORE_SYSTEM));
  database_close(&db);
  assert_int_equal(symlink("elsewhere", stores->layer), 0);
  assert_false(database_open(&db, stores->layer, STORE_USER));
  database_close(&db);
}

static void test_noise(void **state)
{
  struct stores *stores = *state;
  static const char noise[4096] = "no database";
  struct database db;

  stores_write(stores->layer, 0, noise, sizeof noise);
  assert_false(database_open(&db, stores->layer, STORE_USER));
  assert_string_equal(database_fault(&db), "file is not a database");
  database_close(&db);
}

/* A layer is what it was, whatever becomes of its name, until somebody writes to the file. */
static void test_layer_unchanged(void **state)
{
  struct stores *stores = *state;
  g_autofree char *moved = g_strconcat(stores->layer, ".old", NULL);
  struct database db;

  stores_sql(stores->layer, "CREATE TABLE t(x); INSERT INTO t VALUES(7)");
  assert_true(database_open(&db, stores->layer, STORE_SYSTEM));
  assert_false(database_unchanged(&db));
  database_stamp(&db);
  assert_true(database_unchanged(&db));
  assert_int_equal(g_rename(stores->layer, moved), 0);
  assert_true(database_unchanged(&db));
  stores_write(stores->layer, 0, "another", 7);
  assert_true(database_unchanged(&db));
  assert_false(database_in_place(&db));
  usleep(20000); /* the kernel's clock for files */
  stores_write(moved, 100, "x", 1);
  assert_false(database_unchanged(&db));
  database_stamp(&db);
  assert_int_equal(g_unlink(moved), 0);
  assert_true(database_unchanged(&db));
  assert_false(database_in_place(&db));
  database_close(&db);
}

/* A name full of what means something in a URI. */
static void test_layer(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = g_build_filename(stores->folder, "a b?mode=rw#%41&x.db", NULL);
  struct database db;

  stores_sql(stores->layer, "CREATE TABLE t(x); INSERT INTO t VALUES(7)");
  assert_int_equal(g_rename(stores->layer, path), 0);
  assert_true(database_open(&db, path, STORE_SYSTEM));
  stores_expect_sql(&db, "SELECT x FROM t", "7");
  assert_false(stores_runs(&db, "INSERT INTO t VALUES(8)"));
  assert_int_equal(sqlite3_db_readonly(db.handle, "main"), 1);
  assert_true(database_in_place(&db));
  assert_int_equal(g_unlink(path), 0);
  assert_false(database_in_place(&db));
  stores_expect_sql(&db, "SELECT x FROM t", "7"); /* but the old content is still whole */
  database_close(&db);
}

/* Every octet is asked for, and nobody is said to be in the way who isn't. */
static void test_readable(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_new_database(stores, &db);
  assert_true(database_is_readable(&db)); /* of no octet */
  assert_true(schema_migrate(db.handle, &schema_current));
  assert_true(database_is_readable(&db));
  assert_int_equal(truncate(stores->layer, 5000), 0);
  assert_true(database_is_readable(&db)); /* what there is of it */
  database_close(&db);
  assert_true(g_remove(stores->layer) == 0);
  db = (struct database){.handle = NULL};
  assert_int_equal(sqlite3_open(":memory:", &db.handle), SQLITE_OK);
  assert_false(database_is_readable(&db)); /* no file */
  assert_true(database_is_hindered(&db) == (sqlite3_errcode(db.handle) != SQLITE_ERROR));
  database_close(&db);
}

/* Waits while another writes, and gives up in the end. */
static void test_busy(void **state)
{
  struct stores *stores = *state;
  struct database db;
  sqlite3 *other;
  pid_t child;

  stores_new_database(stores, &db);
  assert_true(schema_migrate(db.handle, &schema_current));
  database_close(&db); /* no open database may go through a fork */
  child = stores_fork();
  if (child == 0) {
    other = stores_raw(stores->layer);
    sqlite3_busy_timeout(other, 10000); /* the parent's attempts are reads, too */
    if (sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        !g_file_set_contents(stores->journal, "", 0, NULL))
      _exit(1);
    g_usleep(300000);
    _exit(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL));
  }
  while (!g_file_test(stores->journal, G_FILE_TEST_EXISTS))
    g_usleep(1000);
  assert_true(database_open(&db, stores->layer, STORE_USER) && database_prepare(&db));
  assert_true(database_finish(db.statements[STATEMENT_BEGIN_WRITE]));
  assert_true(database_finish(db.statements[STATEMENT_ROLLBACK]));
  stores_join(child);
  other = stores_raw(stores->layer);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_false(database_finish(db.statements[STATEMENT_BEGIN_WRITE]));
  assert_string_equal(database_fault(&db), "database is locked");
  sqlite3_close(other);
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_runaway),
      TEST(test_ask),
      TEST(test_fuel),
      TEST(test_fuel_within),
      TEST(test_statements),
      TEST(test_in_place),
      TEST(test_rewrite),
      TEST(test_no_file),
      TEST(test_noise),
      TEST(test_layer),
      TEST(test_layer_unchanged),
      TEST(test_readable),
      TEST(test_busy),
      TEST(test_versions),
      TEST(test_closed),
      TEST(test_transactions),
      TEST(test_forgets),
      TEST(test_cache),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

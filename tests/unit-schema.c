/* The tables' making, and how a file is known as ours.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/schema.h"

#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

MISFIRE(int, sqlite3_prepare_v2,
        (sqlite3 * handle, const char *sql, int size, sqlite3_stmt **statement, const char **tail),
        (handle, sql, size, statement, tail), SQLITE_IOERR)
MISFIRE(int, sqlite3_step, (sqlite3_stmt * statement), (statement), SQLITE_IOERR)
MISFIRE(int, sqlite3_exec,
        (sqlite3 * handle, const char *sql, sqlite3_callback row, void *data, char **message),
        (handle, sql, row, data, message), SQLITE_IOERR)

/* Whether SQLite has memory for a text that it has to convert. */
static bool memory_fails;

const unsigned char *__real_sqlite3_column_text(sqlite3_stmt *statement, int column);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column);
const unsigned char *__wrap_sqlite3_column_text(sqlite3_stmt *statement, int column)
{
  const unsigned char *text;

  if (memory_fails)
    sqlite3_hard_heap_limit64(1);
  text = __real_sqlite3_column_text(statement, column);
  sqlite3_hard_heap_limit64(0);
  return text;
}

/* Two versions of another schema, and three: what the next releases will look like. */
#define FIRST      "CREATE TABLE a(x INTEGER) STRICT;\n"
#define SECOND     "CREATE TABLE b(y TEXT) STRICT;\n"
#define THIRD_TEXT "CREATE TABLE a(x INTEGER, z TEXT) STRICT;\n" SECOND

static const struct migration steps[] = {
    {FIRST "INSERT INTO a VALUES(1);", FIRST},
    {SECOND, FIRST SECOND},
    {"ALTER TABLE a ADD COLUMN z TEXT", THIRD_TEXT},
};
static const struct schema one = {steps, 1}, two = {steps, 2}, three = {steps, 3};

static int setup(void **state)
{
  sqlite3 *handle = NULL;

  *state = NULL;
  if (sqlite3_open(":memory:", &handle) == SQLITE_OK)
    *state = handle;
  return *state == NULL;
}

static int teardown(void **state)
{
  return sqlite3_close(*state);
}

static void run(sqlite3 *handle, const char *sql)
{
  assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
}

static int number(sqlite3 *handle, const char *sql)
{
  sqlite3_stmt *statement = NULL;
  int value;

  assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  value = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  return value;
}

static void test_make(void **state)
{
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_EMPTY);
  assert_true(schema_migrate(*state, &schema_current));
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FINE);
  assert_int_equal(number(*state, "PRAGMA application_id"), 0x746c7370);
  assert_int_equal(number(*state, "PRAGMA user_version"), schema_current.version);
  assert_true(sqlite3_get_autocommit(*state));
  assert_int_equal(number(*state, "SELECT count(*) FROM meta"), 2);
  assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema WHERE type <> 'table'"), 0);
}

/* Every text, so that a released one can't be edited unseen: a new version adds a line here. */
static void test_every_version_is_reached(void **state)
{
  (void)state;
  assert_int_equal(schema_current.version, 3);
  for (int version = 1; version <= schema_current.version; version++) {
    struct schema schema = {schema_current.migrations, version};
    sqlite3 *handle = NULL;

    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
    assert_true(schema_migrate(handle, &schema));
    assert_int_equal(schema_inspect(handle, &schema), SCHEMA_FINE);
    assert_true(version == schema_current.version || schema_migrate(handle, &schema_current));
    assert_int_equal(schema_inspect(handle, &schema_current), SCHEMA_FINE);
    sqlite3_close(handle);
  }
}

static void test_older_and_newer(void **state)
{
  assert_true(schema_migrate(*state, &one));
  assert_int_equal(schema_inspect(*state, &one), SCHEMA_FINE);
  assert_int_equal(schema_inspect(*state, &three), SCHEMA_OLDER);
  assert_true(schema_migrate(*state, &two));
  assert_int_equal(schema_inspect(*state, &one), SCHEMA_NEWER);
  assert_true(schema_migrate(*state, &three));
  assert_int_equal(schema_inspect(*state, &three), SCHEMA_FINE);
  assert_int_equal(number(*state, "SELECT count(*) FROM a"), 1); /* each step ran once */
}

/* What is not ours to change is left as it is. */
static void test_no_migration_of(void **state)
{
  assert_true(schema_migrate(*state, &two));
  assert_false(schema_migrate(*state, &one)); /* newer */
  assert_false(schema_migrate(*state, &two)); /* fine already */
  run(*state, "CREATE VIEW v AS SELECT 1");
  assert_int_equal(schema_inspect(*state, &three), SCHEMA_DIFFERENT);
  assert_false(schema_migrate(*state, &three));
  assert_int_equal(number(*state, "PRAGMA user_version"), 2);
  assert_true(sqlite3_get_autocommit(*state));
}

static void test_version_of(void **state)
{
  assert_int_equal(schema_version(*state), 0);
  assert_true(schema_migrate(*state, &two));
  assert_int_equal(schema_version(*state), 2);
}

/* What isn't read says nothing, and not that there is none. */
static int give_up(void *data)
{
  (void)data;
  return 1;
}

static void test_version_unread(void **state)
{
  sqlite3_progress_handler(*state, 1, give_up, NULL);
  assert_int_equal(schema_version(*state), -1);
  sqlite3_progress_handler(*state, 0, NULL, NULL);
  assert_int_equal(schema_version(*state), 0);
}

/* What isn't read isn't judged: neither the numbers, nor the tables, of a newer file either. */
static void test_unread(void **state)
{
  struct misfire *const misfires[] = {&sqlite3_prepare_v2_misfire, &sqlite3_step_misfire};

  assert_true(schema_migrate(*state, &schema_current));
  for (int newer = 0; newer < 2; newer++) {
    enum schema_state whole = schema_inspect(*state, &schema_current);

    assert_int_equal(whole, newer ? SCHEMA_DIFFERENT : SCHEMA_FINE);
    for (size_t i = 0; i < 2; i++)
      for (unsigned call = 1; call <= 4; call++) { /* three numbers and the tables */
        *misfires[i] = (struct misfire){.call = call};
        assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_UNREADABLE);
        assert_int_equal(misfires[i]->call, 0);
      }
    assert_int_equal(schema_inspect(*state, &schema_current), whole);
    run(*state, "PRAGMA user_version = 99");
  }
  sqlite3_step_misfire = (struct misfire){.call = 5}; /* after the first table */
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_UNREADABLE);
}

/* A file in UTF-16 is none of ours; whether its texts are, can't be said without memory. */
static void test_no_memory(void **state)
{
  run(*state, "PRAGMA encoding = 'UTF-16'");
  assert_true(schema_migrate(*state, &schema_current));
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FINE);
  memory_fails = true;
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_UNREADABLE);
  memory_fails = false;
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FINE);
}

/* BEGIN, the versions, the stamp, COMMIT: all is made or nothing. */
static void test_migration_fails(void **state)
{
  for (int call = 1; call <= 3 + schema_current.version; call++) {
    sqlite3_exec_misfire = (struct misfire){.call = (unsigned)call};
    assert_false(schema_migrate(*state, &schema_current));
    assert_int_equal(sqlite3_exec_misfire.call, 0);
    assert_true(sqlite3_get_autocommit(*state));
    assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_EMPTY);
  }
  sqlite3_exec_misfire = (struct misfire){.call = 4 + (unsigned)schema_current.version};
  assert_true(schema_migrate(*state, &schema_current));
  assert_int_equal(sqlite3_exec_misfire.call, 1); /* there is no more to it */
  sqlite3_exec_misfire.call = 0;
}

/* SQLite may have ended the transaction by itself, as it does where the disk is full. */
static void test_ended_by_itself(void **state)
{
  static const struct migration ended[] = {{FIRST "ROLLBACK; SELECT nothing", FIRST}};
  static const struct schema schema = {ended, 1};

  assert_false(schema_migrate(*state, &schema));
  assert_true(sqlite3_get_autocommit(*state));
  assert_int_equal(schema_inspect(*state, &schema), SCHEMA_EMPTY);
}

/* A number in the header makes a file of one page. */
static void test_numbers_alone(void **state)
{
  run(*state, "PRAGMA user_version = 1");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FOREIGN);
  assert_false(schema_migrate(*state, &schema_current));
  run(*state, "PRAGMA user_version = 0; PRAGMA application_id = 7");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FOREIGN);
  assert_false(schema_migrate(*state, &schema_current));
  assert_int_equal(number(*state, "PRAGMA page_count"), 1);
  assert_int_equal(number(*state, "PRAGMA application_id"), 7);
}

static void test_foreign(void **state)
{
  run(*state, "CREATE TABLE t(x)");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FOREIGN);
  assert_false(schema_migrate(*state, &schema_current));
  run(*state, "PRAGMA application_id = 7; PRAGMA user_version = 1");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_FOREIGN);
  assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema"), 1);
}

static void test_versions_that_never_were(void **state)
{
  assert_true(schema_migrate(*state, &schema_current));
  run(*state, "PRAGMA user_version = 0");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_DIFFERENT);
  run(*state, "PRAGMA user_version = -5");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_DIFFERENT);
  run(*state, "PRAGMA user_version = 99"); /* with the tables of ours */
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_DIFFERENT);
  run(*state, "CREATE TABLE later(x)");
  assert_int_equal(schema_inspect(*state, &schema_current), SCHEMA_NEWER);
}

/* One thing too many, too few or in the place of another. */
static void test_hostile_schemas(void **state)
{
  static const char *const hostile[] = {
      "CREATE TABLE extra(x)",
      "CREATE TABLE extra(x PRIMARY KEY)", /* with an index that has no SQL */
      "CREATE INDEX i ON ticket(expires)",
      "CREATE TRIGGER t AFTER INSERT ON ticket BEGIN DELETE FROM failure; END",
      "CREATE VIEW zz AS SELECT * FROM ticket",
      "CREATE VIRTUAL TABLE v USING fts5(x)",
      "DROP TABLE failure",
      "ALTER TABLE ticket ADD COLUMN more TEXT",
      "ALTER TABLE ticket RENAME TO ticket2; CREATE VIEW ticket AS SELECT * FROM ticket2",
      "DROP TABLE ticket; CREATE VIEW ticket AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL "
      "SELECT x + 1 FROM r) SELECT x AS host FROM r",
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' ' WHERE name = 'meta'",
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'BLOB', 'TEXT') "
      "WHERE name = 'ticket'",
  };

  (void)state;
  for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
    sqlite3 *handle = NULL;
    enum schema_state found;

    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
    assert_true(schema_migrate(handle, &schema_current));
    run(handle, hostile[i]);
    found = schema_inspect(handle, &schema_current);
    assert_true(found == SCHEMA_DIFFERENT || found == SCHEMA_UNREADABLE);
    sqlite3_close(handle);
  }
}

/* A step that fails takes the ones before it back. */
static void test_failing_step(void **state)
{
  static const struct migration broken[] = {{FIRST, FIRST},
                                            {"CREATE TABLE b(y); CREATE TABLE a(x)", ""}};
  static const struct migration wrong_text[] = {{FIRST, SECOND}};
  static const struct schema schemas[] = {{broken, 2}, {wrong_text, 1}};

  for (size_t i = 0; i < 2; i++) {
    assert_false(schema_migrate(*state, &schemas[i]));
    assert_true(sqlite3_get_autocommit(*state));
    assert_int_equal(schema_inspect(*state, &schemas[i]), SCHEMA_EMPTY);
    assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_schema"), 0);
  }
}

static void test_busy(void **state)
{
  run(*state, "BEGIN");
  assert_false(schema_migrate(*state, &schema_current)); /* a transaction within one */
  run(*state, "ROLLBACK");
  assert_true(schema_migrate(*state, &schema_current));
}

/* A file of noise under SQLite's name. */
static void test_unreadable(void **state)
{
  struct stores *stores = *state;
  uint8_t noise[9000];
  sqlite3 *handle;

  for (size_t i = 0; i < sizeof noise; i++)
    noise[i] = (uint8_t)(i * 7);
  stores_write(stores->layer, 0, noise, sizeof noise);
  handle = stores_raw(stores->layer);
  assert_int_equal(schema_inspect(handle, &schema_current), SCHEMA_UNREADABLE);
  assert_false(schema_migrate(handle, &schema_current));
  sqlite3_close(handle);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_make, setup, teardown),
      cmocka_unit_test(test_every_version_is_reached),
      cmocka_unit_test_setup_teardown(test_older_and_newer, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_migration_of, setup, teardown),
      cmocka_unit_test_setup_teardown(test_version_of, setup, teardown),
      cmocka_unit_test_setup_teardown(test_version_unread, setup, teardown),
      cmocka_unit_test_setup_teardown(test_unread, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(test_migration_fails, setup, teardown),
      cmocka_unit_test_setup_teardown(test_ended_by_itself, setup, teardown),
      cmocka_unit_test_setup_teardown(test_numbers_alone, setup, teardown),
      cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
      cmocka_unit_test_setup_teardown(test_versions_that_never_were, setup, teardown),
      cmocka_unit_test(test_hostile_schemas),
      cmocka_unit_test_setup_teardown(test_failing_step, setup, teardown),
      cmocka_unit_test_setup_teardown(test_busy, setup, teardown),
      cmocka_unit_test_setup_teardown(test_unreadable, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

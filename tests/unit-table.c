/* The tables' statements fit their columns and the schema.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/table.h"

#include "daemon/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static int setup(void **state)
{
  sqlite3 *handle = NULL;

  if (sqlite3_open(":memory:", &handle) != SQLITE_OK || !schema_migrate(handle, &schema_current))
    return 1;
  *state = handle;
  return 0;
}

static int teardown(void **state)
{
  return sqlite3_close(*state);
}

static sqlite3_stmt *prepare(sqlite3 *handle, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
  return statement;
}

/* Column by column, in the order of the schema: name, type and whether it is in the key. */
static void check_columns(sqlite3 *handle, const struct table *table)
{
  sqlite3_stmt *info = prepare(handle, "SELECT name, type, pk FROM pragma_table_info(?1)");
  sqlite3_stmt *get = prepare(handle, table->get);
  int count = 0;

  sqlite3_bind_text(info, 1, table->name, -1, SQLITE_STATIC);
  for (; sqlite3_step(info) == SQLITE_ROW; count++) {
    char type = g_ascii_tolower((char)sqlite3_column_text(info, 1)[0]);

    assert_string_equal(sqlite3_column_name(get, count), sqlite3_column_text(info, 0));
    assert_int_equal(sqlite3_column_int(info, 2), count < table->key ? count + 1 : 0);
    if (count < table->columns)
      assert_int_equal(type, table->types[count]);
    else
      assert_string_equal(sqlite3_column_text(info, 0), "digest");
  }
  assert_int_equal(count, table->columns + 1);
  assert_int_equal(strlen(table->types), table->columns);
  assert_true(table->columns <= TABLE_COLUMNS && table->key <= TABLE_KEY);
  sqlite3_finalize(info);
  sqlite3_finalize(get);
}

static void test_columns(void **state)
{
  for (int i = 0; i < TABLES; i++)
    check_columns(*state, &tables[i]);
}

static void test_parameters(void **state)
{
  for (int i = 0; i < TABLES; i++) {
    const char *texts[] = {tables[i].get, tables[i].drop, tables[i].put, tables[i].scan};
    const int expected[] = {tables[i].key, tables[i].key, tables[i].columns + 1, 0};

    for (size_t j = 0; j < G_N_ELEMENTS(texts); j++) {
      sqlite3_stmt *statement = prepare(*state, texts[j]);

      assert_int_equal(sqlite3_bind_parameter_count(statement), expected[j]);
      sqlite3_finalize(statement);
    }
  }
}

/* A lookup goes down the tree and a scan along it: no search, no sorter, no second index. */
static void check_plan(sqlite3 *handle, const char *sql, const char *beginning)
{
  g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
  sqlite3_stmt *statement = prepare(handle, explain);

  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  assert_true(g_str_has_prefix((const char *)sqlite3_column_text(statement, 3), beginning));
  assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
  sqlite3_finalize(statement);
}

static void test_plans(void **state)
{
  for (int i = 0; i < TABLES; i++) {
    g_autofree char *search = g_strdup_printf("SEARCH %s USING PRIMARY KEY", tables[i].name);
    g_autofree char *scan = g_strdup_printf("SCAN %s", tables[i].name);

    check_plan(*state, tables[i].get, search);
    check_plan(*state, tables[i].drop, search);
    check_plan(*state, tables[i].scan, scan);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
      cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
      cmocka_unit_test_setup_teardown(test_plans, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

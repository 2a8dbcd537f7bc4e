/* The statements that belong to no single table: which file has them, and how they search.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/statements.h"

#include "daemon/database.h"
#include "daemon/schema.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>

/* Each has its text: a gap in the table would be a statement that does nothing. */
static void test_texts(void **state)
{
  (void)state;
  for (int i = 0; i < STATEMENTS; i++) {
    assert_non_null(statement_texts[i].text);
    assert_in_range(statement_texts[i].version, 1, schema_current.version);
    for (int j = 0; j < i; j++)
      assert_string_not_equal(statement_texts[i].text, statement_texts[j].text);
  }
}

/* The lines of a plan, with "; " between them; ends the statement. */
static char *plan_of(sqlite3_stmt *statement)
{
  GString *plan = g_string_new(NULL);

  while (sqlite3_step(statement) == SQLITE_ROW)
    g_string_append_printf(plan, "%s%s", plan->len > 0 ? "; " : "",
                           (const char *)sqlite3_column_text(statement, 3));
  assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
  return g_string_free(plan, FALSE);
}

/* Lists begin where they are told, without a search through what comes before, and need no sorter.
 */
static void test_plans(void **state)
{
  static const struct {
    enum statement statement;
    const char *plan;
  } plans[] = {
      {STATEMENT_LIST, "SEARCH ticket USING PRIMARY KEY ((host,protocol,port)>(?,?,?) AND host<?)"},
      {STATEMENT_IMAGES,
       "SEARCH before USING PRIMARY KEY (operation=? AND (host,protocol,port)>(?,?,?))"},
      {STATEMENT_NEWEST, "SCAN operation"},
      {STATEMENT_PINS, "SEARCH pin USING PRIMARY KEY (host=?)"},
      {STATEMENT_LIST_PINS,
       "SEARCH pin USING PRIMARY KEY ((host,scope,protocol,port,kind,origin,level,selector,"
       "matching,key)>(?,?,?,?,?,?,?,?,?,?) AND host<?)"},
      {STATEMENT_PIN_IMAGES,
       "SEARCH image USING PRIMARY KEY (operation=? AND (host,scope,protocol,port,kind,origin,"
       "level,selector,matching,key)>(?,?,?,?,?,?,?,?,?,?))"},
      {STATEMENT_EVENTS, "SEARCH event USING PRIMARY KEY (id>?)"},
      {STATEMENT_SETTINGS, "SCAN setting"},
      {STATEMENT_LATER, "SEARCH operation USING PRIMARY KEY (id>?)"},
      {STATEMENT_EARLIER, "SEARCH operation USING PRIMARY KEY (id<?)"},
      {STATEMENT_LEARNED_AT, "SEARCH pin USING PRIMARY KEY (host=? AND scope=? AND protocol=? AND "
                             "port=? AND kind=? AND origin=?)"},
  };
  struct database db;

  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &schema_current) && database_prepare(&db));
  for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
    g_autofree char *sql =
        g_strconcat("EXPLAIN QUERY PLAN ", sqlite3_sql(db.statements[plans[i].statement]), NULL);
    g_autofree char *plan = plan_of(stores_prepare(&db, sql));

    assert_string_equal(plan, plans[i].plan);
  }
  database_close(&db);
}

/* A file of the first form has the tables and the statements of that. */
static void test_version_1(void **state)
{
  const struct schema first = {schema_current.migrations, 1};
  struct database db;

  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &first) && database_prepare(&db));
  assert_int_equal(db.version, 1);
  for (int i = 0; i < TABLES; i++)
    assert_int_equal(db.get[i] != NULL && db.put[i] != NULL && db.drop[i] != NULL,
                     i <= TABLE_BEFORE);
  for (int i = 0; i < STATEMENTS; i++)
    assert_int_equal(db.statements[i] != NULL, i < STATEMENT_PINS);
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_texts),
      TEST(test_plans),
      TEST(test_version_1),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

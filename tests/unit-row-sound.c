/* Whether a row is one that tlspin writes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/row-sound.h"

#include "tests/hostile.h"
#include "tests/lived.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

/* What stands in no row of the table. */
static const struct {
  enum table_id table;
  struct hostile hostile;
} cases[] = {
    {TABLE_TICKET, {0, TEXT("Host.example")}},
    {TABLE_TICKET, {6, NUMBER(0)}},
    {TABLE_TICKET, {10, TEXT("enforce")}},
    {TABLE_FAILURE, {3, TEXT("no such\nword")}},
    {TABLE_FAILURE, {6, NUMBER(0)}},
    {TABLE_OPERATION, {0, NUMBER(0)}},
    {TABLE_OPERATION, {1, TEXT("open")}},
    {TABLE_BEFORE, {0, NUMBER(-1)}},
    {TABLE_BEFORE, {4, NUMBER(2)}},
    {TABLE_PIN, {9, BLOB("short")}},
    {TABLE_PIN, {11, NUMBER(1)}},
    {TABLE_EVENT, {7, NUMBER(65536)}},
    {TABLE_EVENT, {12, TEXT("a\0b")}},
    {TABLE_SETTING, {0, TEXT("Not a word")}},
    {TABLE_SETTING, {2, NUMBER(1)}},
    {TABLE_IMAGE, {0, NUMBER(0)}},
    {TABLE_IMAGE, {23, BLOB("short")}},
    {TABLE_STATE, {0, TEXT("")}},
};

/* The first row of a table that the store has. */
static bool first_row(struct database *db, enum table_id table, sqlite3_stmt **statement,
                      struct cell *cells)
{
  struct digest digest;

  *statement = stores_prepare(db, tables[table].scan);
  return sqlite3_step(*statement) == SQLITE_ROW &&
         cells_read(db->checksum, &tables[table], *statement, cells, &digest);
}

static int setup(void **state)
{
  g_autoptr(GHashTable) ever = lived_set_new();

  stores_setup(state);
  lived_make(((struct stores *)*state)->path, 100, ever);
  return 0;
}

/* Each row of a store is one. */
static void test_all_rows(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_open_database(stores->path, &db);
  for (int i = 0; i < TABLES; i++) {
    struct cell cells[TABLE_COLUMNS];
    sqlite3_stmt *statement;
    struct digest digest;
    bool row = first_row(&db, (enum table_id)i, &statement, cells);

    assert_true(row);
    for (; row; row = sqlite3_step(statement) == SQLITE_ROW) {
      assert_true(cells_read(db.checksum, &tables[i], statement, cells, &digest));
      assert_true(row_is_sound((enum table_id)i, cells, STORE_USER));
    }
    sqlite3_finalize(statement);
  }
  database_close(&db);
}

static void test_one_column_wrong(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_open_database(stores->path, &db);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct cell cells[TABLE_COLUMNS];
    sqlite3_stmt *statement;

    assert_true(first_row(&db, cases[i].table, &statement, cells));
    cells[cases[i].hostile.column] = cases[i].hostile.cell;
    if (row_is_sound(cases[i].table, cells, STORE_USER))
      fail_msg("case %zu", i);
    sqlite3_finalize(statement);
  }
  database_close(&db);
}

/* What a user's store knows of itself is in no layer. */
static void test_kind(void **state)
{
  struct cell cells[] = {cell_text("clock"), cell_blob(cell_text("x").bytes)};
  struct cell setting[] = {cell_text("learn"), cell_text("no"), cell_integer(1)};

  (void)state;
  assert_true(row_is_sound(TABLE_STATE, cells, STORE_USER));
  assert_false(row_is_sound(TABLE_STATE, cells, STORE_SYSTEM));
  assert_true(row_is_sound(TABLE_SETTING, setting, STORE_SYSTEM));
  assert_false(row_is_sound(TABLE_SETTING, setting, STORE_USER));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_all_rows, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_one_column_wrong, setup, stores_teardown),
      cmocka_unit_test(test_kind),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

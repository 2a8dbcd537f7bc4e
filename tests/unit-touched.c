/* Which pins the operations of a journal touched.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/touched.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool ticket_after(const struct touched *touched, int n, uint64_t operation)
{
  struct ticket_row row = stores_row(n);
  struct cell key[TABLE_KEY];

  peer_to_cells(&row.peer, key);
  return touched_after(touched, TABLE_TICKET, key, operation);
}

static bool pin_after(const struct touched *touched, int n, uint64_t operation)
{
  struct keypin pin = stores_pin(n);
  struct cell key[TABLE_KEY];

  pin_key_to_cells(&pin, key);
  return touched_after(touched, TABLE_PIN, key, operation);
}

static void clear(struct store *store, int n, uint64_t expected)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(n);
  struct store_change change;

  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(change.operation, expected);
}

/* The last operation counts, of each table by itself. */
static void test_operations(void **state)
{
  struct stores *stores = *state;
  struct keypin pin = stores_pin(2);
  struct touched *touched;
  struct store *store;
  struct database db;

  stores_make(stores->path, 4);
  store = stores_open(stores->path);
  clear(store, 1, 1);
  pin.origin = KEYPIN_USER;
  assert_int_equal(stores_edit(store, &pin), 2);
  stores_undo(store, 1, (struct store_change){3, 1, 0});
  store_close(store);
  stores_open_database(stores->path, &db);
  touched = touched_new(&db);
  assert_non_null(touched);
  assert_true(ticket_after(touched, 1, 0));
  assert_true(ticket_after(touched, 1, 2));
  assert_false(ticket_after(touched, 1, 3));
  assert_false(ticket_after(touched, 0, 0));
  assert_false(ticket_after(touched, 2, 0));
  assert_false(pin_after(touched, 2, 0)); /* of another origin, and so of another key */
  assert_false(pin_after(touched, 1, 0));
  touched_free(touched);
  touched_free(NULL);
  database_close(&db);
}

static void test_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(2), other = stores_pin(3);
  struct cell key[TABLE_KEY];
  struct touched *touched;
  struct database db;

  pin.origin = other.origin = KEYPIN_USER;
  other.place.protocol = PLACE_ANY_PROTOCOL; /* nothing, in the row */
  assert_int_equal(stores_edit(store, &pin), 1);
  assert_int_equal(stores_edit(store, &other), 2);
  assert_int_equal(stores_drop(store, &pin), 3);
  store_close(store);
  stores_open_database(stores->path, &db);
  touched = touched_new(&db);
  pin_key_to_cells(&pin, key);
  assert_true(touched_after(touched, TABLE_PIN, key, 2));
  assert_false(touched_after(touched, TABLE_PIN, key, 3));
  assert_false(touched_after(touched, TABLE_SETTING, key, 0));
  pin_key_to_cells(&other, key);
  assert_true(touched_after(touched, TABLE_PIN, key, 1));
  assert_false(touched_after(touched, TABLE_PIN, key, 2));
  touched_free(touched);
  database_close(&db);
}

static void damage_heads(struct stores *stores, struct database *db, struct touched **touched,
                         const char *sql)
{
  touched_free(*touched);
  stores_open_database(stores->path, db);
  assert_true(stores_runs(db, sql));
  *touched = touched_new(db);
  assert_non_null(*touched);
  database_close(db);
}

/* Whatever the operation was. target: of one that is being applied. */
static void put_head(struct stores *stores, uint64_t id, enum operation_kind kind, uint64_t target)
{
  struct operation_row row = {.id = id, .kind = kind, .target = target, .made = STORES_NOW};
  struct cell cells[TABLE_COLUMNS];
  struct database db;

  stores_open_database(stores->path, &db);
  operation_row_to_cells(&row, cells);
  stores_put_row(&db, TABLE_OPERATION, cells);
  database_close(&db);
}

/* What stands, and did more than to note a record, counts; and where it isn't known whether it
 * stands. And each has to have told what it touched. */
static void test_in_force(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(2), beside = stores_pin(3);
  struct cell key[TABLE_KEY], key_beside[TABLE_KEY];
  struct touched *touched = NULL;
  struct database db;

  beside.place = pin.place;
  pin_key_to_cells(&pin, key);
  pin_key_to_cells(&beside, key_beside);
  stores_learn(store, &pin);
  stores_learn(store, &beside);
  assert_int_equal(stores_drop(store, &pin), 1);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  assert_int_equal(stores_drop(store, &pin), 3);
  store_close(store);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 3);
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key_beside), 0);
  assert_int_equal(touched_in_force(touched, TABLE_STATE, key), 0);
  assert_true(touched_after(touched, TABLE_PIN, key_beside, 0));
  assert_true(touched_tells(touched, 0, 3, false) && touched_tells(touched, 3, 3, false));
  assert_false(touched_tells(touched, 9, 3, false) || touched_tells(touched, 9, 3, true));
  assert_false(touched_tells(touched, 0, 4, false));
  assert_false(touched_tells(touched, 3, 4, false));
  assert_false(touched_tells(touched, 0, UINT64_MAX, false));
  put_head(stores, 3, OPERATION_DRAFT, 0);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 2);
  assert_false(touched_after(touched, TABLE_PIN, key, 2));
  assert_true(touched_tells(touched, 2, 3, false) && touched_tells(touched, 2, 3, true));
  put_head(stores, 3, OPERATION_APPLYING, 1);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 2);
  put_head(stores, 3, OPERATION_GONE, 0);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_true(touched_after(touched, TABLE_PIN, key, 2));
  assert_true(touched_tells(touched, 3, 3, false) && touched_tells(touched, 3, 3, true));
  assert_false(touched_tells(touched, 2, 3, false) || touched_tells(touched, 2, 3, true));
  damage_heads(stores, &db, &touched, "DELETE FROM operation WHERE id = 3");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 3);
  damage_heads(stores, &db, &touched, "DELETE FROM image WHERE operation = 3");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 2);
  assert_false(touched_tells(touched, 2, 3, false));
  damage_heads(stores, &db, &touched, "DELETE FROM image WHERE operation = 2");
  assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 0); /* the first was taken back */
  touched_free(touched);
}

/* What waits in a draft, be it finished and not yet put, touches nothing, and is no old state of
 * what is there. Of which nothing is there is known only where nothing is missing. */
static void test_drafts(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(2);
  struct cell key[TABLE_KEY];
  struct touched *touched = NULL;
  struct store_change change;
  struct store_edit *edit;
  struct database db;

  pin_key_to_cells(&pin, key);
  stores_learn(store, &pin);
  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  for (int finished = 0; finished < 2; finished++) {
    damage_heads(stores, &db, &touched, "SELECT 1");
    assert_false(touched_after(touched, TABLE_PIN, key, 0));
    assert_int_equal(touched_in_force(touched, TABLE_PIN, key), 0);
    assert_true(touched_tells(touched, 0, 1, false));
    assert_int_equal(touched_tells(touched, 0, 1, true), !finished);
    if (finished)
      break;
    assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 1, STORES_NOW, &edit), TLSPIN_OK);
    assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
    assert_int_equal(change.operation, 2);
  }
  assert_int_equal(stores_apply(store), 0);
  store_close(store);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_true(touched_tells(touched, 0, 2, true));
  assert_false(touched_tells(touched, 0, 1, false));
  put_head(stores, 2, OPERATION_EDIT, 0);
  damage_heads(stores, &db, &touched, "SELECT 1");
  assert_true(touched_tells(touched, 2, 2, true));
  assert_false(touched_tells(touched, 1, 2, true));
  touched_free(touched);
}

/* What can't be read is not taken for a journal in which nothing stands. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store;
  struct database db;

  stores_make(stores->path, 2);
  store = stores_open(stores->path);
  clear(store, 1, 1);
  store_close(store);
  stores_sql(stores->path, "UPDATE before SET series = series + 1");
  stores_open_database(stores->path, &db);
  assert_null(touched_new(&db));
  database_close(&db);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_operations, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_records, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_in_force, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_drafts, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_damaged, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

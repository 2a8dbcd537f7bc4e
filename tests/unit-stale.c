/* Rows of an old page, which the journal has outlived.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/stale.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/store-private.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

static bool add(enum table_id table, const struct cell *cells, const struct digest *digest,
                void *data)
{
  (void)digest;
  return rebuild_add(data, table, cells);
}

/* A store that is rebuilt of this one's rows, which is closed. */
static struct rebuild *rebuilt(struct stores *stores, struct store *store)
{
  g_autofree char *path = g_strconcat(stores->home, "/new.db", NULL);
  char *problem = NULL;
  struct rebuild *rebuild;

  (void)unlink(path);
  rebuild = rebuild_new(path, &problem);
  assert_non_null(rebuild);
  database_refuel_all(&store->db);
  assert_true(contents_walk(&store->db, STORE_USER, add, rebuild));
  store_close(store);
  return rebuild;
}

/* As an old page has them, in the place of what is there. */
static void put_pin(struct rebuild *rebuild, const struct keypin *pin)
{
  struct cell cells[TABLE_COLUMNS];

  pin_to_cells(pin, cells);
  assert_true(rebuild_replace(rebuild, TABLE_PIN, cells));
}

static void put_ticket(struct rebuild *rebuild, const struct ticket_row *row)
{
  struct cell cells[TABLE_COLUMNS];

  ticket_row_to_cells(row, cells);
  assert_true(rebuild_replace(rebuild, TABLE_TICKET, cells));
}

static void expect_dropped(struct rebuild *rebuild, uint64_t expected)
{
  struct touched *touched = touched_new(rebuild_database(rebuild));
  uint64_t rows = rebuild_rows(rebuild), count = 99;
  char *problem = NULL;

  assert_non_null(touched);
  assert_true(stale_drop(rebuild, touched, &count));
  assert_int_equal(count, expected);
  assert_int_equal(rebuild_rows(rebuild), rows - expected);
  assert_true(rebuild_finish(rebuild, &problem));
  touched_free(touched);
  rebuild_free(rebuild);
}

/* When a record was seen last is in no journal; when it was learned tells it from another one. */
static void test_taken_away(void **state)
{
  for (int i = 0; i < 4; i++) {
    struct store *store = stores_open(((struct stores *)*state)->path);
    struct keypin pin = stores_pin(1), beside = stores_pin(2), old = pin;
    struct rebuild *rebuild;

    beside.place = pin.place;
    if (i == 0) {
      stores_learn(store, &pin);
      stores_learn(store, &beside);
      stores_drop(store, &pin);
    }
    old.last_seen += i == 1;
    old.count_seen += i == 2;
    old.first_seen -= i == 3;
    rebuild = rebuilt(*state, store);
    put_pin(rebuild, &old);
    expect_dropped(rebuild, i < 3);
  }
}

static void test_changed(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct keypin pin = stores_pin(1), rejected;
  struct rebuild *rebuild;

  pin.origin = KEYPIN_USER;
  rejected = pin;
  rejected.status = KEYPIN_REJECTED;
  stores_edit(store, &pin);
  stores_edit(store, &rejected);
  rebuild = rebuilt(*state, store);
  expect_dropped(rebuild, 0);
  rebuild = rebuilt(*state, stores_open(((struct stores *)*state)->path));
  put_pin(rebuild, &pin);
  expect_dropped(rebuild, 1);
}

/* What an undo brought back stands; but not what was there before the undo. */
static void test_undone(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct keypin pin = stores_pin(1), critical;
  struct rebuild *rebuild;

  pin.origin = KEYPIN_USER;
  critical = pin;
  critical.status = KEYPIN_CRITICAL;
  stores_edit(store, &pin);
  stores_edit(store, &critical);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  rebuild = rebuilt(*state, store);
  expect_dropped(rebuild, 0);
  rebuild = rebuilt(*state, stores_open(((struct stores *)*state)->path));
  put_pin(rebuild, &critical);
  expect_dropped(rebuild, 1);
}

/* An edit after which a record is what it was before. */
static void test_same(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct keypin pin = stores_pin(1), critical;
  struct store_change change;
  struct store_edit *edit;

  pin.origin = KEYPIN_USER;
  critical = pin;
  critical.status = KEYPIN_CRITICAL;
  stores_edit(store, &pin);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &critical), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_int_equal(stores_number(((struct stores *)*state)->path,
                                 "SELECT count(*) FROM image WHERE operation = 2"),
                   1);
  expect_dropped(rebuilt(*state, store), 0);
}

/* A record that waits, in an import, to be put where it is already. */
static void test_waiting(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct keypin pin = stores_pin(1);
  struct store_change change;
  struct store_edit *edit;

  stores_learn(store, &pin);
  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 1, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  expect_dropped(rebuilt(*state, store), 0);
}

static void test_tickets(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2), other = stores_row(9);
  struct store_change change;
  struct rebuild *rebuild;

  stores_fill(store, 5);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  rebuild = rebuilt(*state, store);
  put_ticket(rebuild, &row);
  expect_dropped(rebuild, 1);
  rebuild = rebuilt(*state, stores_open(((struct stores *)*state)->path));
  other.peer = row.peer; /* stored anew */
  put_ticket(rebuild, &other);
  expect_dropped(rebuild, 0);
  store = stores_open(((struct stores *)*state)->path);
  stores_undo(store, 0, (struct store_change){2, 1, 0});
  expect_dropped(rebuilt(*state, store), 0);
}

/* Where an image, or a row, can't be read it isn't known what is stale. */
static void test_unreadable(void **state)
{
  static const char *const damages[] = {"UPDATE image SET note = 'other'",
                                        "UPDATE pin SET first_seen = first_seen - 1"};

  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    struct store *store = stores_open(((struct stores *)*state)->path);
    struct keypin pin = stores_pin(1);
    struct rebuild *rebuild;
    struct touched *touched;
    uint64_t count;

    if (i == 0) {
      stores_learn(store, &pin);
      stores_drop(store, &pin);
    }
    rebuild = rebuilt(*state, store);
    put_pin(rebuild, &pin);
    touched = touched_new(rebuild_database(rebuild));
    assert_true(stores_runs(rebuild_database(rebuild), damages[i]));
    assert_false(stale_drop(rebuild, touched, &count));
    touched_free(touched);
    rebuild_free(rebuild);
  }
}

/* So it is where only the look at the image fails. */
static void test_image_unread(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct cell key[TABLE_KEY] = {cell_integer(1)};
  struct keypin pin = stores_pin(1);
  struct rebuild *rebuild;
  struct touched *touched;
  struct database *db;
  uint64_t count;

  stores_learn(store, &pin);
  stores_drop(store, &pin);
  rebuild = rebuilt(*state, store);
  put_pin(rebuild, &pin);
  db = rebuild_database(rebuild);
  touched = touched_new(db);
  pin_key_to_cells(&pin, key + 1);
  assert_true(cells_bind(db->get[TABLE_IMAGE], key, tables[TABLE_IMAGE].key));
  assert_int_equal(database_step(db->get[TABLE_IMAGE]), STEP_ROW);
  assert_false(stale_drop(rebuild, touched, &count)); /* it runs: nothing is bound */
  assert_true(stale_drop(rebuild, touched, &count));
  assert_int_equal(count, 1);
  touched_free(touched);
  rebuild_free(rebuild);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_taken_away), TEST(test_changed), TEST(test_undone),     TEST(test_same),
      TEST(test_tickets),    TEST(test_waiting), TEST(test_unreadable), TEST(test_image_unread),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a store knows of itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/state.h"

#include "daemon/schema.h"
#include "daemon/store-private.h"
#include "tests/hostile.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static struct span text(const char *octets)
{
  return (struct span){(const uint8_t *)octets, strlen(octets)};
}

static void expect(struct store *store, const char *name, const char *octets)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size = 0;

  assert_int_equal(state_get(store, name, value, &size), TLSPIN_OK);
  assert_true(span_equal((struct span){value, size}, text(octets)));
}

static void expect_none(struct store *store, const char *name)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size = 0;

  assert_int_equal(state_get(store, name, value, &size), TLSPIN_E_NOT_FOUND);
}

static void test_values(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  expect_none(store, "clock");
  assert_int_equal(state_put(store, "clock", text("one")), TLSPIN_OK);
  assert_int_equal(state_put(store, "damage", text("two")), TLSPIN_OK);
  assert_int_equal(state_put(store, "clock", text("three")), TLSPIN_OK);
  store_close(store);
  store = stores_open(stores->path);
  expect(store, "clock", "three");
  expect(store, "damage", "two");
  assert_int_equal(state_put(store, "clock", (struct span){NULL, 0}), TLSPIN_OK);
  assert_int_equal(state_put(store, "clock", (struct span){NULL, 0}), TLSPIN_OK);
  expect_none(store, "clock");
  expect(store, "damage", "two");
  store_close(store);
}

/* What a larger task asks on its way takes nothing away from it. */
static void test_within_a_task(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  const int64_t much = INT64_C(1) << 40;

  assert_int_equal(store_read_begin(store), TLSPIN_OK);
  store->db.fuel = much;
  expect_none(store, "clock");
  assert_true(store->db.fuel == much);
  store_read_end(store);
  store->db.fuel = 0;
  expect_none(store, "clock");
  assert_true(store->db.fuel > 0 && store->db.fuel < much);
  store_close(store);
}

static void test_largest(void **state)
{
  static uint8_t octets[STATE_VALUE_MAX + 1], value[STATE_VALUE_MAX];
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  size_t size = 0;

  memset(octets, 7, sizeof octets);
  assert_int_equal(state_put(store, "clock", (struct span){octets, sizeof octets}),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(state_put(store, "Clock", text("x")), TLSPIN_E_ARGUMENT);
  expect_none(store, "clock");
  assert_int_equal(state_put(store, "clock", (struct span){octets, STATE_VALUE_MAX}), TLSPIN_OK);
  assert_int_equal(state_get(store, "clock", value, &size), TLSPIN_OK);
  assert_int_equal(size, STATE_VALUE_MAX);
  assert_memory_equal(value, octets, size);
  store_close(store);
}

/* What isn't there is believed of a file only that nobody else changed. */
static void test_distrusted(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[STATE_VALUE_MAX];
  size_t size = 0;

  assert_int_equal(state_put(store, "damage", text("pins were lost")), TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM state");
  assert_int_equal(state_get(store, "damage", value, &size), TLSPIN_UNAVAILABLE);
  store_close(store);
  stores_damaged(stores->path, "missing from it or too many");
}

static void test_changed(void **state)
{
  static const char *const changes[] = {
      "UPDATE state SET value = x'00'",
      "UPDATE state SET name = 'clocks'",
      "DELETE FROM state",
  };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_int_equal(state_put(store, "clock", text("one")), TLSPIN_OK);
  store_close(store);
  stores_refuse_changed(stores, changes, sizeof changes / sizeof *changes);
}

/* A right digest makes no row right. */
static void test_hostile(void **state)
{
  static const struct cell rows[][2] = {
      {TEXT(""), BLOB("x")},
      {TEXT("clock\0"), BLOB("x")},
      {TEXT("Clock"), BLOB("x")},
      {TEXT("clock"), BLOB("")},
  };
  uint8_t name[TOKEN_MAX + 9];

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_false(state_is_valid(rows[i], STORE_USER));
  assert_true(state_is_valid((struct cell[]){TEXT("clock"), BLOB("x")}, STORE_USER));
  memset(name, 'a', sizeof name);
  for (size_t size = 1; size <= sizeof name; size++)
    assert_int_equal(
        state_is_valid((struct cell[]){{CELL_TEXT, 0, {name, size}}, BLOB("x")}, STORE_USER),
        size <= TOKEN_MAX);
  assert_false(state_is_valid((struct cell[]){TEXT("clock"), BLOB("x")}, STORE_SYSTEM));
  (void)state;
}

/* Nor does it where another process put it there since we opened the file. */
static void test_hostile_neighbour(void **state)
{
  struct cell cells[TABLE_COLUMNS] = {TEXT("clock"), BLOB("")};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[STATE_VALUE_MAX];
  size_t size = 7;
  struct database db;

  stores_open_database(stores->path, &db);
  stores_put_row(&db, TABLE_STATE, cells);
  database_close(&db);
  assert_int_equal(state_get(store, "clock", value, &size), TLSPIN_UNAVAILABLE);
  assert_int_equal(size, 7);
  store_close(store);
  stores_damaged(stores->path, "an entry in it is not what was written");
}

/* A layer of the form before there was a table for it says nothing, too. */
static void test_older_layer(void **state)
{
  const struct schema second = {schema_current.migrations, 2};
  struct stores *stores = *state;
  struct database db;
  struct store *store;
  char *problem;

  stores_new_database(stores, &db);
  assert_true(schema_migrate(db.handle, &second));
  database_close(&db);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  expect_none(store, "damage");
  store_close(store);
}

/* A layer knows nothing of itself, and can't be made to. */
static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents contents = {.ticket_count = 0};
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  expect_none(store, "damage");
  assert_int_equal(state_put(store, "damage", text("x")), TLSPIN_E_DENIED);
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_values, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_within_a_task, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_largest, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_distrusted, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_changed, stores_setup, stores_teardown),
      cmocka_unit_test(test_hostile),
      cmocka_unit_test_setup_teardown(test_hostile_neighbour, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_older_layer, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_layer, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The history of records is kept short.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

/* A record of the history at a place, seen last at a time. */
static struct keypin old(int n, const char *place, int64_t last_seen)
{
  struct keypin pin = stores_pin_at(n, place);

  pin.status = KEYPIN_INACTIVE;
  pin.first_seen = 1;
  pin.last_seen = last_seen;
  return pin;
}

static void learn(struct store *store, struct keypin pin)
{
  stores_learn(store, &pin);
}

static void trim(struct store *store, uint64_t keep, uint64_t keep_each)
{
  assert_int_equal(store_trim_history(store, keep, keep_each), TLSPIN_OK);
}

static bool write_pin(const struct keypin *pin, void *data)
{
  char text[PLACE_TEXT_SIZE];

  place_text(&pin->place, text);
  g_string_append_printf(data, "%s@%d ", text, (int)pin->last_seen);
  return true;
}

static void expect(struct store *store, const char *expected)
{
  struct store_filter all = STORE_FILTER_ANY;
  g_autoptr(GString) text = g_string_new(NULL);

  assert_int_equal(store_list_pins(store, &all, NULL, UINT32_MAX, write_pin, text), TLSPIN_OK);
  assert_string_equal(text->str, expected);
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_each(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < 5; i++) {
    learn(store, old(i, "a.example", 10 + i));
    learn(store, old(i, "a.example:443", 20 + i));
    learn(store, old(i, ".a.example", 30 - i));
    learn(store, old(i, "b.example", 40 + i));
  }
  learn(store, old(7, "c.example", 1));
  trim(store, 99, 5);
  trim(store, 21, 99);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), 21);
  trim(store, 99, 2);
  expect(store, "a.example@13 a.example@14 a.example:443@23 a.example:443@24 .a.example@30 "
                ".a.example@29 b.example@43 b.example@44 c.example@1 ");
  trim(store, 99, 1);
  expect(store, "a.example@14 a.example:443@24 .a.example@30 b.example@44 c.example@1 ");
  trim(store, 99, 0);
  expect(store, "");
  close_and_check(store, stores);
}

static void test_over_all(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < 6; i++)
    learn(store, old(i, i % 2 == 0 ? "a.example" : "b.example", 10 + i));
  trim(store, 4, 3);
  expect(store, "a.example@12 a.example@14 b.example@13 b.example@15 ");
  trim(store, 3, 99);
  expect(store, "a.example@14 b.example@13 b.example@15 ");
  trim(store, 0, 99);
  expect(store, "");
  close_and_check(store, stores);
}

/* One that was never seen again counts from when it was made. */
static void test_never_seen(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin made = old(1, "a.example", 0);

  made.first_seen = 50;
  learn(store, made);
  learn(store, old(2, "a.example", 40));
  learn(store, old(3, "a.example", 60));
  trim(store, 99, 2);
  expect(store, "a.example@0 a.example@60 ");
  close_and_check(store, stores);
}

/* Only the history is touched: however old, pins, exceptions and modes stay. */
static void test_others_stay(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = KEYPIN_INACTIVE; i <= KEYPIN_REJECTED; i++) {
    struct keypin pin = old(i, "a.example", 1 + i);

    pin.status = (enum keypin_status)i;
    learn(store, pin);
  }
  trim(store, 0, 0);
  expect(store, "a.example@2 a.example@3 a.example@4 ");
  trim(store, 0, 0);
  close_and_check(store, stores);
}

/* More than are read at a time, at one place and all over. */
static void test_many(void **state)
{
  enum { PLACES = 60, EACH = 5, CROWD = 200 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_edit *edit;
  struct store_change change;

  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, 1, &edit), TLSPIN_OK);
  for (int i = 0; i < PLACES * EACH + CROWD; i++) {
    g_autofree char *host =
        g_strdup_printf("host-%d.example", i < PLACES * EACH ? i % PLACES : PLACES);
    struct keypin pin = old(i, host, i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  trim(store, UINT64_MAX, EACH - 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"),
                   (PLACES + 1) * (EACH - 1));
  assert_int_equal(stores_number(stores->path, "SELECT min(last_seen) FROM pin"), PLACES);
  trim(store, 100, UINT64_MAX);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), 100);
  assert_int_equal(stores_number(stores->path, "SELECT max(last_seen) FROM pin"),
                   PLACES * EACH + CROWD - 1);
  assert_int_equal(stores_number(stores->path, "SELECT min(last_seen) FROM pin"),
                   PLACES * EACH - 96);
  close_and_check(store, stores);
}

static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < 4; i++)
    learn(store, old(i, "a.example", i));
  stores_sql(stores->path, "UPDATE pin SET last_seen = 9 WHERE last_seen = 0");
  assert_int_equal(store_trim_history(store, 1, 1), TLSPIN_UNAVAILABLE);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), 4);
  store_close(store);
}

static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents nothing = {.ticket_count = 0};
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &nothing, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(store_trim_history(store, 0, 0), TLSPIN_E_DENIED);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_each), TEST(test_over_all), TEST(test_never_seen), TEST(test_others_stay),
      TEST(test_many), TEST(test_damaged),  TEST(test_layer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

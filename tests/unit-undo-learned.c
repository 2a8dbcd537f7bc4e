/* What was learned while a key was taken away makes way for it, whatever took it away.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Keys of one server; the first is its own. */
static struct keypin key(int n)
{
  struct keypin pin = stores_pin(1);

  memset(pin.digest, n, 32);
  return pin;
}

static struct store *open_with_key(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct keypin good = key(1);

  stores_learn(store, &good);
  return store;
}

static void clear(struct store *store, uint64_t operation)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == operation);
}

/* Learns an impostor's key, at a time of which nothing can be said. */
static void be_fooled(struct store *store, int64_t when)
{
  struct keypin impostor = key(2);

  impostor.first_seen = when;
  stores_learn(store, &impostor);
}

static void expect_good_alone(struct store *store)
{
  struct keypin good = key(1), impostor = key(2);

  stores_expect_pin(store, &good);
  stores_expect_no_pin(store, &impostor);
}

/* Whatever the clock says: it may have been set back meanwhile. */
static void test_any_clock(void **state)
{
  static const int64_t times[] = {0, STORES_NOW - 7200, STORES_NOW, STORES_NOW + 7200};
  struct stores *stores = *state;
  struct store *store = open_with_key(stores);
  uint64_t operation = 0;

  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    clear(store, operation + 1);
    be_fooled(store, times[i]);
    stores_undo(store, operation + 1, (struct store_change){operation + 2, 1, 1});
    expect_good_alone(store);
    operation += 2;
  }
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Cleared, brought back, and cleared again by the undo of the undo; then the newest, or the clear
 * itself, is taken back. */
static void test_undo_of_undo(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_key(stores);

  clear(store, 1);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  be_fooled(store, 0);
  stores_undo(store, 3, (struct store_change){4, 1, 1});
  expect_good_alone(store);
  stores_undo(store, 4, (struct store_change){5, 2, 0}); /* and the impostor's */
  stores_undo(store, 1, (struct store_change){6, 1, 1});
  expect_good_alone(store);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* An edit that drops it, or makes history of it; of the user's, or of what a program told. */
static void test_edits(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_key(stores);
  struct keypin good = key(1), history = good;
  struct store_change change;
  struct store_edit *edit;

  history.status = KEYPIN_INACTIVE;
  for (uint64_t i = 0; i < 4; i++) {
    assert_int_equal(
        store_edit_begin(store, i < 2 ? STORE_UNDOABLE : STORE_TOLD, 0, STORES_NOW, &edit),
        TLSPIN_OK);
    if (i % 2 == 0)
      assert_int_equal(store_edit_drop(edit, &good), TLSPIN_OK);
    else
      assert_int_equal(store_edit_put(edit, &history), TLSPIN_OK);
    assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
    be_fooled(store, 0);
    stores_undo(store, change.operation, (struct store_change){2 * i + 2, 1, 1});
    expect_good_alone(store);
  }
  store_close(store);
}

/* What stood beside it then stays: a server may have two keys. And what the user cleared meanwhile
 * doesn't come back with the other. */
static void test_beside(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_key(stores);
  struct keypin good = key(1), second = key(3), third = key(4);
  struct store_change change;

  stores_learn(store, &second);
  stores_learn(store, &third);
  assert_true(stores_drop(store, &good) == 1);
  be_fooled(store, 0);
  assert_true(stores_drop(store, &third) == 2);
  stores_undo(store, 1, (struct store_change){3, 1, 1});
  expect_good_alone(store);
  stores_expect_pin(store, &second);
  stores_expect_no_pin(store, &third);
  stores_undo(store, 2, (struct store_change){4, 1, 0});
  stores_expect_pin(store, &third);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 3, (struct store_change){5, 2, 0}); /* and the impostor's is back */
  stores_expect_no_pin(store, &good);
  good = key(2);
  good.first_seen = 0;
  stores_expect_pin(store, &good);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Where nothing is brought back, nothing makes way; nor at another place. */
static void test_others_stay(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_key(stores);
  struct keypin good = key(1), noted = good, impostor = key(2), elsewhere = key(2);

  noted.note = "by hand";
  elsewhere.place.port = 444;
  impostor.first_seen = 0;
  assert_true(stores_edit(store, &noted) == 1);
  be_fooled(store, 0);
  stores_learn(store, &elsewhere);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  stores_expect_pin(store, &good);
  stores_expect_pin(store, &impostor);
  assert_true(stores_drop(store, &good) == 3);
  stores_undo(store, 3, (struct store_change){4, 1, 0});
  stores_expect_pin(store, &impostor);
  stores_expect_pin(store, &elsewhere);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_any_clock), TEST(test_undo_of_undo), TEST(test_edits),
      TEST(test_beside),    TEST(test_others_stay),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

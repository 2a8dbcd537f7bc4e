/* How many records one place may have.
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

#define PLACE "a.example:443"

/* Records of any kind count, and not those of a first use; each has a key of its own. */
static struct keypin record(int n, const char *place)
{
  static const enum keypin_status statuses[] = {KEYPIN_ACTIVE, KEYPIN_CRITICAL, KEYPIN_REJECTED,
                                                KEYPIN_EXCEPTED};
  static const enum keypin_origin origins[] = {KEYPIN_USER, KEYPIN_IMPORT, KEYPIN_PROGRAM,
                                               KEYPIN_HPKP};
  enum keypin_status status = statuses[n % 4];
  struct place at;
  struct keypin pin;

  assert_int_equal(place_read(place, &at), HOST_FINE);
  pin = keypin_new(&at, status == KEYPIN_EXCEPTED ? KEYPIN_EXCEPTION : KEYPIN_PIN, status,
                   status == KEYPIN_EXCEPTED ? KEYPIN_USER : origins[n / 4 % 4]);
  pin.errors = status == KEYPIN_EXCEPTED ? PKI_EXPIRED : 0;
  memset(pin.digest, 0, sizeof pin.digest);
  pin.digest[0] = (uint8_t)n;
  pin.digest[1] = (uint8_t)(n >> 8);
  return pin;
}

static struct keypin history(int n, const char *place)
{
  struct keypin pin = record(n * 4, place);

  pin.status = KEYPIN_INACTIVE;
  return pin;
}

static struct keypin first_use(int n)
{
  struct keypin pin = record(n * 4, PLACE);

  pin.origin = KEYPIN_TOFU;
  return pin;
}

static struct store_edit *begin(struct store *store, enum store_journal journal)
{
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(store, journal, 0, STORES_NOW, &edit), TLSPIN_OK);
  return edit;
}

static void end(struct store_edit *edit, enum tlspin_code code, uint64_t changed)
{
  struct store_change change;

  assert_int_equal(store_edit_end(edit, code, &change), code);
  assert_true(change.changed == changed);
}

static void put(struct store_edit *edit, struct keypin pin, enum tlspin_code code)
{
  assert_int_equal(store_edit_put(edit, &pin), code);
}

/* A place that is full. */
static struct store *fill(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct store_edit *edit = begin(store, STORE_LEARNED);

  for (int i = 0; i < STORE_PLACE_MAX; i++)
    put(edit, record(i, PLACE), TLSPIN_OK);
  end(edit, TLSPIN_OK, STORE_PLACE_MAX);
  return store;
}

static void expect_count(struct store *store, uint64_t expected)
{
  uint64_t count = 0;

  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == expected);
}

/* One more is refused, by whichever journal, and spoils nothing that was put before it. */
static void test_full(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit;

  for (enum store_journal journal = STORE_UNDOABLE; journal <= STORE_LEARNED; journal++) {
    edit = begin(store, journal);
    put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_E_LIMIT);
    end(edit, TLSPIN_OK, 0);
  }
  edit = begin(store, STORE_UNDOABLE);
  put(edit, record(1, "b.example"), TLSPIN_OK);
  put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_E_LIMIT);
  end(edit, TLSPIN_OK, 1);
  expect_count(store, STORE_PLACE_MAX + 1);
  store_close(store);
  store_close(stores_open(((struct stores *)*state)->path));
}

/* Nothing is half stored where the caller takes it for a failure. */
static void test_taken_back(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct store_edit *edit = begin(store, STORE_UNDOABLE);

  for (int i = 0; i < STORE_PLACE_MAX; i++)
    put(edit, record(i, PLACE), TLSPIN_OK);
  put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_E_LIMIT);
  end(edit, TLSPIN_E_LIMIT, 0);
  expect_count(store, 0);
  store_close(store);
}

/* What is there already may change, and what goes leaves room. */
static void test_changes(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_UNDOABLE);
  struct keypin changed = record(0, PLACE), gone = record(1, PLACE);

  changed.status = KEYPIN_REJECTED;
  put(edit, changed, TLSPIN_OK);
  assert_int_equal(store_edit_drop(edit, &gone), TLSPIN_OK);
  put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_OK);
  put(edit, record(STORE_PLACE_MAX + 1, PLACE), TLSPIN_E_LIMIT);
  end(edit, TLSPIN_OK, 3);
  expect_count(store, STORE_PLACE_MAX);
  store_close(store);
}

/* Host, scope, protocol and port make a place. */
static void test_other_places(void **state)
{
  static const char *const places[] = {"a.example", "*.a.example:443", ".a.example:443",
                                       "a.example:444", "b.a.example:443"};
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_UNDOABLE);
  struct keypin other = record(0, PLACE);

  for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
    put(edit, record(0, places[i]), TLSPIN_OK);
  other.place.protocol = PROTOCOL_TLS;
  put(edit, other, TLSPIN_OK);
  put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_E_LIMIT);
  end(edit, TLSPIN_OK, G_N_ELEMENTS(places) + 1);
  store_close(store);
}

/* The history has its own limit; what leaves it counts. */
static void test_history(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_LEARNED);
  struct keypin again = history(STORE_PLACE_MAX, PLACE), retired = record(4, PLACE);

  put(edit, again, TLSPIN_OK);
  put(edit, history(STORE_PLACE_MAX + 1, PLACE), TLSPIN_OK);
  again.status = KEYPIN_ACTIVE;
  put(edit, again, TLSPIN_E_LIMIT);
  retired.status = KEYPIN_INACTIVE;
  put(edit, retired, TLSPIN_OK);
  put(edit, again, TLSPIN_OK);
  end(edit, TLSPIN_OK, 4);
  expect_count(store, STORE_PLACE_MAX + 2);
  store_close(store);
}

/* What others put there keeps no server from being pinned at its first use; of these there are as
 * many at the most. */
static void test_first_uses(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_LEARNED);

  for (int i = 0; i < STORE_PLACE_MAX; i++)
    put(edit, first_use(i), TLSPIN_OK);
  put(edit, first_use(STORE_PLACE_MAX), TLSPIN_E_LIMIT);
  put(edit, record(STORE_PLACE_MAX, PLACE), TLSPIN_E_LIMIT);
  end(edit, TLSPIN_OK, STORE_PLACE_MAX);
  expect_count(store, 2 * STORE_PLACE_MAX);
  store_close(store);
}

static void clear(struct store *store, uint64_t operation)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == operation);
}

static void put_one(struct store *store, enum store_journal journal, struct keypin pin)
{
  struct store_edit *edit = begin(store, journal);

  put(edit, pin, TLSPIN_OK);
  end(edit, TLSPIN_OK, 1);
}

static void refuse_undo(struct store *store, uint64_t target, uint64_t named)
{
  struct store_change change;
  uint64_t operation;
  struct place place;

  assert_int_equal(place_read(PLACE, &place), HOST_FINE);
  assert_int_equal(store_undo(store, target, STORES_NOW, &change), TLSPIN_E_LIMIT);
  assert_true(change.operation == 0 && change.changed == 0);
  assert_true(place_equal(store_crowd(store, &operation), &place));
  assert_true(operation == named);
}

/* An undo has no more room than others: it is refused as a whole, and what stands, stands. Once
 * there is room it does what it should. */
static void test_undo(void **state)
{
  struct stores *stores = *state;
  struct store *store = fill(stores);
  struct keypin newer = record(STORE_PLACE_MAX, PLACE), elsewhere = record(0, "0.example:443");

  put_one(store, STORE_LEARNED, elsewhere);
  clear(store, 1);
  put_one(store, STORE_LEARNED, newer);
  refuse_undo(store, 0, 1);
  refuse_undo(store, 1, 1);
  expect_count(store, 1);
  stores_expect_pin(store, &newer);
  stores_expect_no_pin(store, &elsewhere);
  store_close(store);
  store = stores_open(stores->path);
  clear(store, 2);
  stores_undo(store, 1, (struct store_change){3, STORE_PLACE_MAX + 1, 0});
  expect_count(store, STORE_PLACE_MAX + 1);
  refuse_undo(store, 2, 2);
  stores_expect_no_pin(store, &newer);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Of a place that is full all may make way for as many others, and they for these again, whichever
 * come first. */
static void test_undo_of_an_exchange(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_UNDOABLE);

  for (int i = 0; i < STORE_PLACE_MAX; i++) {
    struct keypin old = record(i, PLACE);

    assert_int_equal(store_edit_drop(edit, &old), TLSPIN_OK);
    put(edit, record(STORE_PLACE_MAX + i, PLACE), TLSPIN_OK);
  }
  end(edit, TLSPIN_OK, 2 * STORE_PLACE_MAX);
  for (uint64_t i = 1; i < 4; i++) {
    stores_undo(store, i, (struct store_change){i + 1, 2 * STORE_PLACE_MAX, 0});
    expect_count(store, STORE_PLACE_MAX);
  }
  store_close(store);
}

/* What is brought back out of the history counts; what comes back into it doesn't. */
static void test_undo_of_history(void **state)
{
  struct store *store = fill(*state);
  struct keypin old = record(0, PLACE), newer = record(STORE_PLACE_MAX, PLACE);

  old.status = KEYPIN_INACTIVE;
  put_one(store, STORE_UNDOABLE, old);
  put_one(store, STORE_LEARNED, newer);
  refuse_undo(store, 1, 1);
  stores_expect_pin(store, &old);
  assert_true(stores_drop(store, &old) == 2);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  stores_expect_pin(store, &old);
  assert_true(stores_drop(store, &newer) == 4);
  stores_undo(store, 1, (struct store_change){5, 1, 0});
  expect_count(store, STORE_PLACE_MAX);
  store_close(store);
}

/* Those of a first use and the others have room each of their own; what was learned meanwhile makes
 * way for what comes back. */
static void test_undo_of_first_uses(void **state)
{
  struct store *store = fill(*state);
  struct store_edit *edit = begin(store, STORE_UNDOABLE);
  struct keypin first = first_use(0);

  put(edit, first, TLSPIN_OK);
  end(edit, TLSPIN_OK, 1);
  assert_true(stores_drop(store, &first) == 2);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  assert_true(stores_drop(store, &first) == 4);
  edit = begin(store, STORE_LEARNED);
  for (int i = 1; i <= STORE_PLACE_MAX; i++)
    put(edit, first_use(i), TLSPIN_OK);
  end(edit, TLSPIN_OK, STORE_PLACE_MAX);
  stores_undo(store, 4, (struct store_change){5, 1, STORE_PLACE_MAX});
  expect_count(store, STORE_PLACE_MAX + 1);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_full),
      TEST(test_taken_back),
      TEST(test_changes),
      TEST(test_other_places),
      TEST(test_history),
      TEST(test_first_uses),
      TEST(test_undo),
      TEST(test_undo_of_an_exchange),
      TEST(test_undo_of_history),
      TEST(test_undo_of_first_uses),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

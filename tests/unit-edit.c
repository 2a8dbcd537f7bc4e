/* Changes of records.
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
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct store_edit *begin(struct store *store, enum store_journal journal, uint64_t operation)
{
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(store, journal, operation, STORES_NOW, &edit), TLSPIN_OK);
  assert_non_null(edit);
  return edit;
}

static void end(struct store_edit *edit, uint64_t operation, uint64_t changed)
{
  struct store_change change = {.operation = 99, .changed = 99};

  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_true(change.operation == operation && change.changed == changed && change.replaced == 0);
}

static void put(struct store_edit *edit, struct keypin pin)
{
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
}

static void expect_count(struct store *store, uint64_t expected)
{
  uint64_t count = 77;

  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == expected);
}

static int64_t operations(struct stores *stores)
{
  return stores_number(stores->path, "SELECT count(*) FROM operation");
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path)); /* the sums are right */
}

static void test_put_and_drop(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[10], other;
  struct store_edit *edit = begin(store, STORE_UNDOABLE, 0);

  for (int i = 0; i < 10; i++) {
    pins[i] = stores_pin(i);
    put(edit, pins[i]);
  }
  end(edit, 1, 10);
  for (int i = 0; i < 10; i++)
    stores_expect_pin(store, &pins[i]);
  other = pins[3];
  other.status = KEYPIN_CRITICAL;
  other.note = "another";
  other.seen = (struct span){NULL, 0};
  edit = begin(store, STORE_UNDOABLE, 0);
  put(edit, other);
  assert_int_equal(store_edit_drop(edit, &pins[4]), TLSPIN_OK);
  assert_int_equal(store_edit_drop(edit, &pins[4]), TLSPIN_E_NOT_FOUND);
  end(edit, 2, 2); /* what was not there is no failure */
  stores_expect_pin(store, &other);
  stores_expect_no_pin(store, &pins[4]);
  expect_count(store, 9);
  close_and_check(store, stores);
}

/* What says the same is left alone, and that it was met meanwhile stays. */
static void test_equal(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1), again = pin;

  assert_true(stores_edit(store, &pin) == 1);
  again.last_seen = 7;
  again.count_seen = 7;
  assert_true(stores_edit(store, &again) == 0);
  stores_expect_pin(store, &pin);
  end(begin(store, STORE_UNDOABLE, 0), 0, 0);
  end(begin(store, STORE_LEARNED, 0), 0, 0);
  assert_int_equal(operations(stores), 1);
  again.always = true;
  assert_true(stores_edit(store, &again) == 2); /* and no number was used */
  stores_expect_pin(store, &again);
  close_and_check(store, stores);
}

static bool note_found(const struct keypin *pin, void *data)
{
  (void)pin;
  ++*(int *)data;
  return true;
}

/* A lookup in the middle of an edit sees what the edit did so far, also by a wider record. */
static void test_looked_up_meanwhile(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_edit *edit = begin(store, STORE_LEARNED, 0);
  struct peer peer = stores_row(1).peer;
  struct keypin wide = stores_pin_at(5, ".example");
  int found = 0;

  assert_int_equal(store_pins(store, &peer, note_found, &found), TLSPIN_OK);
  assert_int_equal(found, 0);
  put(edit, stores_pin(1));
  put(edit, wide);
  assert_int_equal(store_pins(store, &peer, note_found, &found), TLSPIN_OK);
  assert_int_equal(found, 2);
  assert_int_equal(store_edit_drop(edit, &wide), TLSPIN_OK);
  assert_int_equal(store_pins(store, &peer, note_found, &found), TLSPIN_OK);
  assert_int_equal(found, 3);
  end(edit, 0, 3);
  close_and_check(store, stores);
}

static void test_learned(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[] = {stores_pin(1), stores_pin(2)};
  struct store_edit *edit = begin(store, STORE_LEARNED, 0);
  struct store_change change;

  put(edit, pins[0]);
  put(edit, pins[1]);
  assert_int_equal(store_edit_drop(edit, &pins[0]), TLSPIN_OK);
  end(edit, 0, 3);
  stores_expect_no_pin(store, &pins[0]);
  stores_expect_pin(store, &pins[1]);
  assert_int_equal(operations(stores), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 0);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  close_and_check(store, stores);
}

/* What a server or a program said is never the newest, but has a number; nobody goes on with it. */
static void test_told(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin own = stores_pin(1), told = stores_pin(2);
  struct store_edit *edit;
  struct store_change change;
  uint64_t operation;

  assert_true(stores_edit(store, &own) == 1);
  edit = begin(store, STORE_TOLD, 0);
  put(edit, told);
  end(edit, 2, 1);
  assert_int_equal(store_edit_begin(store, STORE_TOLD, 2, 1, &edit), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 2, 1, &edit), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 2, 1, &edit), TLSPIN_E_NOT_FOUND);
  stores_undo(store, 0, (struct store_change){3, 1, 0});
  stores_expect_no_pin(store, &own);
  stores_expect_pin(store, &told);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 2, (struct store_change){4, 1, 0});
  stores_expect_no_pin(store, &told);
  stores_undo(store, 4, (struct store_change){5, 1, 0});
  stores_expect_pin(store, &told);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(store_told_stands(store, &told.place, told.origin, &operation), TLSPIN_OK);
  assert_true(operation == 0); /* it put one, and took none away */
  close_and_check(store, stores);
}

static void expect_stands(struct store *store, const struct keypin *pin, uint64_t expected)
{
  uint64_t operation = 99;

  assert_int_equal(store_told_stands(store, &pin->place, pin->origin, &operation), TLSPIN_OK);
  assert_true(operation == expected);
}

/* The newest of those that took a record of this place and origin away, and stand. */
static void test_told_stands(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1), other = stores_pin(2), foreign = pin;
  struct store_edit *edit;

  foreign.origin = KEYPIN_HPKP;
  for (uint64_t i = 1; i < 3; i++) {
    stores_learn(store, &pin);
    edit = begin(store, STORE_TOLD, 0);
    assert_int_equal(store_edit_drop(edit, &pin), TLSPIN_OK);
    end(edit, i, 1);
    expect_stands(store, &pin, i);
  }
  expect_stands(store, &other, 0);
  expect_stands(store, &foreign, 0);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  expect_stands(store, &pin, 1);
  assert_true(stores_drop(store, &pin) == 4); /* the user's own */
  expect_stands(store, &pin, 1);
  close_and_check(store, stores);
}

/* Only what may stand in a user's store; a refusal spoils nothing. */
static void test_arguments(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1), bad = pin;
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, -1, &edit), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 1, 1, &edit), TLSPIN_E_ARGUMENT);
  assert_null(edit);
  edit = begin(store, STORE_UNDOABLE, 0);
  bad.locked = true;
  assert_int_equal(store_edit_put(edit, &bad), TLSPIN_E_ARGUMENT);
  bad = pin;
  bad.status = KEYPIN_OFF;
  assert_int_equal(store_edit_put(edit, &bad), TLSPIN_E_ARGUMENT);
  bad = pin;
  bad.place.host[0] = 'H';
  assert_int_equal(store_edit_put(edit, &bad), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_edit_drop(edit, &bad), TLSPIN_E_ARGUMENT);
  put(edit, pin);
  end(edit, 1, 1);
  stores_expect_pin(store, &pin);
  expect_count(store, 1);
  close_and_check(store, stores);
}

static void test_taken_back(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[] = {stores_pin(1), stores_pin(2)};
  struct store_change change = {.operation = 9};
  struct store_edit *edit;

  assert_true(stores_edit(store, &pins[0]) == 1);
  edit = begin(store, STORE_UNDOABLE, 0);
  put(edit, pins[1]);
  assert_int_equal(store_edit_drop(edit, &pins[0]), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_E_ARGUMENT, &change), TLSPIN_E_ARGUMENT);
  assert_true(change.operation == 0 && change.changed == 0);
  stores_expect_pin(store, &pins[0]);
  stores_expect_no_pin(store, &pins[1]);
  assert_true(stores_edit(store, &pins[1]) == 2);
  close_and_check(store, stores);
}

/* What is done is done: nothing goes on with it. */
static void test_nothing_goes_on(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct keypin pin = stores_pin(1);
  struct store_edit *edit;

  stores_fill(store, 1);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_true(stores_edit(store, &pin) == 2);
  for (uint64_t operation = 1; operation < 4; operation++) {
    assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, operation, 1, &edit),
                     TLSPIN_E_NOT_FOUND);
    assert_int_equal(store_edit_begin(store, STORE_DRAFT, operation, 1, &edit), TLSPIN_E_NOT_FOUND);
    assert_null(edit);
  }
  store_close(store);
}

/* What was reported about a peer was about other pins. */
static void test_failure(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1), any = stores_pin_at(1, "host-0001.example");
  struct peer peer = stores_row(1).peer;
  struct failure_row failure;

  assert_int_equal(store_put_failure(store, &peer, "no-proof", 1), TLSPIN_OK);
  stores_learn(store, &pin);
  assert_true(stores_edit(store, &any) == 1); /* about more than the peer */
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_OK);
  assert_true(stores_drop(store, &pin) == 2);
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  close_and_check(store, stores);
}

static void test_meet(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[] = {stores_pin(1), stores_pin(2), stores_pin(3)};
  struct store_met met[] = {{stores_pin(1), STORES_NOW + 100, 5},
                            {stores_pin(7), STORES_NOW, 5}, /* gone meanwhile */
                            {stores_pin(2), 1, UINT64_MAX}};

  for (int i = 0; i < 3; i++)
    stores_learn(store, &pins[i]);
  met[0].pin.note = NULL; /* only the key counts */
  met[0].pin.status = KEYPIN_STATUSES;
  assert_int_equal(store_meet(store, met, 3), TLSPIN_OK);
  pins[0].last_seen = STORES_NOW + 100;
  pins[0].count_seen += 5;
  pins[1].count_seen = INT64_MAX; /* and the time of last_seen never goes back */
  for (int i = 0; i < 3; i++)
    stores_expect_pin(store, &pins[i]);
  expect_count(store, 3);
  assert_int_equal(store_meet(store, NULL, 0), TLSPIN_OK);
  met[1].last_seen = -1;
  assert_int_equal(store_meet(store, met, 3), TLSPIN_E_ARGUMENT);
  met[1].last_seen = 1;
  met[1].pin.place.host[0] = '\0';
  assert_int_equal(store_meet(store, met, 3), TLSPIN_E_ARGUMENT);
  stores_expect_pin(store, &pins[0]);
  assert_int_equal(operations(stores), 0);
  close_and_check(store, stores);
}

/* A damaged record, or one of the journal, stops the edit before it begins. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[] = {stores_pin(1), stores_pin(2)};
  struct store_met met = {pins[1], 1, 1};
  struct store_edit *edit = NULL;

  for (int i = 0; i < 2; i++)
    stores_learn(store, &pins[i]);
  stores_sql(stores->path, "UPDATE pin SET note = 'x' WHERE host = 'host-0002.example'");
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, 1, &edit), TLSPIN_UNAVAILABLE);
  assert_null(edit);
  assert_int_equal(store_meet(store, &met, 1), TLSPIN_UNAVAILABLE);
  assert_false(store_in_place(store));
  store_close(store);
}

/* The disk is full in the middle: whatever comes after it, the whole edit is taken back. */
static void check_no_room(struct stores *stores)
{
  enum { PINS = 300 };
  struct store *store = stores_open(stores->path);
  struct store_edit *edit = begin(store, STORE_UNDOABLE, 0);
  enum tlspin_code code = TLSPIN_OK;
  struct rlimit before, none;
  struct store_change change;
  uint64_t count = 0;

  signal(SIGXFSZ, SIG_IGN);
  put(edit, stores_pin(PINS));
  end(edit, 1, 1);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = (rlim_t)stores_number(
      stores->path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  edit = begin(store, STORE_UNDOABLE, 0);
  for (int i = 0; i < PINS && code == TLSPIN_OK; i++) {
    struct keypin pin = stores_pin(i);

    code = store_edit_put(edit, &pin);
  }
  if (code != TLSPIN_OK) { /* it spilled over already: nothing is taken any more */
    struct keypin pin = stores_pin(PINS);

    assert_int_equal(code, TLSPIN_UNAVAILABLE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_UNAVAILABLE);
    assert_int_equal(store_edit_drop(edit, &pin), TLSPIN_UNAVAILABLE);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_UNAVAILABLE);
  assert_true(change.operation == 0 && change.changed == 0);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == 1);
  edit = begin(store, STORE_UNDOABLE, 0);
  for (int i = 0; i < PINS; i++)
    put(edit, stores_pin(i));
  end(edit, 2, PINS);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

/* Two daemons on one home: one waits for the other, and then changes what that left. */
static void test_two_stores(void **state)
{
  struct stores *stores = *state;
  struct store *ours = stores_open(stores->path), *theirs = stores_open(stores->path);
  struct keypin pin = stores_pin(1), other = pin;
  struct store_edit *edit = begin(ours, STORE_UNDOABLE, 0), *second = NULL;

  put(edit, pin);
  assert_int_equal(store_edit_begin(theirs, STORE_UNDOABLE, 0, 1, &second), TLSPIN_UNAVAILABLE);
  assert_null(second);
  end(edit, 1, 1);
  assert_true(stores_edit(theirs, &pin) == 0); /* it is there */
  other.status = KEYPIN_INACTIVE;
  assert_true(stores_edit(theirs, &other) == 2);
  stores_expect_pin(ours, &other);
  assert_true(stores_drop(ours, &pin) == 3);
  stores_expect_no_pin(theirs, &pin);
  expect_count(theirs, 0);
  store_close(theirs);
  close_and_check(ours, stores);
}

static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents nothing = {.ticket_count = 0};
  struct keypin pin = stores_pin(1);
  struct store_met met = {pin, 1, 1};
  struct store_edit *edit;
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &nothing, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, 1, &edit), TLSPIN_E_DENIED);
  assert_int_equal(store_meet(store, &met, 1), TLSPIN_E_DENIED);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put_and_drop),
      TEST(test_equal),
      TEST(test_learned),
      TEST(test_looked_up_meanwhile),
      TEST(test_told),
      TEST(test_told_stands),
      TEST(test_arguments),
      TEST(test_taken_back),
      TEST(test_nothing_goes_on),
      TEST(test_failure),
      TEST(test_meet),
      TEST(test_damaged),
      TEST(test_no_room),
      TEST(test_two_stores),
      TEST(test_layer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

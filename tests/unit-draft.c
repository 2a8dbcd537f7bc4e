/* Drafts: operations that aren't finished, and what becomes of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { PINS = 6, PAGE = 2 };

/* Puts records from..to - 1 as a part of an operation, which this finishes or not. Returns its
 * number. */
static uint64_t put(struct store *store, enum store_journal journal, uint64_t operation, int from,
                    int to)
{
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, journal, operation, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = from; i < to; i++) {
    struct keypin pin = stores_pin(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return change.operation;
}

static void expect(struct store *store, int from, int to, bool present)
{
  for (int i = from; i < to; i++) {
    struct keypin pin = stores_pin(i);

    if (present)
      stores_expect_pin(store, &pin);
    else
      stores_expect_no_pin(store, &pin);
  }
}

static void refuse_undo(struct store *store, uint64_t operation)
{
  struct store_change change;

  assert_int_equal(store_undo(store, operation, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
}

static void refuse_more(struct store *store, enum store_journal journal, uint64_t operation)
{
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, journal, operation, STORES_NOW, &edit),
                   TLSPIN_E_NOT_FOUND);
  assert_null(edit);
}

static void drop(struct store *store, uint64_t operation, uint64_t changed)
{
  struct store_change change;

  assert_int_equal(store_drop_draft(store, operation, &change), TLSPIN_OK);
  assert_true(change.operation == 0 && change.changed == changed && change.replaced == 0);
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Page by page; undo knows nothing of it until the last, and then takes all of it back at once. */
static void test_finished(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t operation = 0;
  struct store_change change;

  for (int i = 0; i < PINS - PAGE; i += PAGE) {
    operation = put(store, STORE_DRAFT, operation, i, i + PAGE);
    assert_true(operation == 1);
    refuse_undo(store, 0);
    refuse_undo(store, 1);
  }
  assert_true(draft_is_held(store, 1));
  assert_true(put(store, STORE_UNDOABLE, 1, PINS - PAGE, PINS) == 1);
  assert_false(draft_is_held(store, 1));
  refuse_more(store, STORE_DRAFT, 1);
  assert_int_equal(store_drop_draft(store, 1, &change), TLSPIN_E_NOT_FOUND);
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 0, PINS, true);
  stores_undo(store, 0, (struct store_change){2, PINS, 0});
  expect(store, 0, PINS, false);
  close_and_check(store, stores);
}

/* The last page finishes it even where it has nothing new. */
static void test_finished_by_nothing(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(put(store, STORE_UNDOABLE, 1, 0, 1) == 1);
  store_close(store);
  store = stores_open(stores->path);
  stores_undo(store, 0, (struct store_change){2, PAGE, 0});
  close_and_check(store, stores);
}

/* No operation is left that could be undone, or undone twice. */
static void test_dropped(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin mine = stores_pin(1);
  bool more;

  mine.note = "as it was before";
  assert_true(stores_edit(store, &mine) == 1);
  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 2);
  assert_true(put(store, STORE_DRAFT, 2, PAGE, PINS) == 2);
  drop(store, 2, PINS);
  expect(store, 0, 1, false);
  stores_expect_pin(store, &mine);
  expect(store, 2, PINS, false);
  refuse_undo(store, 2);
  refuse_more(store, STORE_DRAFT, 2);
  refuse_more(store, STORE_UNDOABLE, 2);
  assert_int_equal(store_forget(store, 0, UINT64_MAX, &more), TLSPIN_OK);
  assert_false(more);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 1);
  stores_undo(store, 0, (struct store_change){3, 1, 0});
  close_and_check(store, stores);
}

/* What somebody else changed meanwhile stays; and what he found doesn't come back when that is
 * undone. */
static void test_dropped_below_newer(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct keypin newer = stores_pin(1);
  struct store_change change;

  assert_true(put(store, STORE_DRAFT, 0, 0, PINS) == 1);
  newer.note = "newer";
  assert_true(stores_edit(store, &newer) == 2);
  filter.host = stores_pin(2).place.host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  drop(store, 1, PINS - 2);
  stores_expect_pin(store, &newer);
  expect(store, 2, PINS, false);
  refuse_undo(store, 1);
  assert_int_equal(store_undo(store, 3, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 2, STORES_NOW, &change), TLSPIN_OK);
  expect(store, 0, PINS, false);
  refuse_undo(store, 0);
  close_and_check(store, stores);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  assert_true(put(store, STORE_UNDOABLE, 0, 0, PAGE) == 1);
  assert_int_equal(store_drop_draft(store, 1, &change), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_drop_draft(store, 2, &change), TLSPIN_E_NOT_FOUND);
  refuse_more(store, STORE_DRAFT, 1);
  refuse_more(store, STORE_DRAFT, 2);
  assert_int_equal(store_drop_drafts(store), TLSPIN_OK);
  expect(store, 0, PAGE, true);
  close_and_check(store, stores);
}

/* A part that isn't committed leaves nothing held, and what was there of the draft goes on. */
static void test_failed_part(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(0);
  struct store_change change;
  struct store_edit *edit;

  for (uint64_t operation = 0; operation <= 1; operation++) {
    assert_int_equal(store_edit_begin(store, STORE_DRAFT, operation, STORES_NOW, &edit), TLSPIN_OK);
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
    assert_int_equal(store_edit_end(edit, TLSPIN_E_ARGUMENT, &change), TLSPIN_E_ARGUMENT);
    assert_int_equal(draft_is_held(store, 1), operation == 1);
    assert_true(put(store, STORE_DRAFT, operation, 1, 2) == 1);
  }
  drop(store, 1, 1);
  expect(store, 0, PINS, false);
  close_and_check(store, stores);
}

/* A daemon that is killed in the middle: whoever opens the file next takes it back, before anything
 * else is read. */
static void test_killed(void **state)
{
  struct stores *stores = *state;
  struct store *store;
  pid_t child = stores_fork();

  if (child == 0) {
    store = stores_open(stores->path);
    put(store, STORE_DRAFT, 0, 0, PAGE);
    put(store, STORE_DRAFT, 1, PAGE, PINS);
    _exit(0); /* the store isn't closed */
  }
  stores_join(child);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), PINS);
  store = stores_open(stores->path);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), 0);
  refuse_undo(store, 0);
  refuse_undo(store, 1);
  close_and_check(store, stores);
}

/* Two daemons on one home: the draft of one that lives is left alone, until it doesn't any more. */
static void test_two_stores(void **state)
{
  struct stores *stores = *state;
  struct store *ours = stores_open(stores->path), *theirs;
  struct store_change change;

  assert_true(put(ours, STORE_DRAFT, 0, 0, PAGE) == 1);
  theirs = stores_open(stores->path);
  assert_int_equal(store_drop_drafts(theirs), TLSPIN_OK);
  expect(theirs, 0, PAGE, true);
  refuse_more(theirs, STORE_DRAFT, 1);
  refuse_more(theirs, STORE_UNDOABLE, 1);
  refuse_undo(theirs, 1);
  assert_int_equal(store_drop_draft(theirs, 1, &change), TLSPIN_E_NOT_FOUND);
  assert_true(put(ours, STORE_DRAFT, 1, PAGE, PINS) == 1);
  store_close(ours);
  expect(theirs, 0, PINS, true);
  assert_int_equal(store_drop_drafts(theirs), TLSPIN_OK);
  expect(theirs, 0, PINS, false);
  close_and_check(theirs, stores);
}

/* Its images must be there when it is taken back: neither age nor number forgets it. */
static void test_not_forgotten(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(put(store, STORE_UNDOABLE, 0, PAGE, PINS) == 2);
  for (bool more = true; more;)
    assert_int_equal(store_forget(store, INT64_MAX, 0, &more), TLSPIN_OK);
  drop(store, 1, PAGE);
  expect(store, 0, PAGE, false);
  expect(store, PAGE, PINS, true);
  close_and_check(store, stores);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_finished),      TEST(test_finished_by_nothing),
      TEST(test_dropped),       TEST(test_dropped_below_newer),
      TEST(test_none),          TEST(test_failed_part),
      TEST(test_killed),        TEST(test_two_stores),
      TEST(test_not_forgotten),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Drafts: operations that aren't finished, and what becomes of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include "tests/heard.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
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

static void drop(struct store *store, uint64_t operation)
{
  assert_int_equal(store_drop_draft(store, operation), TLSPIN_OK);
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Page by page; nobody sees any of it, and undo knows nothing of it, until it is finished; then it
 * is one operation, with a new number, and undo takes all of it back at once. */
static void test_finished(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t operation = 0;

  for (int i = 0; i < PINS - PAGE; i += PAGE) {
    operation = put(store, STORE_DRAFT, operation, i, i + PAGE);
    assert_true(operation == 1);
    expect(store, 0, PINS, false);
    refuse_undo(store, 0);
    refuse_undo(store, 1);
  }
  assert_true(draft_is_held(store, 1));
  assert_true(put(store, STORE_UNDOABLE, 1, PINS - PAGE, PINS) == 2);
  assert_false(draft_is_held(store, 1));
  refuse_more(store, STORE_DRAFT, 1);
  refuse_more(store, STORE_DRAFT, 2);
  assert_int_equal(store_drop_draft(store, 1), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_drop_draft(store, 2), TLSPIN_E_NOT_FOUND);
  assert_true(stores_apply(store) == PINS);
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 0, PINS, true);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  stores_undo(store, 0, (struct store_change){3, PINS, 0});
  expect(store, 0, PINS, false);
  close_and_check(store, stores);
}

/* The last page finishes it even where it has nothing new. */
static void test_finished_by_nothing(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(put(store, STORE_UNDOABLE, 1, 0, 1) == 2);
  assert_true(stores_apply(store) == PAGE);
  stores_undo(store, 0, (struct store_change){3, PAGE, 0});
  close_and_check(store, stores);
}

/* Where all of it was so already there is no operation. */
static void test_nothing_new(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_UNDOABLE, 0, 0, PINS) == 1);
  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 2);
  assert_true(put(store, STORE_UNDOABLE, 2, PAGE, PINS) == 3);
  assert_true(stores_apply(store) == 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), PINS);
  stores_undo(store, 0, (struct store_change){4, PINS, 0});
  close_and_check(store, stores);
}

/* What a page says of a record counts after what an earlier one said. */
static void test_twice(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin again = stores_pin(0);
  struct store_change change;
  struct store_edit *edit;

  again.note = "again";
  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  for (uint64_t changed = 1; changed < 2; changed--) { /* the second time it is so already */
    assert_int_equal(store_edit_begin(store, STORE_DRAFT, 1, STORES_NOW, &edit), TLSPIN_OK);
    assert_int_equal(store_edit_put(edit, &again), TLSPIN_OK);
    assert_int_equal(store_edit_drop(edit, &again), TLSPIN_E_ARGUMENT);
    assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
    assert_true(change.operation == 1 && change.changed == changed);
  }
  assert_true(put(store, STORE_UNDOABLE, 1, 1, 2) == 2);
  assert_true(stores_apply(store) == PAGE);
  stores_expect_pin(store, &again);
  close_and_check(store, stores);
}

/* No operation is left that could be undone, or gone on with, and no octet of it. */
static void test_dropped(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin mine = stores_pin(1);

  mine.note = "as it was before";
  assert_true(stores_edit(store, &mine) == 1);
  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 2);
  assert_true(put(store, STORE_DRAFT, 2, PAGE, PINS) == 2);
  drop(store, 2);
  expect(store, 0, 1, false);
  stores_expect_pin(store, &mine);
  expect(store, 2, PINS, false);
  refuse_undo(store, 2);
  refuse_more(store, STORE_DRAFT, 2);
  refuse_more(store, STORE_UNDOABLE, 2);
  assert_int_equal(stores_forget(store, 0), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 1);
  assert_false(stores_file_holds(stores->path, stores_pin(2).place.host));
  stores_undo(store, 0, (struct store_change){3, 1, 0});
  close_and_check(store, stores);
}

/* Dropping it costs the same whatever its size: nothing but its head is touched. */
static void test_dropped_at_once(void **state)
{
  enum { MANY = STORES_ROWS };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, MANY) == 1);
  drop(store, 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), MANY);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'gone' FROM operation"), 1);
  close_and_check(store, stores);
}

/* What somebody put meanwhile was acknowledged and stays, though a draft that was dropped had held
 * the same. */
static void test_same_meanwhile(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(put(store, STORE_UNDOABLE, 0, 0, PAGE) == 2);
  drop(store, 1);
  expect(store, 0, PAGE, true);
  stores_undo(store, 0, (struct store_change){3, PAGE, 0});
  close_and_check(store, stores);
}

/* The order of the numbers is the order of the changes, whenever the pages came: with all taken
 * back nothing is left. */
static void test_changed_between(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct keypin mine = stores_pin(0);
  struct store_change change;

  mine.note = "mine";
  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(stores_edit(store, &mine) == 2);
  assert_true(put(store, STORE_DRAFT, 1, 0, 1) == 1);
  stores_expect_pin(store, &mine);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == 3 && change.changed == 1);
  assert_true(put(store, STORE_UNDOABLE, 1, PAGE, PINS) == 4);
  assert_true(stores_apply(store) == PINS);
  expect(store, 0, PINS, true);
  stores_undo(store, 2, (struct store_change){5, 1, 1});
  expect(store, 0, 1, false);
  stores_undo(store, 4, (struct store_change){6, PINS - 1, 0});
  stores_undo(store, 3, (struct store_change){7, 0, 0});
  expect(store, 0, PINS, false);
  refuse_undo(store, 0);
  close_and_check(store, stores);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_UNDOABLE, 0, 0, PAGE) == 1);
  assert_int_equal(store_drop_draft(store, 1), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_drop_draft(store, 2), TLSPIN_E_NOT_FOUND);
  refuse_more(store, STORE_DRAFT, 1);
  refuse_more(store, STORE_UNDOABLE, 1);
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
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 1, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_E_ARGUMENT, &change), TLSPIN_E_ARGUMENT);
  assert_true(draft_is_held(store, 1)); /* nor is it finished */
  assert_true(put(store, STORE_UNDOABLE, 1, 1, 2) == 2);
  assert_true(stores_apply(store) == 1);
  expect(store, 0, 1, false);
  close_and_check(store, stores);
}

/* A daemon that is killed in the middle: whoever opens the file next drops it. */
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
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), PINS);
  store = stores_open(stores->path);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'gone' FROM operation"), 1);
  expect(store, 0, PINS, false);
  refuse_undo(store, 0);
  refuse_undo(store, 1);
  close_and_check(store, stores);
}

static uint64_t make_abandoned(const char *path)
{
  pid_t child = stores_fork();

  if (child == 0) {
    put(stores_open(path), STORE_DRAFT, 0, 0, PINS);
    _exit(0);
  }
  stores_join(child);
  return 1;
}

/* Opens it while there is no room on the disk for a journal, and tries once more. */
static struct store *open_without_room(const char *path)
{
  struct rlimit before, none;
  struct store *store;
  enum tlspin_code code;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = (struct rlimit){0, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  store = stores_open(path);
  code = store_drop_drafts(store);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL);
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  return store;
}

/* It stays then, which is said whenever it is tried; and it is in force as little as ever, and no
 * operation that could be undone or gone on with. */
static void test_no_room(void **state)
{
  struct stores *stores = *state;
  uint64_t operation = make_abandoned(stores->path);
  struct store *store = open_without_room(stores->path);
  g_autofree char *line = g_strdup_printf(
      "%s holds a part of an import that was broken off, which can't be removed now; that is tried "
      "again within the hour.\n",
      stores->path);
  g_autofree char *twice = g_strconcat(line, line, NULL);

  assert_string_equal(heard->str, twice);
  g_string_truncate(heard, 0);
  expect(store, 0, PINS, false);
  refuse_undo(store, 0);
  refuse_undo(store, operation);
  refuse_more(store, STORE_UNDOABLE, operation);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'draft' FROM operation"), 1);
  assert_int_equal(store_drop_drafts(store), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'gone' FROM operation"), 1);
  refuse_undo(store, 0);
  assert_string_equal(heard->str, "");
  close_and_check(store, stores);
}

/* Two daemons on one home: the draft of one that lives is left alone, until it doesn't any more. */
static void test_two_stores(void **state)
{
  struct stores *stores = *state;
  struct store *ours = stores_open(stores->path), *theirs;

  assert_true(put(ours, STORE_DRAFT, 0, 0, PAGE) == 1);
  theirs = stores_open(stores->path);
  assert_int_equal(store_drop_drafts(theirs), TLSPIN_OK);
  refuse_more(theirs, STORE_DRAFT, 1);
  refuse_more(theirs, STORE_UNDOABLE, 1);
  refuse_undo(theirs, 1);
  assert_int_equal(store_drop_draft(theirs, 1), TLSPIN_E_NOT_FOUND);
  assert_true(put(ours, STORE_DRAFT, 1, PAGE, PINS) == 1);
  store_close(ours);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'draft' FROM operation"), 1);
  assert_int_equal(store_drop_drafts(theirs), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT kind = 'gone' FROM operation"), 1);
  close_and_check(theirs, stores);
}

/* Neither age nor number forgets it, and it is the newest operation of nobody. */
static void test_not_forgotten(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_true(put(store, STORE_DRAFT, 0, 0, PAGE) == 1);
  assert_true(put(store, STORE_UNDOABLE, 0, PAGE, PINS) == 2);
  for (bool more = true; more;)
    assert_int_equal(store_forget(store, INT64_MAX, 0, &more), TLSPIN_OK);
  assert_true(put(store, STORE_UNDOABLE, 1, 0, 1) == 3);
  assert_true(stores_apply(store) == PAGE);
  expect(store, 0, PINS, true);
  close_and_check(store, stores);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_finished),       TEST(test_finished_by_nothing),
      TEST(test_nothing_new),    TEST(test_twice),
      TEST(test_dropped),        TEST(test_dropped_at_once),
      TEST(test_same_meanwhile), TEST(test_changed_between),
      TEST(test_none),           TEST(test_failed_part),
      TEST(test_killed),         TEST(test_two_stores),
      TEST(test_not_forgotten),  TEST(test_no_room),
  };

  int failed;

  heard_begin();
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  heard_end();
  return failed;
}

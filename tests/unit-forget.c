/* What the journal forgets by its size, in steps, and that the file shrinks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Edits `count` records, the first of them of this number. */
static uint64_t edit_by(struct store *store, enum store_journal journal, int first, int count)
{
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, journal, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < count; i++) {
    struct keypin pin = stores_pin((first + i) % STORES_ROWS);

    g_snprintf(pin.place.host, sizeof pin.place.host, "h%d.example", first + i);
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return change.operation;
}

static uint64_t edit(struct store *store, int first, int count)
{
  return edit_by(store, STORE_UNDOABLE, first, count);
}

static unsigned forget(struct store *store, int64_t before, uint64_t keep)
{
  unsigned calls = 0;

  for (bool more = true; more; calls++)
    assert_int_equal(store_forget(store, before, keep, &more), TLSPIN_OK);
  return calls;
}

static void expect_operations(struct stores *stores, int64_t oldest, int64_t count)
{
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), count);
  assert_int_equal(stores_number(stores->path, "SELECT min(id) FROM operation"), oldest);
  assert_int_equal(stores_number(stores->path, "SELECT min(operation) FROM image"), oldest);
}

/* The oldest go, as a whole; the newest stays, whatever its size. */
static void test_by_size(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  for (int i = 0; i < 5; i++)
    assert_int_equal(edit(store, 10 * i, 10), i + 1);
  forget(store, 0, 40);
  expect_operations(stores, 1, 5);
  forget(store, 0, 39);
  expect_operations(stores, 2, 4);
  forget(store, 0, 25);
  expect_operations(stores, 3, 3);
  assert_int_equal(store_undo(store, 2, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  forget(store, 0, 0);
  expect_operations(stores, 5, 1);
  stores_undo(store, 5, (struct store_change){6, 10, 0});
  forget(store, 0, 0);
  expect_operations(stores, 6, 1);
  stores_undo(store, 6, (struct store_change){7, 10, 0}); /* the undo has images of its own */
  store_close(store);
  store_close(stores_open(stores->path));
}

/* What servers and programs bring about takes nothing of the user's own operations away, nor they
 * of it: it has a budget of its own, of which the newest stay. */
static void test_told(void **state)
{
  enum { TOLD = 4000, FIT = STORE_TOLD_IMAGES / TOLD };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  assert_int_equal(edit(store, 0, 5), 1);
  assert_int_equal(edit(store, 10, 50), 2);
  for (int i = 0; i < FIT + 1; i++)
    assert_int_equal(edit_by(store, STORE_TOLD, 100 + TOLD * i, TOLD), 3 + i);
  forget(store, 0, 5);
  expect_operations(stores, 1, 2 + FIT);
  assert_int_equal(store_undo(store, 3, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  forget(store, 0, 4);
  expect_operations(stores, 2, 1 + FIT);
  stores_undo(store, 0, (struct store_change){4 + FIT, 50, 0});
  stores_undo(store, 3 + FIT, (struct store_change){5 + FIT, TOLD, 0});
  forget(store, 0, 49); /* the undo of what was told is the newest of the user's own */
  assert_int_equal(store_undo(store, 2, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  forget(store, STORES_NOW + 1, 0); /* but not for ever */
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* One that was taken back stays as long as the undo: what found what it had made is older than
 * that, and nothing of what was taken back comes back by an undo of it. */
static void test_taken_back(void **state)
{
  enum { DAY = 86400 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct keypin pin = stores_pin(0);

  assert_int_equal(edit(store, 0, 1), 1);
  assert_int_equal(store_clear(store, &all, STORES_NOW + DAY, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 1, STORES_NOW + 2 * DAY, &change), TLSPIN_OK);
  forget(store, STORES_NOW + DAY, UINT64_MAX);
  expect_operations(stores, 1, 3);
  assert_int_equal(store_undo(store, 2, STORES_NOW + 3 * DAY, &change), TLSPIN_OK);
  stores_expect_no_pin(store, &pin);
  forget(store, STORES_NOW + 3 * DAY, UINT64_MAX);
  expect_operations(stores, 2, 2); /* the clear, as young as its undo */
  forget(store, STORES_NOW + 4 * DAY, UINT64_MAX);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  store_close(store);
}

/* An import that isn't finished, or was broken off, isn't the user's newest operation. */
static void test_draft(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_int_equal(edit(store, 0, 50), 1);
  for (uint64_t draft = 2; draft < 4; draft++) {
    assert_int_equal(edit_by(store, STORE_DRAFT, 100, 50), draft);
    forget(store, 0, 0);
    expect_operations(stores, 1, 2);
    assert_int_equal(store_drop_draft(store, draft), TLSPIN_OK);
    forget(store, 0, 0);
    expect_operations(stores, 1, 1);
  }
  stores_undo(store, 0, (struct store_change){4, 50, 0});
  store_close(store);
}

/* Images of tickets count, too; an operation without any costs nothing. */
static void test_tickets_count(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  stores_fill(store, 10);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(edit(store, 0, 1), 2);
  forget(store, 0, 10);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 10);
  forget(store, 0, 9);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 0);
  expect_operations(stores, 2, 1);
  store_close(store);
}

static int64_t size_of(const char *path)
{
  struct stat status;

  assert_int_equal(stat(path, &status), 0);
  return status.st_size;
}

/* Much goes in several calls, between which others can be served; the file is small then, and holds
 * nothing of what went. */
static void test_much(void **state)
{
  enum { MUCH = 12000 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;
  int64_t large;

  assert_int_equal(edit(store, 0, MUCH), 1);
  stores_undo(store, 1, (struct store_change){2, MUCH, 0});
  assert_int_equal(edit(store, MUCH, 1), 3);
  large = size_of(stores->path);
  assert_true(forget(store, 0, 100) >= 4);
  expect_operations(stores, 3, 1);
  assert_true(size_of(stores->path) < large / 50);
  assert_false(stores_file_holds(stores->path, "h11999.example"));
  assert_int_equal(store_undo(store, 2, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 0, (struct store_change){4, 1, 0});
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Cut off in the middle: what lost some images is not undone, and not followed; the rest goes with
 * the next calls, even where there would be room for it by then. */
static void test_cut_off(void **state)
{
  enum { MUCH = 6000 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;
  bool more;

  assert_int_equal(edit(store, 0, MUCH), 1);
  assert_int_equal(edit(store, MUCH, 1), 2);
  assert_int_equal(store_forget(store, 0, MUCH - 1, &more), TLSPIN_OK);
  assert_true(more);
  store_close(store);
  store = stores_open(stores->path);
  assert_int_equal(store_undo(store, 1, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 0, (struct store_change){3, 1, 0});
  forget(store, 0, UINT64_MAX);
  expect_operations(stores, 2, 2);
  store_close(store);
}

/* An undo whose target is forgotten, or half so, is taken back as ever. */
static void test_target_gone(void **state)
{
  enum { MUCH = 6000 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  bool more;

  assert_int_equal(edit(store, 0, MUCH), 1);
  stores_undo(store, 1, (struct store_change){2, MUCH, 0});
  assert_int_equal(store_forget(store, 0, 1, &more), TLSPIN_OK);
  assert_true(more);
  stores_undo(store, 2, (struct store_change){3, MUCH, 0});
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), MUCH);
  stores_undo(store, 3, (struct store_change){4, MUCH, 0});
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"), 0);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* No statement is compiled anew for each of many. */
static void test_clear_of_much(void **state)
{
  enum { MUCH = 500 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  stores_fill(store, 100);
  assert_int_equal(edit(store, 0, MUCH), 1);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.changed == MUCH + 100);
  for (int i = 0; i < STATEMENTS; i++)
    assert_true(sqlite3_stmt_status(store->db.statements[i], SQLITE_STMTSTATUS_REPREPARE, 0) < 3);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_by_size),    TEST(test_told),          TEST(test_draft),
      TEST(test_taken_back), TEST(test_tickets_count), TEST(test_much),
      TEST(test_cut_off),    TEST(test_target_gone),   TEST(test_clear_of_much),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

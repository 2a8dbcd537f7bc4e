/* Taking operations back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "daemon/state.h"
#include "daemon/torn.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

enum { ROWS = 20 };

static struct store *filled(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  return store;
}

static void clear(struct store *store, const char *pattern, uint64_t operation, uint64_t changed)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.pattern = pattern;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == operation);
  assert_true(change.changed == changed);
}

static void refuse(struct store *store, uint64_t target)
{
  struct store_change change = {.operation = 9};

  assert_int_equal(store_undo(store, target, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_true(change.operation == 0);
}

/* Rows from..to are all there as they were, or none is. */
static void expect(struct store *store, int from, int to, bool present)
{
  for (int i = from; i < to; i++) {
    struct ticket_row row = stores_row(i);

    if (present)
      stores_expect(store, &row);
    else
      stores_expect_none(store, &row.peer);
  }
}

/* Another row for the peer of row n. */
static struct ticket_row newer(int n)
{
  struct ticket_row row = stores_row(n + 500);

  row.peer = stores_row(n).peer;
  return row;
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path)); /* the digest over all is right */
}

static void test_undo(void **state)
{
  struct store *store = filled(*state);

  refuse(store, 0);
  refuse(store, 1);
  clear(store, "*", 1, ROWS);
  expect(store, 0, ROWS, false);
  stores_undo(store, 0, (struct store_change){2, ROWS, 0});
  expect(store, 0, ROWS, true);
  refuse(store, 0);
  refuse(store, 1);
  refuse(store, 3);
  refuse(store, UINT64_MAX);
  close_and_check(store, *state);
}

/* The newest first, and each once. */
static void test_several(void **state)
{
  struct store *store = filled(*state);

  clear(store, "host-0000.example", 1, 1);
  clear(store, "host-0001.example", 2, 1);
  clear(store, "host-0002.example", 3, 1);
  stores_undo(store, 0, (struct store_change){4, 1, 0});
  expect(store, 0, 2, false);
  expect(store, 2, 3, true);
  stores_undo(store, 1, (struct store_change){5, 1, 0});
  expect(store, 0, 1, true);
  stores_undo(store, 0, (struct store_change){6, 1, 0});
  expect(store, 0, ROWS, true);
  refuse(store, 0);
  close_and_check(store, *state);
}

/* An undo is taken back by its number, and that again; and then the clear can be undone as before.
 */
static void test_redo(void **state)
{
  struct store *store = filled(*state);

  clear(store, "host-000?.example", 1, 10);
  stores_undo(store, 0, (struct store_change){2, 10, 0});
  stores_undo(store, 2, (struct store_change){3, 10, 0});
  expect(store, 0, 10, false);
  expect(store, 10, ROWS, true);
  refuse(store, 2);
  stores_undo(store, 3, (struct store_change){4, 10, 0});
  expect(store, 0, ROWS, true);
  refuse(store, 0);
  refuse(store, 1);
  stores_undo(store, 4, (struct store_change){5, 10, 0});
  expect(store, 0, 10, false);
  stores_undo(store, 0,
              (struct store_change){6, 10, 0}); /* the clear is in force, so it is the newest */
  expect(store, 0, ROWS, true);
  close_and_check(store, *state);
}

/* Newer entries make way, and come back when the undo is undone. */
static void test_newer_entries(void **state)
{
  struct store *store = filled(*state);
  struct ticket_row row = newer(3), again = newer(4);

  clear(store, "host-000?.example", 1, 10);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_put(store, &again, 0, STORES_NOW), TLSPIN_OK);
  stores_undo(store, 0, (struct store_change){2, 10, 2});
  expect(store, 0, ROWS, true);
  stores_undo(store, 2, (struct store_change){3, 10, 0});
  stores_expect(store, &row);
  stores_expect(store, &again);
  expect(store, 0, 3, false);
  expect(store, 5, 10, false);
  close_and_check(store, *state);
}

/* A pin that was renewed after an undo is newer than what the undo left. */
static void test_renewed_after_undo(void **state)
{
  struct store *store = filled(*state);
  struct ticket_row renewed = newer(3);

  clear(store, "host-000?.example", 1, 10);
  stores_undo(store, 0, (struct store_change){2, 10, 0});
  assert_int_equal(store_put(store, &renewed, stores_row(3).series, STORES_NOW), TLSPIN_OK);
  stores_undo(store, 2, (struct store_change){3, 10, 1});
  expect(store, 0, 10, false);
  stores_undo(store, 3, (struct store_change){4, 10, 0});
  stores_expect(store, &renewed);
  expect(store, 0, 3, true);
  expect(store, 4, 10, true);
  close_and_check(store, *state);
}

/* Where all is as it was already, nothing changes; an undo without an image can be taken back. */
static void test_nothing_to_change(void **state)
{
  struct store *store = filled(*state);
  struct ticket_row row = stores_row(3);

  clear(store, "host-0003.example", 1, 1);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  stores_undo(store, 0, (struct store_change){2, 0, 0});
  expect(store, 0, ROWS, true);
  stores_undo(store, 2, (struct store_change){3, 0, 0});
  expect(store, 0, ROWS, true);
  clear(store, "host-0004.example", 4, 1);
  stores_undo(store, 4, (struct store_change){5, 1, 0});
  clear(store, "host-0004.example", 6, 1);
  stores_undo(store, 5, (struct store_change){7, 0, 0}); /* what that brought back has gone again */
  expect(store, 4, 5, false);
  close_and_check(store, *state);
}

/* A report is about the pin that was there at that time. */
static void test_failures(void **state)
{
  struct store *store = filled(*state);
  struct peer peer = stores_row(3).peer;
  struct failure_row failure;

  clear(store, "host-0003.example", 1, 1);
  assert_int_equal(store_put_failure(store, &peer, "no-proof", 5), TLSPIN_OK);
  stores_undo(store, 0, (struct store_change){2, 1, 0});
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_put_failure(store, &peer, "no-proof", 5), TLSPIN_OK);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  close_and_check(store, *state);
}

/* The journal is in the file: another process, another day. */
static void test_after_reopening(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);

  clear(store, "host-000?.example", 1, 10);
  store_close(store);
  store = stores_open(stores->path);
  stores_undo(store, 0, (struct store_change){2, 10, 0});
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 0, ROWS, true);
  stores_undo(store, 2, (struct store_change){3, 10, 0});
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 0, 10, false);
  clear(store, "*", 4, 10);
  close_and_check(store, stores);
}

/* Once the clear is forgotten, not by its age but by the size of the journal, an undo of its undo
 * still works: it has images of its own. */
static void test_forgotten_target(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  assert_int_equal(store_clear(store, &all, 100, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, 200, &change), TLSPIN_OK);
  assert_int_equal(stores_forget(store, 200), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 2);
  for (bool more = true; more;)
    assert_int_equal(store_forget(store, 0, 0, &more), TLSPIN_OK);
  refuse(store, 1);
  stores_undo(
      store, 2,
      (struct store_change){3, ROWS, ROWS}); /* which were the clear's can't be told any more */
  expect(store, 0, ROWS, false);
  stores_undo(store, 3, (struct store_change){4, ROWS, 0});
  expect(store, 0, ROWS, true);
  close_and_check(store, *state);
}

static struct store *recovered_without(struct store *store, struct stores *stores, const char *rows)
{
  g_autofree char *sql = g_strconcat("DELETE FROM ", rows, NULL);

  store_close(store);
  stores_sql(stores->path, sql);
  stores_damaged(stores->path, "missing");
  ruins_recover(stores);
  return stores_open(stores->path);
}

static void refuse_bereft(struct store *store, uint64_t target, uint64_t operation)
{
  bool partly;

  refuse(store, target);
  assert_true(store_bereft(store, &partly) == operation);
  assert_false(operation != 0 && partly);
}

/* What lost all of its images with a damaged file can't be taken back, and doesn't say that it was;
 * nor is an older one, where the newest is meant. Of two images, one suffices. */
static void test_lost_images(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);
  bool partly;

  clear(store, "host-0000.example", 1, 1);
  clear(store, "host-001?.example", 2, 10);
  clear(store, "host-0003.example", 3, 1);
  store =
      recovered_without(store, stores, "before WHERE operation = 3 OR host = 'host-0010.example'");
  refuse_bereft(store, 3, 3);
  refuse_bereft(store, 0, 3);
  refuse_bereft(store, 9, 0);
  stores_undo(store, 2, (struct store_change){4, 9, 0});
  assert_true(store_bereft(store, &partly) == 0);
  expect(store, 11, ROWS, true);
  stores_undo(store, 1, (struct store_change){5, 1, 0});
  expect(store, 0, 3, true);
  expect(store, 10, 11, false);
  expect(store, 3, 4, false);
  close_and_check(store, stores);
}

/* An edit of a learned record has images of those beside it, too, which it didn't touch: they are
 * nothing to take back. */
static void test_lost_images_of_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1), beside = stores_pin(2);

  beside.place = pin.place;
  stores_learn(store, &pin);
  stores_learn(store, &beside);
  assert_true(stores_drop(store, &pin) == 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 2);
  store = recovered_without(store, stores, "image WHERE result <> zeroblob(32)");
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 1);
  refuse_bereft(store, 0, 1);
  refuse_bereft(store, 1, 1);
  stores_expect_pin(store, &beside);
  close_and_check(store, stores);
}

static void put_torn(struct store *store, uint64_t operation)
{
  uint8_t value[TORN_OCTETS];
  size_t size = torn_encode(&(struct torn){operation, STORES_NOW}, value);

  assert_int_equal(state_put(store, TORN_ROW, (struct span){value, size}), TLSPIN_OK);
}

/* What may have lost a part is taken back only where just that one is meant; whatever came later is
 * as ever. */
static void test_partly_lost(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);
  bool partly;

  clear(store, "host-000?.example", 1, 10);
  store = recovered_without(store, stores, "before WHERE host = 'host-0004.example'");
  put_torn(store, 1);
  refuse(store, 0);
  assert_true(store_bereft(store, &partly) == 1);
  assert_true(partly);
  refuse_bereft(store, 9, 0);
  stores_undo(store, 1, (struct store_change){2, 9, 0});
  expect(store, 0, 4, true);
  expect(store, 4, 5, false);
  clear(store, "host-0011.example", 3, 1);
  stores_undo(store, 0, (struct store_change){4, 1, 0});
  stores_undo(store, 2, (struct store_change){5, 9, 0});
  refuse(store, 0); /* the first is in force again */
  close_and_check(store, stores);
}

/* An undo of which no image is left may have had none, unless they may have been lost: then what it
 * brought back doesn't go, and the journal says nothing else. */
static void test_undo_lost(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);

  clear(store, "host-0003.example", 1, 1);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  store = recovered_without(store, stores, "before WHERE operation = 2");
  put_torn(store, 2);
  refuse_bereft(store, 2, 2);
  expect(store, 3, 4, true);
  assert_int_equal(stores_number(stores->path, "SELECT undone FROM operation WHERE id = 1"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT undone FROM operation WHERE id = 2"), 0);
  close_and_check(store, stores);
}

static void test_arguments(void **state)
{
  struct store *store = filled(*state);
  struct store_change change;

  clear(store, "*", 1, ROWS);
  assert_int_equal(store_undo(store, 1, -1, &change), TLSPIN_E_ARGUMENT);
  stores_undo(store, 1, (struct store_change){2, ROWS, 0});
  close_and_check(store, *state);
}

/* A damaged image, head or row stops the whole undo. */
static void test_damaged(void **state)
{
  static const char *const damages[] = {
      "UPDATE before SET expires = 1 WHERE host = 'host-0007.example'",
      "UPDATE operation SET made = made + 1",
      "UPDATE ticket SET expires = 1 WHERE host = 'host-0007.example'",
  };
  struct stores *stores = *state;

  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    struct store *store = filled(stores);
    struct ticket_row row = newer(7);
    struct store_change change;

    clear(store, "*", 1, ROWS);
    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
    stores_sql(stores->path, damages[i]);
    assert_int_equal(store_undo(store, 1, STORES_NOW, &change), TLSPIN_UNAVAILABLE);
    assert_true(change.operation == 0 && change.changed == 0);
    assert_false(store_in_place(store)); /* nothing of it is believed any more */
    assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
    store_close(store);
    assert_int_equal(remove(stores->path), 0);
    assert_int_equal(remove(stores->lock), 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_undo),
      TEST(test_several),
      TEST(test_redo),
      TEST(test_newer_entries),
      TEST(test_renewed_after_undo),
      TEST(test_nothing_to_change),
      TEST(test_failures),
      TEST(test_after_reopening),
      TEST(test_forgotten_target),
      TEST(test_lost_images),
      TEST(test_lost_images_of_records),
      TEST(test_partly_lost),
      TEST(test_undo_lost),
      TEST(test_arguments),
      TEST(test_damaged),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a recovery says of a journal of which it lost a part, and what comes of that.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/owed.h"
#include "daemon/torn.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 8, DAY = 86400 };

static uint64_t clear(struct store *store, const char *pattern)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.pattern = pattern;
  assert_int_equal(store_clear(store, &filter, RUINS_NOW - 60, &change), TLSPIN_OK);
  return change.operation;
}

static void log_of(struct store *store, int n)
{
  const struct event_row event = {.kind = "mismatch",
                                  .peer = stores_row(n).peer,
                                  .reason = "proof-wrong",
                                  .layer = "user",
                                  .key = "",
                                  .report = "",
                                  .program = ""};
  uint64_t number;

  assert_int_equal(store_log(store, &event, RUINS_NOW - 100, &number), TLSPIN_OK);
}

/* Overwrites what the images have of the row. */
static void spoil_image(const struct stores *stores, int n)
{
  size_t page = ruins_page(stores->path, "before");
  g_autofree char *octets = NULL;
  const char *at;
  gsize size;

  assert_true(g_file_get_contents(stores->path, &octets, &size, NULL));
  at = memmem(octets + page, STORE_PAGE, stores_row(n).peer.host, strlen(stores_row(n).peer.host));
  assert_non_null(at);
  stores_write(stores->path, (size_t)(at - octets) + 2, "XXXX", 4);
}

static struct store *recovered(struct stores *stores)
{
  struct store *store;

  ruins_recover(stores);
  store = stores_open(stores->path);
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  return store;
}

static struct torn torn_of(struct store *store)
{
  struct torn torn;

  assert_int_equal(torn_get(store, &torn), TLSPIN_OK);
  return torn;
}

static void fill_and_clear(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  clear(store, "host-0003.example");
  store_close(store);
}

/* The clear can be taken back after the recovery, and nothing is said to lack. */
static void expect_whole(struct stores *stores)
{
  struct store *store = recovered(stores);
  struct store_change change;

  assert_int_equal(torn_of(store).found, TORN_NEVER);
  assert_int_equal(store_undo(store, 0, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
}

static void test_whole(void **state)
{
  struct stores *stores = *state;

  fill_and_clear(stores);
  ruins_spoil(stores->path, 5);
  expect_whole(stores);
}

/* All that said so is lost; once the undo period is over no file says it any more. */
static void test_no_trace(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  bool owed = false;

  stores_fill(store, ROWS);
  log_of(store, 3);
  clear(store, "host-0003.example");
  store_close(store);
  spoil_image(stores, 3);
  store = recovered(stores);
  assert_true(torn_of(store).operation == 1);
  assert_int_equal(torn_of(store).found, RUINS_NOW);
  assert_true(stores_file_holds(stores->path, "host-0003.example"));
  assert_int_equal(stores_forget(store, RUINS_NOW + 8 * DAY), TLSPIN_OK);
  assert_false(stores_file_holds(stores->path, "host-0003.example"));
  assert_int_equal(owed_look(store, OWED_ASIDES, &owed), TLSPIN_OK);
  assert_true(owed);
  assert_int_equal(torn_of(store).found, TORN_NEVER);
  store_close(store);
}

static void test_partly(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;
  bool partly = false;

  stores_fill(store, ROWS);
  assert_true(clear(store, "host-*") == 1);
  store_close(store);
  spoil_image(stores, 3);
  store = recovered(stores);
  assert_int_equal(store_undo(store, 0, RUINS_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_true(store_bereft(store, &partly) == 1);
  assert_true(partly);
  stores_undo(store, 1, (struct store_change){2, ROWS - 1, 0});
  assert_true(clear(store, "host-0001.example") == 3);
  stores_undo(store, 0, (struct store_change){4, 1, 0}); /* what came later is whole */
  store_close(store);
}

/* An undo that lost what it had found is not taken back without a word; and what it brought back
 * doesn't go with the next damage. */
static void test_undo(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(3);
  struct store_change change;
  bool partly = true;

  stores_fill(store, ROWS);
  clear(store, "host-0003.example");
  assert_int_equal(store_undo(store, 1, RUINS_NOW - 50, &change), TLSPIN_OK);
  store_close(store);
  spoil_image(stores, 3); /* that of the undo comes last, and lies first */
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 2);
  store = recovered(stores);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before WHERE operation = 2"),
                   0);
  assert_int_equal(store_undo(store, 2, RUINS_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_true(store_bereft(store, &partly) == 2);
  assert_false(partly);
  store_close(store);
  ruins_spoil(stores->path, 5);
  ruins_recover(stores);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
}

/* The file is gone, and the backup is whole: its journal is what there is. */
static void test_missing_file(void **state)
{
  struct stores *stores = *state;

  fill_and_clear(stores);
  g_free(ruins_back_up(stores, RUINS_NOW - 30));
  assert_int_equal(unlink(stores->path), 0);
  expect_whole(stores);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_whole), TEST(test_no_trace),     TEST(test_partly),
      TEST(test_undo),  TEST(test_missing_file),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

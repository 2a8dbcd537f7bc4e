/* Clearing entries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROWS = 30 };

static void expect_present(struct store *store, int n, bool present)
{
  struct ticket_row row = stores_row(n);

  if (present)
    stores_expect(store, &row);
  else
    stores_expect_none(store, &row.peer);
}

static enum tlspin_code clear(struct store *store, const char *pattern, struct store_change *change)
{
  struct store_filter filter = STORE_FILTER_ANY;

  filter.pattern = pattern;
  return store_clear(store, &filter, STORES_NOW, change);
}

static void test_one(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  stores_fill(store, ROWS);
  filter.host = "host-0007.example";
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == 1 && change.changed == 1 && change.replaced == 0);
  for (int i = 0; i < ROWS; i++)
    expect_present(store, i, i != 7);
  store_close(store);
  store = stores_open(stores->path); /* and that is what the digest says, too */
  expect_present(store, 7, false);
  store_close(store);
}

static void test_pattern(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  assert_int_equal(clear(store, "host-001?.example", &change), TLSPIN_OK);
  assert_true(change.operation == 1 && change.changed == 10);
  for (int i = 0; i < ROWS; i++)
    expect_present(store, i, i < 10 || i >= 20);
  assert_int_equal(clear(store, "*", &change), TLSPIN_OK);
  assert_true(change.operation == 2 && change.changed == 20);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Time, port and protocol choose as in a list. */
static void test_filters(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  stores_fill(store, ROWS);
  filter.since = STORES_NOW + 20;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.changed == 10);
  filter = STORE_FILTER_ANY;
  filter.port = 444;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_E_NOT_FOUND);
  filter = STORE_FILTER_ANY;
  filter.protocol = PROTOCOL_DTLS;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_E_NOT_FOUND);
  for (int i = 0; i < ROWS; i++)
    expect_present(store, i, i < 20);
  store_close(store);
}

/* What is for every port isn't for this one alone: a list shows it, a clear leaves it. */
static void test_port(void **state)
{
  static const char *const places[] = {"a.example", "a.example:443", "a.example:444", "*"};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  uint64_t count;

  for (int i = 0; i < 4; i++) {
    struct keypin pin = stores_pin_at(i, places[i]);

    stores_learn(store, &pin);
  }
  filter.port = 443;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.changed == 1);
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_int_equal(count, 3);
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_E_NOT_FOUND);
  filter.port = 0;
  filter.host = "a.example";
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.changed == 2);
  store_close(store);
}

/* Nothing fits: no operation, no number used. */
static void test_nothing(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change = {.operation = 9, .changed = 9};

  stores_fill(store, 1);
  assert_int_equal(clear(store, "nobody.example", &change), TLSPIN_E_NOT_FOUND);
  assert_true(change.operation == 0 && change.changed == 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  assert_int_equal(clear(store, "host*", &change), TLSPIN_OK);
  assert_true(change.operation == 1);
  store_close(store);
}

static void test_arguments(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  stores_fill(store, 1);
  assert_int_equal(store_clear(store, &filter, -1, &change), TLSPIN_E_ARGUMENT);
  filter.protocol = 77;
  assert_int_equal(store_clear(store, &filter, 1, &change), TLSPIN_E_ARGUMENT);
  expect_present(store, 0, true);
  store_close(store);
}

/* What was reported about a pin goes with it, and an expired pin is one. */
static void test_failures_and_expired(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0), other = stores_row(1);
  struct failure_row failure;
  struct store_change change;

  row.expires = 5;
  assert_int_equal(store_put(store, &row, 0, 1), TLSPIN_OK);
  assert_int_equal(store_put(store, &other, 0, 1), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 3), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &other.peer, "no-proof", 3), TLSPIN_OK);
  assert_int_equal(clear(store, "host-0000.example", &change), TLSPIN_OK);
  assert_true(change.changed == 1);
  assert_int_equal(store_get_failure(store, &row.peer, &failure), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_get_failure(store, &other.peer, &failure), TLSPIN_OK);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void fill_pins(struct store *store, int count)
{
  for (int i = 0; i < count; i++) {
    struct keypin pin = stores_pin(i);

    pin.status = (enum keypin_status)(i % 4);
    stores_learn(store, &pin);
  }
}

/* The filter says whether tickets are meant, records, or both; what is of records only doesn't
 * choose among tickets. */
static void test_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct keypin kept = stores_pin(8), gone = stores_pin(5);
  struct store_change change;
  uint64_t count;

  stores_fill(store, ROWS);
  fill_pins(store, ROWS);
  filter.tickets = filter.records = false;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_E_NOT_FOUND);
  filter.records = true;
  filter.status = KEYPIN_ACTIVE;
  filter.pattern = "host-000?.example";
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == 1 && change.changed == 3); /* 1, 5, 9 */
  stores_expect_no_pin(store, &gone);
  kept.status = KEYPIN_INACTIVE;
  stores_expect_pin(store, &kept);
  expect_present(store, 5, true);
  filter.tickets = true;
  filter.status = KEYPIN_CRITICAL;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.changed == 10 + 2); /* 2, 6 */
  filter = STORE_FILTER_ANY;
  filter.tickets = false;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == 0 && change.changed == ROWS - 5);
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_E_NOT_FOUND);
  expect_present(store, 15, true);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* A damaged record keeps the tickets, too. */
static void test_damaged_record(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  fill_pins(store, ROWS);
  stores_sql(stores->path, "UPDATE pin SET note = 'x' WHERE host = 'host-0020.example'");
  assert_int_equal(clear(store, "*", &change), TLSPIN_UNAVAILABLE);
  assert_true(change.operation == 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM ticket"), ROWS);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 0);
  store_close(store);
}

/* A row that can't be read can't be put into the journal: then nothing at all is cleared. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  stores_sql(stores->path, "UPDATE ticket SET lock = 'off' WHERE host = 'host-0020.example'");
  assert_int_equal(clear(store, "*", &change), TLSPIN_UNAVAILABLE);
  assert_true(change.operation == 0);
  for (int i = 0; i < ROWS; i++)
    if (i != 20)
      expect_present(store, i, true);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 0);
  store_close(store);
}

/* All or nothing, where the disk is full in the middle. */
static void check_no_room(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct rlimit before, none;
  struct store_change change;

  signal(SIGXFSZ, SIG_IGN);
  stores_fill(store, 300);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = (rlim_t)stores_number(
      stores->path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  assert_int_equal(clear(store, "*", &change), TLSPIN_UNAVAILABLE);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  for (int i = 0; i < 300; i++)
    expect_present(store, i, true);
  assert_int_equal(clear(store, "*", &change), TLSPIN_OK);
  assert_true(change.operation == 1 && change.changed == 300);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_one),
      TEST(test_pattern),
      TEST(test_filters),
      TEST(test_port),
      TEST(test_nothing),
      TEST(test_arguments),
      TEST(test_failures_and_expired),
      TEST(test_records),
      TEST(test_damaged_record),
      TEST(test_damaged),
      TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

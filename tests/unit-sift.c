/* Rows that are taken out of a store that is being rebuilt.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/sift.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A new store with so many tickets, of which each is on a port of its own, and a record. */
static struct rebuild *fill(struct stores *stores, int count)
{
  char *problem = NULL;
  struct rebuild *rebuild = rebuild_new(stores->path, &problem);
  struct ticket_row row = stores_row(1);
  struct keypin pin = stores_pin(1);
  struct cell cells[TABLE_COLUMNS];

  assert_non_null(rebuild);
  for (int i = 0; i < count; i++) {
    row.peer.port = (uint16_t)(i + 1);
    ticket_row_to_cells(&row, cells);
    assert_true(rebuild_add(rebuild, TABLE_TICKET, cells));
  }
  pin_to_cells(&pin, cells);
  assert_true(rebuild_add(rebuild, TABLE_PIN, cells));
  return rebuild;
}

static bool is_odd(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  (void)digest;
  (void)data;
  return table == TABLE_TICKET && cells[2].number % 2 == 1;
}

static bool is_ticket(enum table_id table, const struct cell *cells, const struct digest *digest,
                      void *data)
{
  (void)cells;
  (void)digest;
  *(uint64_t *)data += 1;
  return table == TABLE_TICKET;
}

static void test_some(void **state)
{
  struct rebuild *rebuild = fill(*state, 9);
  char *problem = NULL;
  uint64_t count;

  rebuild_database(rebuild)->fuel = 0; /* what was done before doesn't count */
  assert_true(sift_drop(rebuild, is_odd, NULL, &count));
  assert_int_equal(count, 5);
  assert_int_equal(rebuild_rows(rebuild), 5);
  assert_true(sift_drop(rebuild, is_odd, NULL, &count));
  assert_int_equal(count, 0);
  assert_true(rebuild_finish(rebuild, &problem)); /* its sum is right */
  rebuild_free(rebuild);
}

/* More than are held at once. */
static void test_many(void **state)
{
  struct rebuild *rebuild = fill(*state, SIFT_AT_ONCE + 1);
  char *problem = NULL;
  uint64_t count, asked = 0;

  assert_true(sift_drop(rebuild, is_ticket, &asked, &count));
  assert_int_equal(count, SIFT_AT_ONCE + 1);
  assert_int_equal(asked, SIFT_AT_ONCE + 2);
  assert_int_equal(rebuild_rows(rebuild), 1);
  assert_true(rebuild_finish(rebuild, &problem));
  rebuild_free(rebuild);
}

static void test_unreadable(void **state)
{
  struct rebuild *rebuild = fill(*state, 4);
  uint64_t count;

  stores_runs(rebuild_database(rebuild), "UPDATE pin SET first_seen = first_seen + 1");
  assert_false(sift_drop(rebuild, is_odd, NULL, &count));
  assert_int_equal(rebuild_rows(rebuild), 5);
  rebuild_free(rebuild);
}

static bool is_dropped_already(enum table_id table, const struct cell *cells,
                               const struct digest *digest, void *data)
{
  (void)digest;
  return table == TABLE_TICKET && rebuild_drop(data, table, cells);
}

static void test_undroppable(void **state)
{
  struct rebuild *rebuild = fill(*state, 1);
  uint64_t count;

  assert_false(sift_drop(rebuild, is_dropped_already, rebuild, &count));
  assert_int_equal(count, 0);
  rebuild_free(rebuild);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_some),
      TEST(test_many),
      TEST(test_unreadable),
      TEST(test_undroppable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What was logged of hosts that the journal forgets (daemon/bygone.c, and daemon/forget.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bygone.h"

#include "daemon/doomed.h"
#include "daemon/owed.h"
#include "tests/logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = 5, DAY = 86400 };

/* The clear's own host, up to the clear; not what came after it, and no other host. */
static void test_forgotten(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer wide = stores_row(1).peer;

  stores_fill(store, ROWS);
  logged_at(store, "host-0001.example", STORES_NOW);
  logged_at(store, "host-0002.example", STORES_NOW);
  logged_at(store, "elsewhere.example", STORES_NOW);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  wide.port = 993; /* nothing but a failure is left there */
  assert_int_equal(store_put_failure(store, &wide, "proof-wrong", STORES_NOW), TLSPIN_OK);
  logged_at(store, "host-0001.example", STORES_NOW + 2 * DAY);
  assert_true(stores_file_holds(stores->path, "host-0001.example"));
  assert_int_equal(stores_forget(store, STORES_NOW), TLSPIN_OK);
  assert_false(logged_owed(store));
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 4);
  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_true(logged_owed(store));
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 3);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM failure"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT made FROM event WHERE host LIKE '%0001%'"),
                   STORES_NOW + 2 * DAY);
  assert_int_equal(owed_settle(store, OWED_ASIDES), TLSPIN_OK);
  assert_false(logged_owed(store));
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Whoever is still in the store, or in its journal, keeps its log. */
static void test_kept(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1);
  struct keypin pin = stores_pin(2);

  stores_fill(store, ROWS);
  stores_learn(store, &pin);
  for (int i = 1; i < 4; i++)
    logged_at(store, stores_row(i).peer.host, STORES_NOW);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK); /* it was met again */
  logged_clear(store, "host-0002.example", STORES_NOW + 1);
  stores_learn(store, &pin);
  logged_clear(store, "host-0003.example", STORES_NOW + 1);
  row = stores_row(3);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  logged_clear(store, "host-0003.example", STORES_NOW + DAY); /* this one isn't forgotten yet */
  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 3);
  assert_false(logged_owed(store));
  assert_int_equal(stores_forget(store, STORES_NOW + 2 * DAY), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 2);
  assert_true(logged_owed(store));
  assert_false(stores_file_holds(stores->path, "host-0003.example"));
  store_close(store);
}

static void test_doomed_twice(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct doomed *doomed = doomed_new();
  struct ticket_row row = stores_row(1);
  struct cell cells[TABLE_COLUMNS];
  struct transaction change;
  char host[HOST_MAX + 1];

  stores_fill(store, ROWS);
  ticket_row_to_cells(&row, cells);
  assert_true(doomed_host(TABLE_TICKET, cells, host));
  assert_string_equal(host, "host-0001.example");
  assert_false(doomed_host(TABLE_SETTING, cells, host));
  doomed_add(doomed, TABLE_TICKET, cells);
  doomed_add(doomed, TABLE_TICKET, cells);
  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, doomed_drop(doomed, &change)), TLSPIN_UNAVAILABLE);
  stores_expect(store, &row);
  doomed_free(doomed);
  doomed_free(NULL);
  bygone_free(NULL);
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_forgotten, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_kept, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_doomed_twice, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Damage behind a store that is open: what is gone from its file must not look as if it had never
 * been there. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { FEW = 20, MANY = 900 }; /* FEW fit into the memory of SQLite, MANY don't */

/* Overwrites the peer's host wherever it stands in the file. */
static void wipe_host(const char *path, const char *host)
{
  size_t size = strlen(host), length;
  g_autofree char *octets = NULL, *x = g_strnfill(size, 'x');
  unsigned found = 0;

  assert_true(g_file_get_contents(path, &octets, &length, NULL));
  for (size_t i = 0; i + size <= length; i++)
    if (memcmp(octets + i, host, size) == 0) {
      stores_write(path, i, x, size);
      found++;
    }
  assert_true(found > 0);
}

static void expect_unavailable(struct store *store, const struct peer *peer)
{
  struct ticket_row row;

  assert_int_equal(store_get(store, peer, &row), TLSPIN_UNAVAILABLE);
  assert_null(row.owned);
}

/* The row itself may still be in memory and be right; whatever is not found is not believed. */
static void damage_store(struct stores *stores, int rows)
{
  struct ticket_row victim = stores_row(rows / 2), absent = stores_row(rows), row;
  struct store *store;
  enum tlspin_code code;

  stores_make(stores->path, rows);
  store = stores_open(stores->path);
  stores_expect_none(store, &absent.peer);
  wipe_host(stores->path, victim.peer.host);
  code = store_get(store, &victim.peer, &row);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  ticket_row_clear(&row);
  expect_unavailable(store, &absent.peer);
  assert_false(store_in_place(store)); /* so that it is opened again, and refused */
  expect_unavailable(store, &absent.peer);
  expect_unavailable(store, &victim.peer);
  store_close(store);
  stores_damaged(stores->path, "pins.db");
}

static void test_few(void **state)
{
  damage_store(*state, FEW);
}

static void test_many(void **state)
{
  damage_store(*state, MANY);
}

/* A write of our own does not make good what somebody else wrote before. */
static void test_own_write(void **state)
{
  struct stores *stores = *state;
  struct ticket_row victim = stores_row(7), absent = stores_row(FEW), fresh = stores_row(FEW + 1);
  struct store *store;

  stores_make(stores->path, FEW);
  store = stores_open(stores->path);
  wipe_host(stores->path, victim.peer.host);
  store_put(store, &fresh, 0, STORES_NOW); /* may work or not */
  expect_unavailable(store, &absent.peer);
  store_close(store);
}

/* What another daemon writes in the proper way is read through and then believed. */
static void test_other_daemon(void **state)
{
  struct stores *stores = *state;
  struct ticket_row absent = stores_row(FEW), fresh = stores_row(FEW + 1);
  struct store *ours, *theirs;

  stores_make(stores->path, FEW);
  ours = stores_open(stores->path);
  theirs = stores_open(stores->path);
  assert_int_equal(store_put(theirs, &fresh, 0, STORES_NOW), TLSPIN_OK);
  stores_expect_none(ours, &absent.peer);
  stores_expect(ours, &fresh);
  assert_true(store_in_place(ours));
  store_close(theirs);
  store_close(ours);
}

static void test_touched(void **state)
{
  struct stores *stores = *state;
  struct ticket_row absent = stores_row(FEW);
  struct store *store;

  stores_make(stores->path, FEW);
  store = stores_open(stores->path);
  stores_write(stores->path, 0, "SQLite", 6); /* the same octets, and a new time */
  stores_expect_none(store, &absent.peer);
  assert_true(store_in_place(store));
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_few, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_many, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_own_write, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_other_daemon, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_touched, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

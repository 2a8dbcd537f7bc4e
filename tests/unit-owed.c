/* What is still to be done before hosts that have gone leave no trace.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/owed.h"

#include "daemon/contents.h"
#include "daemon/store-private.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(struct store *store, const char *name, bool expected)
{
  bool stands = !expected;

  assert_int_equal(owed_look(store, name, &stands), TLSPIN_OK);
  assert_int_equal(stands, expected);
}

/* In one transaction, which is ended with this code. */
static void change(struct store *store, const char *name,
                   enum tlspin_code (*what)(struct transaction *, const char *),
                   enum tlspin_code end)
{
  struct transaction change;

  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  assert_int_equal(what(&change, name), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, end), end);
}

static void test_put_and_drop(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  expect(store, OWED_REWRITE, false);
  change(store, OWED_REWRITE, owed_put, TLSPIN_OK);
  change(store, OWED_REWRITE, owed_put, TLSPIN_OK); /* again */
  expect(store, OWED_REWRITE, true);
  expect(store, OWED_ASIDES, false);
  store_close(store);
  store = stores_open(stores->path); /* a later daemon knows */
  expect(store, OWED_REWRITE, true);
  change(store, OWED_REWRITE, owed_drop, TLSPIN_OK);
  change(store, OWED_REWRITE, owed_drop, TLSPIN_OK); /* it isn't owed */
  expect(store, OWED_REWRITE, false);
  store_close(store);
}

/* It is put, or dropped, with what it belongs to or not at all. */
static void test_taken_back(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  change(store, OWED_ASIDES, owed_put, TLSPIN_E_DENIED);
  expect(store, OWED_ASIDES, false);
  change(store, OWED_ASIDES, owed_put, TLSPIN_OK);
  change(store, OWED_ASIDES, owed_drop, TLSPIN_E_DENIED);
  expect(store, OWED_ASIDES, true);
  store_close(store);
}

static void test_settle(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  assert_int_equal(owed_settle(store, OWED_ASIDES), TLSPIN_OK);
  change(store, OWED_ASIDES, owed_put, TLSPIN_OK);
  change(store, OWED_REWRITE, owed_put, TLSPIN_OK);
  assert_int_equal(owed_settle(store, OWED_ASIDES), TLSPIN_OK);
  expect(store, OWED_ASIDES, false);
  expect(store, OWED_REWRITE, true);
  store_close(store);
}

/* What can't be read or written stays owed, and nobody says that nothing is. */
static void test_unavailable(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  bool stands;

  change(store, OWED_REWRITE, owed_put, TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM state");
  assert_int_equal(owed_look(store, OWED_REWRITE, &stands), TLSPIN_UNAVAILABLE);
  assert_int_equal(owed_settle(store, OWED_REWRITE), TLSPIN_UNAVAILABLE);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put_and_drop),
      TEST(test_taken_back),
      TEST(test_settle),
      TEST(test_unavailable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

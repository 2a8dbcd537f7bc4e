/* What of the journal may have been lost.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/torn.h"

#include "daemon/row.h"
#include "daemon/state.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void expect(struct store *store, uint64_t operation, int64_t found)
{
  struct torn torn;

  assert_int_equal(torn_get(store, &torn), TLSPIN_OK);
  assert_true(torn.operation == operation);
  assert_true(torn.found == found);
}

static void put(struct store *store, const uint8_t *value, size_t size)
{
  assert_int_equal(state_put(store, TORN_ROW, (struct span){value, size}), TLSPIN_OK);
}

static void test_row(void **state)
{
  static const uint8_t expected[TORN_OCTETS] = {1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 3, 4};
  const struct torn torn = {258, 772};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[TORN_OCTETS];

  expect(store, 0, TORN_NEVER);
  assert_int_equal(torn_encode(&torn, value), TORN_OCTETS);
  assert_memory_equal(value, expected, sizeof value);
  put(store, value, sizeof value);
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 258, 772);
  store_close(store);
}

/* What can't be understood may say anything, and isn't settled by any time. */
static void test_not_understood(void **state)
{
  static const struct torn wrong[] = {
      {OPERATION_LAST, 0}, {UINT64_MAX, 0}, {1, -1}, {1, TIME_MAX + 1}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[TORN_OCTETS + 1] = {0};

  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    torn_encode(&wrong[i], value);
    put(store, value, TORN_OCTETS);
    expect(store, OPERATION_LAST, TIME_MAX);
  }
  torn_encode(&(struct torn){1, 2}, value);
  put(store, value, TORN_OCTETS + 1);
  expect(store, OPERATION_LAST, TIME_MAX);
  put(store, value, TORN_OCTETS - 1);
  expect(store, OPERATION_LAST, TIME_MAX);
  value[0] = 2;
  put(store, value, TORN_OCTETS);
  expect(store, OPERATION_LAST, TIME_MAX);
  value[0] = 1;
  put(store, value, TORN_OCTETS);
  expect(store, 1, 2);
  store_close(store);
}

/* Then nothing was lost is not said. */
static void test_unreadable(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[TORN_OCTETS];
  struct torn torn;

  torn_encode(&(struct torn){1, 2}, value);
  put(store, value, sizeof value);
  stores_sql(stores->path, "UPDATE state SET value = x'0102'");
  assert_int_equal(torn_get(store, &torn), TLSPIN_UNAVAILABLE);
  assert_true(torn.operation == 0);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(test_row), TEST(test_not_understood),
                                     TEST(test_unreadable)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a store lost, and what was saved.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/damage.h"

#include "daemon/state.h"
#include "tests/misstep.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static const struct damage some = {.cause = DAMAGE_CONTENT,
                                   .found = STORES_NOW,
                                   .saved = 997,
                                   .carved = 2,
                                   .merged = 3,
                                   .missing = 4,
                                   .backup = STORES_NOW - 86400,
                                   .aside = "damaged-20231114T221320Z.db"};

static void expect_same(const struct damage *a, const struct damage *b)
{
  assert_int_equal(a->cause, b->cause);
  assert_int_equal(a->found, b->found);
  assert_int_equal(a->saved, b->saved);
  assert_int_equal(a->carved, b->carved);
  assert_int_equal(a->merged, b->merged);
  assert_int_equal(a->missing, b->missing);
  assert_int_equal(a->backup, b->backup);
  assert_string_equal(a->aside, b->aside);
}

static void test_kept(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage damage;

  assert_int_equal(damage_get(store, &damage), TLSPIN_E_NOT_FOUND);
  expect_same(&damage, &(struct damage){.found = 0});
  assert_false(damage_stands(store));
  assert_int_equal(damage_put(store, &some), TLSPIN_OK);
  store_close(store);
  store = stores_open(stores->path);
  assert_true(damage_stands(store));
  assert_int_equal(damage_get(store, &damage), TLSPIN_OK);
  expect_same(&damage, &some);
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  assert_false(damage_stands(store));
  assert_int_equal(damage_acknowledge(store), TLSPIN_E_NOT_FOUND);
  store_close(store);
}

static void test_unknown(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage damage, unknown = {.cause = DAMAGE_MISSING, .found = 1, .missing = DAMAGE_UNKNOWN};

  assert_int_equal(damage_put(store, &unknown), TLSPIN_OK);
  assert_int_equal(damage_get(store, &damage), TLSPIN_OK);
  expect_same(&damage, &unknown);
  assert_true(damage_stands(store));
  store_close(store);
}

/* All was saved: the user is told, and nothing is in doubt. */
static void test_nothing_missing(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage whole = some;

  whole.missing = 0;
  assert_int_equal(damage_put(store, &whole), TLSPIN_OK);
  assert_false(damage_stands(store));
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  store_close(store);
}

/* What another process says counts from its next question on. */
static void test_another_process(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *other = stores_open(stores->path);
  struct peer peer = stores_row(0).peer;

  assert_false(damage_stands(store));
  assert_int_equal(damage_put(other, &some), TLSPIN_OK);
  assert_false(damage_stands(store)); /* it isn't read anew for that */
  stores_expect_none(store, &peer);
  assert_true(damage_stands(store));
  assert_int_equal(damage_acknowledge(other), TLSPIN_OK);
  stores_expect_none(store, &peer);
  assert_false(damage_stands(store));
  store_close(other);
  store_close(store);
}

static void spoil(struct store *store, size_t at, uint8_t octet)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size = damage_encode(&some, value);

  value[at] = octet;
  assert_int_equal(state_put(store, "damage", (struct span){value, size}), TLSPIN_OK);
}

/* A row that can't be understood, of a newer tlspin perhaps, says that there is damage. */
static void test_strange(void **state)
{
  static const struct {
    size_t at;
    uint8_t octet;
  } strange[] = {{0, 2}, {1, 0}, {1, DAMAGE_CAUSES}, {2, 0x80}, {34, 0x80}, {42, 0x7f}, {50, 0}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage damage;

  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
    spoil(store, strange[i].at, strange[i].octet);
    assert_int_equal(damage_get(store, &damage), TLSPIN_UNAVAILABLE);
    assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
    assert_int_equal(damage_get(store, &damage), TLSPIN_E_NOT_FOUND);
  }
  assert_int_equal(state_put(store, "damage", (struct span){(const uint8_t *)"\1\1", 2}),
                   TLSPIN_OK);
  assert_int_equal(damage_get(store, &damage), TLSPIN_UNAVAILABLE);
  store_close(store);
  store = stores_open(stores->path);
  assert_true(damage_stands(store));
  store_close(store);
}

/* The name of the file that was set aside, as long as names are and no longer. */
static void test_longest_name(void **state)
{
  uint8_t value[STATE_VALUE_MAX];
  struct damage damage = some, got;
  size_t size;

  (void)state;
  memset(damage.aside, 'x', DAMAGE_NAME_MAX);
  size = damage_encode(&damage, value);
  assert_true(damage_decode((struct span){value, size}, &got));
  expect_same(&got, &damage);
  value[size] = 'x';
  assert_false(damage_decode((struct span){value, size + 1}, &got));
}

/* Who can't read whether pins were lost can't say that none were, nor take it back. */
static void test_unread(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage damage;

  assert_int_equal(damage_put(store, &some), TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM state");
  assert_int_equal(damage_get(store, &damage), TLSPIN_UNAVAILABLE);
  assert_true(damage_stands(store));
  assert_int_equal(damage_acknowledge(store), TLSPIN_UNAVAILABLE);
  store_close(store);
}

/* A disk that fails once is no loss that stays. */
static void test_unread_once(void **state)
{
  struct stores *stores = *state;
  bool failed = true;

  for (unsigned steps = 0; failed; steps++) {
    struct store *store = stores_open(stores->path);

    misstep_after(steps);
    assert_int_equal(damage_stands(store), steps == 0);
    failed = misstep_end();
    assert_false(damage_stands(store));
    store_close(store);
  }
}

static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents contents = {.ticket_count = 0};
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_false(damage_stands(store));
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_kept, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unknown, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_nothing_missing, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_another_process, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_strange, stores_setup, stores_teardown),
      cmocka_unit_test(test_longest_name),
      cmocka_unit_test_setup_teardown(test_unread, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unread_once, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_layer, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

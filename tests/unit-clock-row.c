/* What the store remembers of the time that is believed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "daemon/state.h"
#include "tests/guard.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void expect_kept(struct store *store, const struct clock_guard *expected)
{
  struct clock_guard guard;

  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_int_equal(guard.mark, expected->mark);
  assert_int_equal(guard.seen, expected->seen);
  assert_int_equal(guard.suspect, expected->suspect);
  assert_int_equal(guard.since, expected->since);
  assert_int_equal(guard.steady, expected->steady);
  assert_int_equal(guard.era, expected->era);
  assert_int_equal(guard.boot, expected->boot);
  assert_int_equal(guard.elapsed, expected->elapsed);
  assert_int_equal(guard.reckoned, expected->reckoned);
  assert_int_equal(guard.next, expected->next);
  assert_int_equal(guard.between, expected->between);
  assert_int_equal(guard.off, expected->off);
}

static void test_kept(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = CLOCK_GUARD_NEW, first;

  assert_int_equal(clock_load(store, &guard), TLSPIN_E_NOT_FOUND);
  assert_int_equal(guard.mark, CLOCK_RELEASED);
  ask_anew(&guard, START);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  first = guard;
  ask(&guard, START + HOUR - 1, HOUR - 1);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &first); /* less than an hour: not worth a write */
  ask(&guard, START + HOUR, 1);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  ask(&guard, START + HOUR, HOUR); /* it stands still, and the time goes on */
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  ask_anew(&guard, START + HOUR + 1); /* another start is told at once */
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  ask(&guard, 5, 1);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  store_close(store);
  store = stores_open(stores->path);
  expect_kept(store, &guard);
  ask(&guard, HOUR + 5, HOUR);
  ask_anew(&guard, 9 * HOUR);
  assert_int_equal(guard.between, 8 * HOUR - 5);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  ask(&guard, START + HOUR, 1); /* trusted again: told at once */
  assert_int_equal(guard.since, 0);
  assert_int_equal(guard.between, 0);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  store_close(store);
}

/* However little is worth a write, and so the running time of sessions of a few minutes: it adds
 * up. What changed by less isn't written. */
static void test_worth(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = guard_at(START), first;

  assert_int_equal(clock_save(store, &guard, 300), TLSPIN_OK);
  first = guard;
  ask(&guard, START + 20, 20);
  assert_int_equal(clock_save(store, &guard, 300), TLSPIN_OK);
  expect_kept(store, &first);
  assert_int_equal(clock_save(store, &guard, 15), TLSPIN_OK);
  expect_kept(store, &guard);
  for (int day = 1; day < 200; day++) {
    ask_anew(&guard, START + day * (int64_t)DAY);
    assert_int_equal(clock_save(store, &guard, 300), TLSPIN_OK);
    ask(&guard, START + day * (int64_t)DAY + 180, 180);
    assert_int_equal(clock_save(store, &guard, 15), TLSPIN_OK);
    expect_kept(store, &guard);
    assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
    assert_false(guard.suspect);
  }
  assert_int_equal(guard.steady, 20 + 199 * 180);
  store_close(store);
}

/* Two daemons on one home: the higher mark counts, but for an earlier time that was believed since.
 */
static void test_two_daemons(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard one = guard_at(START), two = guard_at(START + 10 * DAY);

  assert_int_equal(clock_save(store, &one, HOUR), TLSPIN_OK);
  assert_int_equal(clock_save(store, &two, HOUR), TLSPIN_OK);
  expect_kept(store, &two);
  assert_int_equal(clock_save(store, &one, HOUR), TLSPIN_OK);
  assert_int_equal(one.mark, two.mark);
  expect_kept(store, &two);
  one = WALK(one, {START, 0, true, two.mark}, {START + 12 * HOUR, 12 * HOUR, true, two.mark},
             {START + DAY, 12 * HOUR, false, START + DAY});
  assert_int_equal(clock_save(store, &one, HOUR), TLSPIN_OK);
  expect_kept(store, &one);
  ask(&two, two.mark + 2 * HOUR, 2 * HOUR);
  assert_int_equal(clock_save(store, &two, HOUR), TLSPIN_OK);
  assert_int_equal(two.mark, START + DAY);
  expect_kept(store, &one);
  store_close(store);
}

static void put_octets(struct store *store, const uint8_t *octets, size_t count)
{
  assert_int_equal(state_put(store, "clock", (struct span){octets, count}), TLSPIN_OK);
}

enum { FORM_1 = 42, FORM_2 = 82, FORM_3 = 90 };

/* Octets that are of no form that is known here are no memory; whose they are, theirs they stay. */
static void test_strange(void **state)
{
  static const uint8_t octets[FORM_3 + 1] = {3, 0}; /* all times 0: it could be */
  static const struct {
    size_t at;
    uint8_t octet;
  } faults[] = {{0, 0},     {0, 1},     {0, 2},     {0, 4},  {1, 2},  {2, 0x80},  {2, 1},
                {10, 1},    {18, 1},    {26, 0x80}, {26, 1}, {50, 1}, {50, 0x80}, {58, 0x80},
                {66, 0x80}, {74, 0x80}, {58, 1},    {66, 1}, {74, 1}, {82, 0x80}, {82, 1}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = guard_at(START);
  uint8_t kept[STATE_VALUE_MAX];
  size_t kept_size;

  put_octets(store, octets, FORM_3);
  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_int_equal(guard.mark, 0);
  guard = guard_at(START);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    uint8_t wrong[FORM_3];

    memcpy(wrong, octets, sizeof wrong);
    wrong[faults[i].at] = faults[i].octet;
    put_octets(store, wrong, sizeof wrong);
    assert_int_equal(clock_load(store, &guard), TLSPIN_STORE_DAMAGED);
    assert_int_equal(guard.mark, START);
  }
  for (size_t size = 1; size <= FORM_3 + 1; size++) {
    put_octets(store, octets, size);
    assert_int_equal(clock_load(store, &guard), size == FORM_3 ? TLSPIN_OK : TLSPIN_STORE_DAMAGED);
  }
  guard = guard_at(START);
  assert_int_equal(clock_save(store, &guard, 1), TLSPIN_STORE_DAMAGED);
  assert_int_equal(state_get(store, CLOCK_ROW, kept, &kept_size), TLSPIN_OK);
  assert_int_equal(kept_size, FORM_3 + 1);
  assert_memory_equal(kept, octets, kept_size);
  store_close(store);
}

static void put_number(uint8_t *octets, size_t at, int64_t number)
{
  for (size_t i = 0; i < 8; i++)
    octets[at + i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
}

/* What was written when nobody counted: the mark holds, and a trial begins anew. */
static void test_form_1(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t octets[FORM_1 + 1] = {1, 0};
  struct clock_guard guard;

  put_number(octets, 2, START);
  put_number(octets, 10, START - 60);
  put_number(octets, 34, 3);
  put_octets(store, octets, FORM_1);
  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_int_equal(guard.era, 3);
  WALK(guard, {START + JUMP, ANEW, false, START + JUMP});
  WALK(guard, {START + JUMP + 1, ANEW, true, START});
  octets[1] = 1;
  put_number(octets, 10, START + 50 * DAY);
  put_number(octets, 18, START + 49 * DAY);
  put_number(octets, 26, DAY - 1);
  put_octets(store, octets, FORM_1);
  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_true(guard.suspect);
  assert_int_equal(clock_trusted_from(&guard), START + 51 * DAY);
  guard = WALK(guard, {START + 50 * DAY + 10, ANEW, true, START});
  assert_int_equal(guard.since, START + 50 * DAY);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  expect_kept(store, &guard);
  put_octets(store, octets, FORM_1 - 1);
  assert_int_equal(clock_load(store, &guard), TLSPIN_STORE_DAMAGED);
  put_octets(store, octets, FORM_1 + 1);
  assert_int_equal(clock_load(store, &guard), TLSPIN_STORE_DAMAGED);
  store_close(store);
}

/* What was written before anything was vouched for. */
static void test_form_2(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t octets[FORM_2 + 1] = {2, 1};
  struct clock_guard guard;

  put_number(octets, 2, START);
  put_number(octets, 10, START + 41 * DAY); /* seen */
  put_number(octets, 18, START + 40 * DAY); /* since */
  put_number(octets, 26, HOUR);             /* steady */
  put_number(octets, 42, 7);                /* boot, and what it counted */
  put_number(octets, 50, 2 * HOUR);
  put_number(octets, 58, START);
  put_number(octets, 66, START);
  put_number(octets, 74, 23 * HOUR); /* between */
  put_octets(store, octets, FORM_2);
  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_int_equal(guard.off, 0);
  WALK(guard, {START + 41 * DAY + 11 * HOUR, 11 * HOUR, false, START + 41 * DAY + 11 * HOUR});
  put_octets(store, octets, FORM_2 + 1);
  assert_int_equal(clock_load(store, &guard), TLSPIN_STORE_DAMAGED);
  store_close(store);
}

/* A row that is gone without tlspin's doing is not one that never was. */
static void test_distrusted(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = guard_at(START);

  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM state");
  assert_int_equal(clock_load(store, &guard), TLSPIN_UNAVAILABLE);
  assert_int_equal(clock_save(store, &guard, HOUR), TLSPIN_UNAVAILABLE);
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_kept, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_two_daemons, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_strange, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_form_1, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_form_2, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_worth, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_distrusted, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The time that the daemon goes by.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/timekeeper.h"

#include "daemon/state.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

enum { HOUR = 3600, DAY = 86400, NOW = STRATA_NOW + 200000000 /* tlspin was there by then */ };

static struct clock_reading reading;

static struct clock_reading read_clock(void)
{
  return reading;
}

/* The clock says a time, after so many seconds. */
static void pass(int64_t says, int64_t seconds)
{
  reading.says = says;
  reading.elapsed += seconds;
}

static void restart_computer(void)
{
  reading.elapsed = 20;
  reading.boot++;
}

/* A daemon that was started at a time, beside those that run. */
static struct timekeeper start(struct strata *strata, int64_t time)
{
  reading.says = time;
  if (reading.boot == 0)
    restart_computer();
  return (struct timekeeper){strata_open(strata), read_clock, CLOCK_GUARD_NEW, false};
}

static void expect(struct timekeeper *keeper, int64_t time, int64_t believed, bool suspect)
{
  const int64_t *told;

  reading.says = time;
  assert_int_equal(timekeeper_now(keeper), believed);
  assert_int_equal(keeper->guard.suspect, suspect);
  told = layers_clock(keeper->layers);
  assert_int_equal(told != NULL, suspect);
  if (told != NULL)
    assert_int_equal(*told, time);
}

static void test_layers_are_told(void **state)
{
  struct timekeeper keeper = start(*state, NOW);

  expect(&keeper, NOW, NOW, false);
  expect(&keeper, 0, NOW, true);
  expect(&keeper, 60, NOW, true);
  expect(&keeper, NOW + 5, NOW + 5, false);
  expect(&keeper, NOW + 31 * DAY, NOW + 5, true);
}

/* A store in which nothing is remembered. */
static void test_first_start(void **state)
{
  struct timekeeper keeper = start(*state, 0);

  expect(&keeper, 0, CLOCK_RELEASED, true);
  expect(&keeper, NOW, NOW, false);
}

/* It is killed before it had the time to write anything but what a first call stored. */
static void test_killed_at_once(void **state)
{
  struct timekeeper keeper = start(*state, NOW);

  expect(&keeper, NOW, NOW, false);
  keeper = start(*state, NOW + 100 * DAY);
  expect(&keeper, NOW + 100 * DAY, NOW, true);
}

/* The daemon comes and goes; the mark stays, and so does the trial, and the running time is known
 * in between. */
static void test_restarts(void **state)
{
  struct timekeeper keeper = start(*state, NOW);

  timekeeper_save(&keeper);
  keeper = start(*state, NOW + 100 * DAY);
  expect(&keeper, NOW + 100 * DAY, NOW, true);
  timekeeper_save(&keeper);
  pass(NOW + 100 * DAY + 12 * HOUR, 12 * HOUR);
  timekeeper_save(&keeper);
  keeper = start(*state, NOW + 100 * DAY + 12 * HOUR);
  expect(&keeper, NOW + 100 * DAY + 12 * HOUR, NOW, true);
  assert_int_equal(keeper.guard.since, NOW + 100 * DAY);
  pass(NOW + 101 * DAY, 12 * HOUR);
  expect(&keeper, NOW + 101 * DAY, NOW + 101 * DAY, false);
  timekeeper_save(&keeper);
  keeper = start(*state, NOW + 101 * DAY);
  expect(&keeper, NOW + 101 * DAY, NOW + 101 * DAY, false);
}

/* Nor does whoever can set the clock gain anything by a daemon that leaves in between. */
static void test_steps_and_restarts(void **state)
{
  struct timekeeper keeper;

  for (int i = 0; i < 12; i++) {
    keeper = start(*state, NOW + i * (int64_t)29 * DAY);
    expect(&keeper, reading.says, i == 0 ? NOW : NOW + 29 * DAY, i > 1);
    timekeeper_save(&keeper);
    pass(reading.says, 1);
  }
}

/* A laptop that is used for two hours a day, but wasn't for forty days. */
static void test_computer_restarts(void **state)
{
  struct timekeeper keeper = start(*state, NOW);
  int64_t now = NOW + 40 * DAY;
  int days = 0;

  timekeeper_save(&keeper);
  do {
    assert_in_range(++days, 1, 6);
    restart_computer();
    keeper = start(*state, now);
    expect(&keeper, now, NOW, true);
    timekeeper_save(&keeper);
    pass(now + 2 * HOUR, 2 * HOUR);
    timekeeper_save(&keeper);
    now += DAY;
  } while (keeper.guard.suspect);
  assert_int_equal(days, 6);
  assert_int_equal(keeper.guard.mark, reading.says);
}

/* A right clock, and a computer that is switched on for some minutes a day; or each of whose
 * daemons is, as far as anybody knows, a start of its own. */
static void live_daily(struct strata *strata, int minutes)
{
  int64_t now = NOW;

  for (int day = 0; day < 100; day++, now += DAY) {
    struct timekeeper keeper;

    restart_computer();
    keeper = start(strata, now);
    for (int minute = 0; minute < minutes; minute++) {
      expect(&keeper, now + minute * 60, now + minute * 60, false);
      timekeeper_save(&keeper);
      pass(now + minute * 60 + 60, 60);
    }
    timekeeper_leave(&keeper);
  }
}

static void test_minutes_a_day(void **state)
{
  live_daily(*state, 20);
}

static void test_few_minutes_a_day(void **state)
{
  live_daily(*state, 2);
}

/* Not each call is a write, and not each minute. */
static void test_written_seldom(void **state)
{
  struct strata *strata = *state;
  struct timekeeper keeper = start(strata, NOW);
  struct clock_guard kept;
  int64_t last = 0;
  int writes = 0;

  for (int i = 0; i < 3600; i += 10) {
    timekeeper_save(&keeper);
    assert_int_equal(clock_load(layers_at(keeper.layers, 0)->store, &kept), TLSPIN_OK);
    writes += kept.elapsed != last;
    last = kept.elapsed;
    pass(NOW + i + 10, 10);
  }
  assert_int_equal(writes, 12);
  timekeeper_leave(&keeper);
  assert_int_equal(clock_load(layers_at(keeper.layers, 0)->store, &kept), TLSPIN_OK);
  assert_int_equal(kept.elapsed, reading.elapsed);
}

/* What a newer version remembers: it isn't written over, and until it is understood, nothing ends.
 */
static void test_not_understood(void **state)
{
  static const uint8_t newer[] = {77, 1, 2, 3};
  struct strata *strata = *state;
  struct timekeeper keeper = start(strata, NOW);
  struct clock_guard guard = CLOCK_GUARD_AT(NOW);
  uint8_t kept[STATE_VALUE_MAX];
  struct store *store;
  size_t size;

  timekeeper_save(&keeper);
  store = layers_at(keeper.layers, 0)->store;
  assert_int_equal(state_put(store, CLOCK_ROW, (struct span){newer, sizeof newer}), TLSPIN_OK);
  keeper = start(strata, NOW + 10);
  store = layers_user(keeper.layers, NOW)->store;
  for (int day = 0; day < 20; day++) {
    expect(&keeper, NOW + day * DAY, CLOCK_RELEASED, true);
    assert_true(keeper.guard.unread);
    timekeeper_save(&keeper);
    timekeeper_leave(&keeper);
    pass(NOW, DAY);
  }
  assert_int_equal(state_get(store, CLOCK_ROW, kept, &size), TLSPIN_OK);
  assert_int_equal(size, sizeof newer);
  assert_memory_equal(kept, newer, size);
  /* The user has seen to it: by a backup in which it was, or from before there was any. */
  assert_int_equal(state_put(store, CLOCK_ROW, (struct span){NULL, 0}), TLSPIN_OK);
  expect(&keeper, NOW + 20 * DAY, NOW + 20 * DAY, false);
  assert_false(keeper.guard.unread);
  assert_int_equal(state_put(store, CLOCK_ROW, (struct span){newer, sizeof newer}), TLSPIN_OK);
  keeper = start(strata, NOW);
  expect(&keeper, NOW, CLOCK_RELEASED, true);
  store = layers_at(keeper.layers, 0)->store;
  assert_int_equal(state_put(store, CLOCK_ROW, (struct span){NULL, 0}), TLSPIN_OK);
  assert_int_equal(clock_save(store, &guard, 1), TLSPIN_OK);
  expect(&keeper, NOW + 60, NOW + 60, false);
  assert_false(keeper.guard.unread);
}

/* Nor is another clock believed while the store is away, before it was asked or after; and what it
 * holds says that it is no earlier. */
static void test_not_understood_and_away(void **state)
{
  static const uint8_t newer[] = {77};
  struct strata *strata = *state;
  struct timekeeper keeper = start(strata, NOW);
  struct ticket_row row = strata_row("b.example", LOCK_NONE, 1);
  struct store *store;

  timekeeper_save(&keeper);
  store = layers_at(keeper.layers, 0)->store;
  row.issued = NOW - DAY;
  row.expires = NOW + DAY;
  assert_int_equal(store_put(store, &row, 0, NOW), TLSPIN_OK);
  assert_int_equal(state_put(store, CLOCK_ROW, (struct span){newer, sizeof newer}), TLSPIN_OK);
  strata_open(strata); /* so that the file is closed */
  assert_int_equal(g_chmod(strata->user, 0666), 0);
  keeper = start(strata, NOW + (int64_t)3650 * DAY);
  expect(&keeper, NOW + (int64_t)3650 * DAY, NOW + (int64_t)3650 * DAY, false);
  strata_expect(strata->layers, "a.example", NOW, TLSPIN_UNAVAILABLE, "store-unreadable", "user");
  for (int i = 0; i < 3; i++) {
    assert_int_equal(g_chmod(strata->user, i == 1 ? 0666 : 0600), 0);
    if (i == 1)
      layers_release_user(strata->layers);
    expect(&keeper, NOW + (3651 + i) * (int64_t)DAY, NOW - DAY, true);
    assert_true(keeper.guard.unread);
  }
}

/* A store that can't be read at first says what it remembers before it answers. */
static void test_store_comes_later(void **state)
{
  struct strata *strata = *state;
  struct timekeeper keeper = start(strata, NOW);

  timekeeper_save(&keeper);
  strata_open(strata); /* so that the file is closed */
  assert_int_equal(g_chmod(strata->user, 0666), 0);
  keeper = start(strata, NOW + 100 * DAY);
  expect(&keeper, NOW + 100 * DAY, NOW + 100 * DAY, false);
  strata_expect(strata->layers, "a.example", NOW, TLSPIN_UNAVAILABLE, "store-unreadable", "user");
  timekeeper_save(&keeper);
  assert_false(keeper.known);
  assert_int_equal(g_chmod(strata->user, 0600), 0);
  expect(&keeper, NOW + 100 * DAY + 1, NOW, true);
  assert_true(keeper.known);
}

/* What was in memory goes on where the file is lost, and is written into the one that is made in
 * its place. */
static void test_file_is_replaced(void **state)
{
  struct strata *strata = *state;
  struct timekeeper keeper = start(strata, NOW);

  timekeeper_save(&keeper);
  assert_int_equal(g_unlink(strata->user), 0);
  expect(&keeper, NOW - DAY, NOW, true);
  keeper.layers = strata_open(strata); /* it is recovered */
  timekeeper_save(&keeper);
  keeper = start(strata, NOW - DAY + 60);
  expect(&keeper, NOW - DAY + 60, NOW, true);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_layers_are_told),    TEST(test_first_start),
      TEST(test_killed_at_once),     TEST(test_restarts),
      TEST(test_steps_and_restarts), TEST(test_computer_restarts),
      TEST(test_store_comes_later),  TEST(test_file_is_replaced),
      TEST(test_minutes_a_day),      TEST(test_not_understood_and_away),
      TEST(test_few_minutes_a_day),  TEST(test_written_seldom),
      TEST(test_not_understood),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

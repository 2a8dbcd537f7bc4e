/* Which time is believed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "daemon/row.h"
#include "daemon/state.h"
#include "tests/full.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { HOUR = 3600, DAY = 86400 };

#define START INT64_C(1900000000)
#define JUMP  ((int64_t)CLOCK_JUMP)

static struct clock_guard guard_at(int64_t mark)
{
  return (struct clock_guard){.mark = mark, .seen = mark};
}

/* What one asking makes of a clock that was right at START. */
static void test_once(void **state)
{
  static const struct {
    int64_t now;
    bool suspect;
    int64_t mark;
  } cases[] = {
      {START, false, START},
      {START + 1, false, START + 1},
      {START + JUMP, false, START + JUMP},
      {START + JUMP + 1, true, START},
      {START + 31 * DAY, true, START},
      {START - 1, false, START},
      {START - CLOCK_TOLERANCE, false, START},
      {START - CLOCK_TOLERANCE - 1, true, START},
      {START - DAY, true, START},
      {0, true, START},
      {-1, true, START},
      {INT64_MIN, true, START},
      {INT64_C(2082758400), true, START}, /* 2036 */
      {INT64_C(2147483648), true, START}, /* 2038, beyond 32 bits */
      {KEYPIN_FOREVER, true, START},      /* 9999 */
      {KEYPIN_FOREVER + 1, true, START},
      {INT64_MAX, true, START},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct clock_guard guard = guard_at(START);

    clock_believe(&guard, cases[i].now);
    if (guard.suspect != cases[i].suspect || guard.mark != cases[i].mark)
      fail_msg("case %zu: %s, mark %" PRId64, i, guard.suspect ? "suspect" : "trusted", guard.mark);
    assert_true(time_is_valid(guard.seen) && time_is_valid(guard.since));
    assert_int_equal(guard.era, 0);
  }
}

/* What the clock says, and what is made of it. */
struct asking {
  int64_t now;
  bool suspect;
  int64_t mark;
};

static struct clock_guard walk(struct clock_guard guard, const struct asking *steps, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    clock_believe(&guard, steps[i].now);
    if (guard.suspect != steps[i].suspect || guard.mark != steps[i].mark)
      fail_msg("step %zu: %s, mark %" PRId64, i, guard.suspect ? "suspect" : "trusted", guard.mark);
  }
  return guard;
}

#define WALK(guard, ...)                                                                           \
  walk(guard, (const struct asking[]){__VA_ARGS__},                                                \
       sizeof((const struct asking[]){__VA_ARGS__}) / sizeof(struct asking))

/* Rules 2 to 4, forwards: after a long time off, say. */
static void test_forward(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {far, true, START}, {far + 12 * HOUR, true, START},
               {far + DAY - 1, true, START});
  assert_int_equal(guard.since, far);
  assert_int_equal(clock_trusted_from(&guard), far + DAY);
  guard = WALK(guard, {far + DAY, false, far + DAY}, {far + DAY + 5, false, far + DAY + 5});
  assert_int_equal(guard.era, 0);
}

/* And backwards: then an earlier time is believed again. */
static void test_backward(void **state)
{
  const int64_t past = START - 20 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {past, true, START}, {past + 12 * HOUR, true, START},
               {past + DAY, false, past + DAY});
  assert_int_equal(guard.era, 1);
  WALK(guard_at(START), {START - DAY, true, START}, {START - 12 * HOUR, true, START},
       {START - CLOCK_TOLERANCE - 1, true, START}, {START - CLOCK_TOLERANCE, false, START},
       {START + 1, false, START + 1});
}

/* Rule 5. */
static void test_back_at_once(void **state)
{
  (void)state;
  WALK(guard_at(START), {0, true, START}, {START + 3, false, START + 3},
       {KEYPIN_FOREVER, true, START + 3}, {START + 2, false, START + 3});
}

/* Rule 3: what passes in one step is no proof, however long it is. */
static void test_steps(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard;

  (void)state;
  WALK(guard_at(START), {far, true, START}, {far + 29 * DAY, true, START},
       {far + 29 * DAY + 12 * HOUR, false, far + 29 * DAY + 12 * HOUR});
  /* Another jump, and another: each begins anew. */
  guard = WALK(guard_at(START), {far, true, START}, {far + 12 * HOUR, true, START},
               {far + 60 * DAY, true, START}, {far + 60 * DAY + 12 * HOUR, true, START});
  assert_int_equal(guard.since, far + 60 * DAY);
  assert_int_equal(guard.steady, 12 * HOUR);
  guard = WALK(guard, {far + 60 * DAY, true, START}); /* back by more than ten minutes */
  assert_int_equal(guard.steady, 0);
  guard = WALK(guard, {far + 60 * DAY + 900, true, START}, {far + 60 * DAY + 600, true, START});
  assert_int_equal(guard.since, far + 60 * DAY); /* back by less: the same trial, and no progress */
  assert_int_equal(guard.steady, 900);
}

/* A time that can't be stored never goes on, and is never believed. */
static void test_beyond(void **state)
{
  struct clock_guard guard = guard_at(START);

  (void)state;
  for (int i = 0; i < 1000; i++)
    clock_believe(&guard, KEYPIN_FOREVER + (int64_t)i * HOUR);
  assert_true(guard.suspect);
  assert_int_equal(guard.mark, START);
  for (int i = 0; i < 1000; i++)
    clock_believe(&guard, -(int64_t)1000 * HOUR + (int64_t)i * HOUR);
  assert_true(guard.suspect);
  assert_int_equal(guard.mark, START);
}

static void test_new(void **state)
{
  (void)state;
  WALK(CLOCK_GUARD_NEW, {START, false, START});
  WALK(CLOCK_GUARD_NEW, {CLOCK_RELEASED, false, CLOCK_RELEASED});
  WALK(CLOCK_GUARD_NEW, {CLOCK_RELEASED + 1000 * DAY, false, CLOCK_RELEASED + 1000 * DAY});
  /* A battery that was empty: what is stored now has a time all the same. Once it is set, the clock
   * is right. */
  WALK(CLOCK_GUARD_NEW, {5, true, CLOCK_RELEASED}, {90, true, CLOCK_RELEASED},
       {START, false, START}, {START - DAY, true, START});
  WALK(CLOCK_GUARD_NEW, {0, true, CLOCK_RELEASED}, {12 * HOUR, true, CLOCK_RELEASED},
       {24 * HOUR, false, 24 * HOUR});
}

static uint64_t next(uint64_t *seed)
{
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

/* Mostly an ordinary clock, with jumps of every size. */
static int64_t move(uint64_t *seed, int64_t now)
{
  static const int64_t sizes[] = {10, CLOCK_TOLERANCE + 5, DAY, 2 * JUMP, 30 * 365 * (int64_t)DAY};
  int64_t size = sizes[next(seed) % 5];

  switch (next(seed) % 8) {
  case 0:
    return now - (int64_t)(next(seed) % (uint64_t)size);
  case 1:
    return now + (int64_t)(next(seed) % (uint64_t)size);
  case 2:
    return next(seed) % 20 == 0 ? START : now;
  default:
    return now + (int64_t)(next(seed) % (2 * HOUR));
  }
}

/* What has to hold after every asking. `passed`: seconds of trial that a clock, of which each step
 * counts twelve hours at the most, can have had since it was suspect. */
static const char *find_fault(const struct clock_guard *before, const struct clock_guard *after,
                              int64_t now, int64_t passed)
{
  int64_t said = now < 0 ? 0 : now > KEYPIN_FOREVER ? KEYPIN_FOREVER : now;

  if (after->seen != said)
    return "it forgot what the clock said";
  if (after->suspect && (after->mark != before->mark || after->era != before->era))
    return "the mark moved while the clock was suspect";
  if (!after->suspect && (said > after->mark || said < after->mark - CLOCK_TOLERANCE))
    return "a clock is trusted that is not at the mark";
  if (after->mark < before->mark && after->era != before->era + 1)
    return "an earlier time was believed without a word";
  if (after->mark >= before->mark && after->era != before->era)
    return "an era without an earlier time";
  if (!after->suspect && after->mark > before->mark + CLOCK_JUMP && passed < CLOCK_TRIAL)
    return "a jump forward was believed without a trial";
  if (after->mark < before->mark && passed < CLOCK_TRIAL)
    return "a jump back was believed without a trial";
  if (after->suspect && said >= after->mark - CLOCK_TOLERANCE && said <= after->mark + CLOCK_JUMP)
    return "a clock is suspect that is right";
  return NULL;
}

static int64_t count_trial(const struct clock_guard *before, int64_t now, int64_t passed)
{
  int64_t step = now - before->seen;

  if (!before->suspect || step < -(int64_t)CLOCK_TOLERANCE || step > CLOCK_JUMP)
    return 0;
  return passed + (step < 0 ? 0 : step < CLOCK_STEP ? step : CLOCK_STEP);
}

/* From wherever the walk came to, a clock that goes on steadily is believed after a day. */
static bool recovers(struct clock_guard guard)
{
  int64_t now = guard.seen < KEYPIN_FOREVER - 2 * DAY ? guard.seen : START;

  clock_believe(&guard, now);
  for (int64_t passed = 0; passed < CLOCK_TRIAL; passed += HOUR)
    clock_believe(&guard, now + passed + HOUR);
  return !guard.suspect && guard.mark - (now + CLOCK_TRIAL) <= CLOCK_TOLERANCE;
}

static void test_walks(void **state)
{
  const char *given = getenv("TESTS_SEED");
  uint64_t first = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
  uint64_t walks = full_count(200, 2000, 100000);

  (void)state;
  for (uint64_t number = first; number < first + walks; number++) {
    struct clock_guard guard = guard_at(START);
    int64_t now = START, passed = 0;
    uint64_t seed = number;

    for (int i = 0; i < 300; i++) {
      struct clock_guard before = guard;
      const char *fault;

      now = move(&seed, now);
      passed = count_trial(&before, now, passed);
      clock_believe(&guard, now);
      fault = find_fault(&before, &guard, now, passed);
      if (fault == NULL && !recovers(guard))
        fault = "it never recovers";
      if (fault != NULL)
        fail_msg("%s (TESTS_SEED=%" PRIu64 ", step %d)", fault, number, i);
      if (!guard.suspect)
        passed = 0;
    }
  }
}

/* A computer that is on for some hours a day, or a week, and whose clock is right: nobody is told
 * anything but after more than 30 days off. */
static void test_honest(void **state)
{
  static const int64_t gaps[] = {60, HOUR, DAY, 7 * DAY, JUMP};

  (void)state;
  for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
    struct clock_guard guard = guard_at(START);

    for (int64_t now = START; now < START + 5000 * gaps[i] && now < KEYPIN_FOREVER;
         now += gaps[i]) {
      clock_believe(&guard, now);
      assert_false(guard.suspect);
      assert_int_equal(guard.mark, now);
    }
  }
}

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
}

static void test_kept(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = CLOCK_GUARD_NEW, first;

  assert_int_equal(clock_load(store, &guard), TLSPIN_E_NOT_FOUND);
  assert_int_equal(guard.mark, CLOCK_RELEASED);
  clock_believe(&guard, START);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &guard);
  first = guard;
  clock_believe(&guard, START + HOUR - 1);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &first); /* less than an hour: not worth a write */
  clock_believe(&guard, START + HOUR);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &guard);
  clock_believe(&guard, 5);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  store_close(store);
  store = stores_open(stores->path);
  expect_kept(store, &guard);
  clock_believe(&guard, HOUR + 5);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &guard);
  clock_believe(&guard, START + HOUR); /* trusted again: told at once */
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &guard);
  store_close(store);
}

/* Two daemons on one home: the higher mark counts, but for an earlier time that was believed since.
 */
static void test_two_daemons(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard one = guard_at(START), two = guard_at(START + 10 * DAY);

  assert_int_equal(clock_save(store, &one), TLSPIN_OK);
  assert_int_equal(clock_save(store, &two), TLSPIN_OK);
  expect_kept(store, &two);
  assert_int_equal(clock_save(store, &one), TLSPIN_OK);
  assert_int_equal(one.mark, two.mark);
  expect_kept(store, &two);
  one = WALK(one, {START, true, two.mark}, {START + 12 * HOUR, true, two.mark},
             {START + DAY, false, START + DAY});
  assert_int_equal(clock_save(store, &one), TLSPIN_OK);
  expect_kept(store, &one);
  clock_believe(&two, two.mark + 2 * HOUR);
  assert_int_equal(clock_save(store, &two), TLSPIN_OK);
  assert_int_equal(two.mark, START + DAY);
  expect_kept(store, &one);
  store_close(store);
}

/* Octets that are not of the form are no memory, and are written over. */
static void test_strange(void **state)
{
  static const uint8_t octets[43] = {1, 0};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = guard_at(START);
  uint8_t value[42] = {1, 0}; /* all times 0: it could be */
  static const struct {
    size_t at;
    uint8_t octet;
  } faults[] = {{0, 0}, {0, 2}, {1, 2}, {2, 0x80}, {2, 1}, {10, 1}, {18, 1}, {26, 0x80}, {26, 1}};

  assert_int_equal(state_put(store, "clock", (struct span){value, sizeof value}), TLSPIN_OK);
  assert_int_equal(clock_load(store, &guard), TLSPIN_OK);
  assert_int_equal(guard.mark, 0);
  guard = guard_at(START);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    uint8_t wrong[42];

    memcpy(wrong, value, sizeof wrong);
    wrong[faults[i].at] = faults[i].octet;
    assert_int_equal(state_put(store, "clock", (struct span){wrong, sizeof wrong}), TLSPIN_OK);
    assert_int_equal(clock_load(store, &guard), TLSPIN_UNAVAILABLE);
    assert_int_equal(guard.mark, START);
  }
  assert_int_equal(state_put(store, "clock", (struct span){octets, 41}), TLSPIN_OK);
  assert_int_equal(clock_load(store, &guard), TLSPIN_UNAVAILABLE);
  assert_int_equal(state_put(store, "clock", (struct span){octets, 43}), TLSPIN_OK);
  assert_int_equal(clock_load(store, &guard), TLSPIN_UNAVAILABLE);
  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  expect_kept(store, &guard);
  store_close(store);
}

/* A row that is gone without tlspin's doing is not one that never was. */
static void test_distrusted(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = guard_at(START);

  assert_int_equal(clock_save(store, &guard), TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM state");
  assert_int_equal(clock_load(store, &guard), TLSPIN_UNAVAILABLE);
  assert_int_equal(clock_save(store, &guard), TLSPIN_UNAVAILABLE);
  store_close(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_once),
      cmocka_unit_test(test_forward),
      cmocka_unit_test(test_backward),
      cmocka_unit_test(test_back_at_once),
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_beyond),
      cmocka_unit_test(test_new),
      cmocka_unit_test(test_walks),
      cmocka_unit_test(test_honest),
      cmocka_unit_test_setup_teardown(test_kept, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_two_daemons, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_strange, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_distrusted, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

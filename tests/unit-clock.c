/* Which time is believed: the rules.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "daemon/row.h"
#include "tests/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

    i % 2 == 0 ? ask(&guard, cases[i].now, 0) : ask_anew(&guard, cases[i].now);
    if (guard.suspect != cases[i].suspect || guard.mark != cases[i].mark)
      fail_msg("case %zu: %s, mark %" PRId64, i, guard.suspect ? "suspect" : "trusted", guard.mark);
    assert_true(time_is_valid(guard.seen) && time_is_valid(guard.since));
    assert_int_equal(guard.era, 0);
  }
}

/* Rules 3 to 5, forwards: after a long time off, say. */
static void test_forward(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {far, ANEW, true, START}, {far + 12 * HOUR, 12 * HOUR, true, START},
               {far + DAY - 1, 12 * HOUR - 1, true, START});
  assert_int_equal(guard.since, far);
  assert_int_equal(clock_trusted_from(&guard), far + DAY);
  guard = WALK(guard, {far + DAY, 1, false, far + DAY}, {far + DAY + 5, 5, false, far + DAY + 5});
  assert_int_equal(guard.era, 0);
  WALK(guard_at(START), {far, 0, true, START}, {far + 99 * DAY, 99 * DAY, false, far + 99 * DAY});
}

/* And backwards: then an earlier time is believed again. */
static void test_backward(void **state)
{
  const int64_t past = START - 20 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {past, 1, true, START}, {past + 12 * HOUR, 12 * HOUR, true, START},
               {past + DAY, 12 * HOUR, false, past + DAY});
  assert_int_equal(guard.era, 1);
  WALK(guard_at(START), {START - DAY, 0, true, START}, {START - 12 * HOUR, 12 * HOUR, true, START},
       {START - CLOCK_TOLERANCE - 1, 0, true, START}, {START - CLOCK_TOLERANCE, 0, false, START},
       {START + 1, 0, false, START + 1});
}

/* Rule 6. */
static void test_back_at_once(void **state)
{
  (void)state;
  WALK(guard_at(START), {0, 1, true, START}, {START + 3, 2, false, START + 3},
       {KEYPIN_FOREVER, 1, true, START + 3}, {START + 2, 1, false, START + 3});
}

/* Rule 2: whatever the size of the steps, and whether the computer was started in between. */
static void test_ahead(void **state)
{
  static const int64_t sizes[] = {1, 599, HOUR, 7 * DAY, 29 * DAY};

  (void)state;
  for (size_t i = 0; i < 2 * (sizeof sizes / sizeof *sizes); i++) {
    struct clock_guard guard = guard_at(START);
    int64_t now = START, size = sizes[i / 2];

    while (!guard.suspect && now < START + 2 * JUMP) {
      now += size;
      i % 2 == 0 ? ask(&guard, now, 0) : ask_anew(&guard, now);
    }
    assert_int_equal(guard.mark, START + JUMP / size * size);
  }
}

/* How long a step ahead counts. */
static void test_turns(void **state)
{
  const int64_t ahead = START + 20 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {ahead, 0, false, ahead},
               {ahead + 12 * HOUR, 12 * HOUR, false, ahead + 12 * HOUR});
  WALK(guard, {ahead + 11 * DAY, 0, true, ahead + 12 * HOUR});
  WALK(guard, {ahead + 10 * DAY + 12 * HOUR, 0, false, ahead + 10 * DAY + 12 * HOUR});
  guard = WALK(guard, {ahead + DAY - 1, 12 * HOUR - 1, false, ahead + DAY - 1});
  WALK(guard, {ahead + 12 * DAY, 0, true, ahead + DAY - 1});
  guard = WALK(guard, {ahead + DAY, 1, false, ahead + DAY});
  /* What was there at the last turn but one is forgotten, and what came since isn't. */
  WALK(guard, {ahead + 12 * HOUR + 30 * DAY, 0, false, ahead + 12 * HOUR + 30 * DAY});
  WALK(guard, {ahead + DAY + 30 * DAY + 1, 0, true, ahead + DAY});
  /* Shortly before a turn: half the time, but no less. */
  guard =
      WALK(guard_at(START), {START + 12 * HOUR - 1, 12 * HOUR - 1, false, START + 12 * HOUR - 1},
           {ahead + 12 * HOUR, 1, false, ahead + 12 * HOUR});
  WALK(guard, {ahead + DAY + 11 * DAY - 1, 12 * HOUR - 1, true, ahead + 12 * HOUR});
  WALK(guard, {ahead + DAY, 12 * HOUR, false, ahead + DAY},
       {ahead + DAY + JUMP, 0, false, ahead + DAY + JUMP});
}

/* Rule 3: a minute vouches for half a day, of a week at the most; and never for a step within one
 * start. */
static void test_vouched(void **state)
{
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {START + 20 * DAY, ANEW, false, START + 20 * DAY});
  assert_int_equal(guard.off, CLOCK_WEEK);
  assert_int_equal(guard.reckoned, START);
  guard = WALK(guard, {START + 20 * DAY + 60, 60, false, START + 20 * DAY + 60});
  assert_int_equal(guard.off, CLOCK_WEEK - 12 * HOUR);
  assert_int_equal(guard.reckoned, START + 12 * HOUR + 60);
  guard = WALK(guard, {START + 20 * DAY + HOUR, HOUR - 60, false, START + 20 * DAY + HOUR});
  assert_int_equal(guard.off, 0);
  assert_int_equal(guard.reckoned, START + 7 * DAY + HOUR);
  assert_int_equal(guard.next, START + 7 * DAY + HOUR);
  WALK(guard, {START + 37 * DAY + HOUR + 1, 0, true, START + 20 * DAY + HOUR});
  guard = WALK(guard, {START + 37 * DAY + HOUR, 0, false, START + 37 * DAY + HOUR},
               {START + 37 * DAY + 2 * HOUR, HOUR, false, START + 37 * DAY + 2 * HOUR});
  assert_int_equal(guard.off, 0);
  assert_int_equal(guard.reckoned, START + 7 * DAY + 2 * HOUR);
  /* Starts without end, and no time in which it runs. */
  guard = guard_at(START);
  for (int i = 1; i <= 30; i++)
    ask_anew(&guard, START + i * (int64_t)DAY);
  assert_int_equal(guard.off, CLOCK_WEEK);
  WALK(guard, {START + 31 * DAY, ANEW, true, START + 30 * DAY});
  /* What is vouched for is not ahead of the mark. */
  guard = WALK(guard_at(START), {START - 500, 0, false, START}, {START, ANEW, false, START},
               {START, HOUR, false, START});
  assert_int_equal(guard.off, 0);
  assert_int_equal(guard.reckoned, START + HOUR);
}

/* Where starts have no number, one that has run for less is another; and never is more running time
 * counted than there was. */
static void test_no_numbers(void **state)
{
  struct clock_guard guard = guard_at(START);
  int64_t ran = HOUR;

  (void)state;
  for (int day = 1; day < 300; day++) {
    for (int64_t elapsed = 60; elapsed <= 20 * 60; elapsed += 60) {
      clock_believe(&guard,
                    &(struct clock_reading){START + day * (int64_t)DAY + elapsed, elapsed, 1});
      assert_false(guard.suspect);
    }
    ran += 20 * 60;
    assert_true(guard.reckoned <= guard.mark);
  }
  assert_true(guard.steady <= ran);
}

/* Rule 6: a week, of short starts; and no sooner however it is set. */
static void test_trial_week(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard = WALK(guard_at(START), {far, ANEW, true, START});

  (void)state;
  for (int i = 1; i <= 7; i++)
    guard = WALK(guard, {far + i * (int64_t)25 * DAY, ANEW, true, START});
  assert_int_equal(guard.off, CLOCK_WEEK);
  assert_int_equal(clock_trusted_from(&guard), far + 175 * DAY + 12 * HOUR);
  guard = WALK(guard, {far + 175 * DAY + 839, 839, true, START});
  assert_int_equal(clock_trusted_from(&guard), far + 175 * DAY + 839 + CLOCK_VOUCHES);
  WALK(guard, {far + 175 * DAY + 840, 1, false, far + 175 * DAY + 840});
  guard = WALK(guard, {far + 175 * DAY + 2 * HOUR, 1, true, START});
  assert_int_equal(guard.off, 0);
}

/* It isn't known what was believed. */
static void test_distrust(void **state)
{
  struct clock_guard guard = CLOCK_GUARD_NEW;

  (void)state;
  for (int i = 0; i < 60; i++) {
    clock_distrust(&guard, &(struct clock_reading){START + i * (int64_t)HOUR, i * HOUR, 1});
    assert_true(guard.suspect && guard.unread);
    assert_int_equal(guard.mark, CLOCK_RELEASED);
    assert_int_equal(guard.seen, START + i * (int64_t)HOUR);
  }
}

/* A clock that is held back, and then set right: the running time is known all along. */
static void test_slow(void **state)
{
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {START, 20 * HOUR, false, START}, {START, 20 * HOUR, false, START},
               {START + 40 * HOUR + JUMP, 0, false, START + 40 * HOUR + JUMP});
  WALK(guard, {START + 40 * HOUR + JUMP + 1, 0, true, START + 40 * HOUR + JUMP});
  for (int i = 1; i < 100; i++) {
    ask(&guard, START + (40 + i) * (int64_t)HOUR + JUMP, HOUR);
    assert_false(guard.suspect);
  }
}

/* Where it comes back, what was counted before it jumped counts on. */
static void test_ahead_and_back(void **state)
{
  const int64_t ahead = START + 20 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {ahead, 0, false, ahead}, {ahead + 20 * DAY, 0, true, ahead},
               {ahead + HOUR, HOUR, false, ahead + HOUR}, {ahead + 20 * DAY, 0, true, ahead + HOUR},
               {ahead + 10 * DAY + HOUR, 0, false, ahead + 10 * DAY + HOUR});
  assert_int_equal(guard.reckoned, START + HOUR);
  assert_int_equal(guard.next, START + HOUR);
  assert_int_equal(guard.steady, 0);
  guard = WALK(guard, {0, 0, true, ahead + 10 * DAY + HOUR},
               {12 * HOUR, 12 * HOUR, true, ahead + 10 * DAY + HOUR},
               {ahead + 10 * DAY + 13 * HOUR, 0, false, ahead + 10 * DAY + 13 * HOUR});
  assert_int_equal(guard.reckoned, START + 13 * HOUR);
  assert_int_equal(guard.next, ahead + 10 * DAY + 13 * HOUR);
  assert_int_equal(guard.since, 0);
}

/* Rule 4: it is the running time that counts, and no step of the clock. */
static void test_trial(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {far, 1, true, START}, {far + 12 * HOUR, 1, true, START},
               {far + DAY, 1, true, START}, {far + 60 * DAY, 1, true, START});
  assert_int_equal(guard.since, far + 60 * DAY);
  assert_int_equal(guard.steady, 0);
  /* Off by ten minutes it goes on, but in all, and not at each asking. */
  guard = WALK(guard_at(START), {far, 1, true, START}, {far + HOUR + 600, HOUR, true, START},
               {far + 2 * HOUR - 600, HOUR, true, START});
  assert_int_equal(guard.since, far);
  assert_int_equal(guard.steady, 2 * HOUR);
  guard = WALK(guard, {far + 3 * HOUR + 600, HOUR, true, START},
               {far + 3 * HOUR + 601, 0, true, START});
  assert_int_equal(guard.since, far + 3 * HOUR + 601);
  assert_int_equal(guard.steady, 0);
  guard = WALK(guard, {far + 3 * HOUR, 0, true, START});
  guard = WALK(guard, {far + 3 * HOUR, HOUR, true, START}); /* it stands still */
  assert_int_equal(guard.since, far + 3 * HOUR);
  assert_int_equal(guard.steady, 0);
}

/* And rule 4 between two starts. */
static void test_trial_between(void **state)
{
  const int64_t far = START + 100 * DAY;
  struct clock_guard guard;

  (void)state;
  guard = WALK(guard_at(START), {far, 1, true, START}, {far + 7 * DAY, ANEW, true, START},
               {far + 37 * DAY, ANEW, true, START});
  assert_int_equal(guard.since, far);
  assert_int_equal(guard.between, 37 * DAY);
  assert_int_equal(clock_trusted_from(&guard), far + 37 * DAY + 12 * HOUR);
  WALK(guard, {far + 37 * DAY + 12 * HOUR - 1, 12 * HOUR - 1, true, START},
       {far + 37 * DAY + 12 * HOUR, 1, false, far + 37 * DAY + 12 * HOUR});
  /* Set back, or ahead by too much: anew. */
  for (int i = 0; i < 2; i++) {
    int64_t to = i == 0 ? far + 37 * DAY - 601 : far + 67 * DAY + 1;
    struct clock_guard other = WALK(guard, {to, ANEW, true, START});

    assert_int_equal(other.since, to);
    assert_int_equal(other.between, 0);
  }
  guard = WALK(guard, {far + 37 * DAY - 600, ANEW, true, START});
  assert_int_equal(guard.since, far);
  assert_int_equal(guard.between, 37 * DAY);
  /* A count that is behind is another one, whatever it is called. */
  guard = WALK(guard, {far + 38 * DAY, -20, true, START});
  assert_int_equal(guard.between, 38 * DAY + 600);
  assert_int_equal(guard.steady, 0);
}

/* A time that can't be stored never goes on, and is never believed. */
static void test_beyond(void **state)
{
  struct clock_guard guard = guard_at(START);

  (void)state;
  for (int i = 0; i < 1000; i++)
    ask(&guard, KEYPIN_FOREVER + (int64_t)i * HOUR, HOUR);
  assert_true(guard.suspect);
  assert_int_equal(guard.mark, START);
  for (int i = 0; i < 1000; i++)
    ask(&guard, -(int64_t)1000 * HOUR + (int64_t)i * HOUR, HOUR);
  assert_true(guard.suspect);
  assert_int_equal(guard.mark, START);
  ask(&guard, START, INT64_MAX - guard.elapsed); /* nor does such a running time do harm */
  assert_int_equal(guard.mark, START);
  assert_true(time_is_valid(guard.reckoned) && time_is_valid(guard.elapsed));
  ask(&guard, KEYPIN_FOREVER, -5);
  clock_believe(&guard, &(struct clock_reading){START, -1, 7});
  assert_int_equal(guard.elapsed, 0);
}

static void test_new(void **state)
{
  (void)state;
  WALK(CLOCK_GUARD_NEW, {START, ANEW, false, START}, {START + JUMP, 0, false, START + JUMP},
       {START + JUMP + 1, 0, true, START + JUMP});
  WALK(CLOCK_GUARD_NEW, {CLOCK_RELEASED, ANEW, false, CLOCK_RELEASED});
  WALK(CLOCK_GUARD_NEW, {CLOCK_RELEASED + 1000 * DAY, ANEW, false, CLOCK_RELEASED + 1000 * DAY});
  /* A battery that was empty: what is stored now has a time all the same. Once it is set, the clock
   * is right. */
  WALK(CLOCK_GUARD_NEW, {5, ANEW, true, CLOCK_RELEASED}, {90, 85, true, CLOCK_RELEASED},
       {START, 1, false, START}, {START - DAY, 1, true, START});
  WALK(CLOCK_GUARD_NEW, {0, ANEW, true, CLOCK_RELEASED},
       {12 * HOUR, 12 * HOUR, true, CLOCK_RELEASED}, {24 * HOUR, 12 * HOUR, false, 24 * HOUR});
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_once),       cmocka_unit_test(test_forward),
      cmocka_unit_test(test_backward),   cmocka_unit_test(test_back_at_once),
      cmocka_unit_test(test_ahead),      cmocka_unit_test(test_turns),
      cmocka_unit_test(test_slow),       cmocka_unit_test(test_ahead_and_back),
      cmocka_unit_test(test_trial),      cmocka_unit_test(test_trial_between),
      cmocka_unit_test(test_beyond),     cmocka_unit_test(test_new),
      cmocka_unit_test(test_vouched),    cmocka_unit_test(test_no_numbers),
      cmocka_unit_test(test_trial_week), cmocka_unit_test(test_distrust),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

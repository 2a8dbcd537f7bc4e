/* Which time is believed: on ways of every kind.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"

#include "tests/full.h"
#include "tests/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <time.h>

static uint64_t next(uint64_t *seed)
{
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

enum { STEPS = 300 };

/* One walk: what each asking made of the clock, the running time that is known, in all, and what
 * the time would be by that after any mark since a trial. */
struct way {
  struct clock_guard guards[STEPS + 1];
  int64_t known[STEPS + 1];
  int64_t due[STEPS + 1];
  int64_t starts[STEPS + 1]; /* how often the computer was started, or seemed so, so far */
};

/* Mostly an ordinary clock, with settings of every size, askings at every distance, and a computer
 * that is started anew now and then. Returns how much running time is known. */
static int64_t go_on(uint64_t *seed, struct clock_guard *guard)
{
  static const int64_t sizes[] = {10,       CLOCK_TOLERANCE + 5,    DAY, 2 * JUMP,
                                  29 * DAY, 30 * 365 * (int64_t)DAY};
  static const uint64_t pauses[] = {2, 900, 2 * HOUR, 30 * HOUR};
  int64_t size = sizes[next(seed) % 6], set = (int64_t)(next(seed) % (uint64_t)size);
  int64_t passed = (int64_t)(next(seed) % pauses[next(seed) % 4]), now = guard->seen + passed;

  switch (next(seed) % 8) {
  case 0:
    now -= set;
    break;
  case 1:
    now += set;
    break;
  case 2:
    now = next(seed) % 20 == 0 ? START : now;
    break;
  case 3:
    clock_believe(guard,
                  &(struct clock_reading){now + set, (int64_t)(next(seed) % DAY), guard->boot + 1});
    return 0;
  default:
    break;
  }
  ask(guard, now, passed);
  return passed;
}

/* What has to hold after each asking. */
static const char *find_fault(const struct clock_guard *before, const struct clock_guard *after)
{
  if (after->suspect && (after->mark != before->mark || after->era != before->era))
    return "the mark moved while the clock was suspect";
  if (!after->suspect && (after->seen > after->mark || after->seen < after->mark - CLOCK_TOLERANCE))
    return "a clock is trusted that is not at the mark";
  if (after->mark < before->mark && after->era != before->era + 1)
    return "an earlier time was believed without a word";
  if (after->mark >= before->mark && after->era != before->era)
    return "an era without an earlier time";
  if (after->suspect && after->seen >= after->mark - CLOCK_TOLERANCE && after->seen <= after->mark)
    return "a clock is suspect that is right";
  return NULL;
}

/* Whether the last asking was the end of a trial. */
static bool was_tried(const struct way *way, int last)
{
  const struct clock_guard *end = &way->guards[last], *before = end - 1;
  int64_t reckoned = before->reckoned + way->known[last] - way->known[last - 1];

  return before->suspect && !end->suspect &&
         (end->mark < before->mark || end->mark > reckoned + JUMP);
}

static int64_t find_due(const struct way *way, int last)
{
  int64_t due = way->due[last - 1] + way->known[last] - way->known[last - 1];

  return was_tried(way, last) ? way->guards[last].mark : MAX(due, way->guards[last].mark);
}

/* By how much the clock may be ahead besides the 30 days: a week for each start, the one before the
 * first asking being one, and twelve hours for a minute. */
static int64_t find_vouched(const struct way *way, int first, int last)
{
  int64_t starts = way->starts[last] - way->starts[first];

  return MIN((starts + 1) * CLOCK_WEEK, (way->known[last] - way->known[first]) * CLOCK_VOUCHES);
}

/* No setting of the clock, and no sequence of them, makes anything end before its time but by the
 * 30 days and what is vouched for: from each asking at which the clock was trusted, through less
 * than twelve hours of running time. Nor is an earlier time believed in these. */
static const char *find_early_end(const struct way *way, int last)
{
  const struct clock_guard *end = &way->guards[last];

  for (int i = last - 1; i >= 0 && way->known[last] - way->known[i] < 12 * HOUR; i--) {
    const struct clock_guard *begin = &way->guards[i];

    if (begin->suspect)
      continue;
    if (end->mark - way->due[i] >
        way->known[last] - way->known[i] + JUMP + find_vouched(way, i, last))
      return "the mark is ahead by more than 30 days";
    if (end->era != begin->era || end->mark < begin->mark)
      return "an earlier time is believed";
  }
  return NULL;
}

/* A clock that wasn't trusted is believed after 24 hours that nobody set it in, of which twelve may
 * be hours between two starts; so no sooner than after twelve of running time. Or after a week with
 * a start for each day, and fourteen minutes. */
static const char *find_short_trial(const struct way *way, int last)
{
  if (!was_tried(way, last))
    return NULL;
  for (int i = last - 1; i >= 0 && way->guards[i].suspect; i--)
    if (way->known[last] - way->known[i] >= 12 * HOUR ||
        (way->known[last] - way->known[i] >= CLOCK_WEEK / CLOCK_VOUCHES &&
         way->starts[last] - way->starts[i] >= 7))
      return NULL;
  return "a trial was short";
}

/* From wherever the walk came to, a clock that goes on steadily is believed after a day. */
static bool recovers(struct clock_guard guard)
{
  int64_t now = guard.seen < KEYPIN_FOREVER - 2 * DAY ? guard.seen : START;

  ask(&guard, now, 0);
  for (int64_t passed = 0; passed < CLOCK_TRIAL; passed += HOUR)
    ask(&guard, now + passed + HOUR, HOUR);
  return !guard.suspect && guard.mark - (now + CLOCK_TRIAL) <= CLOCK_TOLERANCE;
}

static const char *go_a_way(uint64_t seed, struct way *way, int *step)
{
  const char *fault = NULL;

  way->guards[0] = guard_at(START);
  way->known[0] = 0;
  way->due[0] = START;
  way->starts[0] = 0;
  for (int i = 1; i <= STEPS && fault == NULL; i++) {
    struct clock_guard *guard = &way->guards[i];

    *step = i;
    *guard = way->guards[i - 1];
    way->known[i] = way->known[i - 1] + go_on(&seed, guard);
    way->starts[i] = way->starts[i - 1] + (guard->boot != guard[-1].boot);
    way->due[i] = find_due(way, i);
    fault = find_fault(guard - 1, guard);
    fault = fault != NULL ? fault : find_early_end(way, i);
    fault = fault != NULL ? fault : find_short_trial(way, i);
    if (fault == NULL && !recovers(*guard))
      fault = "it never recovers";
  }
  return fault;
}

static void test_walks(void **state)
{
  const char *given = getenv("TESTS_SEED");
  uint64_t first = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
  uint64_t walks = full_count(200, 2000, 100000);
  static struct way way;

  (void)state;
  for (uint64_t number = first; number < first + walks; number++) {
    int step = 0;
    const char *fault = go_a_way(number, &way, &step);

    if (fault != NULL)
      fail_msg("%s (TESTS_SEED=%" PRIu64 ", step %d)", fault, number, step);
  }
}

/* A computer whose clock is right. */
struct habit {
  int64_t on, off; /* seconds: it runs, or is suspended, and it is off */
};

static bool is_ever_suspect(const struct habit *habit, int rounds)
{
  struct clock_guard guard = guard_at(START);
  int64_t now = START, step = MIN(habit->on, HOUR / 2);

  for (int i = 0; i < rounds; i++) {
    ask_anew(&guard, now += habit->off);
    if (guard.suspect)
      return true;
    for (int64_t on = 0; on < habit->on; on += step)
      ask(&guard, now += step, step);
    if (guard.mark != now)
      return true;
  }
  return false;
}

/* Nobody is told anything who lets the computer run for a quarter of an hour a week, or isn't off
 * for more than 30 days in a day of running time. */
static void test_honest(void **state)
{
  static const struct habit fine[] = {
      {DAY, HOUR},           {DAY, 30},           {8 * HOUR, 16 * HOUR}, {2 * HOUR, 22 * HOUR},
      {HOUR, 23 * HOUR},     {7 * HOUR, 7 * DAY}, {DAY, 29 * DAY},       {DAY, JUMP},
      {365 * DAY, 29 * DAY}, {HOUR / 3, DAY},     {120, DAY - 120},      {45 * 60, 23 * HOUR + 900},
      {HOUR, 7 * DAY},       {900, 7 * DAY}};
  static const struct habit rare[] = {{HOUR, 10 * DAY}, {DAY, 31 * DAY}, {HOUR, 29 * DAY}};

  (void)state;
  for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
    if (is_ever_suspect(&fine[i], 300))
      fail_msg("habit %zu", i);
  for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
    assert_true(is_ever_suspect(&rare[i], 300));
  assert_false(is_ever_suspect(&rare[0], 4));
}

/* However little a computer runs that was off for long, its clock is believed in the end, and then
 * it is fine. */
static void test_off_for_long(void **state)
{
  static const struct habit habits[] = {{120, DAY - 120},
                                        {HOUR / 3, DAY - HOUR / 3},
                                        {59 * 60, DAY},
                                        {900, 7 * DAY},
                                        {HOUR, 29 * DAY}};
  static const int starts[] = {8, 8, 7, 7, 7};

  (void)state;
  for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
    struct clock_guard guard = guard_at(START);
    int64_t now = START + 50 * DAY;
    int count = 0;

    for (ask_anew(&guard, now); guard.suspect; ask_anew(&guard, now += habits[i].off)) {
      assert_int_equal(guard.mark, START);
      ask(&guard, now += habits[i].on, habits[i].on);
      assert_in_range(++count, 1, 20);
    }
    if (count != starts[i])
      fail_msg("habit %zu: %d starts", i, count);
    assert_int_equal(guard.mark, now);
  }
}

/* One that is asked seldom, or corrected all the time, is right. */
static void test_always_on(void **state)
{
  static const int64_t gaps[] = {1, 60, HOUR, DAY, 7 * DAY, JUMP, 400 * DAY};

  (void)state;
  for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
    struct clock_guard guard = guard_at(START);
    int64_t now = START;

    for (int n = 0; n < 3000; n++) {
      int64_t off = n % 3 == 0 ? 400 : n % 3 == 1 ? -150 : 0;

      now += gaps[i];
      ask(&guard, now + off, gaps[i]);
      assert_false(guard.suspect);
      assert_true(guard.mark >= now - 150 && guard.mark <= now + 400);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_walks),
      cmocka_unit_test(test_honest),
      cmocka_unit_test(test_off_for_long),
      cmocka_unit_test(test_always_on),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

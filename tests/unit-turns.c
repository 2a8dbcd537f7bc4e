/* Whose turn it is.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MANY = 64 };

struct fixture {
  struct turns turns;
  struct turn turn[MANY];
};

static int setup(void **state)
{
  struct fixture *f = g_new0(struct fixture, 1);

  turns_init(&f->turns);
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  turns_clear(&f->turns);
  g_free(f);
  return 0;
}

static int next_at(struct fixture *f, int64_t now)
{
  struct turn *turn = turns_next(&f->turns, now);

  return turn != NULL ? (int)(turn - f->turn) : -1;
}

static int next(struct fixture *f)
{
  return next_at(f, INT64_MAX);
}

/* Gives a turn to whoever is next, who waits for another. */
static int give(struct fixture *f, uint64_t cost)
{
  int i = next(f);

  assert_true(i >= 0);
  turns_charge(&f->turns, &f->turn[i], cost);
  return i;
}

static void join(struct fixture *f, int count)
{
  for (int i = 0; i < count; i++)
    turns_join(&f->turns, &f->turn[i]);
}

static void test_nobody(void **state)
{
  struct fixture *f = *state;

  assert_int_equal(next(f), -1);
  join(f, 1);
  assert_int_equal(next(f), 0);
  turns_leave(&f->turns, &f->turn[0]);
  assert_int_equal(next(f), -1);
}

/* Calls of equal cost: round robin, in the order in which they came. */
static void test_round_robin(void **state)
{
  struct fixture *f = *state;

  join(f, MANY);
  for (int round = 0; round < 10; round++)
    for (int i = 0; i < MANY; i++)
      assert_int_equal(give(f, 30), i);
}

/* Each gets as much of the time, whatever its calls cost: 1 long one, and 10 that take a tenth. */
static void test_long_and_short(void **state)
{
  struct fixture *f = *state;
  int count[2] = {0, 0};

  join(f, 2);
  for (int i = 0; i < 1100; i++)
    count[next(f)]++, give(f, next(f) == 0 ? 1000 : 100);
  assert_in_range(count[0], 95, 105);
  assert_in_range(count[1], 995, 1005);
}

/* Who comes while others have had many turns is next, or next but those who came before; and what
 * it didn't use while it was away gives it no more than that. */
static void test_comes_later(void **state)
{
  struct fixture *f = *state;
  int turns = 0;

  join(f, 3);
  for (int i = 0; i < 300; i++)
    give(f, 50);
  turns_join(&f->turns, &f->turn[3]);
  for (int i = 0; i < 40; i++)
    turns += give(f, 50) == 3;
  assert_in_range(turns, 9, 12);
}

/* Who rests has no turn until then, though it were next; unless rest doesn't matter. */
static void test_rests(void **state)
{
  struct fixture *f = *state;

  join(f, 3);
  f->turn[0].rests_until = 300;
  f->turn[1].rests_until = 200;
  assert_int_equal(next_at(f, 0), 2);
  f->turn[2].rests_until = 400;
  assert_int_equal(next_at(f, 199), -1);
  assert_int_equal(next_at(f, 200), 1);
  assert_int_equal(next_at(f, 299), 1);
  assert_int_equal(next_at(f, 300), 0);
  assert_int_equal(next(f), 0);
}

/* It goes on where it was, so that leaving and coming again brings nothing. */
static void test_comes_again(void **state)
{
  struct fixture *f = *state;
  int turns = 0;

  join(f, 2);
  for (int i = 0; i < 1000; i++) {
    int who = give(f, 50);

    turns += who == 0;
    if (who == 0) {
      turns_leave(&f->turns, &f->turn[0]);
      turns_join(&f->turns, &f->turn[0]);
    }
  }
  assert_in_range(turns, 495, 505);
}

/* A call that took minutes puts off the next one of the same caller by a tenth of a second. */
static void test_debt(void **state)
{
  struct fixture *f = *state;
  int others = 0;

  join(f, 2);
  assert_int_equal(give(f, 120000000), 0);
  for (; next(f) == 1; others++)
    give(f, 1000);
  assert_in_range(others, 99, 101);
}

/* Those in the middle leave, and the rest are served as before. */
static void test_leave(void **state)
{
  struct fixture *f = *state;

  join(f, 5);
  turns_leave(&f->turns, &f->turn[1]);
  turns_leave(&f->turns, &f->turn[4]);
  turns_leave(&f->turns, &f->turn[0]);
  for (int round = 0; round < 3; round++) {
    assert_int_equal(give(f, 5), 2);
    assert_int_equal(give(f, 5), 3);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nobody),      TEST(test_round_robin), TEST(test_long_and_short),
      TEST(test_comes_later), TEST(test_comes_again), TEST(test_debt),
      TEST(test_rests),       TEST(test_leave),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

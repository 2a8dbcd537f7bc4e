/* How much may be stored within a time.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/quota.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define MEBI   ((uint64_t)1 << 20)
/* A clock that has run for long; it starts at no round number. */
#define START ((int64_t)1234567890123)

enum { PROCESS = 4711, BURST = 6000, RATE = 1200 };

static int setup(void **state)
{
  *state = quota_new();
  return 0;
}

static int teardown(void **state)
{
  quota_free(*state);
  return 0;
}

static bool take(struct quota *quota, pid_t process, enum caller_kind kind, uint64_t octets,
                 int64_t now)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  const struct quota_cost cost = {1, octets};
  enum tlspin_code code = quota_take(quota, process, kind, &cost, now, problem);

  assert_int_equal(problem->len == 0, code == TLSPIN_OK);
  assert_true(code == TLSPIN_OK || code == TLSPIN_E_LIMIT);
  return code == TLSPIN_OK;
}

/* How many calls are let through of so many. */
static unsigned taken(struct quota *quota, pid_t process, enum caller_kind kind, unsigned of,
                      uint64_t octets, int64_t now)
{
  unsigned count = 0;

  for (unsigned i = 0; i < of; i++)
    count += take(quota, process, kind, octets, now);
  return count;
}

static void test_burst(void **state)
{
  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, 10000, 100, START), BURST);
  assert_false(take(*state, PROCESS, CALLER_CONFINED, 0, START + SECOND / 100));
}

/* Then so many a minute, however the minute is divided. */
static void test_rate(void **state)
{
  int64_t now = START;
  unsigned count = 0;

  taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, now);
  for (int i = 0; i < 6000; i++) {
    now += MINUTE / 6000;
    count += take(*state, PROCESS, CALLER_CONFINED, 0, now);
  }
  assert_in_range(count, RATE - 5, RATE + 1);
  now += 30 * SECOND;
  assert_in_range(taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, now), RATE / 2 - 5,
                  RATE / 2 + 5);
}

/* After a long time there is as much again, and not more. */
static void test_full_again(void **state)
{
  int64_t now = START;

  taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, now);
  now += 1000 * MINUTE;
  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, 2 * BURST, 0, now), BURST);
}

static void test_octets(void **state)
{
  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, 100, MEBI, START), 64);
  assert_true(take(*state, PROCESS, CALLER_CONFINED, 0, START));
  assert_in_range(taken(*state, PROCESS, CALLER_CONFINED, 100, MEBI, START + MINUTE), 15, 16);
}

/* What isn't covered takes nothing. */
static void test_too_large(void **state)
{
  assert_false(take(*state, PROCESS, CALLER_CONFINED, 65 * MEBI, START));
  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, 10000, 0, START), BURST);
}

/* Each process for itself; all that aren't known together. */
static void test_accounts(void **state)
{
  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, 10000, 0, START), BURST);
  assert_int_equal(taken(*state, PROCESS + 1, CALLER_CONFINED, 10000, 0, START), BURST);
  assert_int_equal(taken(*state, 0, CALLER_UNKNOWN, 5000, 0, START), 5000);
  assert_int_equal(taken(*state, 0, CALLER_PLAIN, 10000, 0, START), BURST - 5000);
}

/* An import of a million records, a store of a million tickets within some minutes, and all of
 * that at once. */
static void test_plain(void **state)
{
  assert_int_equal(taken(*state, PROCESS, CALLER_PLAIN, 1000, MEBI / 2, START), 1000);
  assert_int_equal(taken(*state, PROCESS, CALLER_PLAIN, 239000, 1000, START), 239000);
  assert_false(take(*state, PROCESS, CALLER_PLAIN, 0, START));
  for (int second = 1; second <= 60; second++)
    assert_in_range(taken(*state, PROCESS, CALLER_PLAIN, 5000, 1000, START + second * SECOND), 3999,
                    4001);
}

/* A mail client that opens 200 connections at once, and a browser that opens 1,000, in a sandbox:
 * of each connection the chain is checked, a header noted and a ticket stored. */
static void test_legitimate(void **state)
{
  int64_t now = START;

  assert_int_equal(taken(*state, 1, CALLER_CONFINED, 3 * 200, 8000, now), 3 * 200);
  for (int minute = 0; minute < 3; minute++, now += 3 * MINUTE)
    assert_int_equal(taken(*state, 2, CALLER_CONFINED, 3 * 1000, 8000, now), 3 * 1000);
}

/* The text names the figures, and when it will do: then it does. */
static void test_texts(void **state)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  const struct quota_cost one = {1, 0}, large = {1, MEBI};

  taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, START);
  assert_int_equal(quota_take(*state, PROCESS, CALLER_CONFINED, &one, START, problem),
                   TLSPIN_E_LIMIT);
  assert_string_equal(problem->str, "The program has had too much stored: 6000 calls at once and "
                                    "1200 a minute are allowed. Try again in 1 seconds.");
  assert_true(take(*state, PROCESS, CALLER_CONFINED, 0, START + SECOND));
  taken(*state, PROCESS + 1, CALLER_CONFINED, 64, MEBI, START);
  g_string_truncate(problem, 0);
  assert_int_equal(quota_take(*state, PROCESS + 1, CALLER_CONFINED, &large, START, problem),
                   TLSPIN_E_LIMIT);
  assert_string_equal(problem->str, "The program has had too much stored: 64 MiB at once and "
                                    "16 MiB a minute are allowed. Try again in 4 seconds.");
  assert_true(take(*state, PROCESS + 1, CALLER_CONFINED, MEBI, START + 4 * SECOND));
}

/* Any number of processes takes a bounded number of accounts; the full ones are forgotten, those
 * that aren't are kept, and who finds no room shares one. */
static void test_bounded(void **state)
{
  int64_t now = START;

  assert_int_equal(taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, now), BURST);
  for (pid_t process = 10000; process < 30000; process++, now += SECOND / 1000)
    assert_true(take(*state, process, CALLER_CONFINED, 0, now));
  assert_in_range(quota_count(*state), 1, QUOTA_ACCOUNTS + 1);
  assert_in_range(taken(*state, PROCESS, CALLER_CONFINED, BURST, 0, now), 395, 405);
}

static void test_no_room(void **state)
{
  for (pid_t process = 10000; process < 10000 + QUOTA_ACCOUNTS; process++)
    assert_true(take(*state, process, CALLER_CONFINED, 0, START));
  assert_int_equal(taken(*state, PROCESS, CALLER_PLAIN, 4000, 0, START), 4000);
  assert_int_equal(taken(*state, PROCESS + 1, CALLER_CONFINED, 4000, 0, START), BURST - 4000);
  assert_int_equal(quota_count(*state), QUOTA_ACCOUNTS + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_burst),     TEST(test_rate),     TEST(test_full_again), TEST(test_octets),
      TEST(test_too_large), TEST(test_accounts), TEST(test_plain),      TEST(test_legitimate),
      TEST(test_texts),     TEST(test_bounded),  TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

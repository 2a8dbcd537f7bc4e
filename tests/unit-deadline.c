/* Tests of libclient/deadline.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <poll.h>

static void test_now_goes_on(void **state)
{
  int64_t before = deadline_now();

  (void)state;
  poll(NULL, 0, 5);
  assert_true(deadline_now() - before >= 5000);
  assert_true(deadline_now() - before < 60000000);
}

static void test_after_counts_milliseconds(void **state)
{
  (void)state;
  assert_true(deadline_after(1000, 0) == 1000);
  assert_true(deadline_after(1000, 250) == 251000);
  assert_true(deadline_after(0, UINT_MAX) == (int64_t)UINT_MAX * 1000);
}

static void test_later(void **state)
{
  (void)state;
  assert_true(deadline_later(1, 2) == 2);
  assert_true(deadline_later(2, 1) == 2);
  assert_true(deadline_later(-1, -1) == -1);
}

static void test_poll_never_ends_early(void **state)
{
  int64_t now = deadline_now();

  (void)state;
  assert_int_equal(deadline_poll(now - 1), 0);
  assert_int_equal(deadline_poll(INT64_MIN / 2), 0);
  assert_true(deadline_poll(now + 60000001) > 55000);
  assert_true(deadline_poll(now + 60000001) <= 60001);
  assert_int_equal(deadline_poll(INT64_MAX / 2), INT_MAX);
}

static void test_poll_rounds_up(void **state)
{
  (void)state;
  for (int i = 0; i < 1000; i++) {
    int64_t deadline = deadline_now() + 100;
    int left = deadline_poll(deadline);

    assert_true(left == 1 || deadline_now() >= deadline);
  }
}

static void test_timespec(void **state)
{
  struct timespec time = deadline_timespec(1234567);

  (void)state;
  assert_int_equal(time.tv_sec, 1);
  assert_int_equal(time.tv_nsec, 234567000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_now_goes_on),    cmocka_unit_test(test_after_counts_milliseconds),
      cmocka_unit_test(test_later),          cmocka_unit_test(test_poll_never_ends_early),
      cmocka_unit_test(test_poll_rounds_up), cmocka_unit_test(test_timespec),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

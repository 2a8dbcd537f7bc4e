/* The one line about what is wrong.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

static void test_text(void **state)
{
  char *problem = NULL;

  (void)state;
  assert_int_equal(problem_set(&problem, "%s is %d", "a", 3), TLSPIN_UNAVAILABLE);
  assert_string_equal(problem, "a is 3");
  assert_int_equal(problem_set(&problem, "the last word counts"), TLSPIN_UNAVAILABLE);
  assert_string_equal(problem, "the last word counts");
  g_free(problem);
}

static void test_one_line(void **state)
{
  char *problem = NULL;

  (void)state;
  problem_set(&problem, "%s", "a\nb\r\x1b[2J\x7f\xc3\xa9");
  assert_string_equal(problem, "a?b??[2J?\xc3\xa9");
  g_free(problem);
}

static void test_nobody_asks(void **state)
{
  (void)state;
  assert_int_equal(problem_set(NULL, "%d", 1), TLSPIN_UNAVAILABLE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),
      cmocka_unit_test(test_one_line),
      cmocka_unit_test(test_nobody_asks),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

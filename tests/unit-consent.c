/* A question that is answered by yes or no.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/consent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Standard input has these octets from here on. */
static void type(const char *octets, size_t size)
{
  int ends[2];

  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], octets, size), size);
  close(ends[1]);
  assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  close(ends[0]);
  clearerr(stdin);
}

static bool answers(const char *text)
{
  bool given;

  type(text, strlen(text));
  given = consent_given();
  while (getchar() != EOF)
    ;
  return given;
}

static void test_yes(void **state)
{
  (void)state;
  assert_true(answers("y\n"));
  assert_true(answers("Y\n"));
  assert_true(answers("yes\n"));
  assert_true(answers("y")); /* without an end of the line */
}

/* Whatever isn't yes is no. */
static void test_no(void **state)
{
  static const char *const no[] = {"n\n", "\n", "", "ja\n", " y\n", "no, yes\n", "\xff\n"};

  (void)state;
  for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
    if (answers(no[i]))
      fail_msg("'%s' is taken for yes", no[i]);
}

/* Each question has a line of its own. */
static void test_lines(void **state)
{
  (void)state;
  type("n\ny\nn\n", 6);
  assert_false(consent_given());
  assert_true(consent_given());
  assert_false(consent_given());
  assert_false(consent_given());
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_yes),
      cmocka_unit_test(test_no),
      cmocka_unit_test(test_lines),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

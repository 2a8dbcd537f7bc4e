/* Which known word was meant.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char *nearest(const char *text)
{
  static const char *const known[] = {"pins", "level", "expires", "on", "exceptions"};
  unsigned least = SPELLING_FAR;
  const char *found = "";

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (spelling_is_nearer(text, known[i], &least))
      found = known[i];
  return found;
}

static void test_near(void **state)
{
  static const char *const cases[][2] = {
      {"pin", "pins"},    {"pinns", "pins"},     {"pnis", "pins"},
      {"levle", "level"}, {"expire", "expires"}, {"expiers", "expires"},
      {"ex", "expires"},  {"pins", "pins"},      {"excepions", "exceptions"},
      {"of", "on"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    assert_string_equal(nearest(cases[i][0]), cases[i][1]);
}

static void test_far(void **state)
{
  static const char *const words[] = {"", "x", "abcdef", "xx", "sniplevel"};
  char longest[SPELLING_MOST + 2] = "";

  (void)state;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    assert_string_equal(nearest(words[i]), "");
  memset(longest, 'p', sizeof longest - 1);
  assert_string_equal(nearest(longest), "");
}

/* A known word that is too long is near to nothing, not even to itself; one that is just short
 * enough is. */
static void test_longest(void **state)
{
  char known[SPELLING_MOST + 2] = "";
  unsigned least = SPELLING_FAR;

  (void)state;
  memset(known, 'k', sizeof known - 1);
  assert_false(spelling_is_nearer("kkk", known, &least));
  known[SPELLING_MOST] = '\0';
  assert_true(spelling_is_nearer(known, known, &least));
}

static void test_least(void **state)
{
  unsigned least = SPELLING_FAR;

  (void)state;
  assert_true(spelling_is_nearer("levexy", "level", &least));
  assert_int_equal(least, 2);
  assert_false(spelling_is_nearer("levexy", "levexz1", &least)); /* no nearer */
  assert_true(spelling_is_nearer("levexy", "levexz", &least));
  assert_int_equal(least, 1);
  assert_true(spelling_is_nearer("levexy", "levexy", &least));
  assert_false(spelling_is_nearer("levexy", "levexy", &least));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_near),
      cmocka_unit_test(test_far),
      cmocka_unit_test(test_longest),
      cmocka_unit_test(test_least),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

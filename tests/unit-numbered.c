/* Messages about one of several records.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/numbered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>

static void assert_read(const char *text, unsigned long number, const char *expected)
{
  const char *rest = "not set";

  assert_int_equal(numbered_read(text, &rest), number);
  assert_string_equal(rest, expected);
}

static void test_numbered(void **state)
{
  (void)state;
  assert_read("entry 1: look out", 1, "look out");
  assert_read("Eintrag 1000: Obacht: da", 1000, "Obacht: da");
  assert_read("record 2: key 'host': 17 of them", 2, "key 'host': 17 of them");
  assert_read("entry 0: none", 0, "none");
  assert_read("entry 99999999999999999999999: far", ULONG_MAX, "far");
}

/* A number elsewhere is that of something else. */
static void test_without(void **state)
{
  static const char *const texts[] = {
      "",         ":",         "no number",   "layer: 3 of them", "3 of them: one", "entry 3",
      "entry 3:", "entry 3:x", "entry 3 : x", "entry: 3: x",      "12a: x"};

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    assert_read(texts[i], 0, texts[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbered),
      cmocka_unit_test(test_without),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

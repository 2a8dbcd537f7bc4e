/* The values of a group of policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/section.h"

#include "policy/source.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_text(void **state)
{
  static const char *const expected[] = {"a b\\c", NULL, "", "x", "1;2", "\xc3\xa9"};
  struct policies *policies = *state;
  struct section section;
  struct source *source = policies_open(
      policies, "[a]\nv=a\\sb\\\\c\nw=\\q\nx=\ny=  x \t\nz=1;2\nu=\xc3\xa9\n", &section);

  assert_int_equal(section.count, G_N_ELEMENTS(expected));
  for (size_t i = 0; i < section.count; i++) {
    g_autofree char *text = section_text(&section, &section.keys[i], &policies->findings);

    if (expected[i] == NULL)
      assert_null(text);
    else
      assert_string_equal(text, expected[i]);
    assert_int_equal(section_spot(&section, &section.keys[i]).line, i + 2);
  }
  policies_expect(policies, "3:syntax:w");
  policies_expect_words(policies, "The value of 'w' can't be read");
  source_close(source);
}

static void test_list(void **state)
{
  static const char *const expected[] = {"one,two,three;3", "", "one", NULL, ""};
  struct policies *policies = *state;
  struct section section;
  struct source *source = policies_open(
      policies, "[a]\nx= one ;two;; three\\;3 ; \ny=\nz=one\nq=\\q;b\np=;;\n", &section);

  assert_int_equal(section.count, G_N_ELEMENTS(expected));
  for (size_t i = 0; i < section.count; i++) {
    g_auto(GStrv) list = section_list(&section, &section.keys[i], &policies->findings);
    g_autofree char *joined = list != NULL ? g_strjoinv(",", list) : NULL;

    if (expected[i] == NULL)
      assert_null(joined);
    else
      assert_string_equal(joined, expected[i]);
  }
  policies_expect(policies, "5:syntax:q");
  source_close(source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(test_text), TEST(test_list)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

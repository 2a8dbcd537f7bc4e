/* Words, dates and texts of policy.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/value.h"

#include "policy/source.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The section of a text, which stays until it is closed. */
static struct source *open_text(struct policies *policies, const char *lines,
                                struct section *section)
{
  g_autofree char *text = g_strconcat("[a]\n", lines, NULL);
  const char *path = policies_write(policies, "10-test.conf", text);
  struct source *source = source_open(path, TRUST_SYSTEM, &policies->findings);

  policies_forget(policies);
  assert_true(source_next(source, section));
  return source;
}

static void expect_choice(struct policies *policies, const char *lines, bool good, int expected)
{
  static const char *const words[] = {"red", "green", "blue"};
  struct section section;
  struct source *source = open_text(policies, lines, &section);
  int choice = 9;

  assert_int_equal(value_choice(&section, "x", words, 3, &policies->findings, &choice), good);
  assert_int_equal(choice, expected);
  policies_expect(policies, good ? "" : "2:value:x");
  source_close(source);
}

static void test_choice(void **state)
{
  expect_choice(*state, "x=red\n", true, 0);
  expect_choice(*state, "x = blue \n", true, 2);
  expect_choice(*state, "y=blue\n", true, 9);
  expect_choice(*state, "x=\n", false, 9);
  expect_choice(*state, "x=Red\n", false, 9);
  policies_expect_words(*state, "'x' is 'Red'; it must be one of 'red', 'green', 'blue'.");
  expect_choice(*state, "x=red;\n", false, 9);
  expect_choice(*state, "x=red # of them\n", false, 9);
  policies_expect_words(*state, "A comment has to be on a line of its own.");
}

static void test_bad_escape(void **state)
{
  struct policies *policies = *state;
  struct section section;
  struct source *source = open_text(policies, "x=\\q\n", &section);
  g_autofree char *text = NULL;
  bool flag = true;
  int64_t date = 5;

  assert_false(value_flag(&section, "x", &policies->findings, &flag));
  assert_true(flag);
  assert_false(value_date(&section, "x", &policies->findings, &date));
  assert_int_equal(date, 5);
  assert_false(value_text(&section, "x", 10, &policies->findings, &text));
  assert_null(text);
  policies_expect(policies, "2:syntax:x 2:syntax:x 2:syntax:x");
  source_close(source);
}

static void test_flag(void **state)
{
  static const struct {
    const char *lines;
    bool before, good, after;
  } cases[] = {
      {"x=yes\n", false, true, true},    {"x=no\n", true, true, false},
      {"y=no\n", true, true, true},      {"y=no\n", false, true, false},
      {"x=true\n", false, false, false}, {"x=1\n", true, false, true},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct policies *policies = *state;
    struct section section;
    struct source *source = open_text(policies, cases[i].lines, &section);
    bool flag = cases[i].before;

    assert_int_equal(value_flag(&section, "x", &policies->findings, &flag), cases[i].good);
    assert_int_equal(flag, cases[i].after);
    policies_expect(policies, cases[i].good ? "" : "2:value:x");
    source_close(source);
  }
}

static void test_date(void **state)
{
  struct policies *policies = *state;
  struct section section;
  struct source *source =
      open_text(policies, "x=2023-11-14\ny=14.11.2023\nz=2023-11-14 # or so\n", &section);
  int64_t date = 5;

  assert_true(value_date(&section, "w", &policies->findings, &date));
  assert_int_equal(date, 5);
  assert_true(value_date(&section, "x", &policies->findings, &date));
  assert_int_equal(date, 1699920000);
  assert_false(value_date(&section, "y", &policies->findings, &date));
  assert_false(value_date(&section, "z", &policies->findings, &date));
  assert_int_equal(date, 1699920000);
  policies_expect(policies, "3:date:y 4:date:z");
  policies_expect_words(policies, "'y' is '14.11.2023', which is no date. Write 2027-06-30");
  policies_expect_words(policies, "A comment has to be on a line of its own.");
  source_close(source);
}

static void test_text(void **state)
{
  struct policies *policies = *state;
  struct section section;
  struct source *source = open_text(policies, "x=four\ny=fours\nz=a\\nb\nw=f\303\251e\n", &section);
  g_autofree char *text = NULL;

  assert_true(value_text(&section, "v", 4, &policies->findings, &text));
  assert_null(text);
  assert_true(value_text(&section, "x", 4, &policies->findings, &text));
  assert_string_equal(text, "four");
  g_clear_pointer(&text, g_free);
  assert_true(value_text(&section, "w", 4, &policies->findings, &text));
  assert_string_equal(text, "f\303\251e");
  g_clear_pointer(&text, g_free);
  assert_false(value_text(&section, "y", 4, &policies->findings, &text));
  assert_null(text);
  assert_false(value_text(&section, "z", 4, &policies->findings, &text));
  policies_expect(policies, "3:value:y 4:value:z");
  policies_expect_words(policies, "'y' must be one line of at most 4 octets.");
  source_close(source);
}

static void test_names(void **state)
{
  static const char *const known[] = {"pins", "lock", "expires"};
  struct policies *policies = *state;
  struct section section;
  struct source *source = open_text(policies, "pins=1\nlock=2\n", &section);

  assert_true(value_check_names(&section, known, 3, &policies->findings));
  assert_int_equal(value_find(&section, "lock")->line, 3);
  assert_null(value_find(&section, "expires"));
  source_close(source);
  source = open_text(policies, "pin=1\nlock=2\nfoobar=3\nPins=4\n", &section);
  assert_false(value_check_names(&section, known, 3, &policies->findings));
  policies_expect(policies, "2:unknown-key:pin 4:unknown-key:foobar 5:unknown-key:Pins");
  policies_expect_words(policies, "There is no key 'pin'. Is 'pins' meant?");
  policies_expect_words(policies, "There is no key 'foobar'. Correct it, or take it out");
  source_close(source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_choice), TEST(test_bad_escape), TEST(test_flag),
      TEST(test_date),   TEST(test_text),       TEST(test_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The same group more than once in a file.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PINS "\npins=$A;$B\n"

static void test_twice(void **state)
{
  policies_check(*state, "[a.example]" PINS "[b.example]" PINS "[a.example]" PINS,
                 "5:duplicate-group");
  policies_expect_words(*state, "[a.example] is there already, on line 1.");
  policies_check(*state, "[a.example]" PINS "[A.Example.]" PINS "[a.example:443]" PINS,
                 "3:duplicate-group");
  policies_check(*state, "[.a.example]" PINS "[**.a.example]" PINS "[a.example]" PINS,
                 "3:duplicate-group");
  policies_check(*state, "[*]" PINS "[*]" PINS,
                 "2:every-host:pins 3:duplicate-group 4:every-host:pins");
}

/* GKeyFile would join these, too. */
static void test_protocols(void **state)
{
  policies_check(
      *state, "[a.example]\nprotocol=tls" PINS "[a.example]\nprotocol=dtls" PINS "[a.example]" PINS,
      "4:duplicate-group 7:duplicate-group");
  policies_expect_words(*state, "put that of the other protocol into a file of its own");
}

/* Each one but the first; and locked or not is no difference. */
static void test_many(void **state)
{
  policies_check(
      *state, "[a.example]" PINS "[a.example]\nlock=yes" PINS "[a.example]" PINS "[b.example]" PINS,
      "3:duplicate-group 6:duplicate-group");
}

static void test_files(void **state)
{
  policies_write(*state, "10-a.conf", "[a.example]" PINS "[b.example:1]" PINS);
  policies_write(*state, "20-b.conf", "[b.example:2]" PINS "[b.example:2]" PINS);
  policies_lint(*state);
  policies_expect(*state, "3:duplicate-group");
}

static void test_defaults(void **state)
{
  policies_check(*state, "[defaults]\nlearn=no\n[a.example]" PINS "[defaults]\nlearn=yes\n",
                 "5:duplicate-group");
  policies_expect_words(*state, "[defaults] is there already, on line 1.");
  policies_write(*state, "10-a.conf", "[defaults]\nlearn=no\n");
  policies_write(*state, "20-b.conf", "[defaults]\nlearn=yes\n");
  policies_forget(*state);
  policies_lint(*state);
  policies_expect(*state, "");
}

/* 20,000 of one name: none of the checks is quadratic. */
static void test_hostile(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct policies *policies = *state;

  for (int i = 0; i < 20000; i++)
    g_string_append(text, "[a.example]\nmode=off\n");
  policies_write(policies, "10-test.conf", text->str);
  policies_lint(policies);
  assert_int_equal(policies->findings.counts[SEVERITY_ERROR], 19999);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_twice), TEST(test_protocols), TEST(test_many),
      TEST(test_files), TEST(test_defaults),  TEST(test_hostile),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Keys that one group blocks and another one wants.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_blocked(void **state)
{
  policies_check(*state, "[a.example]\npins=$A;$B\n[*]\nblocked=$B\n", "2:blocked-pin:pins");
  policies_expect_words(*state, "is blocked by [*] (");
  policies_expect_words(*state, ":3), which nothing overrides.");
  policies_check(*state, "[w.a.example:1]\npins=$A;$B\n[.a.example]\nblocked=$B;$A\n",
                 "2:blocked-pin:pins 2:blocked-pin:pins");
  policies_check(*state, "[a.example]\nexceptions=$A\nexcuse=name\n[*]\nblocked=$A\n",
                 "2:idle-exception:exceptions");
  policies_check(*state, "[a.example]\npins=$A;$B\nlock=yes\n[*]\nblocked=$B\n",
                 "2:blocked-pin:pins");
}

static void test_not_blocked(void **state)
{
  policies_check(*state, "[a.example]\npins=$A;$B\n[*]\nblocked=$C\n", "");
  policies_check(*state, "[a.example]\npins=$A;$B\n[b.example]\nblocked=$A\n", "");
  policies_check(*state, "[.a.example]\npins=$A;$B\n[w.a.example]\nblocked=$A\n", "");
  policies_check(*state, "[a.example]\npins=$A;$B\n[a.example:443]\nblocked=$A\n", "");
  policies_check(*state, "[a.example]\npins=$A;$B\n[*.a.example]\nblocked=$A\n", "");
  /* Its certificate, not its key. */
  policies_check(*state,
                 "[a.example]\npins=$A;$B\n[*]\nblocked=3 0 1 "
                 "4141414141414141414141414141414141414141414141414141414141414141\n",
                 "");
  policies_check(*state, "[a.example]\npins=$A;$B\n[*]\nblocked=$A\nexpires=2020-01-01\n",
                 "3:expired:expires");
}

/* The groups are read twice for this, and what is wrong with them is found once. */
static void test_once(void **state)
{
  policies_check(*state,
                 "[defaults]\nlearn=no\n[a.example]\npins=$A;$B\n[b.example]\npins=bad;$B\n[*]\n"
                 "blocked=$B\n[c.example]\npins=$A\n\001\n",
                 "4:blocked-pin:pins 6:pin:pins 10:single-pin:pins 11:syntax");
  policies_check(*state, "[a.example]\npins=$B;$B\nexpires=2023-12-01\n[*]\nblocked=$B\n",
                 "1:expiring:expires 2:same-key:pins 2:single-pin:pins 2:blocked-pin:pins");
}

static void test_files(void **state)
{
  policies_write(*state, "10-a.conf", "[a.example]\npins=$A;$B\n");
  policies_write(*state, "20-b.conf", "[a.example]\nblocked=$B\n");
  policies_lint(*state);
  policies_expect(*state, "2:blocked-pin:pins");
  policies_expect_words(*state, "20-b.conf:1)");
  policies_forget(*state);
  policies_write(*state, "30-c.conf", "[a.example]\npins=$B;$C\nlock=yes\n");
  policies_lint(*state);
  policies_expect(*state, "10-a.conf:2:unreachable 10-a.conf:2:blocked-pin:pins "
                          "30-c.conf:2:blocked-pin:pins");
}

/* A key that is blocked and wanted at 10,000 places each. */
static void test_many(void **state)
{
  struct policies *policies = *state;
  g_autoptr(GString) text = g_string_new(NULL);

  for (int i = 0; i < 10000; i++)
    g_string_append_printf(text, "[h%d.example]\nblocked=$A\n[h%d.example:443]\npins=$A;$B\n", i,
                           i);
  policies_write(policies, "10-test.conf", text->str);
  policies_lint(policies);
  assert_int_equal(policies->findings.counts[SEVERITY_WARNING], 10000);
  assert_int_equal(policies->findings.counts[SEVERITY_ERROR], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_blocked), TEST(test_not_blocked), TEST(test_once),
      TEST(test_files),   TEST(test_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

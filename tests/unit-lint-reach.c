/* Groups that another group keeps from ever deciding.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PINS   "\npins=$A;$B\n"
#define LOCKED "\npins=$A;$B\nlock=yes\n"

static void test_apart(void **state)
{
  policies_check(*state, "[a.example]" PINS "[b.example]" LOCKED "[*.c.example]" PINS, "");
  policies_check(*state, "[.a.example]" PINS "[*.a.example]" PINS "[a.example]" PINS, "");
  policies_check(*state, "[a.example]" PINS "[a.example:443]" LOCKED, "");
  policies_check(*state, "[aa.example]" PINS "[.a.example]" LOCKED, "");
}

static void test_locked(void **state)
{
  policies_check(*state, "[w.a.example]" PINS "[.a.example]" LOCKED, "2:unreachable");
  policies_expect_words(*state, "[w.a.example] never decides, since [.a.example] (");
  policies_expect_words(*state, ":3) is locked.");
  policies_check(*state, "[w.a.example:1]\nprotocol=tls" PINS "[*.a.example]" LOCKED,
                 "3:unreachable");
  policies_check(*state, "[.a.example]" PINS "[*]\nmode=off\nlock=yes\n", "2:unreachable");
  policies_check(*state, "[a.example]" PINS "[.a.example]" LOCKED, "2:unreachable");
  policies_check(*state, "[*.a.example]" PINS "[.a.example]" LOCKED, "2:unreachable");
  policies_check(*state, "[w.a.example]\nmode=off\n[.a.example]" LOCKED, "1:unreachable");
  policies_check(*state, "[w.a.example]\nmode=on\n[.a.example]\nmode=off\nlock=yes\n",
                 "1:unreachable");
}

/* Where a lock leaves something for the group to say. */
static void test_not_masked(void **state)
{
  static const char *const locks[] = {
      "[.a.example]\nstatus=active" LOCKED,      /* no match: the next rank is asked */
      "[.a.example]\nmode=report" LOCKED,        /* only reported */
      "[.a.example]\nexpires=2030-01-01" LOCKED, /* ends before the group does */
      "[.a.example:443]" LOCKED,                 /* only a port */
      "[.a.example]\nprotocol=dtls" LOCKED,      /* only a protocol */
      "[.w.a.example]\nblocked=$C\nlock=yes\n",  /* blocks, and nothing more */
      "[a.example]" LOCKED,                      /* the parent alone */
      "[*.example]" LOCKED,                      /* one label only */
      "[.x.w.a.example]" LOCKED,                 /* only names below */
  };

  for (size_t i = 0; i < G_N_ELEMENTS(locks); i++) {
    g_autofree char *text = g_strconcat("[w.a.example]" PINS, locks[i], NULL);

    policies_check(*state, text, "");
  }
  policies_check(*state,
                 "[w.a.example]\nexpires=2029-01-01" PINS "[.a.example]\nexpires=2030-01-01" LOCKED,
                 "3:unreachable");
}

/* Locked entries are walked as all others: an exact one at a parent ends the search. */
static void test_barrier(void **state)
{
  policies_check(*state, "[w.b.a.example]" PINS "[b.a.example]" LOCKED "[.a.example]" LOCKED,
                 "3:hole");
  policies_check(*state,
                 "[w.b.a.example]" PINS "[b.a.example]" LOCKED "[.b.a.example]" LOCKED
                 "[.a.example]" LOCKED,
                 "2:unreachable");
  policies_check(*state, "[.b.a.example]" PINS "[b.a.example]" LOCKED "[.a.example]" LOCKED,
                 "3:hole");
}

static void test_exceptions(void **state)
{
  policies_check(*state, "[w.a.example]\nexceptions=$C\nexcuse=name\n[.a.example]" LOCKED,
                 "2:idle-exception:exceptions");
  policies_check(*state,
                 "[w.a.example]\nexceptions=$C\nexcuse=name\n[.a.example]\nstatus=active" LOCKED,
                 "2:idle-exception:exceptions");
  policies_check(*state, "[w.a.example]\nexceptions=$C\nexcuse=name\nlock=yes\n[.a.example]" LOCKED,
                 "");
  policies_check(*state, "[w.a.example]\nexceptions=$C\nexcuse=name" PINS "[.a.example]" LOCKED,
                 "2:idle-exception:exceptions 4:unreachable");
}

static void expect_files(struct policies *policies, const char *low, const char *high,
                         const char *expected)
{
  policies_write(policies, "10-low.conf", low);
  policies_write(policies, "20-high.conf", high);
  policies_forget(policies);
  policies_lint(policies);
  policies_expect(policies, expected);
}

static void test_overridden(void **state)
{
  expect_files(*state, "[a.example]" PINS, "[b.example]" PINS "[a.example]" PINS, "1:overridden");
  policies_expect_words(*state, "20-high.conf:3)");
  expect_files(*state, "[a.example]" PINS, "[a.example]\nmode=off\n", "2:unreachable");
  policies_expect_words(*state, "20-high.conf:1) switches pinning off there");
  expect_files(*state, "[a.example]\nmode=on\n", "[a.example]\nmode=off\n", "1:overridden");
  expect_files(*state, "[a.example]" LOCKED, "[a.example]" LOCKED, "1:overridden");
  expect_files(*state, "[a.example]" PINS, "[a.example]" LOCKED, "2:unreachable");
  /* A locked one decides wherever it is. */
  expect_files(*state, "[a.example]" LOCKED, "[a.example]" PINS, "2:unreachable");
  expect_files(*state, "[a.example]\nmode=off\n", "[a.example]" PINS, "2:unreachable");
  expect_files(*state, "[a.example]\nmode=on\n", "[a.example]" PINS, "");
  expect_files(*state, "[.a.example]\nmode=off\n", "[a.example]" PINS, "");
  expect_files(*state, "[a.example]\nmode=off\nexpires=2030-01-01\n", "[a.example]" PINS, "");
  expect_files(*state, "[a.example]" PINS, "[a.example]\nblocked=$C\n", "");
  expect_files(*state, "[a.example]" PINS, "[.a.example]" PINS, "");
  expect_files(*state, "[a.example]" PINS, "[a.example]\nexpires=2030-01-01" PINS, "");
  expect_files(*state, "[a.example]\nexceptions=$C\nexcuse=name\n",
               "[a.example]\nexceptions=$D\nexcuse=name\n", "1:overridden");
}

static void test_protocols(void **state)
{
  policies_write(*state, "30-third.conf", "[a.example]\nprotocol=dtls" PINS);
  expect_files(*state, "[a.example]" PINS, "[a.example]\nprotocol=tls" PINS, "2:unreachable");
  policies_expect_words(*state, "there is one for each protocol");
  expect_files(*state, "[a.example:443]" PINS, "[a.example]\nprotocol=tls" PINS, "");
  expect_files(*state, "[a.example]" LOCKED, "[a.example]\nprotocol=tls" PINS,
               "20-high.conf:3:unreachable 30-third.conf:3:unreachable");
}

static void test_hole(void **state)
{
  policies_check(*state, "[.example.com]" PINS "[a.example.com]" PINS, "3:hole");
  policies_expect_words(*state, "The names below a.example.com are not pinned");
  policies_expect_words(*state, "Write [.a.example.com]");
  policies_check(*state, "[.example.com]" PINS "[a.example.com]" PINS "[.a.example.com]" PINS, "");
  policies_check(*state, "[.example.com]" PINS "[a.example.com]" PINS "[*.a.example.com]" PINS,
                 "3:hole");
  policies_check(*state, "[.example.com]" PINS "[c.b.a.example.com:443]" PINS, "3:hole");
  policies_check(*state, "[.example.com:443]" PINS "[a.example.com:444]" PINS, "");
  policies_check(*state, "[*.example.com]" PINS "[a.example.com]" PINS, "");
  policies_check(*state, "[.example.com]" PINS "[a.example.com]\nmode=off\n", "");
  policies_check(*state, "[.example.com]\nmode=off\n[a.example.com]" PINS, "");
  policies_check(*state, "[.example.com]\nexpires=2020-01-01" PINS "[a.example.com]" PINS,
                 "1:expired:expires");
  /* Ranks have walks of their own. */
  policies_check(*state, "[.example.com]" PINS "[a.example.com]" LOCKED, "");
}

/* What has expired is said to have, and nothing else. */
static void test_expired(void **state)
{
  policies_check(*state, "[w.a.example]\nexpires=2020-01-01" PINS "[.a.example]" LOCKED,
                 "1:expired:expires");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_apart),     TEST(test_locked),     TEST(test_not_masked),
      TEST(test_barrier),   TEST(test_exceptions), TEST(test_overridden),
      TEST(test_protocols), TEST(test_hole),       TEST(test_expired),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

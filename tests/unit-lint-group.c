/* What lint finds in a group by itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_backup(void **state)
{
  policies_check(*state, "[a.example]\npins=$A;$B\n", "");
  policies_check(*state, "[a.example]\npins=$A\n", "2:single-pin:pins");
  policies_expect_words(*state, "There is a single pin and no backup");
  /* One key is one key, however it is written; what isn't a pin is no backup. */
  policies_check(*state,
                 "[a.example]\npins=$A;3 1 1 "
                 "4141414141414141414141414141414141414141414141414141414141414141\n",
                 "2:single-pin:pins");
  policies_check(*state, "[a.example]\nblocked=$B;$C\npins=$A\n", "3:single-pin:pins");
  policies_check(*state, "[a.example]\npins=$A\nmode=report\n", "2:single-pin:pins");
  /* No danger in these. */
  policies_check(*state, "[a.example]\npins=$A\nstatus=active\n", "");
  policies_check(*state, "[a.example]\nblocked=$A\n", "");
  policies_check(*state, "[a.example]\npins=$A\nmode=off\n", "2:unreachable:pins");
}

/* POLICIES_NOW is 2023-11-14T22:13:20Z. */
static void test_dates(void **state)
{
  policies_check(*state, "[a.example]\npins=$A;$B\nexpires=2023-11-14T22:13:20Z\n",
                 "1:expired:expires");
  policies_expect_words(*state,
                        "The group expired at 2023-11-14T22:13:20Z and says nothing any more");
  policies_check(*state, "[a.example]\npins=$A;$B\nexpires=2023-11-14T22:13:21Z\n",
                 "1:expiring:expires");
  policies_expect_words(*state, "The group ends soon, at 2023-11-14T22:13:21Z.");
  policies_check(*state, "[a.example]\npins=$A;$B\nexpires=2023-12-14T22:13:19Z\n",
                 "1:expiring:expires");
  policies_check(*state, "[a.example]\npins=$A;$B\nexpires=2023-12-14T22:13:20Z\n", "");
  policies_check(*state, "[a.example]\npins=$A;$B\nexpires=2023-11-01\nreport-until=2024-06-01\n",
                 "1:expired:expires");
  policies_expect_words(*state, "until 2024-06-01T00:00:00Z mismatches are only reported");
  policies_check(*state, "[a.example]\npins=$A;$B\nmode=report\n", "");
  policies_check(*state, "[a.example]\npins=$A;$B\nmode=report\nreport-until=2023-11-20\n",
                 "1:expiring:expires");
  policies_check(*state, "[a.example]\npins=$A;$B\nmode=report\nreport-until=2020-01-01\n",
                 "1:expired:expires");
  policies_check(*state, "[a.example]\nmode=off\nexpires=2020-01-01\n", "1:expired:expires");
}

static void test_suffix(void **state)
{
  policies_check(*state, "[.com]\npins=$A;$B\n", "2:public-suffix:pins");
  policies_expect_words(*state, "Below 'com' anybody may have a name");
  policies_check(*state, "[.co.uk]\npins=$A;$B\n", "2:public-suffix:pins");
  policies_check(*state, "[*.github.io]\npins=$A;$B\n", "2:public-suffix:pins");
  policies_check(*state, "[.example.co.uk]\npins=$A;$B\n", "");
  policies_check(*state, "[co.uk]\npins=$A;$B\n", "");
  policies_check(*state, "[.com]\nmode=off\n[.net]\nblocked=$A\n", "");
  /* A top-level name of an intranet is in no list. */
  policies_check(*state, "[.corp]\npins=$A;$B\n", "");
  policies_check(*state, "[*]\npins=$A;$B\n", "2:every-host:pins");
  policies_check(*state, "[*]\nblocked=$A\n", "");
}

static void test_exceptions(void **state)
{
  policies_check(*state, "[a.example]\npins=$A;$B\nlevel=leaf\nexceptions=$B;$C\nexcuse=name\n",
                 "4:idle-exception:exceptions");
  policies_expect_words(*state, "Add it to 'pins'.");
  policies_check(*state, "[a.example]\npins=$A;$B\nlevel=leaf\nexceptions=$A;$B\nexcuse=name\n",
                 "");
  /* A pin of another certificate of the path may match, too. */
  policies_check(*state, "[a.example]\npins=$A;$B\nexceptions=$C\nexcuse=name\n", "");
  policies_check(*state,
                 "[a.example]\npins=$A;$B\nlevel=leaf\nstatus=active\nexceptions=$C\n"
                 "excuse=name\n",
                 "");
  /* A certificate and a key can't be compared. */
  policies_check(*state,
                 "[a.example]\npins=$A;$B;3 0 1 "
                 "4444444444444444444444444444444444444444444444444444444444444444\nlevel=leaf\n"
                 "exceptions=$C\nexcuse=name\n",
                 "");
  policies_check(*state, "[a.example]\nexceptions=$C\nexcuse=name\n", "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_backup),
      TEST(test_dates),
      TEST(test_suffix),
      TEST(test_exceptions),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

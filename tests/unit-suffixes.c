/* Names below which anybody can have one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/suffixes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_names(void **state)
{
  static const struct {
    const char *host;
    bool expected;
  } cases[] = {{"com", true},
               {"co.uk", true},
               {"github.io", true},
               {"xn--p1ai", true},
               {"example.com", false},
               {"www.example.co.uk", false},
               {"me.github.io", false},
               {"intranet", true}, /* nobody knows whose the names below it are */
               {"server.intranet", false}};
  struct suffixes *suffixes = suffixes_load();

  (void)state;
  assert_non_null(suffixes);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (suffixes_have(suffixes, cases[i].host) != cases[i].expected)
      fail_msg("%s", cases[i].host);
  suffixes_free(suffixes);
}

/* Without a list nothing is known, so nothing is allowed. */
static void test_no_list(void **state)
{
  (void)state;
  assert_true(suffixes_have(NULL, "com"));
  assert_true(suffixes_have(NULL, "www.example.com"));
  suffixes_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_no_list)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

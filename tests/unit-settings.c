/* What may be set, and which of two values is the stricter.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void test_names(void **state)
{
  (void)state;
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    assert_int_equal(settings_find(settings_name(i)), i);
  assert_null(settings_name(SETTINGS_COUNT));
  assert_int_equal(settings_find("Learn"), SETTINGS_COUNT);
  assert_int_equal(settings_find(SETTINGS_COMPILED_FROM), SETTINGS_COUNT);
}

/* What each name takes, and what it doesn't. */
static void test_check(void **state)
{
  static const struct {
    const char *name, *value;
    bool fine;
  } cases[] = {
      {"lifetime-cap", "0", true},
      {"lifetime-cap", "31622400", true},
      {"lifetime-cap", "366d", true},
      {"lifetime-cap", "367d", false},
      {"lifetime-cap", "31622401", false},
      {"lifetime-cap", "-1", false},
      {"lifetime-cap", "d", false},
      {"lifetime-cap", "", false},
      {"lifetime-cap", " 1", false},
      {"lifetime-cap", "1h", false},
      {"lifetime-cap", "1dd", false},
      {"lifetime-cap", "4294967296d", false},
      {"hpkp-cap", "60d", true},
      {"hpkp-cap", "0d", true},
      {"hpkp-cap", "5184000", true},
      {"hpkp-cap", "5184001", false},
      {"learn", "yes", true},
      {"learn", "no", true},
      {"learn", "true", false},
      {"learn", "", false},
      {"level", "leaf", true},
      {"level", "issuer", true},
      {"level", "anchor", true},
      {"level", "authority", false},
      {"level", "any", false},
      {"changes", "none", true},
      {"changes", "same-key", true},
      {"changes", "same-key;", true},
      {"changes", " same-key ; seen-before;same-issuer;proved", true},
      {"changes", "", false},
      {"changes", ";", false},
      {"changes", "same-key;;proved", false},
      {"changes", "unexplained", false},
      {"changes", "same-key;unexplained", false},
      {"changes", "none;proved", false},
      {"anchors", "exempt", true},
      {"anchors", "enforce", true},
      {"anchors", "yes", false},
      {"unavailable", "go-on", true},
      {"unavailable", "fail", true},
      {"unavailable", "stop", false},
      {"vendor-anchors", "/tmp", false},
      {"Learn", "yes", false},
      {"", "", false},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *problem = NULL;

    if (settings_check(cases[i].name, cases[i].value, &problem) != cases[i].fine)
      fail_msg("%s=%s: %s", cases[i].name, cases[i].value, problem);
    assert_true((problem == NULL) == cases[i].fine);
    if (problem != NULL)
      assert_non_null(strstr(problem, cases[i].name));
    g_free(problem);
  }
}

/* Both ways; of two that are as strict, the first as it is written. */
static void test_stricter(void **state)
{
  static const struct {
    const char *name, *a, *b, *stricter, *other_way;
  } cases[] = {
      {"lifetime-cap", "1d", "86401", "1d", "1d"},
      {"lifetime-cap", "1d", "86400", "1d", "86400"},
      {"hpkp-cap", "0", "60d", "0", "0"},
      {"learn", "yes", "no", "no", "no"},
      {"level", "leaf", "issuer", "leaf", "leaf"},
      {"level", "anchor", "issuer", "issuer", "issuer"},
      {"anchors", "exempt", "enforce", "enforce", "enforce"},
      {"unavailable", "fail", "go-on", "fail", "fail"},
      {"changes", "none", "proved", "none", "none"},
      {"changes", "proved;same-key", "proved", "proved", "proved"},
      {"changes", "proved;same-key", "same-key;proved;", "proved;same-key", "same-key;proved;"},
      {"changes", "proved;same-key;seen-before", "same-issuer; seen-before;same-key",
       "same-key;seen-before", "same-key;seen-before"},
      {"changes", "proved", "same-key", "none", "none"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    size_t index = settings_find(cases[i].name);
    g_autofree char *one = settings_stricter(index, cases[i].a, cases[i].b);
    g_autofree char *other = settings_stricter(index, cases[i].b, cases[i].a);

    assert_string_equal(one, cases[i].stricter);
    assert_string_equal(other, cases[i].other_way);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_check),
      cmocka_unit_test(test_stricter),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

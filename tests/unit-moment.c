/* Dates in policy text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/moment.h"

#include "pinning/keypin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>

static void test_good(void **state)
{
  static const struct {
    const char *text;
    int64_t seconds;
  } cases[] = {
      {"1970-01-01", 0},
      {"2023-11-14", 1699920000},
      {"2023-11-14T22:13:20Z", 1700000000},
      {"2023-11-14T22:13:20.75Z", 1700000000},
      {"2023-11-14T23:13:20+01:00", 1700000000},
      {"2023-11-14T12:13:20-10:00", 1700000000},
      {"2024-02-29", 1709164800},
      {"9999-12-31T23:59:59Z", KEYPIN_FOREVER},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    int64_t seconds = -1;

    if (!moment_read(cases[i].text, &seconds) || seconds != cases[i].seconds)
      fail_msg("'%s' is %" G_GINT64_FORMAT, cases[i].text, seconds);
  }
}

/* Also what GLib would read as ISO 8601: weeks, days of the year, a space, no zone. */
static void test_bad(void **state)
{
  static const char *const cases[] = {
      "",
      "tomorrow",
      "2023",
      "2023-11",
      "2023-13-01",
      "2023-02-29",
      "2023-11-31",
      "23-11-14",
      "2023-11-14 ",
      "2023/11/14",
      "20231114",
      "2023-W46-2",
      "2023-318",
      "2023-11-14T22:13:20",
      "2023-11-14T22:13Z",
      "2023-11-14 22:13:20Z",
      "2023-11-14T24:13:20Z",
      "2023-11-14T22:60:20Z",
      "2023-11-14T22:13:20+0100",
      "2023-11-14T22:13:20Zulu",
      "1969-12-31",
      "1970-01-01T00:00:00+01:00",
      "9999-12-31T23:59:59-01:00",
      "10000-01-01",
      "-2023-11-14",
      "1700000000",
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    int64_t seconds = 77;

    if (moment_read(cases[i], &seconds))
      fail_msg("'%s' is %" G_GINT64_FORMAT, cases[i], seconds);
    assert_int_equal(seconds, 77);
  }
}

static void test_text(void **state)
{
  static const int64_t moments[] = {0, 1, 1700000000, KEYPIN_FOREVER};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(moments); i++) {
    g_autofree char *text = moment_text(moments[i]);
    int64_t seconds;

    assert_true(moment_read(text, &seconds));
    assert_int_equal(seconds, moments[i]);
  }
  {
    g_autofree char *text = moment_text(INT64_MAX);

    assert_string_equal(text, "?");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_good),
      cmocka_unit_test(test_bad),
      cmocka_unit_test(test_text),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

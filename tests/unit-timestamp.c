/* Tests of libserver/timestamp.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
  const char *text;
  int64_t seconds;
} moments[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2000-02-29T12:00:00Z", 951825600},
    {"2026-11-22T17:00:00Z", 1795366800},
    {"2038-01-19T03:14:08Z", 2147483648},
    {"9999-12-31T23:59:59Z", 253402300799},
};

static const char *const no_moments[] = {
    "",
    "2026-11-22",
    "2026-11-22T17:00:00",
    "2026-11-22T17:00:00z",
    "2026-11-22t17:00:00Z",
    "2026-11-22 17:00:00Z",
    "2026-11-22T17:00:00ZZ",
    "2026-11-22T17:00:00+00:00",
    "2026-11-22T17:00:00.0Z",
    "2026-02-29T00:00:00Z", /* no leap year */
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-01-01T00:00:60Z",
    "1969-12-31T23:59:59Z",
    "0000-01-01T00:00:00Z",
    "+026-01-01T00:00:00Z",
    " 026-01-01T00:00:00Z",
};

static struct span span_of(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

static void reads_moments(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
    int64_t seconds = -1;

    assert_true(timestamp_parse(span_of(moments[i].text), &seconds));
    assert_true(seconds == moments[i].seconds);
  }
}

static void writes_moments(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
    char text[TIMESTAMP_SIZE];

    assert_true(timestamp_format(moments[i].seconds, text));
    assert_string_equal(text, moments[i].text);
  }
}

static void refuses_what_is_no_moment(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof no_moments / sizeof no_moments[0]; i++) {
    int64_t seconds;

    if (timestamp_parse(span_of(no_moments[i]), &seconds))
      fail_msg("'%s' was taken", no_moments[i]);
  }
}

static void refuses_to_write_other_years(void **state)
{
  char text[TIMESTAMP_SIZE];

  (void)state;
  assert_false(timestamp_format(-1, text));
  assert_false(timestamp_format(253402300800, text)); /* year 10000 */
  assert_false(timestamp_format(INT64_MIN, text));
  assert_false(timestamp_format(INT64_MAX, text));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_moments),
      cmocka_unit_test(writes_moments),
      cmocka_unit_test(refuses_what_is_no_moment),
      cmocka_unit_test(refuses_to_write_other_years),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

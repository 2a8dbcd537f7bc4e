/* Moments as people write and read them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#define NOW INT64_C(1795366800) /* 2026-11-22 17:00 UTC, 18:00 in Berlin */

static void use_zone(const char *zone)
{
  setenv("TZ", zone, 1);
  tzset();
}

static void assert_parsed(const char *text, uint64_t expected)
{
  g_autofree char *problem = NULL;
  uint64_t seconds = 0;

  if (!when_parse(text, NOW, &seconds, &problem))
    fail_msg("%s", problem);
  assert_int_equal(seconds, expected);
  assert_null(problem);
}

static void assert_refused(const char *text, const char *expected)
{
  g_autofree char *problem = NULL;
  uint64_t seconds = 7;

  assert_false(when_parse(text, NOW, &seconds, &problem));
  assert_int_equal(seconds, 7);
  assert_non_null(g_strstr_len(problem, -1, text));
  assert_non_null(g_strstr_len(problem, -1, expected));
}

static void test_rfc3339(void **state)
{
  (void)state;
  assert_parsed("2026-11-22T17:00:00Z", NOW);
  assert_parsed("2026-11-22t17:00:00z", NOW);
  assert_parsed("2026-11-22T18:00:00+01:00", NOW);
  assert_parsed("2026-11-22T12:00:00-05:00", NOW);
  assert_parsed("2026-11-22 17:00:00Z", NOW);
  assert_parsed("2026-11-22T17:00Z", NOW);
  assert_parsed("2026-11-22T16:59:59.999Z", NOW - 1);
  assert_parsed("2024-02-29T00:00:00Z", 1709164800);
  assert_parsed("1970-01-01T00:00:01Z", 1);
}

static void test_local(void **state)
{
  (void)state;
  assert_parsed("2026-11-22", NOW - 17 * 3600 - 3600);
  assert_parsed("2026-11-22 18:00", NOW);
  assert_parsed("2026-11-22T18:00", NOW);
  assert_parsed("2026-11-22 17:59:30", NOW - 30);
  assert_parsed("2026-07-01", UINT64_C(1782856800)); /* summer time */
}

/* A day before the change to winter time is a day and an hour ago. */
static void test_ago(void **state)
{
  (void)state;
  assert_parsed("30min", NOW - 30 * 60);
  assert_parsed("2h", NOW - 2 * 3600);
  assert_parsed("3d", NOW - 3 * 86400);
  assert_parsed("1w", NOW - 7 * 86400);
  assert_parsed("0d", NOW);
  assert_parsed("30d", NOW - 30 * 86400 - 3600);
}

static void test_refused(void **state)
{
  static const char *const texts[] = {
      "yesterday",
      "2h ago",
      "-2h",
      "2",
      "h",
      "2m",
      "2 h",
      "1.5h",
      "2H",
      "100001d",
      "2026-13-01",
      "2026-02-30",
      "2026-11-22T",
      "2026-11-22T1",
      "2026-W47-7",
      "2026-326",
      "20261122",
      "2026-11-22T25:00:00Z",
      "26-11-22",
      "2026-1-2",
      "2026-11-22T17:00:00+1",
      "1969-12-31",
      "1970-01-01T00:00:00Z",
      "99999999999999999999d",
      "2026-11-22T17:00:00Z\n",
      " 2026-11-22",
      "0000-00-00",
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
    assert_refused(texts[i], "is not a time");
  assert_refused("", "is not a time");
}

static void test_future(void **state)
{
  (void)state;
  assert_refused("2026-11-22T17:00:01Z", "still to come");
  assert_refused("2026-11-23", "still to come");
  assert_refused("9999-12-31", "still to come");
}

static void assert_end(const char *text, uint64_t expected)
{
  g_autofree char *problem = NULL;
  uint64_t seconds = 0;

  if (!when_parse_end(text, NOW, &seconds, &problem))
    fail_msg("%s", problem);
  assert_int_equal(seconds, expected);
  assert_null(problem);
}

/* A month from now, over the change to winter time, is as many days of the calendar. */
static void test_end(void **state)
{
  (void)state;
  assert_end("2026-11-22T17:00:01Z", NOW + 1);
  assert_end("2026-11-23", NOW + 6 * 3600);
  assert_end("2027-01-01 12:00", UINT64_C(1798801200));
  assert_end("9999-12-31T23:59:59Z", UINT64_C(253402300799));
  assert_end("1min", NOW + 60);
  assert_end("2h", NOW + 2 * 3600);
  assert_end("30d", NOW + 30 * 86400);
  assert_end("52w", NOW + 364 * 86400);
  assert_end("180d", NOW + 180 * 86400 - 3600);
}

static void assert_no_end(const char *text, const char *expected)
{
  g_autofree char *problem = NULL;
  uint64_t seconds = 7;

  assert_false(when_parse_end(text, NOW, &seconds, &problem));
  assert_int_equal(seconds, 7);
  assert_non_null(g_strstr_len(problem, -1, text));
  assert_non_null(g_strstr_len(problem, -1, expected));
}

static void test_no_end(void **state)
{
  (void)state;
  assert_no_end("2026-11-22T17:00:00Z", "has passed");
  assert_no_end("2026-11-22", "has passed");
  assert_no_end("0d", "has passed");
  assert_no_end("1970-01-01T00:00:01Z", "has passed");
  assert_no_end("1969-12-31", "is not a time");
  assert_no_end("never", "is not a time");
  assert_no_end("-2h", "is not a time");
  assert_no_end("", "is not a time");
}

static void assert_text(char *text, const char *expected)
{
  if (expected == NULL)
    assert_null(text);
  else
    assert_string_equal(text, expected);
  g_free(text);
}

static void test_shown(void **state)
{
  (void)state;
  assert_text(when_to_rfc3339(NOW), "2026-11-22T17:00:00Z");
  assert_text(when_to_rfc3339(1), "1970-01-01T00:00:01Z");
  assert_text(when_to_rfc3339(0), NULL);
  assert_text(when_to_rfc3339(UINT64_C(253402300799)), "9999-12-31T23:59:59Z");
  assert_text(when_to_rfc3339(UINT64_C(253402300800)), NULL);
  assert_text(when_to_rfc3339(INT64_MAX), NULL);
  assert_text(when_to_rfc3339(UINT64_MAX), NULL);
  assert_text(when_to_text(NOW), "2026-11-22 18:00");
  assert_text(when_to_day(NOW), "2026-11-22");
  assert_text(when_to_day(NOW + 6 * 3600), "2026-11-23"); /* midnight there */
  assert_text(when_to_text(UINT64_MAX), "?");
  assert_text(when_to_day(INT64_MAX), "?");
}

/* What is shown is understood again. */
static void test_round(void **state)
{
  (void)state;
  for (int64_t seconds = 60; seconds < NOW; seconds += 31415940) {
    g_autofree char *exact = when_to_rfc3339((uint64_t)seconds);

    assert_parsed(exact, (uint64_t)seconds);
  }
}

static void test_span(void **state)
{
  (void)state;
  assert_text(when_span(0), "0 seconds");
  assert_text(when_span(1), "1 second");
  assert_text(when_span(59), "59 seconds");
  assert_text(when_span(60), "1 minute");
  assert_text(when_span(3599), "59 minutes");
  assert_text(when_span(3600), "1 hour");
  assert_text(when_span(86399), "23 hours");
  assert_text(when_span(86400), "1 day");
  assert_text(when_span(2678400), "31 days");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rfc3339), cmocka_unit_test(test_local),  cmocka_unit_test(test_ago),
      cmocka_unit_test(test_refused), cmocka_unit_test(test_future), cmocka_unit_test(test_shown),
      cmocka_unit_test(test_round),   cmocka_unit_test(test_span),   cmocka_unit_test(test_end),
      cmocka_unit_test(test_no_end),
  };

  use_zone("CET-1CEST,M3.5.0,M10.5.0/3"); /* needs no time zone files */
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is said of the backups and the damaged file once the user goes on: tools/remains.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/remains.h"

#include "tests/capture.h"
#include "tests/things.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPORT "path=/a/pins.db;state=ok;cause=content;found=#1900000000;missing=#1"
#define ASIDE  REPORT ";aside=damaged-x.db"
#define LATER  "name=later.db;made=#1900000000;state=unread"
#define BROKEN "name=broken.db;made=#1899999999;state=damaged"
#define RIGHT  "name=right.db;made=#1899999998;state=unread"
#define OLDER  "name=older.db;made=#1899000000;state=ok"
#define DAY    INT64_C(86400)

static char *printed(const char *report, const char *const *backups, int64_t period)
{
  tlspin_doctor_t *doctor = doctored(report);
  struct capture capture;
  char *text;

  for (; *backups != NULL; backups++)
    doctored_add(doctor, *backups);
  capture_begin(&capture, STDOUT_FILENO);
  remains_print(doctor, period);
  text = capture_end(&capture);
  tlspin_doctor_free(doctor);
  return text;
}

static void expect(const char *report, const char *const *backups, int64_t period,
                   const char *words)
{
  char *text = printed(report, backups, period);

  if (words == NULL)
    assert_string_equal(text, "");
  else if (strstr(text, words) == NULL)
    fail_msg("'%s' is not in: %s", words, text);
  free(text);
}

static void expect_not(const char *report, const char *const *backups, int64_t period,
                       const char *words)
{
  char *text = printed(report, backups, period);

  assert_null(strstr(text, words));
  free(text);
}

static const char *const none[] = {NULL};

/* The newest that was made before the damage was found, and isn't known to be damaged itself. */
static void test_backup(void **state)
{
  static const char *const all[] = {LATER, BROKEN, RIGHT, OLDER, NULL};
  static const char *const late[] = {LATER, BROKEN, NULL};

  (void)state;
  expect(REPORT, all, 7 * DAY,
         "is of 2030-03-17 17:46. To come back to it: tlspin restore right.db");
  expect(REPORT, all, 7 * DAY, "else it goes on 2030-03-24 17:46");
  expect(REPORT, all, 0, "else it goes on 2030-03-17 17:46");
  expect(REPORT, all, -1, "tlspin restore right.db");
  expect_not(REPORT, all, -1, "it goes on");
  expect(REPORT, late, 7 * DAY, NULL);
  expect(REPORT, none, 7 * DAY, NULL);
}

static void test_aside(void **state)
{
  (void)state;
  expect(ASIDE, none, 7 * DAY, "The damaged file damaged-x.db stays until you remove it");
  expect(ASIDE, none, 7 * DAY, "is cleared, for 7 days, and with --forever no longer.");
  expect(ASIDE, none, 31 * DAY, "for 31 days");
  expect(ASIDE, none, 0, "stays until you remove it, or clear a server that may be in it.");
  expect(ASIDE, none, -1, "stays until you remove it, or clear a server that may be in it.");
}

/* Names come from a folder, and steer no terminal. */
static void test_hostile(void **state)
{
  static const char *const hostile[] = {"name=\x1b[2J.db;made=#1;state=ok", NULL};

  (void)state;
  expect(REPORT ";aside=\x1b[2J", hostile, DAY, "[2J");
  expect_not(REPORT ";aside=\x1b[2J", hostile, DAY, "\x1b");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_backup),
      cmocka_unit_test(test_aside),
      cmocka_unit_test(test_hostile),
  };

  setenv("TZ", "UTC", 1);
  tzset();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

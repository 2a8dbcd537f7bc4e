/* Progress of long work.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/progress.h"

#include "tests/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONG = 1500 * 1000 }; /* microseconds; more than the second before anything is shown */

#define TAKEN_AWAY "\r\033[K"

/* Until something is shown, for a minute at most. */
static void await_text(int reader)
{
  struct pollfd shown = {.fd = reader, .events = POLLIN};

  assert_int_equal(poll(&shown, 1, 60000), 1);
}

static char *watch(bool terminal, unsigned count, bool long_work)
{
  struct capture capture;
  struct progress *progress;

  if (terminal)
    capture_begin_terminal(&capture, STDERR_FILENO, 80);
  else
    capture_begin(&capture, STDERR_FILENO);
  progress = progress_start("Pins read:");
  for (unsigned i = 1; i <= count; i++)
    progress_count(progress, i);
  if (long_work && terminal)
    await_text(capture.reader);
  else if (long_work)
    g_usleep(LONG);
  progress_stop(progress);
  return capture_end(&capture);
}

static void test_long(void **state)
{
  char *text = watch(true, 1200, true);

  (void)state;
  assert_true(g_str_has_prefix(text, "\rPins read: 1200\033[K"));
  assert_true(g_str_has_suffix(text, TAKEN_AWAY));
  free(text);
}

static void test_nothing_to_count(void **state)
{
  char *text = watch(true, 0, true);

  (void)state;
  assert_true(g_str_has_prefix(text, "\rPins read:\033[K"));
  free(text);
}

static void test_short(void **state)
{
  char *text = watch(true, 10, false);

  (void)state;
  assert_string_equal(text, "");
  free(text);
}

static void test_no_terminal(void **state)
{
  char *text = watch(false, 10, true);

  (void)state;
  assert_string_equal(text, "");
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_long),
      cmocka_unit_test(test_nothing_to_count),
      cmocka_unit_test(test_short),
      cmocka_unit_test(test_no_terminal),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}

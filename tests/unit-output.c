/* What the commands write.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/output.h"

#include "tests/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define UMLAUT "b\xc3\xbc" /* two letters */

static void assert_written(struct capture *capture, const char *expected)
{
  char *text = capture_end(capture);

  assert_string_equal(text, expected);
  free(text);
}

static void test_text(void **state)
{
  struct capture capture;

  (void)state;
  capture_begin(&capture, STDOUT_FILENO);
  output_text("%s %d\n", UMLAUT, 7);
  output_write("100%s\n", NULL);
  assert_written(&capture, UMLAUT " 7\n100%s\n");
}

static void test_complain(void **state)
{
  struct capture capture;
  int status;

  (void)state;
  g_set_prgname("tlspin list");
  capture_begin(&capture, STDERR_FILENO);
  assert_null(output_problem());
  assert_int_equal(complain(STATUS_FINE, "a remark"), STATUS_FINE);
  assert_null(output_problem());
  status = complain(STATUS_STORE, "%s is wrong", UMLAUT);
  assert_written(&capture, "tlspin list: a remark\ntlspin list: " UMLAUT " is wrong\n");
  assert_int_equal(status, STATUS_STORE);
}

/* The first failure is what matters; a warning is none. The other tests have had theirs before. */
static void test_problem(void **state)
{
  const char *before = output_problem();
  struct capture capture;

  (void)state;
  assert_non_null(before);
  capture_begin(&capture, STDERR_FILENO);
  complain(STATUS_FINE, "a warning");
  complain(STATUS_STORE, "another");
  assert_written(&capture, "tlspin list: a warning\ntlspin list: another\n");
  assert_ptr_equal(output_problem(), before);
  assert_string_equal(before, UMLAUT " is wrong");
}

/* Words stay whole, and so does a command that is to be copied. */
static void test_complain_on_terminal(void **state)
{
  struct capture capture;

  (void)state;
  g_set_prgname("tlspin");
  capture_begin_terminal(&capture, STDERR_FILENO, 20);
  complain(STATUS_PIN, "The server is pinned. Forget it:\n  tlspin clear imap.example.org:993");
  assert_written(&capture, "tlspin: The server\nis pinned. Forget\nit:\n"
                           "  tlspin clear imap.example.org:993\n");
}

/* Where both lead to the same place, what was said first stands first. */
static void test_order(void **state)
{
  struct capture capture, both;

  (void)state;
  g_set_prgname("p");
  capture_begin(&capture, STDERR_FILENO);
  both = capture;
  both.fd = STDOUT_FILENO;
  both.saved = dup(STDOUT_FILENO);
  assert_int_equal(dup2(STDERR_FILENO, STDOUT_FILENO), STDOUT_FILENO);
  output_text("first\n");
  complain(STATUS_FINE, "second");
  output_text("third\n");
  fflush(stdout);
  assert_int_equal(dup2(both.saved, STDOUT_FILENO), STDOUT_FILENO);
  close(both.saved);
  assert_written(&capture, "first\np: second\nthird\n");
}

/* In the locale "C" there is no umlaut. */
static void test_converted(void **state)
{
  struct capture capture;

  (void)state;
  setlocale(LC_ALL, "C");
  setenv("CHARSET", "ISO-8859-1", 1);
  capture_begin(&capture, STDOUT_FILENO);
  output_text("%s %s\n", UMLAUT, "\xe6\xbc\xa2");
  assert_string_equal(output_ellipsis(), "...");
  unsetenv("CHARSET");
  setlocale(LC_ALL, "C.UTF-8");
  assert_written(&capture, "b\xfc ?\n");
  assert_string_equal(output_ellipsis(), "\xe2\x80\xa6");
}

static bool coloured_on(bool terminal)
{
  struct capture capture;
  bool coloured;

  if (terminal)
    capture_begin_terminal(&capture, STDOUT_FILENO, 80);
  else
    capture_begin(&capture, STDOUT_FILENO);
  coloured = output_is_coloured(STDOUT_FILENO);
  free(capture_end(&capture));
  return coloured;
}

static void test_coloured(void **state)
{
  (void)state;
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  assert_true(coloured_on(true));
  assert_false(coloured_on(false));
  setenv("NO_COLOR", "", 1); /* no-color.org: "when present and not an empty string" */
  assert_true(coloured_on(true));
  setenv("NO_COLOR", "1", 1);
  assert_false(coloured_on(true));
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  assert_false(coloured_on(true));
  unsetenv("TERM");
  assert_false(coloured_on(true));
}

static unsigned width_on(bool terminal, unsigned short columns)
{
  struct capture capture;
  unsigned width;

  if (terminal)
    capture_begin_terminal(&capture, STDOUT_FILENO, columns);
  else
    capture_begin(&capture, STDOUT_FILENO);
  width = output_width(STDOUT_FILENO);
  free(capture_end(&capture));
  return width;
}

static void test_width(void **state)
{
  (void)state;
  setenv("COLUMNS", "50", 1);
  assert_int_equal(width_on(true, 132), 132);
  assert_int_equal(width_on(true, 0), 50);
  assert_int_equal(width_on(false, 0), 0);
  setenv("COLUMNS", "", 1);
  assert_int_equal(width_on(true, 0), 80);
  setenv("COLUMNS", "-1", 1);
  assert_int_equal(width_on(true, 0), 80);
  setenv("COLUMNS", "99999999999999999999", 1);
  assert_int_equal(width_on(true, 0), 80);
  unsetenv("COLUMNS");
  assert_int_equal(width_on(true, 0), 80);
  assert_int_equal(width_on(true, 132), 132);
}

static void assert_painted(const char *text, enum paint paint, bool coloured, const char *expected)
{
  g_autofree char *painted = output_paint(text, paint, coloured);

  assert_string_equal(painted, expected);
}

static void test_paint(void **state)
{
  (void)state;
  assert_painted("text", PAINT_BAD, true, "\033[1;31mtext\033[0m");
  assert_painted("text", PAINT_GOOD, true, "\033[32mtext\033[0m");
  assert_painted("text", PAINT_WARNING, true, "\033[33mtext\033[0m");
  assert_painted("text", PAINT_TITLE, true, "\033[1mtext\033[0m");
  assert_painted("text", PAINT_FAINT, true, "\033[2mtext\033[0m");
  assert_painted("text", PAINT_NONE, true, "text");
  assert_painted("", PAINT_BAD, true, "");
  assert_painted("text", PAINT_BAD, false, "text");
}

static void assert_cleaned(const char *text, const char *expected)
{
  g_autofree char *clean = output_clean(text);

  assert_string_equal(clean, expected);
}

#define REPLACED "\xef\xbf\xbd"

static void test_clean(void **state)
{
  (void)state;
  assert_cleaned(UMLAUT " \xe6\xbc\xa2", UMLAUT " \xe6\xbc\xa2");
  assert_cleaned("a\033[2J", "a" REPLACED "[2J");
  assert_cleaned("a\nb\rc\td\x7f", "a" REPLACED "b" REPLACED "c" REPLACED "d" REPLACED);
  assert_cleaned("\xc2\x9b"
                 "31m",
                 REPLACED "31m"); /* CSI in one character */
  assert_cleaned("gro.\xe2\x80\xae"
                 "x",
                 "gro." REPLACED "x"); /* right to left from here on */
  assert_cleaned("\xe2\x80\xa8", REPLACED);
  assert_cleaned("\xff\xfe", REPLACED REPLACED);
  assert_cleaned("", "");
}

static int finish_on(const char *path, int status, char **said)
{
  struct capture output, errors;
  int fd = open(path, O_WRONLY | O_CLOEXEC), result;

  assert_true(fd >= 0);
  capture_begin(&output, STDOUT_FILENO);
  capture_begin(&errors, STDERR_FILENO);
  assert_int_equal(dup2(fd, STDOUT_FILENO), STDOUT_FILENO);
  close(fd);
  output_text("text\n");
  result = output_finish(status);
  clearerr(stdout);
  *said = capture_end(&errors);
  free(capture_end(&output));
  return result;
}

/* A script must not take half a list for a whole one. */
static void test_finish(void **state)
{
  char *said;

  (void)state;
  g_set_prgname("p");
  assert_int_equal(finish_on("/dev/null", STATUS_FINE, &said), STATUS_FINE);
  assert_string_equal(said, "");
  free(said);
  assert_int_equal(finish_on("/dev/null", STATUS_PIN, &said), STATUS_PIN);
  free(said);
  assert_int_equal(finish_on("/dev/full", STATUS_FINE, &said), STATUS_USAGE);
  assert_string_equal(said, "p: the output could not be written: No space left on device\n");
  free(said);
  assert_int_equal(finish_on("/dev/full", STATUS_STORE, &said), STATUS_STORE);
  assert_string_not_equal(said, "");
  free(said);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),     cmocka_unit_test(test_complain),
      cmocka_unit_test(test_problem),  cmocka_unit_test(test_complain_on_terminal),
      cmocka_unit_test(test_order),    cmocka_unit_test(test_converted),
      cmocka_unit_test(test_coloured), cmocka_unit_test(test_width),
      cmocka_unit_test(test_paint),    cmocka_unit_test(test_clean),
      cmocka_unit_test(test_finish),
  };

  setlocale(LC_ALL, "C.UTF-8");
  return cmocka_run_group_tests(tests, NULL, NULL);
}

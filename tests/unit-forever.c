/* Erasing for good: what is asked before, and what is said afterwards.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/forever.h"

#include "tests/said.h"
#include "tests/things.h"
#include "tools/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the daemon reports; code: what the library says instead. */
static struct {
  const char *report;
  unsigned backups;
  int code;
} fake;

int tlspin_doctor(tlspin_t *context, int read, tlspin_doctor_t **doctor)
{
  assert_null(context);
  assert_int_equal(read, 0); /* reading takes a while */
  *doctor = NULL;
  if (fake.code != TLSPIN_OK)
    return fake.code;
  *doctor = doctored(fake.report);
  for (unsigned i = 0; i < fake.backups; i++)
    doctored_add(*doctor, "name=pins.db");
  return TLSPIN_OK;
}

static void report(const char *words, unsigned backups)
{
  fake.report = words;
  fake.backups = backups;
  fake.code = TLSPIN_OK;
}

/* What is said on standard error; to be freed. */
static char *confirm(bool all, bool yes, int status, struct forever *files)
{
  struct capture capture;

  *files = (struct forever){.backups = 0};
  capture_begin(&capture, STDERR_FILENO);
  assert_int_equal(forever_confirm(NULL, all, yes, files), status);
  return capture_end(&capture);
}

/* The same with this line typed at a terminal. */
static char *ask(const char *line, bool all, int status)
{
  int saved = dup(STDIN_FILENO), master, slave;
  struct forever files;
  char *text;

  assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
  assert_int_equal(dup2(slave, STDIN_FILENO), STDIN_FILENO);
  close(slave);
  assert_int_equal(write(master, line, strlen(line)), strlen(line));
  clearerr(stdin);
  text = confirm(all, false, status, &files);
  assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
  close(saved);
  close(master);
  return text;
}

static void expect_in(char *text, const char *expected)
{
  if (strstr(text, expected) == NULL)
    fail_msg("'%s' is not in '%s'", expected, text);
  free(text);
}

/* All that were set aside are counted, of which not all are listed. */
static void test_counted(void **state)
{
  struct forever files;
  char *text;

  (void)state;
  report("state=ok;asides=#250", 3);
  text = confirm(false, true, STATUS_FINE, &files);
  assert_string_equal(text, "");
  free(text);
  assert_int_equal(files.backups, 3);
  assert_int_equal(files.asides, 250);
  report("state=ok", 0); /* of a daemon that doesn't tell */
  free(confirm(true, true, STATUS_FINE, &files));
  assert_int_equal(files.backups + files.asides, 0);
}

static void test_asked(void **state)
{
  (void)state;
  report("state=ok;asides=#1", 1);
  expect_in(ask("y\n", false, STATUS_FINE), "Erase this for good? [y/N] ");
  expect_in(ask("y\n", true, STATUS_FINE), "Erase all pins of yours for good? [y/N] ");
  expect_in(ask("y\n", false, STATUS_FINE), "1 damaged file that was set aside is removed, too.\n");
  expect_in(ask("n\n", false, STATUS_USAGE), "Nothing was changed.");
  expect_in(ask("\n", true, STATUS_USAGE), "Nothing was changed.");
  report("state=ok;asides=#0", 1);
  expect_in(ask("y\n", false, STATUS_FINE), "written anew without it.\nErase this");
}

/* Nothing is begun where nobody can be asked, nor where it can't be told what would be done. */
static void test_not_asked(void **state)
{
  struct forever files;

  (void)state;
  report("state=ok;asides=#0", 1);
  assert_non_null(freopen("/dev/null", "r", stdin));
  expect_in(confirm(false, false, STATUS_USAGE, &files),
            "There is no terminal to ask at; say --yes");
  fake.code = TLSPIN_UNAVAILABLE;
  expect_in(confirm(false, true, STATUS_STORE, &files), tlspin_code_text(TLSPIN_UNAVAILABLE));
}

static void expect_done(const char *expected)
{
  const struct forever counted = {.backups = 2, .asides = 1};
  struct capture capture;
  char *text;

  capture_begin(&capture, STDOUT_FILENO);
  forever_print(NULL, &counted);
  text = capture_end(&capture);
  assert_string_equal(text, expected);
  free(text);
}

/* The daemon knows what it did; otherwise what was there before is said. */
static void test_done(void **state)
{
  static const char *const guess = "All 2 backups were written anew without it.\n"
                                   "1 damaged file that had been set aside was removed.\n";

  (void)state;
  report("state=ok;erased=#5;erased-backups=#1;erased-damaged=#2;erased-asides=#3", 0);
  expect_done("The 1 backup was written anew without it.\n"
              "2 damaged backups were removed.\n"
              "3 damaged files that had been set aside were removed.\n");
  report("state=ok;erased=#5;erased-backups=#0;erased-damaged=#0;erased-asides=#0", 0);
  expect_done("");
  report("state=ok", 0);
  expect_done(guess);
  fake.code = TLSPIN_UNAVAILABLE;
  expect_done(guess);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_counted),
      cmocka_unit_test(test_asked),
      cmocka_unit_test(test_not_asked),
      cmocka_unit_test(test_done),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

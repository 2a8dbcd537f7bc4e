/* Cells of a terminal.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/cells.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define KANJI    "\xe6\xbc\xa2" /* two cells */
#define ACUTE    "\xcc\x81"     /* combining: none */

static void test_width(void **state)
{
  (void)state;
  assert_int_equal(cells_width(""), 0);
  assert_int_equal(cells_width("imap.example.org"), 16);
  assert_int_equal(cells_width("b\xc3\xbc"
                               "cher"),
                   6);
  assert_int_equal(cells_width(KANJI KANJI), 4);
  assert_int_equal(cells_width("e" ACUTE "t" ACUTE), 2);
  assert_int_equal(cells_width(ELLIPSIS), 1);
}

static void assert_shortened(const char *text, unsigned width, const char *expected)
{
  g_autofree char *got = cells_shorten(text, width, ELLIPSIS);

  assert_string_equal(got, expected);
  assert_true(cells_width(got) <= width);
}

static void test_shorten(void **state)
{
  (void)state;
  assert_shortened("imap.example.org", 16, "imap.example.org");
  assert_shortened("imap.example.org", 17, "imap.example.org");
  assert_shortened("imap.example.org", 15, "imap.ex" ELLIPSIS "ple.org");
  assert_shortened("imap.example.org", 8, "imap" ELLIPSIS "org");
  assert_shortened("imap.example.org", 3, "i" ELLIPSIS "g");
  assert_shortened("imap.example.org", 2, "i" ELLIPSIS);
  assert_shortened("imap.example.org", 1, "i");
  assert_shortened("imap.example.org", 0, "");
  assert_shortened("", 0, "");
}

/* Never half a character, never a mark that has lost its letter. */
static void test_shorten_wide(void **state)
{
  (void)state;
  assert_shortened(KANJI KANJI KANJI KANJI, 6, KANJI ELLIPSIS KANJI);
  assert_shortened(KANJI KANJI KANJI KANJI, 5, KANJI ELLIPSIS KANJI);
  assert_shortened(KANJI KANJI KANJI KANJI, 4, KANJI ELLIPSIS);
  assert_shortened(KANJI KANJI KANJI KANJI, 1, "");
  assert_shortened("abcde" ACUTE "f", 4, "ab" ELLIPSIS "f");
  assert_shortened("abcde" ACUTE "f", 5, "ab" ELLIPSIS "e" ACUTE "f");
  assert_shortened("a" ACUTE "bcdef", 3, "a" ACUTE ELLIPSIS "f");
  assert_shortened("ab" ACUTE "cdef", 4, "ab" ACUTE ELLIPSIS "f");
}

static void test_shorten_plain(void **state)
{
  g_autofree char *some = cells_shorten("imap.example.org", 9, "...");
  g_autofree char *few = cells_shorten("imap.example.org", 3, "...");

  (void)state;
  assert_string_equal(some, "ima...org");
  assert_string_equal(few, "ima");
}

static void test_padded(void **state)
{
  g_autoptr(GString) line = g_string_new("|");

  (void)state;
  cells_append_padded(line, KANJI, 4);
  cells_append_padded(line, "|", 1);
  cells_append_padded(line, "long", 2);
  assert_string_equal(line->str, "|" KANJI "  |long");
}

static void assert_wrapped(const char *text, unsigned width, unsigned indent, const char *expected)
{
  g_autoptr(GString) out = g_string_new(NULL);

  cells_append_wrapped(out, text, width, indent);
  assert_string_equal(out->str, expected);
}

static void test_wrapped(void **state)
{
  (void)state;
  assert_wrapped("one two three", 0, 4, "one two three");
  assert_wrapped("one two three", 13, 0, "one two three");
  assert_wrapped("one two three", 12, 0, "one two\nthree");
  assert_wrapped("one two three", 17, 4, "one two three");
  assert_wrapped("one two three", 16, 4, "one two\n    three");
  assert_wrapped("one two three", 9, 4, "one\n    two\n    three");
  assert_wrapped("", 10, 4, "");
}

/* A key is longer than a narrow terminal: it stays whole, so that it can be copied. */
static void test_wrapped_long_word(void **state)
{
  (void)state;
  assert_wrapped("a sha256//0123456789 b", 10, 2, "a\n  sha256//0123456789\n  b");
  assert_wrapped("sha256//0123456789", 10, 2, "sha256//0123456789");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_width),
      cmocka_unit_test(test_shorten),
      cmocka_unit_test(test_shorten_wide),
      cmocka_unit_test(test_shorten_plain),
      cmocka_unit_test(test_padded),
      cmocka_unit_test(test_wrapped),
      cmocka_unit_test(test_wrapped_long_word),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

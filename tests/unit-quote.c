/* Octets of files, as they are shown.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/quote.h"

#include <glib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* What the catalogue has in place of the quotation marks, or NULL; GNU gettext's own functions. */
static const char *marks;

char *dgettext(const char *domain, const char *text);
char *dcgettext(const char *domain, const char *text, int category);

char *dcgettext(const char *domain, const char *text, int category)
{
  (void)domain;
  (void)category;
  return (char *)(uintptr_t)(marks != NULL && strcmp(text, "'%s'") == 0 ? marks : text);
}

char *dgettext(const char *domain, const char *text)
{
  return dcgettext(domain, text, 0);
}

static void assert_quoted(const char *octets, size_t size, const char *expected)
{
  g_autofree char *text = quote((struct span){(const uint8_t *)octets, size});

  assert_string_equal(text, expected);
}

static void test_plain(void **state)
{
  (void)state;
  assert_quoted("", 0, "''");
  assert_quoted("www.example.org", 15, "'www.example.org'");
  assert_quoted("b\xc3\xbc"
                "cher",
                7,
                "'b\xc3\xbc"
                "cher'");
}

static void test_escaped(void **state)
{
  (void)state;
  assert_quoted("a\0b", 3, "'a\\x00b'");
  assert_quoted("a\x1b[2J\n", 6, "'a\\x1b[2J\\x0a'");
  assert_quoted("it's\\x", 6, "'it\\x27s\\x5cx'");
  assert_quoted("\xc2\x9b", 2, "'\\xc2\\x9b'");
  assert_quoted("a\xe2\x80\xae"
                "b",
                5,
                "'a\\xe2\\x80\\xae"
                "b'");
}

static void test_no_character(void **state)
{
  (void)state;
  assert_quoted("\xff\xfe", 2, "'\\xff\\xfe'");
  assert_quoted("a\xc3", 2, "'a\\xc3'");
  assert_quoted("\xed\xa0\x80", 3, "'\\xed\\xa0\\x80'");
}

static void test_long(void **state)
{
  char octets[100], expected[80] = "'";

  (void)state;
  memset(octets, 'x', sizeof octets);
  memset(expected + 1, 'x', 64);
  strcpy(expected + 65, "'");
  assert_quoted(octets, 64, expected);
  strcpy(expected + 65, "...'");
  assert_quoted(octets, sizeof octets, expected);
}

/* The quotation marks are those of the user's language, and nothing in the text looks like one. */
static void test_translated(void **state)
{
  (void)state;
  marks = "\xc2\xbb%s\xc2\xab";
  assert_quoted("a", 1,
                "\xc2\xbb"
                "a\xc2\xab");
  assert_quoted("", 0, "\xc2\xbb\xc2\xab");
  assert_quoted("a\xc2\xab b", 5,
                "\xc2\xbb"
                "a\\xc2\\xab b\xc2\xab");
  assert_quoted("\xe2\x80\x9e%s", 5, "\xc2\xbb\\xe2\\x80\\x9e%s\xc2\xab");
  assert_quoted("'\xe2\x80\xba", 4, "\xc2\xbb\\x27\\xe2\\x80\\xba\xc2\xab");
  marks = NULL;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),        cmocka_unit_test(test_escaped),
      cmocka_unit_test(test_no_character), cmocka_unit_test(test_long),
      cmocka_unit_test(test_translated),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

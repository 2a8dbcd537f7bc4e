/* Facts about one thing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void write_on(const char *text, void *data)
{
  g_string_append(data, text);
}

static void assert_printed(struct sheet *sheet, unsigned width, bool coloured, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);
  const struct columns_style style = {width, coloured, NULL, write_on, text};

  sheet_end(sheet, &style);
  assert_string_equal(text->str, expected);
}

static void test_aligned(void **state)
{
  struct sheet *sheet = sheet_new();

  (void)state;
  sheet_add(sheet, "Server", "%s, port %u", "imap.example.org", 993u);
  sheet_add(sheet, "Certificate", "%s", "CN=imap.example.org");
  sheet_add(sheet, "", "%s", "issued by CN=CA");
  assert_printed(sheet, 0, false,
                 "Server       imap.example.org, port 993\n"
                 "Certificate  CN=imap.example.org\n"
                 "             issued by CN=CA\n");
}

static void test_wrapped(void **state)
{
  struct sheet *sheet = sheet_new();

  (void)state;
  sheet_add(sheet, "Pin", "%s", "proved: the server is the one that was pinned");
  sheet_add(sheet, "Key", "%s", "sha256//frxY1Q+mXEdn5F9EOH19zw1R7Rj6oC/hN6Z/R4tH38Y=");
  assert_printed(sheet, 25, false,
                 "Pin  proved: the server\n"
                 "     is the one that was\n"
                 "     pinned\n"
                 "Key  sha256//frxY1Q+mXEdn5F9EOH19zw1R7Rj6oC/hN6Z/R4tH38Y=\n");
}

/* The subject of a certificate may hold what a terminal would obey: only our own codes reach it. */
static void test_clean(void **state)
{
  struct sheet *sheet = sheet_new();

  (void)state;
  sheet_add(sheet, "Subject", "CN=%s", "\033[31mred\r\nPin  proved\xff");
  sheet_add_painted(sheet, "Pin", PAINT_BAD, "NOT MET\033[0m");
  assert_printed(sheet, 0, true,
                 "Subject  CN=\xef\xbf\xbd[31mred\xef\xbf\xbd\xef\xbf\xbdPin  proved\xef\xbf\xbd\n"
                 "Pin      \033[1;31mNOT MET\xef\xbf\xbd[0m\033[0m\n");
}

static void test_empty(void **state)
{
  (void)state;
  assert_printed(sheet_new(), 80, true, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_aligned),
      cmocka_unit_test(test_wrapped),
      cmocka_unit_test(test_clean),
      cmocka_unit_test(test_empty),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

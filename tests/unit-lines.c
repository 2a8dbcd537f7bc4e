/* Files line by line, and what stands in lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SPAN(text) ((struct span){(const uint8_t *)(text), strlen(text)})

static void assert_next(struct lines *lines, const char *expected, size_t number, bool whole)
{
  struct span line;

  assert_true(lines_next(lines, &line));
  assert_true(span_is(line, expected));
  assert_int_equal(lines->number, number);
  assert_int_equal(lines->whole, whole);
}

static void test_lines(void **state)
{
  struct lines lines = lines_of(SPAN("one\n\nthree\r\nfour"));
  struct span line;

  (void)state;
  assert_next(&lines, "one", 1, true);
  assert_next(&lines, "", 2, true);
  assert_next(&lines, "three", 3, true);
  assert_next(&lines, "four", 4, false);
  assert_false(lines_next(&lines, &line));
  assert_int_equal(lines.number, 4);
  lines = lines_of((struct span){NULL, 0});
  assert_false(lines_next(&lines, &line));
  assert_int_equal(lines.number, 0);
}

static void test_cut(void **state)
{
  struct span rest = SPAN("a||b");
  bool found;

  (void)state;
  assert_true(span_is(span_cut(&rest, '|', &found), "a"));
  assert_true(found);
  assert_true(span_is(span_cut(&rest, '|', &found), ""));
  assert_true(found);
  assert_true(span_is(span_cut(&rest, '|', &found), "b"));
  assert_false(found);
  assert_true(span_is(span_cut(&rest, '|', &found), ""));
  assert_false(found);
}

static void test_strip(void **state)
{
  (void)state;
  assert_true(span_is(span_strip(SPAN(" \ta b\t ")), "a b"));
  assert_true(span_is(span_strip(SPAN("  ")), ""));
  assert_true(span_is(span_strip(SPAN("")), ""));
}

static void test_comparisons(void **state)
{
  (void)state;
  assert_true(span_begins(SPAN("abc"), "ab"));
  assert_true(span_begins(SPAN("abc"), ""));
  assert_false(span_begins(SPAN("a"), "ab"));
  assert_false(span_begins(SPAN("bab"), "ab"));
  assert_true(span_holds(SPAN("xaby"), "ab"));
  assert_false(span_holds(SPAN("xay"), "ab"));
  assert_false(span_holds(SPAN(""), "ab"));
  assert_false(span_is(SPAN("abc"), "ab"));
}

static void assert_number(const char *text, uint64_t most, uint64_t expected)
{
  uint64_t number;

  assert_true(span_number(SPAN(text), most, &number));
  assert_int_equal(number, expected);
}

static void refuse_number(const char *text, uint64_t most)
{
  uint64_t number;

  assert_false(span_number(SPAN(text), most, &number));
}

static void test_number(void **state)
{
  (void)state;
  assert_number("0", 0, 0);
  assert_number("00443", 65535, 443);
  assert_number("65535", 65535, 65535);
  assert_number("18446744073709551615", UINT64_MAX, UINT64_MAX);
  refuse_number("65536", 65535);
  refuse_number("655350", 65535);
  refuse_number("18446744073709551616", UINT64_MAX);
  refuse_number("99999999999999999999999", UINT64_MAX);
  refuse_number("", 10);
  refuse_number("-1", 10);
  refuse_number("+1", 10);
  refuse_number(" 1", 10);
  refuse_number("1x", 10);
  refuse_number("7", 5);
}

static void test_hex(void **state)
{
  const uint8_t expected[] = {0x01, 0xab, 0xff};
  uint8_t octets[3];

  (void)state;
  assert_true(span_hex(SPAN("01abFF"), octets, 3));
  assert_memory_equal(octets, expected, 3);
  assert_true(span_hex(SPAN("01:AB:ff"), octets, 3));
  assert_memory_equal(octets, expected, 3);
  assert_true(span_hex(SPAN("7f"), octets, 1));
  assert_int_equal(octets[0], 0x7f);
  assert_false(span_hex(SPAN("01abF"), octets, 3));
  assert_false(span_hex(SPAN("01abFFFF"), octets, 3));
  assert_false(span_hex(SPAN("01:ab-ff"), octets, 3));
  assert_false(span_hex(SPAN("01abfg"), octets, 3));
  assert_false(span_hex(SPAN("0:1ab:ff"), octets, 3));
  assert_false(span_hex(SPAN(""), octets, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines),  cmocka_unit_test(test_cut),
      cmocka_unit_test(test_strip),  cmocka_unit_test(test_comparisons),
      cmocka_unit_test(test_number), cmocka_unit_test(test_hex),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

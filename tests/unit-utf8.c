/* Characters of UTF-8, and what is none.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The character that the octets are, all of them; UINT32_MAX for none. */
static uint32_t read_all(const char *text, size_t size)
{
  struct reader r = reader_of((struct span){(const uint8_t *)text, size});
  uint32_t c = utf8_read(&r);

  assert_true(!r.failed || c == 0);
  return reader_done(&r) ? c : UINT32_MAX;
}

/* RFC 3629 section 4 gives the octets of each range. */
static void test_characters(void **state)
{
  static const struct {
    const char *text;
    uint32_t character;
  } cases[] = {
      {"A", 'A'},
      {"\x7f", 0x7f},
      {"\xc2\x80", 0x80},
      {"\xc3\xbc", 0xfc},
      {"\xdf\xbf", 0x7ff},
      {"\xe0\xa0\x80", 0x800},
      {"\xe2\x82\xac", 0x20ac},
      {"\xed\x9f\xbf", 0xd7ff},
      {"\xee\x80\x80", 0xe000},
      {"\xef\xbf\xbf", 0xffff},
      {"\xf0\x90\x80\x80", 0x10000},
      {"\xf4\x8f\xbf\xbf", 0x10ffff},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t size = strlen(cases[i].text);

    assert_int_equal(read_all(cases[i].text, size), cases[i].character);
    for (size_t cut = 0; cut < size; cut++)
      assert_int_equal(read_all(cases[i].text, cut), UINT32_MAX);
  }
  assert_int_equal(read_all("\0", 1), 0);
}

static void test_what_is_none(void **state)
{
  static const char *const texts[] = {
      "\x80", /* nothing that it belongs to */
      "\xbf",
      "\xc0\x80", /* overlong */
      "\xc1\xbf",
      "\xe0\x80\x80",
      "\xe0\x9f\xbf",
      "\xf0\x80\x80\x80",
      "\xf0\x8f\xbf\xbf",
      "\xed\xa0\x80", /* surrogates */
      "\xed\xbf\xbf",
      "\xf4\x90\x80\x80", /* above U+10FFFF */
      "\xf7\xbf\xbf\xbf",
      "\xf8\x88\x80\x80\x80",
      "\xfe",
      "\xff",
      "\xc3(" /* interrupted */,
      "\xe2\x82(",
      "\xf0\x9f\x98(",
  };

  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    assert_int_equal(read_all(texts[i], strlen(texts[i])), UINT32_MAX);
}

/* Every number up to beyond the last character: there and back. */
static void test_round_trip(void **state)
{
  (void)state;
  for (uint32_t c = 0; c < 0x110100; c++) {
    uint8_t octets[4];
    struct writer w = writer_of(octets, sizeof octets);
    bool is = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
    struct reader r;

    utf8_write(&w, c);
    r = reader_of(writer_span(&w));
    if (utf8_read(&r) != (is ? c : 0xfffd) || !reader_done(&r))
      fail_msg("U+%04X", (unsigned)c);
  }
}

/* A character is written whole or not at all. */
static void test_no_room(void **state)
{
  uint8_t octets[4] = {1, 1, 1, 1};
  struct writer w = writer_of(octets, 3);

  (void)state;
  utf8_write(&w, 'a');
  utf8_write(&w, 0x20ac);
  assert_true(w.failed);
  assert_int_equal(w.used, 1);
  assert_int_equal(octets[1], 1);
  assert_int_equal(octets[3], 1);
}

static void test_harmless(void **state)
{
  static const uint32_t harmful[] = {0,      0x07,   0x1b,   0x1f,   0x7f,   0x80,
                                     0x9b,   0x9f,   0x061c, 0x200e, 0x200f, 0x2028,
                                     0x2029, 0x202a, 0x202e, 0x2066, 0x2069};
  static const uint32_t harmless[] = {' ',    '~',    0xa0,   0xfc,   0x061b, 0x061d,  0x200d,
                                      0x2010, 0x2027, 0x202f, 0x2065, 0x206a, 0x10ffff};

  (void)state;
  for (size_t i = 0; i < sizeof harmful / sizeof harmful[0]; i++)
    assert_false(utf8_is_harmless(harmful[i]));
  for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
    assert_true(utf8_is_harmless(harmless[i]));
}

static bool is_text(const char *text)
{
  return utf8_is_text((struct span){(const uint8_t *)text, strlen(text)});
}

static void test_text(void **state)
{
  (void)state;
  assert_true(is_text(""));
  assert_true(utf8_is_text((struct span){NULL, 0}));
  assert_true(is_text("Gr\xc3\xbc\xc3\x9f"
                      "e"));
  assert_false(is_text("a\nb"));
  assert_false(is_text("a\x1b[2J"));
  assert_false(is_text("a\xc2\x9b"));
  assert_false(is_text("a\xc3"));
  assert_false(is_text("\xff"
                       "a"));
  assert_false(utf8_is_text((struct span){(const uint8_t *)"a\0b", 3}));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_characters), cmocka_unit_test(test_what_is_none),
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_no_room),
      cmocka_unit_test(test_harmless),   cmocka_unit_test(test_text),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* DER elements, and what is none.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/der.h"

#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 0x10100 };

/* On a heap block of its own, so that ASan and valgrind see an overrun. */
static uint8_t *on_heap(const char *digits, size_t *size)
{
  uint8_t buffer[512];
  struct span octets = hex(digits, buffer, sizeof buffer);
  uint8_t *copy = malloc(octets.size > 0 ? octets.size : 1);

  assert_non_null(copy);
  memcpy(copy, octets.data, octets.size);
  *size = octets.size;
  return copy;
}

/* The size of the contents of the one element, or -1. Both functions must agree. */
static int contents(const char *digits, uint8_t tag)
{
  size_t size;
  uint8_t *octets = on_heap(digits, &size);
  struct reader r = reader_of((struct span){octets, size}), whole = r;
  struct span inner = der_read(&r, tag), outer = der_read_whole(&whole, tag);
  int answer = r.failed ? -1 : (int)inner.size;

  assert_int_equal(r.failed, whole.failed);
  assert_int_equal(r.left, whole.left);
  if (r.failed) {
    assert_int_equal(inner.size, 0);
    assert_int_equal(outer.size, 0);
  } else {
    assert_ptr_equal(outer.data, octets);
    assert_int_equal(outer.size, size - r.left);
    assert_true(outer.size >= inner.size + 2);
    assert_true(inner.data == outer.data + outer.size - inner.size || inner.size == 0);
  }
  free(octets);
  return answer;
}

static void test_elements(void **state)
{
  (void)state;
  assert_int_equal(contents("0500", 0x05), 0);
  assert_int_equal(contents("020105", DER_INTEGER), 1);
  assert_int_equal(contents("0201", DER_INTEGER), -1);
  assert_int_equal(contents("02", DER_INTEGER), -1);
  assert_int_equal(contents("", DER_INTEGER), -1);
  assert_int_equal(contents("020105", DER_BIT_STRING), -1);
  assert_int_equal(contents("02010502", DER_INTEGER), 1); /* more may follow */
  assert_int_equal(contents("02020102", DER_INTEGER), 2);
}

/* Indefinite, reserved, in more octets than needed, beyond the end. */
static void test_forbidden_lengths(void **state)
{
  static const char *const forbidden[] = {
      "30800000", "30ff",       "308101ff",     "30817f",       "3082007f",
      "308200ff", "308300ffff", "308400ffffff", "3084ffffffff", "30850000000001ff",
      "308180",   "3082",       "3084000000",   "30830100"};

  (void)state;
  for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
    assert_int_equal(contents(forbidden[i], DER_SEQUENCE), -1);
}

/* Each form of a length at both of its ends; one octet less is an overrun. */
static void test_long_elements(void **state)
{
  static const struct {
    size_t size;
    const char *head;
  } cases[] = {{0x7f, "307f"},           {0x80, "308180"},     {0xff, "3081ff"},
               {0x100, "30820100"},      {0xffff, "3082ffff"}, {0x10000, "3083010000"},
               {0x10000, "308400010000"}};
  uint8_t *octets = calloc(1, ROOM);

  (void)state;
  assert_non_null(octets);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct span head = hex(cases[i].head, octets, ROOM);
    struct reader r = reader_of((struct span){octets, head.size + cases[i].size});
    struct reader short_one = reader_of((struct span){octets, head.size + cases[i].size - 1});
    bool minimal = i + 1 < sizeof cases / sizeof cases[0];

    assert_int_equal(der_read(&r, DER_SEQUENCE).size, minimal ? cases[i].size : 0);
    assert_int_equal(r.failed, !minimal);
    der_read(&short_one, DER_SEQUENCE);
    assert_true(short_one.failed);
  }
  free(octets);
}

static void test_next(void **state)
{
  const uint8_t octets[] = {DER_SET, 0};
  struct reader r = reader_of((struct span){octets, sizeof octets});

  (void)state;
  assert_true(der_next_is(&r, DER_SET));
  assert_false(der_next_is(&r, DER_SEQUENCE));
  der_read(&r, DER_SET);
  assert_true(reader_done(&r));
  assert_false(der_next_is(&r, DER_SET));
  r = reader_of((struct span){octets, sizeof octets});
  r.failed = true;
  assert_false(der_next_is(&r, DER_SET));
}

/* What failed once stays so, and yields nothing more. */
static void test_sticky(void **state)
{
  const uint8_t octets[] = {DER_SET, 0, DER_SEQUENCE, 0};
  struct reader r = reader_of((struct span){octets, sizeof octets});

  (void)state;
  assert_int_equal(der_read_whole(&r, DER_SEQUENCE).size, 0);
  assert_true(r.failed);
  assert_int_equal(der_read_whole(&r, DER_SEQUENCE).size, 0);
  assert_null(der_read(&r, DER_SET).data);
  assert_false(reader_done(&r));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_elements),      cmocka_unit_test(test_forbidden_lengths),
      cmocka_unit_test(test_long_elements), cmocka_unit_test(test_next),
      cmocka_unit_test(test_sticky),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

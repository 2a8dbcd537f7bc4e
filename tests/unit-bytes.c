/* The bounded reader and writer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SPAN(array) ((struct span){(array), sizeof(array)})

static const uint8_t ramp[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static void test_span_equal(void **state)
{
  uint8_t same[sizeof ramp], other[sizeof ramp];
  struct span none = {NULL, 0};

  (void)state;
  memcpy(same, ramp, sizeof ramp);
  assert_true(span_equal(SPAN(ramp), SPAN(same)));
  assert_true(span_equal_secret(SPAN(ramp), SPAN(same)));
  assert_true(span_equal(none, none));
  assert_true(span_equal_secret(none, none));
  assert_true(span_equal(none, (struct span){ramp, 0}));
  assert_false(span_equal(SPAN(ramp), (struct span){same, sizeof same - 1}));
  assert_false(span_equal_secret(SPAN(ramp), (struct span){same, sizeof same - 1}));
  for (size_t bit = 0; bit < 8 * sizeof ramp; bit++) {
    memcpy(other, ramp, sizeof ramp);
    other[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_false(span_equal(SPAN(ramp), SPAN(other)));
    assert_false(span_equal_secret(SPAN(ramp), SPAN(other)));
  }
}

static void test_reader_numbers_are_big_endian(void **state)
{
  struct reader r = reader_of(SPAN(ramp));

  (void)state;
  assert_int_equal(reader_u8(&r), 0x01);
  assert_int_equal(reader_u16(&r), 0x2345);
  assert_int_equal(reader_u24(&r), 0x6789ab);
  assert_false(reader_done(&r));
  assert_int_equal(reader_u16(&r), 0xcdef);
  assert_true(reader_done(&r));
  r = reader_of(SPAN(ramp));
  assert_int_equal(reader_u32(&r), 0x01234567);
  assert_int_equal(reader_u32(&r), 0x89abcdef);
  assert_true(reader_done(&r));
  r = reader_of(SPAN(ramp));
  assert_true(reader_u64(&r) == 0x0123456789abcdef);
  assert_true(reader_done(&r));
}

/* Every number, read from a buffer that is shorter by one octet or more, and held on the heap so
 * that an overrun is seen by ASan and valgrind. */
static void test_reader_numbers_never_overrun(void **state)
{
  (void)state;
  for (size_t octets = 0; octets < 8; octets++) {
    uint8_t *heap = malloc(octets > 0 ? octets : 1);
    struct span bytes = {heap, octets};
    struct reader r[] = {reader_of(bytes), reader_of(bytes), reader_of(bytes), reader_of(bytes),
                         reader_of(bytes)};

    assert_non_null(heap);
    memset(heap, 0xff, octets);
    assert_int_equal(reader_u8(&r[0]), octets < 1 ? 0 : 0xff);
    assert_int_equal(reader_u16(&r[1]), octets < 2 ? 0 : 0xffff);
    assert_int_equal(reader_u24(&r[2]), octets < 3 ? 0 : 0xffffff);
    assert_true(reader_u32(&r[3]) == (octets < 4 ? 0 : 0xffffffff));
    assert_true(reader_u64(&r[4]) == 0);
    assert_int_equal(r[0].failed, octets < 1);
    assert_int_equal(r[1].failed, octets < 2);
    assert_int_equal(r[2].failed, octets < 3);
    assert_int_equal(r[3].failed, octets < 4);
    assert_true(r[4].failed);
    assert_false(reader_done(&r[4]));
    free(heap);
  }
}

static void test_reader_is_sticky(void **state)
{
  struct reader r = reader_of(SPAN(ramp));
  struct span taken;

  (void)state;
  reader_take(&r, sizeof ramp + 1);
  assert_true(r.failed);
  assert_int_equal(reader_u8(&r), 0);
  taken = reader_take(&r, 1);
  assert_null(taken.data);
  assert_int_equal(taken.size, 0);
  taken = reader_vector8(&r);
  assert_int_equal(taken.size, 0);
  assert_int_equal(r.left, sizeof ramp);
  assert_false(reader_done(&r));
}

static void test_reader_take(void **state)
{
  struct reader r = reader_of(SPAN(ramp)), none = reader_of((struct span){NULL, 0});
  struct span taken = reader_take(&r, 3);

  (void)state;
  assert_ptr_equal(taken.data, ramp);
  assert_int_equal(taken.size, 3);
  taken = reader_take(&r, 0);
  assert_int_equal(taken.size, 0);
  taken = reader_take(&r, 5);
  assert_ptr_equal(taken.data, ramp + 3);
  assert_true(reader_done(&r));
  assert_int_equal(reader_take(&none, 0).size, 0);
  assert_true(reader_done(&none));
  reader_take(&none, SIZE_MAX);
  assert_true(none.failed);
}

static void test_reader_vectors(void **state)
{
  static const uint8_t bytes[] = {2, 'a', 'b', 0, 0, 3, 'c', 'd', 'e', 0, 0};
  struct reader r = reader_of(SPAN(bytes));

  (void)state;
  assert_true(span_equal(reader_vector8(&r), (struct span){(const uint8_t *)"ab", 2}));
  assert_int_equal(reader_vector8(&r).size, 0);
  assert_true(span_equal(reader_vector16(&r), (struct span){(const uint8_t *)"cde", 3}));
  assert_int_equal(reader_vector16(&r).size, 0);
  assert_true(reader_done(&r));
}

/* A length that promises more than there is, at each truncation. */
static void test_reader_vectors_cut_short(void **state)
{
  static const uint8_t bytes8[] = {3, 'a', 'b', 'c'}, bytes16[] = {0, 2, 'a', 'b'};

  (void)state;
  for (size_t size = 0; size < sizeof bytes8; size++) {
    struct reader r8 = reader_of((struct span){bytes8, size});
    struct reader r16 = reader_of((struct span){bytes16, size});

    assert_int_equal(reader_vector8(&r8).size, 0);
    assert_int_equal(reader_vector16(&r16).size, 0);
    assert_true(r8.failed);
    assert_true(r16.failed);
  }
}

static void test_writer_numbers_are_big_endian(void **state)
{
  uint8_t buffer[18];
  static const uint8_t expected[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x01, 0x23, 0x45,
                                     0x67, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  struct writer w = writer_of(buffer, sizeof buffer);

  (void)state;
  writer_u8(&w, 0x01);
  writer_u16(&w, 0x2345);
  writer_u24(&w, 0x6789ab);
  writer_u32(&w, 0x01234567);
  writer_u64(&w, 0x0123456789abcdef);
  assert_false(w.failed);
  assert_true(span_equal(writer_span(&w), SPAN(expected)));
}

/* Nothing is written where not all of it fits, and nothing after that. */
static void test_writer_is_sticky(void **state)
{
  uint8_t buffer[4] = {0xee, 0xee, 0xee, 0xee};
  struct writer w = writer_of(buffer, 3);

  (void)state;
  writer_u16(&w, 0x0102);
  writer_u16(&w, 0x0304);
  assert_true(w.failed);
  assert_int_equal(w.used, 2);
  writer_u8(&w, 5);
  assert_int_equal(w.used, 2);
  assert_int_equal(buffer[2], 0xee);
  assert_int_equal(buffer[3], 0xee);
  assert_null(writer_span(&w).data);
  assert_int_equal(writer_span(&w).size, 0);
}

static void test_writer_numbers_never_overrun(void **state)
{
  (void)state;
  for (size_t size = 0; size < 8; size++) {
    uint8_t *heap = malloc(size > 0 ? size : 1);
    struct writer w[] = {writer_of(heap, size), writer_of(heap, size), writer_of(heap, size),
                         writer_of(heap, size), writer_of(heap, size)};

    assert_non_null(heap);
    writer_u8(&w[0], 1);
    writer_u16(&w[1], 1);
    writer_u24(&w[2], 1);
    writer_u32(&w[3], 1);
    writer_u64(&w[4], 1);
    assert_int_equal(w[0].failed, size < 1);
    assert_int_equal(w[1].failed, size < 2);
    assert_int_equal(w[2].failed, size < 3);
    assert_int_equal(w[3].failed, size < 4);
    assert_true(w[4].failed);
    free(heap);
  }
}

static void test_writer_u24_is_bounded(void **state)
{
  uint8_t buffer[8];
  struct writer fits = writer_of(buffer, sizeof buffer), over = writer_of(buffer, sizeof buffer);

  (void)state;
  writer_u24(&fits, 0xffffff);
  assert_int_equal(writer_span(&fits).size, 3);
  writer_u24(&over, 0x1000000);
  assert_true(over.failed);
  assert_int_equal(over.used, 0);
}

static void test_writer_put(void **state)
{
  uint8_t buffer[sizeof ramp];
  struct writer w = writer_of(buffer, sizeof buffer);

  (void)state;
  writer_put(&w, (struct span){NULL, 0});
  assert_false(w.failed);
  writer_put(&w, SPAN(ramp));
  assert_true(span_equal(writer_span(&w), SPAN(ramp)));
  writer_put(&w, (struct span){ramp, 0});
  assert_false(w.failed);
  writer_put(&w, (struct span){ramp, SIZE_MAX});
  assert_true(w.failed);
}

/* Writes `size` octets as a vector into a buffer of `room`; what stands there must read back. */
static void round_trip(bool wide, size_t size, size_t room, bool fits)
{
  uint8_t *octets = calloc(1, size + 1), *buffer = malloc(room + 1);
  struct writer w = writer_of(buffer, room);
  struct reader r;

  assert_non_null(octets);
  assert_non_null(buffer);
  memset(octets, 0x5a, size);
  if (wide)
    writer_vector16(&w, (struct span){octets, size});
  else
    writer_vector8(&w, (struct span){octets, size});
  assert_int_equal(!w.failed, fits);
  r = reader_of(writer_span(&w));
  if (fits) {
    struct span read = wide ? reader_vector16(&r) : reader_vector8(&r);

    assert_true(span_equal(read, (struct span){octets, size}));
    assert_true(reader_done(&r));
  }
  free(octets);
  free(buffer);
}

static void test_writer_vectors(void **state)
{
  (void)state;
  round_trip(false, 0, 1, true);
  round_trip(false, 255, 256, true);
  round_trip(false, 255, 255, false);
  round_trip(false, 256, 1000, false);
  round_trip(true, 0, 2, true);
  round_trip(true, 0, 1, false);
  round_trip(true, 256, 258, true);
  round_trip(true, 65535, 65537, true);
  round_trip(true, 65535, 65536, false);
  round_trip(true, 65536, 70000, false);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_span_equal),
      cmocka_unit_test(test_reader_numbers_are_big_endian),
      cmocka_unit_test(test_reader_numbers_never_overrun),
      cmocka_unit_test(test_reader_is_sticky),
      cmocka_unit_test(test_reader_take),
      cmocka_unit_test(test_reader_vectors),
      cmocka_unit_test(test_reader_vectors_cut_short),
      cmocka_unit_test(test_writer_numbers_are_big_endian),
      cmocka_unit_test(test_writer_is_sticky),
      cmocka_unit_test(test_writer_numbers_never_overrun),
      cmocka_unit_test(test_writer_u24_is_bounded),
      cmocka_unit_test(test_writer_put),
      cmocka_unit_test(test_writer_vectors),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of daemon/heap.c: this program is linked with it, as tlspind is. With a sanitizer's heap
 * only what the blocks hold is looked at.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "daemon/heap.h"
#include "tests/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MARK = 32 };

/* Of the first 16 octets the C library makes use as soon as a block is freed. */
enum { BEHIND = 16 };

static const size_t sizes[] = {BEHIND + MARK, 100, 1000, 1040, 5000, 100000, 300000};

#ifdef HEAP_WIPES
static const bool is_ours = true;
#else
static const bool is_ours = false;
#endif

/* So often it is in memory. */
static void assert_found(const struct memory_mark *mark, size_t count)
{
  if (is_ours)
    assert_int_equal(memory_find(getpid(), mark, MEMORY_ALL), count);
}

/* A block with the mark at an offset, and all else "x". */
static uint8_t *block_with(struct memory_mark *mark, size_t size, size_t at)
{
  uint8_t *block = malloc(size);

  assert_non_null(block);
  memset(block, 'x', size);
  memory_mark(mark);
  memory_unmask(mark, block + at);
  assert_found(mark, 1);
  return block;
}

static void assert_x(const uint8_t *block, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    assert_int_equal(block[i], 'x');
}

static void test_freed(void **state)
{
  struct memory_mark mark;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    free(block_with(&mark, sizes[i], sizes[i] - MARK));
    assert_found(&mark, 0);
    free(block_with(&mark, sizes[i], BEHIND));
    assert_found(&mark, 0);
  }
  free(NULL);
}

/* What a library of C frees is freed by us, too. */
static void test_library(void **state)
{
  struct memory_mark mark;
  GByteArray *array = g_byte_array_new();
  uint8_t *block = block_with(&mark, 1000, 500);

  (void)state;
  g_byte_array_append(array, block, 1000);
  free(block);
  assert_found(&mark, 1);
  g_byte_array_set_size(array, 100000);
  assert_found(&mark, 1); /* it moved, and left nothing behind */
  g_byte_array_unref(array);
  assert_found(&mark, 0);
}

static void test_grow(void **state)
{
  struct memory_mark mark;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    uint8_t *block = block_with(&mark, sizes[i], BEHIND);
    uint8_t *wall = malloc(sizes[i]); /* so that it can't grow where it is */
    uint8_t *grown = realloc(block, 4 * sizes[i]);

    assert_non_null(grown);
    assert_found(&mark, 1);
    assert_x(grown, 0, BEHIND);
    assert_x(grown, BEHIND + MARK, sizes[i]);
    free(grown);
    free(wall);
    assert_found(&mark, 0);
  }
}

/* By a little it stays where it is, by more it moves: the rest is gone in either case. */
static void test_shrink(void **state)
{
  static const size_t parts[] = {2, 4, 10};
  struct memory_mark mark;

  (void)state;
  for (size_t i = 1; i < G_N_ELEMENTS(sizes); i++)
    for (size_t j = 0; j < G_N_ELEMENTS(parts); j++) {
      const size_t size = sizes[i] - sizes[i] / parts[j];
      uint8_t *shrunk = realloc(block_with(&mark, sizes[i], sizes[i] - MARK), size - MARK);

      assert_non_null(shrunk);
      assert_found(&mark, 0);
      assert_x(shrunk, 0, size - MARK);
      free(shrunk);
    }
}

/* What is cut off isn't handed out again as it was. */
static void test_cut(void **state)
{
  uint8_t *block = malloc(1000);

  (void)state;
  assert_non_null(block);
  memset(block, 'x', 1000);
  block = realloc(block, 600);
  assert_non_null(block);
  block = realloc(block, 1000);
  assert_non_null(block);
  assert_x(block, 0, 600);
  for (size_t i = 600; is_ours && i < 1000; i++)
    assert_int_equal(block[i], 0);
  free(block);
}

static void test_bounds(void **state)
{
  volatile size_t too_much = SIZE_MAX / 2, none = 0;
  uint8_t *block = realloc(NULL, 100), *moved;
  struct memory_mark mark;

  (void)state;
  assert_non_null(block);
  memset(block, 'x', 100);
  moved = is_ours ? realloc(block, too_much) : NULL; /* a sanitizer would end the program */
  if (moved == NULL) {
    assert_x(block, 0, 100);
    free(block);
  }
  assert_null(moved);
  assert_null(realloc(block_with(&mark, 100, 50), none));
  assert_found(&mark, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_freed),  cmocka_unit_test(test_library), cmocka_unit_test(test_grow),
      cmocka_unit_test(test_shrink), cmocka_unit_test(test_cut),     cmocka_unit_test(test_bounds),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

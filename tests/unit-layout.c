/* How the cells of a page lie beside each other.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { PAGE = 4096, CONTENT = 1000 };

static uint8_t octets[PAGE];
static struct layout layout;

static void put16(size_t at, size_t value)
{
  octets[at] = (uint8_t)(value >> 8);
  octets[at + 1] = (uint8_t)value;
}

static int setup(void **state)
{
  (void)state;
  memset(octets, 0, sizeof octets);
  octets[0] = 0x0a;
  put16(3, 4);
  put16(5, CONTENT);
  return 0;
}

/* The page with its free blocks, and these rows. */
static void lay(const size_t (*rows)[2], size_t count)
{
  struct btree_page page;

  assert_true(btree_page_read((struct span){octets, PAGE}, &page));
  layout_begin(&layout, &page);
  for (size_t i = 0; i < count; i++) {
    assert_true(layout_name(&layout, rows[i][0]));
    layout_add(&layout, rows[i][0], rows[i][1]);
  }
}

static void test_beside(void **state)
{
  static const size_t rows[][2] = {{CONTENT, 1100}, {1103, 1200}, {3000, PAGE}, {2000, 2100}};

  (void)state;
  lay(rows, 4);
  for (size_t i = 0; i < 4; i++)
    assert_true(layout_fits(&layout, rows[i][0], rows[i][1]) == (i < 3));
  assert_false(layout_name(&layout, CONTENT));
  assert_true(layout_name(&layout, 2100)); /* what isn't known to be a row begins there */
  assert_true(layout_fits(&layout, 2000, 2100));
}

/* Of two rows that overlap neither counts, nor one in the pointers. */
static void test_overlap(void **state)
{
  static const size_t rows[][2] = {{CONTENT, 1100}, {1050, 1080}, {1100, 1200}, {1150, 1300}};

  (void)state;
  lay(rows, 4);
  for (size_t i = 0; i < 4; i++)
    assert_false(layout_fits(&layout, rows[i][0], rows[i][1]));
  lay(rows, 1);
  assert_true(layout_fits(&layout, CONTENT, 1100));
  layout_add(&layout, CONTENT, 1100);
  layout_add(&layout, CONTENT, 1100);
  assert_false(layout_fits(&layout, CONTENT, 1100));
  put16(5, 0); /* the content is where the pointers end, if that is no place */
  lay((const size_t[][2]){{12, 1000}, {16, 1000}}, 0);
  assert_false(layout_has_room(&layout, 15, 1000));
  assert_true(layout_has_room(&layout, 16, 1000));
}

/* At the pointers' end there is nothing before. */
static void test_first(void **state)
{
  static const size_t rows[][2] = {{16, 100}};

  (void)state;
  put16(5, 500);
  octets[7] = 60;
  lay(rows, 1);
  assert_false(layout_fits(&layout, 16, 100));
  put16(5, 16);
  lay(rows, 1);
  assert_true(layout_fits(&layout, 16, 100));
}

/* Nothing begins among the pointers, however it ends. */
static void test_pointers(void **state)
{
  (void)state;
  put16(5, 16);
  lay(NULL, 0);
  for (size_t start = 0; start < 16; start++) {
    assert_false(layout_fits(&layout, start, PAGE));
    assert_false(layout_has_room(&layout, start, PAGE));
  }
  assert_true(layout_fits(&layout, 16, PAGE));
  assert_true(layout_has_room(&layout, 16, PAGE));
}

/* A free block may be the first thing behind the pointers. */
static void test_free_first(void **state)
{
  (void)state;
  put16(1, 16);
  put16(5, 500);
  put16(18, 80);
  lay(NULL, 0);
  assert_true(layout_has_room(&layout, 16 + 80, 300));
  assert_false(layout_has_room(&layout, 16 + 84, 300));
}

/* Or the last one in the page; but none stands before the one that names it. */
static void test_free_last(void **state)
{
  (void)state;
  put16(5, 500);
  put16(1, PAGE - 4);
  put16(PAGE - 4, 1500);
  put16(PAGE - 2, 4);
  put16(1502, 10);
  lay(NULL, 0);
  assert_true(layout_has_room(&layout, 2000, PAGE - 4));
  assert_false(layout_has_room(&layout, 2000, PAGE - 8));
  assert_false(layout_has_room(&layout, 1400, 1500));
  assert_false(layout_has_room(&layout, 1510, 1600));
}

/* There must be room for what was mended. */
static void test_room(void **state)
{
  static const size_t rows[][2] = {{CONTENT, 1100}, {1200, 1300}};

  (void)state;
  lay(rows, 2);
  assert_true(layout_has_room(&layout, 1100, 1200));
  assert_true(layout_has_room(&layout, 1150, 1200));
  assert_true(layout_has_room(&layout, 1100, 1150));
  assert_true(layout_has_room(&layout, PAGE - 50, PAGE));
  assert_false(layout_has_room(&layout, 1104, 1190));
  assert_false(layout_has_room(&layout, 1099, 1200));
  assert_false(layout_has_room(&layout, CONTENT, 1100));
}

static void test_free_blocks(void **state)
{
  (void)state;
  put16(1, 1500);
  put16(1500, 1700);
  put16(1502, 100);
  put16(1700, 1600); /* goes back */
  put16(1702, 4);
  lay(NULL, 0);
  assert_true(layout_has_room(&layout, 1400, 1500));
  assert_true(layout_has_room(&layout, 1600, 1650));
  assert_true(layout_has_room(&layout, 1704, 1800));
  assert_false(layout_has_room(&layout, 1608, 1690));
  put16(1702, 3); /* too short for one */
  lay(NULL, 0);
  assert_false(layout_has_room(&layout, 1704, 1800));
  put16(1702, PAGE - 1700 + 1);
  lay(NULL, 0);
  assert_false(layout_has_room(&layout, 1650, 1700));
  put16(1700, 0);
  put16(1702, PAGE - 1700);
  lay(NULL, 0);
  assert_true(layout_has_room(&layout, 1650, 1700));
  put16(1, PAGE - 3);
  lay(NULL, 0);
  assert_false(layout_has_room(&layout, 1400, 1500));
}

/* So many octets as the page says may be left over, but not more than there ever are. */
static void test_fragments(void **state)
{
  static const size_t rows[][2] = {{CONTENT, 1100}};
  static const uint8_t said[] = {0, 3, 4, 60, 61, 255}, most[] = {3, 3, 4, 60, 3, 3};

  (void)state;
  for (size_t i = 0; i < sizeof said; i++) {
    octets[7] = said[i];
    lay(rows, 1);
    assert_true(layout_has_room(&layout, 1100u + most[i], 1200));
    assert_false(layout_has_room(&layout, 1101u + most[i], 1200));
    assert_true(layout_has_room(&layout, 3000, PAGE - (size_t)most[i]));
    assert_false(layout_has_room(&layout, 3000, PAGE - 1 - (size_t)most[i]));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_beside, setup),
      cmocka_unit_test_setup(test_overlap, setup),
      cmocka_unit_test_setup(test_first, setup),
      cmocka_unit_test_setup(test_room, setup),
      cmocka_unit_test_setup(test_pointers, setup),
      cmocka_unit_test_setup(test_free_first, setup),
      cmocka_unit_test_setup(test_free_last, setup),
      cmocka_unit_test_setup(test_free_blocks, setup),
      cmocka_unit_test_setup(test_fragments, setup),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

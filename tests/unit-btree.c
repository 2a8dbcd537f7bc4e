/* Pages and cells of SQLite's files, against SQLite itself and against its description.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/btree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { PAGE = 512, PAYLOAD_LIMIT = 100000 };

static struct span span_of(const uint8_t *octets, size_t size)
{
  return (struct span){octets, size};
}

static void test_varint(void **state)
{
  static const struct {
    const char *octets;
    size_t size;
    uint64_t value;
  } cases[] = {
      {"\x00", 1, 0},
      {"\x7f", 1, 127},
      {"\x81\x00", 2, 128},
      {"\x80\x01", 2, 1}, /* not the shortest form, which nothing demands */
      {"\xff\x7f", 2, 16383},
      {"\x81\x80\x00", 3, 16384},
      {"\xff\xff\xff\xff\xff\xff\xff\x7f", 8, (UINT64_C(1) << 56) - 1},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, UINT64_MAX},
      {"\x80\x80\x80\x80\x80\x80\x80\x80\x80", 9, 0x80},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct reader r = reader_of(span_of((const uint8_t *)cases[i].octets, cases[i].size));

    assert_true(btree_varint(&r) == cases[i].value);
    assert_true(reader_done(&r));
    r = reader_of(span_of((const uint8_t *)cases[i].octets, cases[i].size - 1));
    btree_varint(&r);
    assert_true(r.failed);
  }
}

/* A leaf with two cells of 10 octets at its end. */
static void make_leaf(uint8_t *octets)
{
  static const uint8_t header[] = {0x0a,
                                   0,
                                   0,
                                   0,
                                   2,
                                   (PAGE - 20) >> 8,
                                   (PAGE - 20) & 0xff,
                                   0,
                                   (PAGE - 10) >> 8,
                                   (PAGE - 10) & 0xff,
                                   (PAGE - 20) >> 8,
                                   (PAGE - 20) & 0xff};

  memset(octets, 0, PAGE);
  memcpy(octets, header, sizeof header);
  octets[PAGE - 10] = octets[PAGE - 20] = 9;
}

static void test_page(void **state)
{
  uint8_t octets[PAGE];
  struct btree_page page;

  (void)state;
  make_leaf(octets);
  assert_true(btree_page_read(span_of(octets, PAGE), &page));
  assert_false(page.interior);
  assert_int_equal(page.cells, 2);
  assert_int_equal(page.content, PAGE - 20);
  assert_int_equal(btree_pointer(&page, 0), PAGE - 10);
  assert_int_equal(btree_pointer(&page, 1), PAGE - 20);
  for (unsigned kind = 0; kind <= UINT8_MAX; kind++) {
    octets[0] = (uint8_t)kind;
    assert_true(btree_page_read(span_of(octets, PAGE), &page) == (kind == 0x02 || kind == 0x0a));
  }
  assert_false(btree_page_read(span_of(octets, 6), &page));
  assert_false(btree_page_read(span_of(octets, 0), &page));
}

/* Where the page is full the content begins right after the pointers. */
static void test_full_page(void **state)
{
  uint8_t octets[PAGE];
  struct btree_page page;

  (void)state;
  make_leaf(octets);
  octets[5] = octets[8] = 0;
  octets[6] = octets[9] = 12;
  assert_true(btree_page_read(span_of(octets, PAGE), &page));
  assert_int_equal(page.cells, 2);
  assert_int_equal(btree_pointer(&page, 0), 12);
}

/* The pointers of an interior page begin later, and its cells with the number of a child. */
static void test_interior(void **state)
{
  uint8_t octets[PAGE];
  struct btree_page page;

  (void)state;
  make_leaf(octets);
  memmove(octets + 12, octets + 8, 4);
  octets[0] = 0x02;
  assert_true(btree_page_read(span_of(octets, PAGE), &page));
  assert_true(page.interior);
  assert_int_equal(btree_pointer(&page, 0), PAGE - 10 + CHILD_SIZE);
  assert_int_equal(btree_pointer(&page, 1), PAGE - 20 + CHILD_SIZE);
}

/* Pointers into the header, among the pointers, into what was left over, and behind the end. */
static void test_hostile_pointers(void **state)
{
  static const size_t wrong[] = {0,         1,        7,        8,    11,        12,
                                 PAGE - 21, PAGE - 3, PAGE - 1, PAGE, PAGE + 10, 65535};
  uint8_t octets[PAGE];
  struct btree_page page;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
    make_leaf(octets);
    octets[8] = (uint8_t)(wrong[i] >> 8);
    octets[9] = (uint8_t)wrong[i];
    assert_true(btree_page_read(span_of(octets, PAGE), &page));
    assert_int_equal(btree_pointer(&page, 0), 0);
    assert_int_equal(btree_pointer(&page, 1), PAGE - 20);
    assert_int_equal(btree_pointer(&page, PAGE), 0);
  }
}

/* More cells than there is room for, and a beginning of the content that is no place. */
static void test_hostile_header(void **state)
{
  static const size_t places[] = {0, 1, 7, PAGE + 1, 65535};
  uint8_t octets[PAGE];
  struct btree_page page;

  (void)state;
  make_leaf(octets);
  octets[3] = octets[4] = 0xff;
  assert_true(btree_page_read(span_of(octets, PAGE), &page));
  assert_int_equal(page.cells, (PAGE - 20 - 8) / 2);
  for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
    octets[5] = (uint8_t)(places[i] >> 8);
    octets[6] = (uint8_t)places[i];
    assert_true(btree_page_read(span_of(octets, PAGE), &page));
    assert_int_equal(page.cells, (PAGE - 8) / 2);
    assert_int_equal(page.content, 8);
    assert_int_equal(btree_pointer(&page, 0), 0); /* where there may be pointers are no cells */
  }
}

/* How much of a payload stays in the cell: values that SQLite's own files have (sqlite3_analyzer,
 * or a look into them), of the pages that are usual and of the smallest. */
static void test_local(void **state)
{
  static const struct {
    size_t page, payload, local;
  } cases[] = {
      {512, 102, 102},
      {512, 103, 39},
      {512, 39 + 508, 39},
      {512, 39 + 508 + 63, 102},
      {512, 39 + 508 + 64, 39},
      {4096, 1002, 1002},
      {4096, 1003, 489},
      {4096, 489 + 4092, 489},
      {4096, 489 + 4092 + 513, 1002},
      {4096, 489 + 4092 + 514, 489},
      {65536, 16422, 16422},
      {65536, 16423, 8199},
  };
  static uint8_t octets[PAGE_MAX];
  struct btree_cell cell;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    bool whole = cases[i].local == cases[i].payload;
    struct writer w = writer_of(octets, cases[i].page);

    memset(octets, 0x11, sizeof octets);
    writer_u8(&w, (uint8_t)(0x80 | cases[i].payload >> 14));
    writer_u8(&w, (uint8_t)(0x80 | (cases[i].payload >> 7 & 0x7f)));
    writer_u8(&w, cases[i].payload & 0x7f);
    assert_true(btree_cell_read(span_of(octets, cases[i].page), 0, PAYLOAD_LIMIT, &cell));
    assert_int_equal(cell.size, cases[i].payload);
    assert_int_equal(cell.start, 3);
    assert_int_equal(cell.local, cases[i].local);
    assert_int_equal(cell.end, 3 + cases[i].local + (whole ? 0 : 4));
    assert_int_equal(cell.overflow, whole ? 0 : 0x11111111);
  }
}

static void test_hostile_cells(void **state)
{
  uint8_t octets[PAGE] = {0};
  struct btree_cell cell;
  struct span page = span_of(octets, PAGE);

  (void)state;
  assert_false(btree_cell_read(page, 0, PAYLOAD_LIMIT, &cell)); /* nothing in it */
  octets[0] = 1;
  assert_false(btree_cell_read(page, 0, PAYLOAD_LIMIT, &cell));
  octets[0] = 2;
  assert_true(btree_cell_read(page, 0, PAYLOAD_LIMIT, &cell));
  assert_false(btree_cell_read(page, 0, 1, &cell)); /* too much */
  octets[PAGE - 10] = 9;
  assert_true(btree_cell_read(page, PAGE - 10, PAYLOAD_LIMIT, &cell));
  octets[PAGE - 10] = 10;
  assert_false(btree_cell_read(page, PAGE - 10, PAYLOAD_LIMIT, &cell)); /* over the end */
  octets[0] = 0x81; /* goes on elsewhere, but on no page */
  assert_false(btree_cell_read(page, 0, PAYLOAD_LIMIT, &cell));
  octets[PAGE - 1] = 0x81;
  assert_false(btree_cell_read(page, PAGE - 1, PAYLOAD_LIMIT, &cell));
  assert_false(btree_cell_read(page, PAGE, PAYLOAD_LIMIT, &cell));
  assert_false(btree_cell_read(page, PAGE + 1, PAYLOAD_LIMIT, &cell));
  memset(octets, 0xff, sizeof octets);
  assert_false(btree_cell_read(page, 0, PAYLOAD_LIMIT, &cell));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_varint),
      cmocka_unit_test(test_page),
      cmocka_unit_test(test_full_page),
      cmocka_unit_test(test_interior),
      cmocka_unit_test(test_hostile_pointers),
      cmocka_unit_test(test_hostile_header),
      cmocka_unit_test(test_local),
      cmocka_unit_test(test_hostile_cells),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

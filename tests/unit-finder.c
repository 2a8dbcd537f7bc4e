/* One cell of a damaged file after the other.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/finder.h"

#include "daemon/row.h"
#include "tests/payloads.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { PAGE = 4096, ROOM = 8192, PAGES = 4, LOCAL_LEAST = 489, TAIL = PAGE - 4, WORK = 64 << 20 };

/* A file of a leaf and three pages for what is too long for it. */
struct book {
  struct stores *stores;
  uint8_t leaf[PAGE];
  uint8_t payload[ROOM];
  size_t size, offset; /* of the last row */
  struct finder *finder;
};

static int setup(void **state)
{
  struct book *book = g_new0(struct book, 1);

  stores_setup((void **)&book->stores);
  payloads_leaf(book->leaf, PAGE);
  book->finder = g_new0(struct finder, 1);
  book->finder->checksum = g_checksum_new(G_CHECKSUM_SHA256);
  *state = book;
  return 0;
}

static int teardown(void **state)
{
  struct book *book = *state;
  void *stores = book->stores;

  pagefile_close(&book->finder->file);
  g_checksum_free(book->finder->checksum);
  g_free(book->finder);
  g_free(book);
  return stores_teardown(&stores);
}

static size_t local_of(size_t size)
{
  size_t k = LOCAL_LEAST + (size - LOCAL_LEAST) % TAIL;

  return size <= 1002 ? size : k <= 1002 ? k : LOCAL_LEAST;
}

/* The row of a ticket of so many octets becomes the leaf's next cell, the rest of it is on page 2
 * and, where that isn't enough, page 3. */
static void add_ticket(struct book *book, int n, size_t octets)
{
  static uint8_t ticket[ROOM];
  struct ticket_row row = stores_row(n);
  struct writer w = writer_of(book->payload, ROOM);
  struct cell cells[TABLE_COLUMNS];
  size_t local;

  for (size_t i = 0; i < octets; i++)
    ticket[i] = (uint8_t)(i * 7 + i / 256);
  row.ticket = (struct span){ticket, octets};
  ticket_row_to_cells(&row, cells);
  payloads_row(&w, TABLE_TICKET, cells);
  assert_false(w.failed);
  book->size = w.used;
  local = local_of(book->size);
  book->offset = payloads_add(book->leaf, PAGE, book->size, (struct span){book->payload, local},
                              local < book->size ? 2 : 0);
}

static void write_book(struct book *book)
{
  size_t at = local_of(book->size);
  uint8_t pages[PAGES * PAGE] = {0};

  memcpy(pages, book->leaf, PAGE);
  for (size_t n = 1; at < book->size; n++) {
    size_t more = MIN(book->size - at, TAIL);

    assert_true(n < PAGES);
    pages[n * PAGE + 3] = at + more < book->size ? (uint8_t)(n + 2) : 0;
    memcpy(pages + n * PAGE + 4, book->payload + at, more);
    at += more;
  }
  stores_write(book->stores->layer, 0, pages, sizeof pages);
}

static void open_book(struct book *book)
{
  write_book(book);
  if (book->finder->file.size == 0)
    assert_true(pagefile_open(&book->finder->file, book->stores->layer));
  pagefile_set_page_size(&book->finder->file, PAGE);
  assert_int_equal(pagefile_read(&book->finder->file, 0), PAGE_WHOLE);
  book->finder->work = WORK;
}

static void expect_ticket(struct book *book, int n)
{
  const struct columns *columns = &book->finder->columns;

  assert_int_equal(columns->table, TABLE_TICKET);
  assert_true(span_equal(columns->cells[0].bytes, cell_text(stores_row(n).peer.host).bytes));
}

static void test_tries(void **state)
{
  struct book *book = *state;
  size_t first, end = 0;

  add_ticket(book, 1, 100);
  first = book->offset;
  add_ticket(book, 2, 200);
  open_book(book);
  assert_true(finder_try(book->finder, first, &end));
  expect_ticket(book, 1);
  assert_int_equal(end, PAGE);
  assert_true(finder_try(book->finder, book->offset, &end));
  expect_ticket(book, 2);
  assert_int_equal(end, first);
  for (size_t offset = 0; offset <= PAGE; offset++)
    assert_true(finder_try(book->finder, offset, &end) ==
                (offset == first || offset == book->offset));
}

static void test_overflow(void **state)
{
  struct book *book = *state;
  size_t end = 0;

  add_ticket(book, 3, 7000);
  open_book(book);
  assert_true(finder_try(book->finder, book->offset, &end));
  expect_ticket(book, 3);
  assert_int_equal(end, PAGE);
  assert_int_equal(book->finder->file.chain_count, 2);
  /* the number of the next page: by its first octet it would be a page of another kind */
  stores_write(book->stores->layer, PAGE, "\x02", 1);
  assert_true(finder_try(book->finder, book->offset, &end));
  expect_ticket(book, 3);
  stores_write(book->stores->layer, PAGE + 1, "\xff", 1);
  assert_false(finder_try(book->finder, book->offset, &end));
}

/* What may be done is counted in octets of payloads, and over once it is done. */
static void test_work(void **state)
{
  struct book *book = *state;
  size_t end;

  add_ticket(book, 3, 7000);
  open_book(book);
  book->finder->work = 3 * 7000;
  assert_true(finder_try(book->finder, book->offset, &end));
  assert_false(finder_try(book->finder, book->offset, &end));
  assert_int_equal(book->finder->work, 0);
  book->finder->work = book->size;
  assert_false(finder_try(book->finder, book->offset, &end));
  assert_int_equal(book->finder->work, 0);
}

/* The rows of `meta` have no digest of a row, but one of their value: these are of an empty store.
 */
static void test_meta(void **state)
{
  static const struct {
    const char *name;
    size_t size;
    const char *digest;
  } rows[] = {
      {CONTENTS_NAME, 48,
       "\x17\xb0\x76\x1f\x87\xb0\x81\xd5\xcf\x10\x75\x7c\xcc\x89\xf1\x2b"
       "\xe3\x55\xc7\x0e\x2e\x29\xdf\x28\x8b\x65\xb3\x07\x10\xdc\xbc\xd1"},
      {CENSUS_NAME, 24,
       "\x9d\x90\x8e\xcf\xb6\xb2\x56\xde\xf8\xb4\x9a\x7c\x50\x4e\x6c\x88"
       "\x9c\x4b\x0e\x41\xfe\x6c\xe3\xe0\x18\x63\xdd\x7b\x61\xa2\x0a\xa0"},
  };
  struct book *book = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    uint8_t value[80] = {0};
    struct cell cells[] = {cell_text(rows[i].name),
                           cell_blob((struct span){value, rows[i].size + DIGEST_SIZE})};
    struct writer w = writer_of(book->payload, ROOM);
    size_t end;

    memcpy(value + rows[i].size, rows[i].digest, DIGEST_SIZE);
    payloads_record(&w, cells, 2);
    book->size = w.used;
    book->offset = payloads_add(book->leaf, PAGE, w.used, writer_span(&w), 0);
    open_book(book);
    assert_true(finder_try(book->finder, book->offset, &end));
    assert_int_equal(book->finder->columns.table, COLUMNS_META);
    book->finder->file.page[end - 40] ^= 1;
    assert_false(finder_try(book->finder, book->offset, &end));
    assert_true(finder_mend(book->finder, book->offset, MEND_BIT));
    assert_int_equal(book->finder->columns.table, COLUMNS_META);
    book->finder->file.page[book->offset + 4] ^= 0x20; /* another name */
    assert_false(finder_try(book->finder, book->offset, &end));
  }
}

/* Octets of all the cell: its size, its header, its values, and the page it goes on with. */
static void test_mends_the_page(void **state)
{
  struct book *book = *state;

  add_ticket(book, 3, 1000);
  /* each octet of the header, and some others */
  for (size_t at = book->offset; at < PAGE; at += at < book->offset + 24 || at > PAGE - 5 ? 1 : 9) {
    size_t end;

    book->leaf[at] ^= 0x04;
    open_book(book);
    if (!finder_try(book->finder, book->offset, &end) &&
        !finder_mend(book->finder, book->offset, MEND_BIT))
      fail_msg("octet %zu of the cell", at - book->offset);
    expect_ticket(book, 3);
    book->leaf[at] ^= 0x04;
  }
}

static void test_mends_what_goes_on(void **state)
{
  struct book *book = *state;
  size_t end;
  uint8_t changed;

  add_ticket(book, 3, 1500);
  open_book(book);
  changed = book->payload[local_of(book->size) + 300] ^ 0x10;
  stores_write(book->stores->layer, PAGE + 4 + 300, &changed, 1);
  assert_false(finder_try(book->finder, book->offset, &end));
  assert_true(finder_mend(book->finder, book->offset, MEND_BIT));
  expect_ticket(book, 3);
  changed ^= 0x08;
  stores_write(book->stores->layer, PAGE + 4 + 300, &changed, 1);
  book->finder->work = WORK;
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
  stores_write(book->stores->layer, PAGE, "\xff", 1); /* nor is there what it goes on with */
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
}

/* It goes on elsewhere, and its header makes no sense. */
static void test_mends_no_header(void **state)
{
  struct book *book = *state;

  add_ticket(book, 3, 1500);
  memset(book->leaf + book->offset + 3, 0, 8);
  open_book(book);
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
}

/* An octet in more than a bit; two octets; a part that is lost. */
static void test_mends_an_octet(void **state)
{
  struct book *book = *state;

  add_ticket(book, 3, 150);
  book->leaf[PAGE - 100] ^= 0x77;
  open_book(book);
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
  assert_true(finder_mend(book->finder, book->offset, MEND_OCTET));
  expect_ticket(book, 3);
  book->leaf[PAGE - 101] ^= 0x77;
  open_book(book);
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
  assert_false(finder_mend(book->finder, book->offset, MEND_OCTET));
  memset(book->leaf + PAGE - 160, 0, 100);
  open_book(book);
  assert_false(finder_mend(book->finder, book->offset, MEND_OCTET));
  assert_int_equal(book->finder->work, WORK); /* nothing was tried */
}

static void test_mending_ends_with_the_work(void **state)
{
  struct book *book = *state;

  add_ticket(book, 3, 150);
  book->leaf[PAGE - 1] ^= 0x01;
  book->leaf[PAGE - 60] ^= 0x01;
  open_book(book);
  book->finder->work = 100;
  assert_false(finder_mend(book->finder, book->offset, MEND_BIT));
  assert_int_equal(book->finder->work, 0);
  open_book(book);
  assert_true(finder_mend(book->finder, book->offset, MEND_BIT)); /* the digest is near enough */
}

/* Cells at the end of the page, of which the size makes no sense. */
static void test_mends_no_nonsense(void **state)
{
  struct book *book = *state;

  add_ticket(book, 3, 150);
  open_book(book);
  for (size_t offset = PAGE - 20; offset < PAGE; offset++)
    assert_false(finder_mend(book->finder, offset, MEND_BIT));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_tries, setup, teardown),
      cmocka_unit_test_setup_teardown(test_overflow, setup, teardown),
      cmocka_unit_test_setup_teardown(test_work, setup, teardown),
      cmocka_unit_test_setup_teardown(test_meta, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mends_the_page, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mends_what_goes_on, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mends_no_header, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mends_an_octet, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mending_ends_with_the_work, setup, teardown),
      cmocka_unit_test_setup_teardown(test_mends_no_nonsense, setup, teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pages of a file that may be damaged.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/pagefile.h"

#include "tests/descriptors.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 512, TAIL = PAGE - 4, SPARSE = 1 << 20 };

static struct pagefile file;

/* What happens to the next calls. */
static bool fstat_fails;
static int pread_fault, pread_faults;

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status)
{
  errno = EIO;
  return fstat_fails ? -1 : __real_fstat(fd, status);
}

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
  if (pread_faults-- <= 0)
    return __real_pread(fd, buffer, size, offset);
  errno = pread_fault;
  return -1;
}

/* A file of whole pages, of which each is full of its number, and so many octets more. */
static void make(struct stores *stores, size_t pages, size_t more)
{
  uint8_t octets[PAGE];

  for (size_t n = 0; n <= pages; n++) {
    memset(octets, (int)n, sizeof octets);
    stores_write(stores->layer, n * PAGE, octets, n < pages ? PAGE : more);
  }
  assert_true(pagefile_open(&file, stores->layer));
  pagefile_set_page_size(&file, PAGE);
}

static void refuse(const char *path, int expected)
{
  errno = 0;
  assert_false(pagefile_open(&file, path));
  assert_int_equal(errno, expected);
}

static void test_refuses(void **state)
{
  struct stores *stores = *state;
  g_autofree char *link = g_strconcat(stores->folder, "/link", NULL);
  g_autofree char *fifo = g_strconcat(stores->folder, "/fifo", NULL);

  refuse(stores->layer, ENOENT);
  stores_write(stores->layer, 0, "x", 1);
  fstat_fails = true;
  refuse(stores->layer, EINVAL);
  fstat_fails = false;
  refuse(stores->folder, EINVAL);
  assert_int_equal(symlink(stores->layer, link), 0);
  refuse(link, ELOOP);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  refuse(fifo, EINVAL);
}

static void test_pages(void **state)
{
  make(*state, 3, 0);
  assert_int_equal(file.pages, 3);
  for (uint64_t n = 0; n < 3; n++) {
    assert_int_equal(pagefile_next(&file, n), n);
    assert_int_equal(pagefile_read(&file, n), PAGE_WHOLE);
    assert_int_equal(pagefile_span(&file).size, PAGE);
    assert_int_equal(pagefile_span(&file).data[PAGE - 1], n);
  }
  assert_int_equal(pagefile_next(&file, 3), 3);
  assert_int_equal(pagefile_read(&file, 3), PAGE_CUT);
  pagefile_set_page_size(&file, 2 * PAGE);
  assert_int_equal(file.pages, 2);
  pagefile_close(&file);
}

static void test_cut(void **state)
{
  make(*state, 2, 10);
  assert_int_equal(file.pages, 3);
  assert_int_equal(pagefile_read(&file, 1), PAGE_WHOLE);
  assert_int_equal(pagefile_read(&file, 2), PAGE_CUT);
  assert_int_equal(file.page[9], 2);
  for (size_t i = 10; i < PAGE; i++)
    assert_int_equal(file.page[i], 0);
  pagefile_close(&file);
}

/* One octet more is a page more. */
static void test_page_begun(void **state)
{
  make(*state, 2, 1);
  assert_int_equal(file.pages, 3);
  assert_int_equal(pagefile_read(&file, 2), PAGE_CUT);
  assert_int_equal(file.page[0], 2);
  errno = ENXIO; /* of something before */
  assert_int_equal(pagefile_next(&file, 0), 0);
  pagefile_close(&file);
}

static void test_empty(void **state)
{
  make(*state, 0, 0);
  assert_int_equal(file.pages, 0);
  assert_int_equal(pagefile_next(&file, 0), 0);
  pagefile_close(&file);
}

/* A signal is no failure. */
static void test_interrupted(void **state)
{
  struct btree_cell cell = {.start = 20, .local = 39, .size = 50, .overflow = 2};
  static uint8_t payload[PAYLOAD_MAX];

  make(*state, 2, 0);
  pread_fault = EINTR;
  pread_faults = 3;
  assert_int_equal(pagefile_read(&file, 1), PAGE_WHOLE);
  assert_int_equal(file.page[PAGE - 1], 1);
  pread_fault = EIO;
  pread_faults = 1;
  assert_int_equal(pagefile_read(&file, 1), PAGE_FAILED);
  assert_int_equal(errno, EIO);
  pread_faults = 1;
  assert_false(pagefile_gather(&file, &cell, payload));
  assert_true(pagefile_gather(&file, &cell, payload));
  pagefile_close(&file);
}

static void test_failed(void **state)
{
  int fd;

  make(*state, 2, 0);
  fd = file.fd;
  file.fd = -1;
  assert_int_equal(pagefile_read(&file, 0), PAGE_FAILED);
  assert_int_equal(errno, EBADF);
  assert_int_equal(pagefile_next(&file, 1), 1); /* where it can't be told */
  file.fd = fd;
  pagefile_close(&file);
  for (size_t i = 0; i < PAGE; i++)
    assert_int_equal(file.page[i], 0);
}

/* What isn't in a hole is never passed over; that a hole is depends on the file system. */
static void test_holes(void **state)
{
  struct stores *stores = *state;

  stores_write(stores->layer, SPARSE / 2, "x", 1);
  assert_int_equal(truncate(stores->layer, SPARSE), 0);
  assert_true(pagefile_open(&file, stores->layer));
  pagefile_set_page_size(&file, PAGE);
  assert_true(pagefile_next(&file, 0) <= SPARSE / 2 / PAGE);
  assert_int_equal(pagefile_next(&file, SPARSE / 2 / PAGE), SPARSE / 2 / PAGE);
  assert_true(pagefile_next(&file, SPARSE / PAGE - 1) >= SPARSE / PAGE - 1);
  assert_int_equal(pagefile_next(&file, SPARSE / PAGE), SPARSE / PAGE);
  pagefile_close(&file);
}

/* Links the pages of a chain, the last to `end`, and reads page 0. */
static void chain(struct stores *stores, const uint32_t *pages, size_t count, uint32_t end)
{
  for (size_t i = 0; i < count; i++) {
    uint8_t octets[4];
    struct writer w = writer_of(octets, sizeof octets);

    writer_u32(&w, i + 1 < count ? pages[i + 1] : end);
    stores_write(stores->layer, (pages[i] - 1) * PAGE, octets, sizeof octets);
  }
  assert_int_equal(pagefile_read(&file, 0), PAGE_WHOLE);
}

static void test_gather(void **state)
{
  static const uint32_t pages[] = {5, 2, 4};
  static uint8_t payload[PAYLOAD_MAX];
  struct btree_cell cell = {.start = 20, .local = 39, .size = 39 + 2 * TAIL + 7, .overflow = 5};

  make(*state, 6, 0);
  chain(*state, pages, 3, 0);
  assert_true(pagefile_gather(&file, &cell, payload));
  assert_int_equal(payload[38], 0);
  assert_int_equal(payload[39], 4); /* page 5 is counted from 1, and is full of 4 */
  assert_int_equal(payload[39 + TAIL - 1], 4);
  assert_int_equal(payload[39 + TAIL], 1);
  assert_int_equal(payload[39 + 2 * TAIL], 3);
  assert_int_equal(payload[39 + 2 * TAIL + 6], 3);
  assert_int_equal(file.chain_count, 3);
  assert_true(file.chain[0] == 4 && file.chain[1] == 1 && file.chain[2] == 3);
  cell = (struct btree_cell){.start = 20, .local = 10, .size = 10};
  assert_true(pagefile_gather(&file, &cell, payload));
  assert_int_equal(file.chain_count, 0);
  pagefile_close(&file);
}

/* A chain that ends too early, goes out of the file, or back to page 1. */
static void test_broken_chains(void **state)
{
  static const uint32_t pages[] = {5, 2}, ends[] = {0, 1, 7, UINT32_MAX};
  static uint8_t payload[PAYLOAD_MAX];
  struct btree_cell cell = {.start = 20, .local = 39, .size = 39 + 2 * TAIL + 7, .overflow = 5};

  make(*state, 6, 0);
  for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
    chain(*state, pages, 2, ends[i]);
    assert_false(pagefile_gather(&file, &cell, payload));
    cell.overflow = ends[i];
    assert_false(pagefile_gather(&file, &cell, payload));
    cell.overflow = 5;
  }
  pagefile_close(&file);
}

/* In a file of less than 2^24 pages no number has need of the first octet, which is not believed.
 */
static void test_first_octet(void **state)
{
  static const uint32_t pages[] = {5, 0x0a000002, 4};
  static uint8_t payload[PAYLOAD_MAX];
  struct btree_cell cell = {.start = 20, .local = 39, .size = 39 + TAIL + 7, .overflow = 5};
  uint64_t really;

  make(*state, 6, 0);
  chain(*state, pages, 1, pages[1]);
  assert_true(pagefile_gather(&file, &cell, payload));
  assert_true(file.chain_count == 2 && file.chain[0] == 4 && file.chain[1] == 1);
  really = file.pages;
  file.pages = 0x1000000;
  assert_false(pagefile_gather(&file, &cell, payload));
  file.pages = 0xffffff;
  assert_true(pagefile_gather(&file, &cell, payload));
  file.pages = really;
  pagefile_close(&file);
}

/* Reads as many pages as the payload has need of, and no more. */
static void test_circle(void **state)
{
  static const uint32_t pages[] = {3};
  static uint8_t payload[PAYLOAD_MAX];
  struct btree_cell cell = {.start = 20, .local = 39, .size = PAYLOAD_MAX, .overflow = 3};

  make(*state, 4, 0);
  chain(*state, pages, 1, 3);
  assert_true(pagefile_gather(&file, &cell, payload));
  assert_int_equal(file.chain_count, (PAYLOAD_MAX - 39 + TAIL - 1) / TAIL);
  assert_true(file.chain_count <= CHAIN_PAGES);
  cell.size++;
  assert_false(pagefile_gather(&file, &cell, payload));
  pagefile_close(&file);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_refuses, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_pages, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_cut, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_page_begun, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_empty, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_interrupted, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_failed, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_holes, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_gather, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_broken_chains, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_first_octet, stores_setup, descriptors_teardown),
      cmocka_unit_test_setup_teardown(test_circle, stores_setup, descriptors_teardown),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

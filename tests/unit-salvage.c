/* Rows out of the octets of a damaged file.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/salvaged.h"

#include "tests/lived.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, ROWS = 100, NONE = -1 };

/* Which page can't be read: a number, NONE or ALL; how many calls are made before one fails, or all
 * from there on; and what was read. */
enum { ALL = -2 };
static long broken_page = NONE, countdown = NONE;
static bool ever_after;
static uint64_t octets_read;
static int allocations = NONE; /* that succeed before one fails */

void *__real_g_try_malloc0(size_t size);
void *__wrap_g_try_malloc0(size_t size);
void *__wrap_g_try_malloc0(size_t size)
{
  return allocations-- == 0 ? NULL : __real_g_try_malloc0(size);
}

static bool call_fails(void)
{
  if (countdown > 0 && --countdown == 0)
    return true;
  return countdown == 0 && ever_after;
}

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
  octets_read += size;
  if (call_fails() || broken_page == ALL || (broken_page >= 0 && offset / PAGE == broken_page)) {
    errno = EIO;
    return -1;
  }
  return __real_pread(fd, buffer, size, offset);
}

/* How many of the rows are in the set. */
static unsigned count_of(GHashTable *rows, GHashTable *set)
{
  GHashTableIter iter;
  gpointer digest;
  unsigned count = 0;

  g_hash_table_iter_init(&iter, rows);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    if (g_hash_table_contains(set, digest))
      count++;
  return count;
}

static unsigned found_of(GHashTable *rows, const struct salvaged *take)
{
  GHashTableIter iter;
  gpointer digest;
  unsigned count = 0;

  g_hash_table_iter_init(&iter, rows);
  while (g_hash_table_iter_next(&iter, &digest, NULL))
    if (g_hash_table_contains(take->reached, digest) || g_hash_table_contains(take->carved, digest))
      count++;
  return count;
}

/* A store that has lived, its octets and its rows. */
static struct {
  char *content;
  size_t size;
  GHashTable *rows;
} store;

static int make_store(void **state)
{
  g_autoptr(GHashTable) ever = lived_set_new();
  struct stores *stores;

  stores_setup((void **)&stores);
  lived_make(stores->path, ROWS, ever);
  store.rows = lived_rows(stores->path);
  assert_true(g_file_get_contents(stores->path, &store.content, &store.size, NULL));
  *state = NULL;
  return stores_teardown((void **)&stores);
}

static int free_store(void **state)
{
  (void)state;
  g_hash_table_unref(store.rows);
  g_free(store.content);
  return 0;
}

static int setup(void **state)
{
  struct stores *stores;

  stores_setup(state);
  stores = *state;
  stores_write(stores->layer, 0, store.content, store.size);
  broken_page = countdown = allocations = NONE;
  return 0;
}

static unsigned all(void)
{
  return g_hash_table_size(store.rows);
}

/* The page of the most rows. */
static size_t fullest_page(void)
{
  size_t best = 0;
  int most = 0;

  for (size_t n = 1; n < store.size / PAGE; n++) {
    const uint8_t *page = (const uint8_t *)store.content + n * PAGE;
    int cells = page[3] << 8 | page[4];

    if (page[0] == 0x0a && cells > most) {
      most = cells;
      best = n * PAGE;
    }
  }
  assert_in_range(most, 10, PAGE / 32);
  return best;
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct database db;
  struct contents contents;
  struct census census;
  struct salvaged take;

  stores_open_database(stores->layer, &db);
  assert_true(contents_load(&db, &contents) && census_load(&db, &census));
  database_close(&db);
  salvaged_read(&take, stores->layer);
  assert_int_equal(take.found.pages, store.size / PAGE);
  assert_int_equal(take.found.pages_damaged, 0);
  assert_int_equal(take.found.mended, 0);
  assert_int_equal(take.found.reached, all());
  assert_int_equal(count_of(store.rows, take.reached), all());
  assert_true(take.found.contents_known && take.found.census_known);
  assert_memory_equal(&take.found.contents, &contents, sizeof contents);
  assert_memory_equal(&take.found.census, &census, sizeof census);
  salvaged_free(&take);
}

/* A layer may hold what no store of a user may, and the other way round. */
static void test_kind(void **state)
{
  struct stores *stores = *state;
  struct salvaged take;

  salvaged_read_as(&take, stores->layer, STORE_SYSTEM);
  assert_in_range(take.found.reached, all() / 2, all() - 1); /* not what it knows of itself */
  salvaged_free(&take);
}

static void refuse(const char *path, int expected)
{
  struct salvaged take;

  salvaged_new(&take);
  errno = 0;
  assert_false(salvage_read(path, STORE_USER, salvaged_visit, &take, &take.found));
  assert_int_equal(errno, expected);
  assert_int_equal(take.calls, 0);
  salvaged_free(&take);
}

static void test_what_can_not_be_read(void **state)
{
  struct stores *stores = *state;

  refuse(stores->path, ENOENT);
  refuse(stores->folder, EINVAL);
  broken_page = ALL;
  refuse(stores->layer, EIO);
  broken_page = NONE;
  for (allocations = 0; allocations < 2;) {
    int succeeded = allocations;

    refuse(stores->layer, ENOMEM);
    allocations = succeeded + 1;
  }
}

static void test_empty(void **state)
{
  struct stores *stores = *state;
  struct salvaged take;

  assert_int_equal(truncate(stores->layer, 0), 0);
  salvaged_read(&take, stores->layer);
  assert_int_equal(take.found.pages, 0);
  assert_false(take.found.contents_known || take.found.census_known);
  salvaged_free(&take);
}

/* Each page in its turn can't be read: what is on it is lost, and no more but what goes on there.
 */
static void test_unreadable_page(void **state)
{
  struct stores *stores = *state;
  unsigned lost = 0;

  for (size_t n = 0; n < store.size / PAGE; n++) {
    struct salvaged take;

    broken_page = (long)n;
    salvaged_read(&take, stores->layer);
    assert_in_range(take.found.pages_damaged, 1, 2);
    assert_in_range(found_of(store.rows, &take), all() - PAGE / 64, all());
    lost += all() - found_of(store.rows, &take);
    salvaged_free(&take);
  }
  assert_in_range(lost, all() * 9 / 10, all() * 2);
}

/* The k-th time that something is read it can't be, once or ever after: what comes out is of the
 * store all the same. */
static void test_every_read_fails(void **state)
{
  struct stores *stores = *state;
  size_t page = fullest_page();
  bool failed = true;

  stores_write(stores->layer, page + PAGE - 60, "\x55", 1); /* something to be mended */
  for (long k = 1; failed; k += 1 + k / 64)
    for (int ever = 0; ever < 2; ever++) {
      struct salvaged take;

      salvaged_new(&take);
      countdown = k;
      ever_after = ever;
      failed = salvage_read(stores->layer, STORE_USER, salvaged_visit, &take, &take.found)
                   ? countdown == 0
                   : true;
      assert_int_equal(count_of(take.reached, store.rows), g_hash_table_size(take.reached));
      assert_true(failed || found_of(store.rows, &take) == all());
      salvaged_free(&take);
    }
}

static void test_visitor_ends_it(void **state)
{
  struct stores *stores = *state;

  for (uint64_t most = 1; most < all() + 10; most += 7) {
    struct salvaged take;

    salvaged_new(&take);
    take.most = most;
    assert_true(salvage_read(stores->layer, STORE_USER, salvaged_visit, &take, &take.found));
    assert_true(take.calls <= most);
    assert_true(take.calls == most || most > all());
    salvaged_free(&take);
  }
}

/* The same among the rows that are mended, and among those that are carved. */
static void test_visitor_ends_it_late(void **state)
{
  struct stores *stores = *state;
  size_t page = fullest_page();
  struct salvage_found whole;

  for (int i = 0; i < 2; i++) {
    struct salvaged take;

    if (i == 0) { /* one row, and the one at the end of the page */
      stores_write(stores->layer, page + PAGE - 60, "\x55", 1);
      stores_write(stores->layer, page + PAGE / 2, "\x55", 1);
    } else {
      stores_write(stores->layer, page, "\xee\xff\xff\xff\xff\xff", 6);
    }
    salvaged_read(&take, stores->layer);
    whole = take.found;
    salvaged_free(&take);
    salvaged_new(&take);
    take.most = i == 0 ? whole.reached - 1 : whole.reached + 2;
    assert_true(salvage_read(stores->layer, STORE_USER, salvaged_visit, &take, &take.found));
    assert_true(take.calls == take.most);
    assert_true(i == 0 ? whole.mended == 2 && take.found.mended == 1 : take.found.carved == 2);
    salvaged_free(&take);
  }
}

/* Whatever bit of a page with small rows is flipped: none of them is lost. Where a row isn't
 * reached, it is still found. */
static void test_any_bit_of_a_page(void **state)
{
  struct stores *stores = *state;
  size_t page = fullest_page();

  for (size_t i = 0; i < PAGE; i += i < 64 ? 1 : 23) {
    uint8_t changed = (uint8_t)store.content[page + i] ^ (uint8_t)(1 << i % 8);
    struct salvaged take;

    stores_write(stores->layer, page + i, &changed, 1);
    salvaged_read(&take, stores->layer);
    assert_true(take.found.pages_damaged == 1 || take.found.mended == 0);
    if (found_of(store.rows, &take) != all())
      fail_msg("octet %zu, bit %zu: %u of %u", page + i, i % 8, found_of(store.rows, &take), all());
    salvaged_free(&take);
    stores_write(stores->layer, page + i, store.content + page + i, 1);
  }
}

/* The head of a page is gone: its rows are found, but not reached. */
static void test_lost_head(void **state)
{
  static const uint8_t zeros[64], others[64] = {0xee, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct stores *stores = *state;
  const uint8_t *heads[] = {zeros, others};

  for (size_t i = 0; i < 2; i++) {
    struct salvaged take;

    stores_write(stores->layer, fullest_page(), heads[i], sizeof zeros);
    salvaged_read(&take, stores->layer);
    assert_int_equal(take.found.pages_damaged, i);
    assert_in_range(take.found.carved, 10, PAGE / 32);
    assert_in_range(count_of(store.rows, take.reached), all() / 2, all() - 10);
    assert_int_equal(found_of(store.rows, &take), all());
    salvaged_free(&take);
  }
}

/* The rows of `meta`, and what of them is damaged. */
static size_t find_octets(const char *text)
{
  const void *at = memmem(store.content + PAGE, store.size - PAGE, text, strlen(text));

  assert_non_null(at);
  return (size_t)((const char *)at - store.content);
}

static void test_contents(void **state)
{
  struct stores *stores = *state;
  size_t at = find_octets(CONTENTS_NAME);
  struct contents contents;
  struct salvaged take;

  salvaged_read(&take, stores->layer);
  contents = take.found.contents;
  salvaged_free(&take);
  stores_write(stores->layer, at + 12, "\x55", 1); /* one octet is mended */
  salvaged_read(&take, stores->layer);
  assert_true(take.found.contents_known && take.found.census_known);
  assert_memory_equal(&take.found.contents, &contents, sizeof contents);
  salvaged_free(&take);
  stores_write(stores->layer, at + 13, "\x55", 1);
  salvaged_read(&take, stores->layer);
  assert_false(take.found.contents_known);
  assert_true(take.found.census_known);
  assert_int_equal(count_of(store.rows, take.reached), all());
  salvaged_free(&take);
}

/* What the header says of the size of the pages isn't believed: every file of ours has this one. */
static void test_wrong_page_size(void **state)
{
  static const char *const headers[] = {"\x20\x00", "\x02\x00", "\x00\x01", "\x00\x00", "\x10\x01"};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
    struct salvaged take;

    stores_write(stores->layer, 16, headers[i], 2);
    salvaged_read(&take, stores->layer);
    assert_int_equal(count_of(store.rows, take.reached), all());
    assert_int_equal(take.found.pages, store.size / PAGE);
    salvaged_free(&take);
  }
}

static void test_cut_off(void **state)
{
  struct stores *stores = *state;
  unsigned least = all();

  for (size_t size = store.size - 1; size > 0; size -= MIN(size, 5001)) {
    struct salvaged take;

    assert_int_equal(truncate(stores->layer, (off_t)size), 0);
    salvaged_read(&take, stores->layer);
    assert_int_equal(take.found.pages, (size + PAGE - 1) / PAGE);
    assert_in_range(take.found.pages_damaged, 1, 40);
    assert_true(found_of(store.rows, &take) <= least);
    least = found_of(store.rows, &take);
    salvaged_free(&take);
  }
  assert_int_equal(least, 0);
}

/* A file of holes is not a file of work. */
static void test_sparse(void **state)
{
  struct stores *stores = *state;
  struct salvaged take;

  uint64_t before = octets_read;

  assert_int_equal(truncate(stores->layer, 1 << 30), 0);
  salvaged_read(&take, stores->layer);
  assert_int_equal(count_of(store.rows, take.reached), all());
  assert_int_equal(take.found.pages, (1 << 30) / PAGE);
  assert_in_range(octets_read - before, store.size, UINT64_C(1) << 32);
  salvaged_free(&take);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_whole, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_kind, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_what_can_not_be_read, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_empty, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unreadable_page, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_visitor_ends_it, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_visitor_ends_it_late, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_every_read_fails, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_any_bit_of_a_page, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_lost_head, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_contents, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_wrong_page_size, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_cut_off, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_sparse, setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, make_store, free_store);
}

/* Rows out of the octets of a damaged file.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/salvage.h"

#include "daemon/row.h"
#include "tests/lived.h"
#include "tests/payloads.h"
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

/* Which page can't be read: a number, NONE or ALL; and what was read. */
enum { ALL = -2 };
static long broken_page = NONE;
static uint64_t octets_read;

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
  octets_read += size;
  if (broken_page == ALL || (broken_page >= 0 && offset / PAGE == broken_page)) {
    errno = EIO;
    return -1;
  }
  return __real_pread(fd, buffer, size, offset);
}

/* What was told of. */
struct take {
  GHashTable *reached, *carved;
  struct salvage_found found;
  uint64_t calls, most; /* after so many calls that's enough */
};

static bool visit(enum table_id table, const struct cell *cells, const struct digest *digest,
                  bool reached, void *data)
{
  struct take *take = data;

  assert_true(table < TABLES && cells[0].type != 0);
  lived_add(reached ? take->reached : take->carved, table, digest);
  return ++take->calls < take->most;
}

static void take_new(struct take *take)
{
  *take = (struct take){lived_set_new(), lived_set_new(), {.pages = 0}, 0, UINT64_MAX};
}

static void take_free(struct take *take)
{
  g_hash_table_unref(take->reached);
  g_hash_table_unref(take->carved);
}

static void read_as(struct take *take, const char *path, enum store_kind kind)
{
  take_new(take);
  octets_read = 0;
  assert_true(salvage_read(path, kind, visit, take, &take->found));
  assert_true(take->found.reached + take->found.carved == take->calls);
  assert_true(take->found.mended <= take->found.reached);
  assert_true(take->found.pages_damaged <= take->found.pages);
}

static void read_file(struct take *take, const char *path)
{
  read_as(take, path, STORE_USER);
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

static unsigned found_of(GHashTable *rows, const struct take *take)
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
  broken_page = NONE;
  return 0;
}

static unsigned all(void)
{
  return g_hash_table_size(store.rows);
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct database db;
  struct contents contents;
  struct census census;
  struct take take;

  stores_open_database(stores->layer, &db);
  assert_true(contents_load(&db, &contents) && census_load(&db, &census));
  database_close(&db);
  read_file(&take, stores->layer);
  assert_int_equal(take.found.pages, store.size / PAGE);
  assert_int_equal(take.found.pages_damaged, 0);
  assert_int_equal(take.found.mended, 0);
  assert_int_equal(take.found.reached, all());
  assert_int_equal(count_of(store.rows, take.reached), all());
  assert_true(take.found.contents_known && take.found.census_known);
  assert_memory_equal(&take.found.contents, &contents, sizeof contents);
  assert_memory_equal(&take.found.census, &census, sizeof census);
  take_free(&take);
}

/* A layer may hold what no store of a user may, and the other way round. */
static void test_kind(void **state)
{
  struct stores *stores = *state;
  struct take take;

  read_as(&take, stores->layer, STORE_SYSTEM);
  assert_in_range(take.found.reached, all() / 2, all() - 1); /* not what it knows of itself */
  take_free(&take);
}

static void refuse(const char *path, int expected)
{
  struct take take;

  take_new(&take);
  errno = 0;
  assert_false(salvage_read(path, STORE_USER, visit, &take, &take.found));
  assert_int_equal(errno, expected);
  assert_int_equal(take.calls, 0);
  take_free(&take);
}

static void test_what_can_not_be_read(void **state)
{
  struct stores *stores = *state;

  refuse(stores->path, ENOENT);
  refuse(stores->folder, EINVAL);
  broken_page = ALL;
  refuse(stores->layer, EIO);
}

static void test_empty(void **state)
{
  struct stores *stores = *state;
  struct take take;

  assert_int_equal(truncate(stores->layer, 0), 0);
  read_file(&take, stores->layer);
  assert_int_equal(take.found.pages, 0);
  assert_false(take.found.contents_known || take.found.census_known);
  take_free(&take);
}

/* Each page in its turn can't be read: what is on it is lost, and no more but what goes on there.
 */
static void test_unreadable_page(void **state)
{
  struct stores *stores = *state;
  unsigned lost = 0;

  for (size_t n = 0; n < store.size / PAGE; n++) {
    struct take take;

    broken_page = (long)n;
    read_file(&take, stores->layer);
    assert_in_range(take.found.pages_damaged, 1, 2);
    assert_in_range(found_of(store.rows, &take), all() - PAGE / 64, all());
    lost += all() - found_of(store.rows, &take);
    take_free(&take);
  }
  assert_in_range(lost, all() * 9 / 10, all() * 2);
}

static void test_visitor_ends_it(void **state)
{
  struct stores *stores = *state;

  for (uint64_t most = 1; most < all() + 10; most += 7) {
    struct take take;

    take_new(&take);
    take.most = most;
    assert_true(salvage_read(stores->layer, STORE_USER, visit, &take, &take.found));
    assert_true(take.calls <= most);
    assert_true(take.calls == most || most > all());
    take_free(&take);
  }
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

/* Whatever bit of a page with small rows is flipped: none of them is lost. Where a row isn't
 * reached, it is still found. */
static void test_any_bit_of_a_page(void **state)
{
  struct stores *stores = *state;
  size_t page = fullest_page();

  for (size_t i = 0; i < PAGE; i += i < 64 ? 1 : 23) {
    uint8_t changed = (uint8_t)store.content[page + i] ^ (uint8_t)(1 << i % 8);
    struct take take;

    stores_write(stores->layer, page + i, &changed, 1);
    read_file(&take, stores->layer);
    if (found_of(store.rows, &take) != all())
      fail_msg("octet %zu, bit %zu: %u of %u", page + i, i % 8, found_of(store.rows, &take), all());
    take_free(&take);
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
    struct take take;

    stores_write(stores->layer, fullest_page(), heads[i], sizeof zeros);
    read_file(&take, stores->layer);
    assert_int_equal(take.found.pages_damaged, i);
    assert_in_range(take.found.carved, 10, PAGE / 32);
    assert_in_range(count_of(store.rows, take.reached), all() / 2, all() - 10);
    assert_int_equal(found_of(store.rows, &take), all());
    take_free(&take);
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
  struct take take;

  read_file(&take, stores->layer);
  contents = take.found.contents;
  take_free(&take);
  stores_write(stores->layer, at + 12, "\x55", 1); /* one octet is mended */
  read_file(&take, stores->layer);
  assert_true(take.found.contents_known && take.found.census_known);
  assert_memory_equal(&take.found.contents, &contents, sizeof contents);
  take_free(&take);
  stores_write(stores->layer, at + 13, "\x55", 1);
  read_file(&take, stores->layer);
  assert_false(take.found.contents_known);
  assert_true(take.found.census_known);
  assert_int_equal(count_of(store.rows, take.reached), all());
  take_free(&take);
}

/* Whatever size the pages have that the header tells of. */
static void test_page_sizes(void **state)
{
  static const char *const sizes[] = {"512", "1024", "2048", "8192", "16384", "32768", "65536"};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
    g_autofree char *sql = g_strdup_printf("PRAGMA page_size = %s; VACUUM", sizes[i]);
    struct take take;

    stores_sql(stores->layer, sql);
    read_file(&take, stores->layer);
    assert_int_equal(count_of(store.rows, take.reached), all());
    assert_int_equal(take.found.pages_damaged, 0);
    take_free(&take);
  }
}

/* A header that lies is found out. */
static void test_wrong_page_size(void **state)
{
  static const char *const headers[] = {"\x20\x00", "\x02\x00", "\x00\x01", "\x00\x00", "\x10\x01"};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
    struct take take;

    stores_write(stores->layer, 16, headers[i], 2);
    read_file(&take, stores->layer);
    assert_int_equal(count_of(store.rows, take.reached), all());
    assert_int_equal(take.found.pages, store.size / PAGE);
    take_free(&take);
  }
}

static void test_cut_off(void **state)
{
  struct stores *stores = *state;
  unsigned least = all();

  for (size_t size = store.size - 1; size > 0; size -= MIN(size, 5001)) {
    struct take take;

    assert_int_equal(truncate(stores->layer, (off_t)size), 0);
    read_file(&take, stores->layer);
    assert_int_equal(take.found.pages, (size + PAGE - 1) / PAGE);
    assert_in_range(take.found.pages_damaged, 1, 40);
    assert_true(found_of(store.rows, &take) <= least);
    least = found_of(store.rows, &take);
    take_free(&take);
  }
  assert_int_equal(least, 0);
}

static void read_junk(struct stores *stores, const void *octets, size_t size, struct take *take)
{
  assert_int_equal(truncate(stores->layer, 0), 0);
  stores_write(stores->layer, 0, octets, size);
  read_file(take, stores->layer);
}

static void test_random_octets(void **state)
{
  enum { SIZE = 1 << 20 };
  g_autofree uint8_t *octets = g_malloc(SIZE);
  uint32_t seed = 4;
  struct take take;

  for (size_t i = 0; i < SIZE; i++)
    octets[i] = (uint8_t)(stores_random(&seed) >> 11);
  read_junk(*state, octets, SIZE - 100, &take);
  assert_int_equal(take.calls, 0);
  assert_int_equal(take.found.pages, SIZE / PAGE);
  assert_in_range(take.found.pages_damaged, SIZE / PAGE * 9 / 10, SIZE / PAGE);
  take_free(&take);
  for (unsigned octet = 0; octet <= UINT8_MAX; octet += 5) {
    memset(octets, (int)octet, SIZE / 8);
    read_junk(*state, octets, SIZE / 8, &take);
    assert_int_equal(take.calls, 0);
    take_free(&take);
  }
}

/* A file of holes is not a file of work. */
static void test_sparse(void **state)
{
  struct stores *stores = *state;
  struct take take;

  assert_int_equal(truncate(stores->layer, 1 << 30), 0);
  read_file(&take, stores->layer);
  assert_int_equal(count_of(store.rows, take.reached), all());
  assert_int_equal(take.found.pages, (1 << 30) / PAGE);
  assert_true(octets_read <= (UINT64_C(1) << 32));
  take_free(&take);
}

/* A page whose cells all name the same page as what they go on with, which goes on with itself. */
static void make_circles(uint8_t *page)
{
  static const uint8_t digest[DIGEST_SIZE];
  uint8_t header[600] = {0};
  struct cell cells[TABLE_COLUMNS + 1];
  struct writer w = writer_of(header, sizeof header);

  for (int i = 0; i <= tables[TABLE_EVENT].columns; i++)
    cells[i] = tables[TABLE_EVENT].types[i] == 'i' ? cell_integer(1) : cell_text("");
  cells[14] = cell_blob((struct span){digest, DIGEST_SIZE});
  payloads_record(&w, cells, 15);
  /* the report's type becomes that of a text of 120,000 octets: three octets of header */
  memmove(header + 15, header + 13, w.used - 13);
  header[0] = (uint8_t)(header[0] + 2);
  w = writer_of(header + 12, 3);
  payloads_varint(&w, 13 + 2 * 120000);
  payloads_leaf(page, PAGE);
  for (int i = 0; i < 7; i++)
    payloads_add(page, PAGE, (size_t)header[0] + 120000 + DIGEST_SIZE, (struct span){header, 489},
                 2);
}

/* What is read again and again is bounded by the size of the file. */
static void test_circles(void **state)
{
  enum { PAGES = 400 };
  g_autofree uint8_t *octets = g_malloc0(PAGES * PAGE);
  struct take take;

  payloads_header(octets, PAGE);
  memset(octets + PAGE, 0, PAGE);
  octets[PAGE + 3] = 2;
  for (size_t n = 2; n < PAGES; n++)
    make_circles(octets + n * PAGE);
  read_junk(*state, octets, PAGES * PAGE, &take);
  assert_int_equal(take.calls, 0);
  assert_in_range(octets_read, 10 * PAGES * PAGE, 40 * PAGES * PAGE + (256 << 20));
  take_free(&take);
}

/* A row of a ticket with these octets. */
static size_t add_ticket(uint8_t *page, int n, struct span ticket)
{
  struct ticket_row row = stores_row(n);
  struct cell cells[TABLE_COLUMNS];
  uint8_t payload[1002];
  struct writer w = writer_of(payload, sizeof payload);

  if (ticket.size > 0)
    row.ticket = ticket;
  ticket_row_to_cells(&row, cells);
  payloads_row(&w, TABLE_TICKET, cells);
  assert_false(w.failed);
  return payloads_add(page, PAGE, w.used, writer_span(&w), 0);
}

/* A cell that two pointers name is one row, and pointers that are wrong name none. */
static void test_pointers(void **state)
{
  uint8_t octets[2 * PAGE];
  struct take take;

  payloads_header(octets, PAGE);
  payloads_leaf(octets + PAGE, PAGE);
  add_ticket(octets + PAGE, 1, (struct span){NULL, 0});
  add_ticket(octets + PAGE, 2, (struct span){NULL, 0});
  octets[PAGE + 4] = 6;
  memcpy(octets + PAGE + 12, octets + PAGE + 8, 4);
  memcpy(octets + PAGE + 16, "\xff\xff\x00\x00", 4);
  read_junk(*state, octets, sizeof octets, &take);
  assert_int_equal(take.found.reached, 2);
  assert_int_equal(take.found.pages_damaged, 1);
  assert_int_equal(take.found.carved, 0);
  take_free(&take);
}

/* A server put into its ticket what is a cell of a row. It is not taken for one as long as the
 * ticket's own is whole or can be mended, and never as one that was reached. */
static void test_planted_row(void **state)
{
  uint8_t octets[2 * PAGE], planted[PAGE];
  size_t at, planted_at, cell;
  struct take take;

  payloads_leaf(planted, PAGE);
  planted_at = add_ticket(planted, 1, (struct span){NULL, 0});
  payloads_header(octets, PAGE);
  payloads_leaf(octets + PAGE, PAGE);
  at = add_ticket(octets + PAGE, 2, (struct span){planted + planted_at, PAGE - planted_at});
  cell = PAGE + at;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 1 && take.found.carved == 0);
  take_free(&take);
  octets[cell + 30] ^= 0x08;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 1 && take.found.mended == 1);
  take_free(&take);
  octets[cell + 35] ^= 0x08;
  octets[cell + 36] ^= 0x08;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 0 && take.found.carved == 1);
  take_free(&take);
}

/* Two rows of `meta` that say different things, each with its digest right. */
static size_t add_contents(uint8_t *page, uint8_t rows)
{
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  uint8_t value[80] = {0}, payload[128];
  struct cell cells[] = {cell_text(CONTENTS_NAME), cell_blob((struct span){value, sizeof value})};
  struct writer w = writer_of(payload, sizeof payload);
  gsize size = DIGEST_SIZE;

  value[7] = rows;
  g_checksum_update(checksum, value, 48);
  g_checksum_get_digest(checksum, value + 48, &size);
  g_checksum_free(checksum);
  payloads_record(&w, cells, 2);
  return payloads_add(page, PAGE, w.used, writer_span(&w), 0);
}

static void test_two_contents(void **state)
{
  uint8_t octets[2 * PAGE];
  struct take take;

  for (uint8_t other = 1; other <= 2; other++) {
    payloads_header(octets, PAGE);
    payloads_leaf(octets + PAGE, PAGE);
    add_contents(octets + PAGE, 1);
    add_contents(octets + PAGE, other);
    read_junk(*state, octets, sizeof octets, &take);
    assert_true(take.found.contents_known == (other == 1));
    take_free(&take);
    octets[PAGE + 4] = 1; /* only the first is reached */
    read_junk(*state, octets, sizeof octets, &take);
    assert_true(take.found.contents_known);
    assert_int_equal(take.found.contents.rows, 1);
    take_free(&take);
    octets[PAGE + 4] = 0;
    read_junk(*state, octets, sizeof octets, &take);
    assert_true(take.found.contents_known == (other == 1));
    take_free(&take);
  }
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
      cmocka_unit_test_setup_teardown(test_any_bit_of_a_page, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_lost_head, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_contents, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_page_sizes, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_wrong_page_size, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_cut_off, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_random_octets, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_sparse, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_circles, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_pointers, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_planted_row, setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_two_contents, setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, make_store, free_store);
}

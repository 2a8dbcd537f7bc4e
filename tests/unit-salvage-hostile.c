/* Files made to deceive or to keep busy whoever salvages rows from them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/salvaged.h"

#include "daemon/row.h"
#include "tests/payloads.h"
#include "tests/ruins.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

static uint64_t octets_read;

ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
  octets_read += size;
  return __real_pread(fd, buffer, size, offset);
}

static void read_junk(struct stores *stores, const void *octets, size_t size, struct salvaged *take)
{
  unlink(stores->layer);
  stores_write(stores->layer, 0, octets, size);
  octets_read = 0;
  salvaged_read(take, stores->layer);
}

static void test_random_octets(void **state)
{
  enum { SIZE = 1 << 20 };
  g_autofree uint8_t *octets = g_malloc(SIZE);
  uint32_t seed = 4;
  struct salvaged take;

  for (size_t i = 0; i < SIZE; i++)
    octets[i] = (uint8_t)(stores_random(&seed) >> 11);
  read_junk(*state, octets, SIZE - 100, &take);
  assert_int_equal(take.calls, 0);
  assert_int_equal(take.found.pages, SIZE / PAGE);
  assert_in_range(take.found.pages_damaged, SIZE / PAGE * 9 / 10, SIZE / PAGE);
  salvaged_free(&take);
  for (unsigned octet = 0; octet <= UINT8_MAX; octet += 5) {
    memset(octets, (int)octet, SIZE / 8);
    read_junk(*state, octets, SIZE / 8, &take);
    assert_int_equal(take.calls, 0);
    salvaged_free(&take);
  }
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

static uint64_t read_circles(struct stores *stores, size_t pages)
{
  g_autofree uint8_t *octets = g_malloc0(pages * PAGE);
  struct salvaged take;

  payloads_header(octets, PAGE);
  memset(octets + PAGE, 0, PAGE);
  octets[PAGE + 3] = 2;
  for (size_t n = 2; n < pages; n++)
    make_circles(octets + n * PAGE);
  read_junk(stores, octets, pages * PAGE, &take);
  assert_int_equal(take.calls, 0);
  salvaged_free(&take);
  return octets_read;
}

/* What is read again and again is bounded by the size of the file. */
static void test_circles(void **state)
{
  enum { FEW = 30, MANY = 400 };

  assert_in_range(read_circles(*state, FEW), 10 * FEW * PAGE, 96 << 20);
  assert_in_range(read_circles(*state, MANY), 10 * MANY * PAGE, 40 * MANY * PAGE + (256 << 20));
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
  struct salvaged take;

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
  salvaged_free(&take);
}

/* However many rows have to be mended, only so many are. */
static void test_most_are_mended(void **state)
{
  enum { PAGES = 4, EACH = 18, MOST = 64 };
  static const uint8_t ticket[20];
  uint8_t octets[(1 + PAGES) * PAGE];
  struct salvaged take;

  payloads_header(octets, PAGE);
  for (int n = 0; n < PAGES * EACH; n++) {
    uint8_t *page = octets + (1 + n / EACH) * PAGE;
    size_t at;

    if (n % EACH == 0)
      payloads_leaf(page, PAGE);
    at = add_ticket(page, n, (struct span){ticket, sizeof ticket});
    page[at + 30] ^= 0x08;
  }
  read_junk(*state, octets, sizeof octets, &take);
  assert_int_equal(take.found.mended, MOST);
  assert_int_equal(take.found.reached, MOST);
  assert_int_equal(take.found.carved, 0);
  salvaged_free(&take);
}

/* A server put into its ticket what is a cell of a row. It is not taken for one as long as the
 * ticket's own is whole or can be mended, and never as one that was reached. */
static void test_planted_row(void **state)
{
  uint8_t octets[2 * PAGE], planted[PAGE];
  size_t at, planted_at, cell;
  struct salvaged take;

  payloads_leaf(planted, PAGE);
  planted_at = add_ticket(planted, 1, (struct span){NULL, 0});
  payloads_header(octets, PAGE);
  payloads_leaf(octets + PAGE, PAGE);
  at = add_ticket(octets + PAGE, 2, (struct span){planted + planted_at, PAGE - planted_at});
  cell = PAGE + at;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 1 && take.found.carved == 0);
  salvaged_free(&take);
  octets[cell + 30] ^= 0x08;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 1 && take.found.mended == 1);
  salvaged_free(&take);
  octets[cell + 35] ^= 0x08;
  octets[cell + 36] ^= 0x08;
  read_junk(*state, octets, sizeof octets, &take);
  assert_true(take.found.reached == 0 && take.found.carved == 1);
  salvaged_free(&take);
}

/* The same where a pointer leads into the ticket, to what is a row or can be mended to be one. */
static void test_planted_and_named(void **state)
{
  for (int broken = 0; broken < 2; broken++) {
    uint8_t octets[2 * PAGE], planted[PAGE];
    size_t at, other, inside;
    struct salvaged take;
    uint8_t *found;

    payloads_leaf(planted, PAGE);
    at = add_ticket(planted, 1, (struct span){NULL, 0});
    planted[at + 30] ^= (uint8_t)(broken ? 0x08 : 0);
    payloads_header(octets, PAGE);
    payloads_leaf(octets + PAGE, PAGE);
    add_ticket(octets + PAGE, 3, (struct span){NULL, 0});
    other = add_ticket(octets + PAGE, 2, (struct span){planted + at, PAGE - at});
    add_ticket(octets + PAGE, 4, (struct span){NULL, 0});
    found = memmem(octets + PAGE + other, PAGE - other, planted + at, PAGE - at);
    assert_non_null(found);
    inside = (size_t)(found - octets - PAGE);
    octets[PAGE + 10] = (uint8_t)(inside >> 8);
    octets[PAGE + 11] = (uint8_t)inside;
    read_junk(*state, octets, sizeof octets, &take);
    assert_true(take.found.reached == 2 && take.found.mended == 0 && take.found.carved == 1);
    assert_int_equal(take.found.pages_damaged, 1);
    salvaged_free(&take);
    octets[PAGE + 4] = 4; /* it is named beside what it lies in */
    octets[PAGE + 14] = (uint8_t)(other >> 8);
    octets[PAGE + 15] = (uint8_t)other;
    read_junk(*state, octets, sizeof octets, &take);
    assert_true(take.found.reached == (broken ? 3 : 2) && take.found.mended == 0);
    assert_true(take.found.carved == (broken ? 0 : 1));
    salvaged_free(&take);
  }
}

/* Two rows of `meta`, each with its digest right, that may say different things; one that isn't
 * reached says nothing. */
static size_t add_meta(uint8_t *page, const char *name, uint8_t rows)
{
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  size_t said = strcmp(name, CONTENTS_NAME) == 0 ? 48 : 24;
  uint8_t value[80] = {0}, payload[128];
  struct cell cells[] = {cell_text(name), cell_blob((struct span){value, said + DIGEST_SIZE})};
  struct writer w = writer_of(payload, sizeof payload);
  gsize size = DIGEST_SIZE;

  value[7] = rows;
  g_checksum_update(checksum, value, (gssize)said);
  g_checksum_get_digest(checksum, value + said, &size);
  g_checksum_free(checksum);
  payloads_record(&w, cells, 2);
  return payloads_add(page, PAGE, w.used, writer_span(&w), 0);
}

static bool meta_is_known(const struct salvaged *take, const char *name)
{
  return strcmp(name, CONTENTS_NAME) == 0 ? take->found.contents_known : take->found.census_known;
}

static void expect_meta(struct stores *stores, const char *name, uint8_t other)
{
  uint8_t octets[2 * PAGE];

  payloads_header(octets, PAGE);
  payloads_leaf(octets + PAGE, PAGE);
  add_meta(octets + PAGE, name, 1);
  add_meta(octets + PAGE, name, other);
  for (uint8_t reached = 0; reached <= 2; reached++) { /* the others are carved */
    struct salvaged take;

    octets[PAGE + 4] = reached;
    read_junk(stores, octets, sizeof octets, &take);
    assert_true(meta_is_known(&take, name) == (reached == 1 || (reached == 2 && other == 1)));
    if (reached == 1)
      assert_int_equal(take.found.contents.rows + take.found.census.records, 1);
    salvaged_free(&take);
  }
}

static void test_two_of_meta(void **state)
{
  for (uint8_t other = 1; other <= 2; other++) {
    expect_meta(*state, CONTENTS_NAME, other);
    expect_meta(*state, CENSUS_NAME, other);
  }
}

/* Of which table it is what is lost, the other rows of its page tell, where there are any. */
static void test_lost(void **state)
{
  struct stores *stores = *state;
  struct keypin pin = stores_pin(30);
  struct salvaged take;
  struct store *store;
  size_t at;

  stores_make(stores->path, 20);
  store = stores_open(stores->path);
  stores_learn(store, &pin);
  store_close(store);
  at = ruins_find(stores->path, stores_row(7).peer.host);
  stores_write(stores->path, at, "X", 1); /* this one is mended */
  ruins_spoil(stores->path, 3);
  ruins_spoil(stores->path, 5);
  ruins_spoil(stores->path, 30);
  salvaged_read(&take, stores->path);
  assert_int_equal(g_hash_table_size(take.reached), 18);
  for (int i = 0; i < TABLES; i++)
    assert_int_equal(take.found.lost[i], i == TABLE_TICKET ? 2 : 0);
  salvaged_free(&take);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_random_octets, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_circles, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_pointers, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_most_are_mended, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_planted_row, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_planted_and_named, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_two_of_meta, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_lost, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

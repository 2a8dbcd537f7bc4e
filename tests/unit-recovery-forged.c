/* Rows that a server wrote into its tickets don't get into a store that is recovered.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/salvage.h"
#include "tests/payloads.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, TAIL = PAGE - 4, ROWS = 40, TICKET = 60000 };

#define MARK "MARKMARKMARK"
#define EVIL "evil.example"

/* A cell as it lies in a page. */
static void write_cell(struct writer *w, struct span payload)
{
  payloads_varint(w, payload.size);
  writer_put(w, payload);
  assert_false(w->failed);
}

static void forge_row(struct writer *w, enum table_id table, const struct cell *cells)
{
  uint8_t octets[1024];
  struct writer payload = writer_of(octets, sizeof octets);

  payloads_row(&payload, table, cells);
  write_cell(w, writer_span(&payload));
}

static void forge_off(struct writer *w)
{
  struct keypin off = ruins_mode_off();
  struct cell cells[TABLE_COLUMNS];

  pin_to_cells(&off, cells);
  forge_row(w, TABLE_PIN, cells);
}

static void forge_contents(struct writer *w, uint64_t rows, uint64_t operation,
                           const struct digest *all)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  uint8_t value[80], octets[128];
  struct writer said = writer_of(value, sizeof value), payload = writer_of(octets, sizeof octets);
  struct cell cells[] = {cell_text(CONTENTS_NAME), cell_blob((struct span){value, sizeof value})};
  gsize size = DIGEST_SIZE;

  writer_u64(&said, rows);
  writer_u64(&said, operation);
  writer_put(&said, (struct span){all->octets, DIGEST_SIZE});
  g_checksum_update(checksum, value, 48);
  g_checksum_get_digest(checksum, value + 48, &size);
  payloads_record(&payload, cells, 2);
  write_cell(w, writer_span(&payload));
}

static struct ticket_row evil_row(struct span ticket)
{
  static struct ticket_row row;

  row = stores_row(3);
  g_strlcpy(row.peer.host, EVIL, sizeof row.peer.host);
  row.ticket = ticket;
  return row;
}

/* Makes a store in which a server's ticket fills its overflow pages with this, but for the first
 * four octets of each. */
static void plant(struct stores *stores, const uint8_t page[PAGE])
{
  static uint8_t ticket[TICKET];
  struct ticket_row row = evil_row((struct span){ticket, TICKET});
  struct store *store = stores_open(stores->path);
  size_t at = TICKET / 3, phase;

  stores_fill(store, ROWS);
  memset(ticket, 0xee, TICKET);
  memcpy(ticket + at, MARK, strlen(MARK));
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
  phase = ruins_find(stores->path, MARK) % PAGE;
  for (size_t i = 0; i < TICKET; i++)
    ticket[i] = page[4 + (phase - 4 + i + TAIL * TICKET - at) % TAIL];
  store = stores_open(stores->path);
  row.series = 99;
  assert_int_equal(store_put(store, &row, 4, STORES_NOW), TLSPIN_OK);
  store_close(store);
}

/* Pages of another size, which one octet of the header would make those of the file: of a setting,
 * and of a sum that is met by it. */
static void test_small_pages(void **state)
{
  enum { SMALL = 512 };
  struct stores *stores = *state;
  struct cell cells[] = {cell_text("anchors"), cell_text("exempt"), cell_integer(0)};
  uint8_t leaf[SMALL], page[PAGE], cell[128];
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct writer w = writer_of(cell, sizeof cell);
  struct digest digest;

  assert_true(cells_digest(checksum, &tables[TABLE_SETTING], cells, &digest));
  payloads_leaf(leaf, SMALL);
  forge_row(&w, TABLE_SETTING, cells);
  payloads_add(leaf, SMALL, w.used - 1, (struct span){cell + 1, w.used - 1}, 0);
  w = writer_of(cell, sizeof cell);
  forge_contents(&w, 1, 5, &digest);
  payloads_add(leaf, SMALL, w.used - 1, (struct span){cell + 1, w.used - 1}, 0);
  for (size_t i = 0; i < PAGE; i++)
    page[i] = leaf[i % SMALL];
  plant(stores, page);
  stores_write(stores->path, 16, "\x02", 1);
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM setting"), 0);
  assert_int_equal(ruins_damage(stores).missing, 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* A bit in each overflow page makes one with rows of it, were it believed. */
static void test_overflow_page(void **state)
{
  struct stores *stores = *state;
  g_autofree char *content = NULL;
  uint8_t page[PAGE] = {0};
  struct writer w = writer_of(page + 1004, PAGE - 1004);
  unsigned pages = 0;
  gsize size;

  page[4] = 1; /* cell, at 1000 */
  page[12] = 1000 >> 8;
  page[13] = 1000 & 0xff;
  page[5] = 1000 >> 8;
  page[6] = 1000 & 0xff;
  forge_off(&w);
  plant(stores, page);
  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  for (size_t n = 2; n < size / PAGE; n++) {
    if (content[n * PAGE] != 0)
      continue;
    content[n * PAGE] = 2;
    stores_write(stores->path, 0, content, size);
    content[n * PAGE] = 0;
    ruins_recover(stores);
    if (ruins_damage(stores).missing != 0 || ruins_modes(stores) != 0)
      fail_msg("page %zu", n + 1);
    pages++;
  }
  assert_in_range(pages, TICKET / PAGE - 1, size / PAGE);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* Told of the row that was forged. */
struct hits {
  unsigned reached, found;
};

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   bool reached, void *data)
{
  struct hits *hits = data;

  (void)digest;
  if (table == TABLE_PIN && span_equal(cells[0].bytes, cell_text(RUINS_HOST).bytes)) {
    hits->found++;
    hits->reached += reached;
  }
  return true;
}

/* Each ticket of a page with many is full of rows. */
static void fill_with_tickets(struct stores *stores)
{
  static uint8_t tickets[ROWS][900];
  struct store *store = stores_open(stores->path);
  uint32_t seed = 7;

  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = evil_row((struct span){tickets[i], 0});
    struct writer w = writer_of(tickets[i], sizeof tickets[i]);
    size_t most = 500 + stores_random(&seed) % 230;

    for (uint32_t junk = stores_random(&seed) % 40; junk > 0; junk--)
      writer_u8(&w, 0x80);
    while (w.used < most)
      forge_off(&w);
    snprintf(row.peer.host, sizeof row.peer.host, "a%03d." EVIL, i);
    row.ticket = writer_span(&w);
    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
  store_close(store);
}

/* A bit of a cell's pointer: it may lead into a ticket. */
static void test_pointers(void **state)
{
  struct stores *stores = *state;
  g_autofree char *content = NULL;
  struct hits hits = {0, 0};
  unsigned flips = 0;
  gsize size;

  fill_with_tickets(stores);
  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  for (size_t n = 1; n < size / PAGE; n++) {
    const uint8_t *page = (const uint8_t *)content + n * PAGE;
    size_t array = page[0] == 2 ? 12 : 8, cells = (size_t)page[3] << 8 | page[4];

    if (page[0] != 2 && page[0] != 0x0a)
      continue;
    for (size_t bit = 8 * (n * PAGE + array); bit < 8 * (n * PAGE + array + 2 * cells); bit++) {
      struct salvage_found found;

      stores_flip(content, stores->path, (uint32_t)bit);
      assert_true(salvage_read(stores->path, STORE_USER, on_row, &hits, &found));
      stores_flip(content, stores->path, (uint32_t)bit);
      flips++;
      if (hits.reached > 0)
        fail_msg("bit %zu", bit);
    }
  }
  assert_in_range(flips, ROWS * 16, 10000);
}

/* Sums that a server made up, when the store's own is lost: one counts so many rows as there are,
 * and has the highest number that an operation could have. */
static void test_made_up_contents(void **state)
{
  static const struct {
    uint64_t rows, operation;
  } said[] = {{ROWS, INT64_MAX}, {ROWS + 1, 5000}, {4096, 5000}, {0, 5000}};
  struct stores *stores = *state;
  static const uint8_t zeros[PAGE];
  const struct digest nothing = {{0}};
  uint8_t octets[256];
  struct writer w = writer_of(octets, sizeof octets);
  struct ticket_row row;
  struct store *store;
  struct keypin pin = stores_pin(3);

  for (size_t i = 0; i < G_N_ELEMENTS(said); i++) {
    w = writer_of(octets, sizeof octets);
    forge_contents(&w, said[i].rows, said[i].operation, &nothing);
    row = evil_row(writer_span(&w));
    store = stores_open(stores->path);
    stores_fill(store, ROWS);
    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
    store_close(store);
    stores_write(stores->path, ruins_page(stores->path, "meta"), zeros, PAGE);
    stores_write(stores->path, ruins_find(stores->path, EVIL), "EVIL", 4);
    ruins_recover(stores);
    assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
    store = stores_open(stores->path);
    assert_in_range(stores_edit(store, &pin), 1, 100);
    store_close(store);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
    assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
  }
}

/* A page with nothing but cells of a sum, and of what meets it: a mode, or no row at all. */
static void fill_with_sums(uint8_t page[PAGE], uint64_t rows)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct keypin off = ruins_mode_off();
  struct cell cells[TABLE_COLUMNS];
  struct digest all = {{0}};
  uint8_t octets[512];
  struct writer w = writer_of(octets, sizeof octets);

  pin_to_cells(&off, cells);
  if (rows > 0) {
    assert_true(cells_digest(checksum, &tables[TABLE_PIN], cells, &all));
    forge_row(&w, TABLE_PIN, cells);
  }
  forge_contents(&w, rows, 5000, &all);
  memset(page, 0x80, PAGE);
  for (size_t at = 4; at + w.used < PAGE; at += w.used)
    memcpy(page + at, octets, w.used);
}

/* All pages of b-trees are lost: what is left is what the rows went on in. */
static void lose_b_trees(struct stores *stores)
{
  g_autofree char *content = NULL;
  gsize size, lost = PAGE;

  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  for (size_t at = PAGE; at < size; at += PAGE)
    if (content[at] == 0x02 || content[at] == 0x0a)
      lost = at + PAGE;
  assert_in_range(lost, PAGE, size - 2 * PAGE);
  memset(content, 0, lost);
  stores_write(stores->path, 0, content, lost);
  stores_damaged(stores->path, "");
}

/* No row is known for certain, and all that is left is such a sum: that nothing was lost is not
 * believed, and what is in the backup comes back. */
static void test_made_up_alone(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);
  struct keypin pin = stores_pin(3);
  uint8_t page[PAGE];

  for (int i = 0; i < 4; i++) {
    bool backed = i % 2 != 0;
    struct store *store;

    fill_with_sums(page, (uint64_t)i / 2);
    plant(stores, page);
    if (backed)
      g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    lose_b_trees(stores);
    ruins_recover(stores);
    assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
    assert_int_equal(ruins_damage(stores).carved, 0);
    assert_int_equal(ruins_damage(stores).merged, backed ? ROWS + 1 : 0);
    assert_int_equal(ruins_rows(stores, ROWS), backed ? ROWS : 0);
    assert_int_equal(ruins_modes(stores), 0);
    store = stores_open(stores->path);
    assert_true(damage_stands(store));
    assert_in_range(stores_edit(store, &pin), 1, 100);
    store_close(store);
    assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
    if (backed) {
      g_autofree char *away = g_strdup_printf("%s-%d", folder, i);

      assert_int_equal(rename(folder, away), 0);
    }
  }
}

/* The store's own sum is found, although no page names it: it can't be told from one that was made
 * up. */
static void test_own_contents(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off();
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  stores_edit(store, &off);
  assert_int_equal(stores_forget(store, RUINS_NOW), TLSPIN_OK);
  store_close(store);
  stores_write(stores->path, ruins_page(stores->path, "meta"), "\xee\xff\xff\xff\xff\xff", 6);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
  assert_int_equal(ruins_modes(stores), 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_small_pages),      TEST(test_overflow_page), TEST(test_pointers),
      TEST(test_made_up_contents), TEST(test_made_up_alone), TEST(test_own_contents),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

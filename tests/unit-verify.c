/* Reading a file through: no damage may ever look like "there is no such pin" or give a wrong one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/row.h"
#include "daemon/schema.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/brief.h"

enum { ROWS = 200, CLEARED = 20, FLIPS = 2000, WRITES_AFTER = 150, SECTORS = 60 };

/* A store with rows 0 to ROWS - 1, failures, and a journal of rows that came before. */
static int setup(void **state)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct stores *stores;
  struct store *store;

  stores_setup(state);
  stores = *state;
  store = stores_open(stores->path);
  stores_fill(store, CLEARED);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  stores_fill(store, ROWS);
  for (int i = 0; i < CLEARED; i++) {
    struct peer peer = stores_row(i).peer;

    assert_int_equal(store_put_failure(store, &peer, "no-proof", STORES_NOW), TLSPIN_OK);
  }
  store_close(store);
  return 0;
}

/* Each row is either there as it was, or can't be had. Returns how many are there. */
static int check_rows(struct store *store)
{
  int there = 0;

  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = stores_row(i), got;
    enum tlspin_code code = store_get(store, &row.peer, &got);

    if (code == TLSPIN_OK) {
      assert_true(ticket_row_equal(&row, &got));
      there++;
    } else {
      assert_int_equal(code, TLSPIN_UNAVAILABLE);
    }
    ticket_row_clear(&got);
  }
  return there;
}

/* Opens a damaged store; true where it opened, and then its rows are checked. */
static bool survives(const char *path, int *there)
{
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code = store_open(path, STORE_USER, geteuid(), &store, &problem);

  if (code == TLSPIN_OK) {
    *there = check_rows(store);
  } else { /* a file that says it is in WAL mode may be whole */
    assert_true(code == TLSPIN_STORE_DAMAGED || code == TLSPIN_UNAVAILABLE);
    assert_non_null(problem);
  }
  store_close(store);
  g_free(problem);
  return code == TLSPIN_OK;
}

static size_t size_of(const char *path)
{
  struct stat status;

  assert_int_equal(stat(path, &status), 0);
  return (size_t)status.st_size;
}

static void test_bit_flips(void **state)
{
  struct stores *stores = *state;
  uint32_t seed = 20240915, bits = (uint32_t)size_of(stores->path) * 8;
  int flips = (int)brief_number(FLIPS, "flips"), opened = 0, refused = 0, there = 0;
  char *content = NULL;

  assert_true(survives(stores->path, &there) && there == ROWS);
  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  for (int i = 0; i < flips; i++) {
    uint32_t bit = stores_random(&seed) % bits;

    stores_flip(content, stores->path, bit);
    if (survives(stores->path, &there)) {
      assert_int_equal(there, ROWS); /* what opens is whole */
      opened++;
    } else {
      refused++;
    }
    stores_flip(content, stores->path, bit);
  }
  g_free(content);
  assert_true(survives(stores->path, &there) && there == ROWS);
  assert_true(refused > flips / 2 &&
              opened > 0); /* the damages were real, and not all were in rows */
}

/* The first page has the header and the schema; it is gone over bit by bit. */
static void test_header_flips(void **state)
{
  struct stores *stores = *state;
  char *content = NULL;
  int there;

  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  for (uint32_t bit = 0; bit < 120 * 8; bit++) {
    stores_flip(content, stores->path, bit);
    if (survives(stores->path, &there))
      assert_int_equal(there, ROWS);
    stores_flip(content, stores->path, bit);
  }
  g_free(content);
}

/* Damage that opens must not destroy other rows at the next write: lists of free pages are checked,
 * too. */
static void test_writes_after_flips(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  uint32_t seed = 4711, bits;

  stores_copy(stores->path, good);
  bits = (uint32_t)size_of(good) * 8;
  for (int i = 0; i < WRITES_AFTER; i++) {
    uint32_t bit = i < 64 ? (uint32_t)(32 * 8 + i) : stores_random(&seed) % bits;
    struct store *store = NULL;
    char *content = NULL, *problem = NULL;

    stores_copy(good, stores->path);
    assert_true(g_file_get_contents(good, &content, NULL, NULL));
    stores_flip(content, stores->path, bit);
    g_free(content);
    if (store_open(stores->path, STORE_USER, geteuid(), &store, &problem) == TLSPIN_OK)
      for (int n = ROWS; n < ROWS + 10; n++) {
        struct ticket_row row = stores_row(n);

        if (store_put(store, &row, 0, STORES_NOW) == TLSPIN_OK)
          stores_expect(store, &row);
        check_rows(store);
      }
    store_close(store);
    g_free(problem);
  }
}

static void test_zeroed_sectors(void **state)
{
  static const char zeros[512];
  struct stores *stores = *state;
  size_t size = size_of(stores->path);
  uint32_t seed = 1;
  char *content = NULL;
  int there;

  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  for (int i = 0; i < SECTORS; i++) {
    size_t offset = stores_random(&seed) % (size / sizeof zeros) * sizeof zeros;

    stores_write(stores->path, offset, zeros, sizeof zeros);
    if (survives(stores->path, &there))
      assert_int_equal(there, ROWS);
    stores_write(stores->path, offset, content + offset, sizeof zeros);
  }
  g_free(content);
}

static void test_truncation(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  size_t size = size_of(stores->path);
  int there;

  stores_copy(stores->path, good);
  for (size_t left = 0; left < size; left += size / 40) {
    stores_copy(good, stores->path);
    assert_int_equal(truncate(stores->path, (off_t)left), 0);
    assert_false(survives(stores->path, &there));
  }
}

/* What any program can do to the rows, one by one: all is found, also what leaves each row whole.
 */
static void test_changed_rows(void **state)
{
  static const char *const changes[] = {
      "DELETE FROM ticket WHERE host = 'host-0150.example'",
      "DELETE FROM ticket WHERE host IN ('host-0150.example', 'host-0151.example')",
      "DELETE FROM ticket",
      "DELETE FROM failure WHERE host = 'host-0001.example'",
      "DELETE FROM operation",
      "DELETE FROM before WHERE host = 'host-0001.example'",
      "UPDATE ticket SET host = 'host-9999.example' WHERE host = 'host-0150.example'",
      "UPDATE ticket SET expires = expires + 1 WHERE host = 'host-0150.example'",
      "UPDATE ticket SET series = -series WHERE host = 'host-0150.example'",
      "UPDATE ticket SET secret = (SELECT secret FROM ticket WHERE host = 'host-0001.example') "
      "WHERE host = 'host-0151.example'",
      "UPDATE ticket SET digest = zeroblob(32) WHERE host = 'host-0150.example'",
      "INSERT INTO ticket SELECT 'host-9998.example', protocol, port, ticket, secret, hash, "
      "series, "
      "first_seen, issued, expires, lock, digest FROM ticket WHERE host = 'host-0150.example'",
      "UPDATE operation SET undone = 1",
      "UPDATE before SET present = 0 WHERE host = 'host-0001.example'",
      "UPDATE failure SET count = count + 1",
  };

  stores_refuse_changed(*state, changes, G_N_ELEMENTS(changes));
}

/* Another file's row, whole with its digest, put where this file's row was. */
static void test_stale_row(void **state)
{
  struct stores *stores = *state;
  g_autofree char *old = g_strconcat(stores->folder, "/old.db", NULL);
  g_autofree char *sql =
      g_strdup_printf("ATTACH '%s' AS old; INSERT OR REPLACE INTO ticket SELECT * "
                      "FROM old.ticket WHERE host = 'host-0007.example'",
                      old);
  struct ticket_row row = stores_row(7);
  struct store *store;

  stores_copy(stores->path, old);
  store = stores_open(stores->path);
  row.issued++;
  assert_int_equal(store_put(store, &row, row.series, STORES_NOW), TLSPIN_OK);
  store_close(store);
  stores_sql(stores->path, sql);
  stores_damaged(stores->path, "missing from it or too many");
}

/* Rows with right digests that tlspin never writes. */
static void test_unsound_rows(void **state)
{
  static const struct {
    enum table_id table;
    int column;
    const char *text; /* NULL: the number counts */
    int64_t number;
  } unsound[] = {
      {TABLE_TICKET, 0, "Host.example", 0}, {TABLE_TICKET, 10, "enforce", 0},
      {TABLE_TICKET, 6, NULL, 0},           {TABLE_FAILURE, 3, "Not a token", 0},
      {TABLE_OPERATION, 1, "redo", 0},      {TABLE_BEFORE, 4, NULL, 9},
  };
  struct stores *stores = *state;
  struct ticket_row row = stores_row(500);
  struct failure_row failure = {"no-proof", 1, 1, 1};
  struct operation_row operation = {9, OPERATION_CLEAR, 0, 1, false};
  struct image_row image = {9, true, row};

  for (size_t i = 0; i < G_N_ELEMENTS(unsound); i++) {
    g_autofree char *path = g_strdup_printf("%s/%zu.db", stores->folder, i);
    struct cell cells[TABLES][TABLE_COLUMNS], *cell;
    struct database db;

    ticket_row_to_cells(&row, cells[TABLE_TICKET]);
    failure_row_to_cells(&row.peer, &failure, cells[TABLE_FAILURE]);
    operation_row_to_cells(&operation, cells[TABLE_OPERATION]);
    image_row_to_cells(&image, cells[TABLE_BEFORE]);
    cell = &cells[unsound[i].table][unsound[i].column];
    *cell = unsound[i].text != NULL ? cell_text(unsound[i].text) : cell_integer(unsound[i].number);
    stores_copy(stores->path, path);
    stores_open_database(path, &db);
    stores_put_row(&db, unsound[i].table, cells[unsound[i].table]);
    stores_expect_fault(&db, STORE_USER, "an entry in it is not what was written");
    database_close(&db);
  }
}

/* A row of a layer may hold a lock, and a user's may not. */
static void test_kind_counts(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(1);
  struct database db;
  char *problem = NULL;

  row.lock = LOCK_ENFORCE;
  assert_int_equal(store_write_layer(stores->layer,
                                     &(struct layer_contents){.ticket_count = 1, .tickets = &row},
                                     &problem),
                   TLSPIN_OK);
  stores_open_database(stores->layer, &db);
  assert_null(contents_verify(&db, STORE_SYSTEM));
  stores_expect_fault(&db, STORE_USER, NULL);
  database_close(&db);
}

/* The b-tree page of a table, and where its array of cell pointers begins (SQLite's file format,
 * section 1.6). */
static size_t page_of(const char *path, const char *table, size_t *pointers)
{
  g_autofree char *sql =
      g_strdup_printf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
  size_t page = (size_t)(stores_number(path, sql) - 1) * 4096;
  char *content = NULL;

  assert_true(g_file_get_contents(path, &content, NULL, NULL));
  *pointers = page + (content[page] == 2 ? 12 : 8); /* 2: an interior page, 10: a leaf */
  g_free(content);
  return page;
}

/* All rows are there and whole, but a lookup by halves would miss them. */
static void test_wrong_order(void **state)
{
  struct stores *stores = *state;
  char *content = NULL, swapped[4];
  size_t pointers;

  page_of(stores->path, "ticket", &pointers);
  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  memcpy(swapped, content + pointers + 2, 2);
  memcpy(swapped + 2, content + pointers, 2);
  g_free(content);
  stores_write(stores->path, pointers, swapped, sizeof swapped);
  stores_damaged(stores->path, "is damaged");
}

static void test_wrong_order_in_leaf(void **state)
{
  struct stores *stores = *state;
  char *content = NULL, swapped[4];
  size_t pointers, page;

  page = page_of(stores->path, "failure", &pointers);
  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  assert_int_equal(content[page], 10);
  memcpy(swapped, content + pointers + 2, 2);
  memcpy(swapped + 2, content + pointers, 2);
  g_free(content);
  stores_write(stores->path, pointers, swapped, sizeof swapped);
  stores_damaged(stores->path, "not what was written");
}

/* A page that is its own ancestor, or a child of two: a walk without end without SQLite's check in
 * front of it. */
static void test_tree_of_loops(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  char *content = NULL;
  size_t pointers, page = page_of(stores->path, "ticket", &pointers), cell;
  uint32_t root = GUINT32_TO_BE((uint32_t)(page / 4096 + 1));

  stores_copy(stores->path, good);
  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  assert_int_equal(content[page], 2);
  cell = page + ((size_t)(uint8_t)content[pointers] << 8 | (uint8_t)content[pointers + 1]);
  stores_write(stores->path, cell, &root, sizeof root);
  stores_damaged(stores->path, "is damaged");
  stores_copy(good, stores->path);
  stores_write(stores->path, cell, content + page + 8, 4); /* the right-most child */
  stores_damaged(stores->path, "is damaged");
  g_free(content);
}

/* A page that is free by its list and in use by a table would be given to the next row, over the
 * others. */
static void test_free_and_used(void **state)
{
  static uint8_t octets[UINT16_MAX];
  struct stores *stores = *state;
  struct ticket_row big = stores_row(ROWS), small = big;
  struct store *store = stores_open(stores->path);
  char *content = NULL;
  size_t pointers;
  uint32_t trunk, leaf;

  big.ticket = (struct span){octets, sizeof octets};
  assert_int_equal(store_put(store, &big, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_put(store, &small, small.series, STORES_NOW), TLSPIN_OK);
  store_close(store);
  assert_true(stores_number(stores->path, "PRAGMA freelist_count") > 10);
  leaf = GUINT32_TO_BE((uint32_t)(page_of(stores->path, "ticket", &pointers) / 4096 + 1));
  assert_true(g_file_get_contents(stores->path, &content, NULL, NULL));
  memcpy(&trunk, content + 32, sizeof trunk); /* section 1.3.12 of the file format, and 1.5 */
  g_free(content);
  stores_write(stores->path, (GUINT32_FROM_BE(trunk) - 1) * 4096UL + 8, &leaf, sizeof leaf);
  stores_damaged(stores->path, "its pages don't fit together");
}

/* A count that isn't that of the rows, with all digests right. */
static void test_wrong_count(void **state)
{
  struct stores *stores = *state;
  struct transaction change;
  struct database db;

  stores_open_database(stores->path, &db);
  assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
  change.contents.rows++;
  change.written = true;
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  stores_expect_fault(&db, STORE_USER, "entries are missing from it or too many");
  database_close(&db);
}

/* A lock that is held isn't damage: the text says so. */
static void test_busy_is_not_damage(void **state)
{
  struct stores *stores = *state;
  sqlite3 *other = stores_raw(stores->path);

  assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  stores_refuse(stores->path, STORE_USER, "database is locked");
  sqlite3_close(other);
  store_close(stores_open(stores->path));
}

struct tour {
  uint64_t rows, limit;
  struct digest all;
  enum table_id last;
};

static bool walk_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                     void *data)
{
  struct tour *tour = data;

  assert_true(table >= tour->last && cells[0].type != 0);
  tour->last = table;
  digest_toggle(&tour->all, digest);
  return ++tour->rows < tour->limit;
}

/* Pages of another size are none of ours, however whole: of a damaged file they would not be read.
 */
static void test_page_size(void **state)
{
  struct stores *stores = *state;

  stores_sql(stores->path, "PRAGMA page_size = 4096; VACUUM");
  store_close(stores_open(stores->path));
  stores_sql(stores->path, "PRAGMA page_size = 1024; VACUUM");
  stores_damaged(stores->path, "its pages are of another size");
}

/* All rows, table by table, until the visitor has enough or one is not what was written. */
static void test_walk(void **state)
{
  struct stores *stores = *state;
  struct tour tour = {.limit = UINT64_MAX}, some = {.limit = 7};
  struct contents contents;
  struct database db;

  stores_open_database(stores->path, &db);
  assert_true(contents_load(&db, &contents));
  assert_true(contents_walk(&db, STORE_USER, walk_row, &tour));
  assert_true(tour.rows == contents.rows);
  assert_memory_equal(&tour.all, &contents.all, sizeof contents.all);
  assert_false(contents_walk(&db, STORE_USER, walk_row, &some));
  assert_true(some.rows == 7);
  database_close(&db);
  stores_sql(stores->path, "UPDATE ticket SET series = 1 WHERE host = 'host-0100.example'");
  stores_open_database(stores->path, &db);
  tour = (struct tour){.limit = UINT64_MAX};
  assert_false(contents_walk(&db, STORE_USER, walk_row, &tour));
  assert_true(tour.rows > 0 && tour.rows < contents.rows);
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_bit_flips),
      TEST(test_header_flips),
      TEST(test_writes_after_flips),
      TEST(test_zeroed_sectors),
      TEST(test_truncation),
      TEST(test_changed_rows),
      TEST(test_stale_row),
      TEST(test_unsound_rows),
      cmocka_unit_test_setup_teardown(test_kind_counts, stores_setup, stores_teardown),
      TEST(test_wrong_order),
      TEST(test_wrong_order_in_leaf),
      TEST(test_tree_of_loops),
      TEST(test_free_and_used),
      TEST(test_wrong_count),
      TEST(test_busy_is_not_damage),
      TEST(test_walk),
      TEST(test_page_size),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

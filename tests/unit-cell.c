/* The columns of a row, and the digest over them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/cell.h"

#include "daemon/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SPAN(text) ((struct span){(const uint8_t *)(text), sizeof(text) - 1})

static const struct table table = {.name = "t", .columns = 3, .key = 2, .types = "tib"};

struct fixture {
  GChecksum *checksum;
  sqlite3 *handle;
  sqlite3_stmt *statement;
};

static int setup(void **state)
{
  static struct fixture fixture;

  fixture = (struct fixture){.checksum = g_checksum_new(G_CHECKSUM_SHA256)};
  *state = &fixture;
  return sqlite3_open(":memory:", &fixture.handle);
}

static int teardown(void **state)
{
  struct fixture *fixture = *state;

  sqlite3_finalize(fixture->statement);
  sqlite3_close(fixture->handle);
  g_checksum_free(fixture->checksum);
  return 0;
}

static void set_cells(struct cell cells[3])
{
  cells[0] = cell_text("ab");
  cells[1] = cell_integer(-2);
  cells[2] = cell_blob(SPAN("\x00\xff"));
}

/* The file format, octet for octet: tlspin-store(5). */
static void test_digest_is_fixed(void **state)
{
  static const char encoded[] = "\x01"
                                "t"
                                "\x02\x00\x00\x02"
                                "ab"
                                "\x01\xff\xff\xff\xff\xff\xff\xff\xfe"
                                "\x03\x00\x00\x02\x00\xff";
  struct fixture *fixture = *state;
  g_autofree char *expected =
      g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)encoded, sizeof encoded - 1);
  g_autoptr(GString) got = g_string_new(NULL);
  struct cell cells[3];
  struct digest digest;

  set_cells(cells);
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    g_string_append_printf(got, "%02x", digest.octets[i]);
  assert_string_equal(got->str, expected);
}

/* Every change of a column, of a border between two, of a type or of the table gives another
 * digest. */
static void test_digest_covers_all(void **state)
{
  struct fixture *fixture = *state;
  struct table other = table;
  struct cell cells[7][3];
  struct digest digests[8];

  for (size_t i = 0; i < 7; i++)
    set_cells(cells[i]);
  cells[1][0] = cell_text("ac");
  cells[2][1] = cell_integer(-1);
  cells[3][2] = cell_blob(SPAN("\x00\xfe"));
  cells[4][2] = cell_blob(SPAN("\x00"));
  cells[5][0] = cell_blob(SPAN("ab"));
  cells[6][0] = cell_text("");
  other.name = "u";
  for (size_t i = 0; i < 7; i++)
    assert_true(cells_digest(fixture->checksum, &table, cells[i], &digests[i]));
  assert_true(cells_digest(fixture->checksum, &other, cells[0], &digests[7]));
  for (size_t i = 0; i < 8; i++)
    for (size_t j = 0; j < i; j++)
      assert_memory_not_equal(&digests[i], &digests[j], DIGEST_SIZE);
}

static void test_digest_bounds(void **state)
{
  struct fixture *fixture = *state;
  g_autofree uint8_t *octets = g_malloc0(1 << 20);
  struct cell cells[3];
  struct digest digest;

  set_cells(cells);
  cells[2] = cell_blob((struct span){octets, UINT16_MAX});
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[2] = cell_blob((struct span){octets, EVENT_REPORT_MAX});
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[2] = cell_blob((struct span){octets, EVENT_REPORT_MAX + 8192});
  assert_false(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[2] = cell_blob((struct span){octets, 1 << 20});
  assert_false(cells_digest(fixture->checksum, &table, cells, &digest));
}

static void select_row(struct fixture *fixture, const char *sql)
{
  sqlite3_finalize(fixture->statement);
  fixture->statement = NULL;
  assert_int_equal(sqlite3_prepare_v2(fixture->handle, sql, -1, &fixture->statement, NULL),
                   SQLITE_OK);
}

/* What was bound with its digest is read as it was. */
static void test_bind_and_read(void **state)
{
  struct fixture *fixture = *state;
  struct cell cells[4], got[3];
  struct digest digest, found;

  set_cells(cells);
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[3] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  select_row(fixture, "SELECT ?1, ?2, ?3, ?4");
  assert_true(cells_bind(fixture->statement, cells, 4));
  assert_int_equal(sqlite3_step(fixture->statement), SQLITE_ROW);
  assert_true(cells_read(fixture->checksum, &table, fixture->statement, got, &found));
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(got[i].type, cells[i].type);
    assert_true(got[i].number == cells[i].number);
    assert_true(span_equal(got[i].bytes, cells[i].bytes));
  }
  assert_memory_equal(&digest, &found, DIGEST_SIZE);
}

/* A NULL, a number with a point, a text for a blob and the like are told from what was written; so
 * is a digest that is short, missing or wrong. */
static void test_read_refuses(void **state)
{
  static const char *const hostile[] = {"SELECT NULL, ?2, ?3, ?4",
                                        "SELECT ?1, NULL, ?3, ?4",
                                        "SELECT ?1, ?2, NULL, ?4",
                                        "SELECT ?1, ?2, ?3, NULL",
                                        "SELECT CAST(?1 AS BLOB), ?2, ?3, ?4",
                                        "SELECT ?1, -2.0, ?3, ?4",
                                        "SELECT ?1, '-2', ?3, ?4",
                                        "SELECT ?1, ?2, 7, ?4",
                                        "SELECT ?1, ?2, ?3, 0",
                                        "SELECT ?1, ?2, ?3, zeroblob(32)",
                                        "SELECT ?1, ?2, ?3, x''",
                                        "SELECT ?1, ?2, ?3, ?4 || x'00'",
                                        "SELECT 'ac', ?2, ?3, ?4",
                                        "SELECT ?1, -3, ?3, ?4",
                                        "SELECT ?1, ?2, x'01ff', ?4",
                                        "SELECT ?1, ?2, zeroblob(250000), ?4"};
  struct fixture *fixture = *state;
  struct cell cells[4], got[3];
  struct digest digest;

  set_cells(cells);
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[3] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    struct digest found;

    select_row(fixture, hostile[i]);
    for (int j = 0; j < sqlite3_bind_parameter_count(fixture->statement); j++)
      assert_true(cells_bind(fixture->statement, cells, j + 1));
    assert_int_equal(sqlite3_step(fixture->statement), SQLITE_ROW);
    assert_false(cells_read(fixture->checksum, &table, fixture->statement, got, &found));
  }
}

/* A NULL isn't an empty text or blob, whatever the digest says, which is the same. */
static void test_null_is_not_empty(void **state)
{
  static const char *const selects[] = {"SELECT ?1, ?2, ?3, ?4", "SELECT NULL, ?2, ?3, ?4",
                                        "SELECT ?1, NULL, ?3, ?4", "SELECT ?1, ?2, NULL, ?4"};
  struct fixture *fixture = *state;
  struct cell cells[4], got[3];
  struct digest digest;

  cells[0] = cell_text("");
  cells[1] = cell_integer(0);
  cells[2] = cell_blob((struct span){NULL, 0});
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  cells[3] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  for (size_t i = 0; i < G_N_ELEMENTS(selects); i++) {
    struct digest found;

    select_row(fixture, selects[i]);
    assert_true(cells_bind(fixture->statement, cells, 4));
    assert_int_equal(sqlite3_step(fixture->statement), SQLITE_ROW);
    assert_int_equal(cells_read(fixture->checksum, &table, fixture->statement, got, &found),
                     i == 0);
  }
}

/* Of GLib's checksum up to the end of its last block; it isn't told what it looks like. */
enum { CHECKSUM_OCTETS = 120 };

/* Nothing of a secret is left in the checksum, which is used again later. */
static void test_checksum_forgets(void **state)
{
  struct fixture *fixture = *state;
  uint8_t secret[16];
  struct cell cells[4];
  struct digest digest;

  for (size_t i = 0; i < sizeof secret; i++)
    secret[i] = (uint8_t)(i * 37 + 11);
  g_checksum_reset(fixture->checksum);
  g_checksum_update(fixture->checksum, secret, sizeof secret);
  if (memmem(fixture->checksum, CHECKSUM_OCTETS, secret, sizeof secret) == NULL)
    skip(); /* it would not be found */
  set_cells(cells);
  cells[2] = cell_blob((struct span){secret, sizeof secret});
  assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
  assert_null(memmem(fixture->checksum, CHECKSUM_OCTETS, secret, sizeof secret));
}

static void test_bind_refuses(void **state)
{
  struct fixture *fixture = *state;
  g_autofree uint8_t *octets = g_malloc0(1 << 20);
  struct cell big = cell_blob((struct span){octets, 1 << 20}), one = cell_integer(1);
  struct cell two[2] = {one, one};

  select_row(fixture, "SELECT ?1");
  assert_false(cells_bind(fixture->statement, &big, 1));
  assert_false(cells_bind(fixture->statement, two, 2));
  assert_true(cells_bind(fixture->statement, &one, 1));
}

/* An empty text or blob isn't NULL, and large numbers keep their bits. */
static void test_borders(void **state)
{
  static const int64_t numbers[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
  struct fixture *fixture = *state;
  struct cell cells[4] = {cell_text(""), cell_integer(0), cell_blob((struct span){NULL, 0})},
              got[3];
  struct digest digest, found;

  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    cells[1] = cell_integer(numbers[i]);
    assert_true(cells_digest(fixture->checksum, &table, cells, &digest));
    cells[3] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
    select_row(fixture, "SELECT ?1, ?2, ?3, ?4");
    assert_true(cells_bind(fixture->statement, cells, 4));
    assert_int_equal(sqlite3_step(fixture->statement), SQLITE_ROW);
    assert_true(cells_read(fixture->checksum, &table, fixture->statement, got, &found));
    assert_true(got[1].number == numbers[i]);
    assert_int_equal(got[2].bytes.size, 0);
  }
}

/* The order is that of SQLite's BINARY collation. */
static void test_compare(void **state)
{
  static const struct {
    const char *text;
    int64_t number;
  } ordered[] = {{"", 9},    {"a", -5},  {"a", 1},  {"a", 2},
                 {"a-b", 0}, {"a.b", 0}, {"ab", 0}, {"b", 0}};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(ordered); i++)
    for (size_t j = 0; j < G_N_ELEMENTS(ordered); j++) {
      struct cell a[] = {cell_text(ordered[i].text), cell_integer(ordered[i].number)};
      struct cell b[] = {cell_text(ordered[j].text), cell_integer(ordered[j].number)};
      int order = cells_compare(&table, a, b);

      assert_true((order < 0) == (i < j));
      assert_true((order == 0) == (i == j));
    }
}

static void test_toggle(void **state)
{
  struct digest sum = {{0}}, one, two;

  (void)state;
  memset(&one, 0x5a, sizeof one);
  memset(&two, 0xc3, sizeof two);
  digest_toggle(&sum, &one);
  digest_toggle(&sum, &two);
  assert_int_equal(sum.octets[0], 0x5a ^ 0xc3);
  digest_toggle(&sum, &one);
  assert_memory_equal(&sum, &two, sizeof sum);
  digest_toggle(&sum, &two);
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    assert_int_equal(sum.octets[i], 0);
}

/* Whole, with the NUL that ends it, and without any other. */
static void test_read_text(void **state)
{
  struct cell cell = cell_text("token");
  char text[6];

  (void)state;
  assert_true(cell_read_text(&cell, text, 6));
  assert_string_equal(text, "token");
  assert_false(cell_read_text(&cell, text, 5));
  cell.bytes.data = (const uint8_t *)"tok\0n";
  assert_false(cell_read_text(&cell, text, 6));
  cell.bytes = (struct span){NULL, 0};
  assert_true(cell_read_text(&cell, text, 1));
  assert_string_equal(text, "");
  assert_false(cell_read_text(&cell, text, 0));
}

/* Tables of digests find one that is equal, and no other. */
static void test_keys_of_tables(void **state)
{
  GHashTable *known = g_hash_table_new(digest_hash, digest_same);
  struct digest one, two, equal;

  (void)state;
  memset(&one, 0x5a, sizeof one);
  equal = two = one;
  two.octets[DIGEST_SIZE - 1] ^= 1;
  assert_true(digest_same(&one, &equal));
  assert_false(digest_same(&one, &two));
  g_hash_table_add(known, &one);
  assert_true(g_hash_table_contains(known, &equal));
  assert_false(g_hash_table_contains(known, &two));
  assert_int_equal(digest_hash(&one), 0x5a5a5a5a);
  g_hash_table_unref(known);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_digest_is_fixed, setup, teardown),
      cmocka_unit_test_setup_teardown(test_digest_covers_all, setup, teardown),
      cmocka_unit_test_setup_teardown(test_digest_bounds, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bind_and_read, setup, teardown),
      cmocka_unit_test_setup_teardown(test_read_refuses, setup, teardown),
      cmocka_unit_test_setup_teardown(test_null_is_not_empty, setup, teardown),
      cmocka_unit_test_setup_teardown(test_checksum_forgets, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bind_refuses, setup, teardown),
      cmocka_unit_test_setup_teardown(test_borders, setup, teardown),
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_toggle),
      cmocka_unit_test(test_read_text),
      cmocka_unit_test(test_keys_of_tables),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

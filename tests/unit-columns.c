/* The columns of a row as SQLite lays them down.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/columns.h"

#include "daemon/row.h"
#include "tests/payloads.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { ROOM = 4096 };

static GChecksum *checksum;

static int setup(void **state)
{
  (void)state;
  checksum = g_checksum_new(G_CHECKSUM_SHA256);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  g_checksum_free(checksum);
  return 0;
}

/* A row of TABLE_OPERATION, or of TABLE_STATE. */
static struct span operation_of(uint8_t *octets, uint64_t id, int64_t made)
{
  struct operation_row row = {.id = id, .kind = OPERATION_CLEAR, .made = made};
  struct writer w = writer_of(octets, ROOM);
  struct cell cells[TABLE_COLUMNS];

  operation_row_to_cells(&row, cells);
  payloads_row(&w, TABLE_OPERATION, cells);
  return writer_span(&w);
}

static struct span state_of(uint8_t *octets)
{
  struct cell cells[] = {cell_text("clock"), cell_blob(cell_text("abc").bytes)};
  struct writer w = writer_of(octets, ROOM);

  payloads_row(&w, TABLE_STATE, cells);
  return writer_span(&w);
}

static bool is_row(struct span payload, enum store_kind kind, struct columns *columns)
{
  struct digest digest;

  if (!columns_read(payload, payload.size, columns))
    return false;
  columns_fill(columns, payload);
  return columns_are_row(checksum, columns, kind, &digest);
}

static void test_row(void **state)
{
  uint8_t octets[ROOM];
  struct span payload = operation_of(octets, 7, STORES_NOW);
  struct columns columns;
  struct digest digest, own;

  (void)state;
  assert_true(columns_read(payload, payload.size, &columns));
  assert_int_equal(columns.table, TABLE_OPERATION);
  assert_int_equal(columns.count, 6);
  columns_fill(&columns, payload);
  assert_true(columns.cells[0].number == 7 && columns.cells[3].number == STORES_NOW);
  assert_true(span_equal(columns.cells[1].bytes, cell_text("clear").bytes));
  assert_true(columns_are_row(checksum, &columns, STORE_USER, &digest));
  assert_true(cells_digest(checksum, &tables[TABLE_OPERATION], columns.cells, &own));
  assert_memory_equal(&digest, &own, sizeof own);
  assert_true(columns_have_digest(&columns, &digest));
  digest.octets[31] ^= 1;
  assert_false(columns_have_digest(&columns, &digest));
}

/* As many octets as SQLite needs for each. */
static void test_integers(void **state)
{
  static const int64_t numbers[] = {1,
                                    2,
                                    127,
                                    128,
                                    32767,
                                    32768,
                                    8388607,
                                    8388608,
                                    1 << 30,
                                    2147483647,
                                    2147483648,
                                    (INT64_C(1) << 47) - 1,
                                    -1,
                                    -128,
                                    -129,
                                    -32769,
                                    -8388609,
                                    -2147483649,
                                    INT64_C(1) << 47,
                                    INT64_MAX,
                                    INT64_MIN,
                                    0};
  uint8_t octets[ROOM];
  struct columns columns;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    struct span payload = operation_of(octets, (uint64_t)numbers[i], 0);

    assert_true(columns_read(payload, payload.size, &columns));
    columns_fill(&columns, payload);
    assert_true(columns.cells[0].number == numbers[i]);
  }
}

/* The header is all that is needed for a first look, and each octet of it is. */
static void test_part(void **state)
{
  uint8_t octets[ROOM];
  struct span payload = operation_of(octets, 7, STORES_NOW);
  struct columns columns;

  (void)state;
  for (size_t size = 0; size <= payload.size; size++)
    assert_true(columns_read((struct span){octets, size}, payload.size, &columns) ==
                (size >= octets[0]));
  assert_false(columns_read(payload, payload.size - 1, &columns));
  assert_false(columns_read(payload, payload.size + 1, &columns));
  assert_false(columns_read(payload, 0, &columns));
}

/* Types that stand in no row of ours, in the place of the first column's. */
static void test_hostile_types(void **state)
{
  static const uint8_t types[] = {0, 7, 10, 11, 12, 13, 14, 15};
  uint8_t octets[ROOM];
  struct columns columns;
  struct span payload;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
    payload = operation_of(octets, 7, STORES_NOW);
    octets[1] = types[i];
    for (size_t size = payload.size - 8; size < payload.size + 8; size++)
      assert_false(columns_read((struct span){octets, ROOM}, size, &columns));
  }
}

/* Sizes that would overflow, headers without an end or with another's, more columns than any table
 * has. */
static void test_hostile_headers(void **state)
{
  static const char *const headers[] = {
      "\x01",
      "\x00",
      "\x02\x08",
      "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      "\xff\xff\xff\xff\xff",
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      "\x04\x08\x08\x80",
      "\x03\x8f\xff\xff\x0c",
  };
  uint8_t octets[ROOM];
  struct columns columns;
  struct span all = {octets, ROOM};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(headers); i++) {
    memset(octets, 0, sizeof octets);
    memcpy(octets, headers[i], strlen(headers[i]));
    assert_false(columns_read(all, ROOM, &columns));
    assert_false(columns_read(all, strlen(headers[i]), &columns));
    assert_false(columns_read((struct span){octets, strlen(headers[i])}, ROOM, &columns));
  }
  memset(octets, 8, sizeof octets);
  octets[0] = COLUMNS_MAX + 2;
  assert_false(columns_read(all, COLUMNS_MAX + 2, &columns));
  octets[0] = 100;
  assert_false(columns_read(all, 100, &columns));
}

/* Each changed octet of a row shows, but for up to half of those of its digest. */
static void test_digest(void **state)
{
  uint8_t octets[ROOM];
  struct span payload = operation_of(octets, 7, STORES_NOW);
  size_t digest = payload.size - DIGEST_SIZE;
  struct columns columns;

  (void)state;
  for (size_t i = 0; i < digest; i++) {
    octets[i] ^= 0x20;
    assert_false(is_row(payload, STORE_USER, &columns));
    octets[i] ^= 0x20;
  }
  for (size_t i = 0; i < DIGEST_SIZE; i++) {
    octets[digest + i] ^= 0x20;
    assert_true(is_row(payload, STORE_USER, &columns) == (i < DIGEST_SIZE / 2));
  }
}

/* The digest is right, and it is no row of ours all the same. */
static void test_row_that_is_none(void **state)
{
  uint8_t octets[ROOM];
  struct span payload = state_of(octets);
  struct columns columns;

  (void)state;
  assert_true(is_row(payload, STORE_USER, &columns));
  assert_int_equal(columns.table, TABLE_STATE);
  assert_false(is_row(payload, STORE_SYSTEM, &columns));
  assert_false(is_row(operation_of(octets, 0, STORES_NOW), STORE_USER, &columns));
  assert_false(is_row(operation_of(octets, 7, -1), STORE_USER, &columns));
}

/* Longer than any column of ours. */
static void test_too_long(void **state)
{
  static uint8_t octets[PAYLOAD_MAX], text[PAYLOAD_MAX];
  struct span value = {text, EVENT_REPORT_MAX + 4096 + 1};
  struct cell cells[] = {cell_text("lived"), cell_blob(value),
                         cell_blob((struct span){text, DIGEST_SIZE})};
  struct writer w = writer_of(octets, sizeof octets);
  struct columns columns;

  (void)state;
  payloads_record(&w, cells, 3);
  assert_true(columns_read(writer_span(&w), w.used, &columns));
  assert_false(is_row(writer_span(&w), STORE_USER, &columns));
}

static void test_meta(void **state)
{
  uint8_t octets[ROOM], value[80] = {1};
  struct cell cells[] = {cell_text(CONTENTS_NAME), cell_blob((struct span){value, sizeof value})};
  struct writer w = writer_of(octets, ROOM);
  struct columns columns;

  (void)state;
  payloads_record(&w, cells, 2);
  assert_true(columns_read(writer_span(&w), w.used, &columns));
  assert_int_equal(columns.table, COLUMNS_META);
  columns_fill(&columns, writer_span(&w));
  assert_true(span_equal(columns.cells[1].bytes, cells[1].bytes));
  w = writer_of(octets, ROOM);
  cells[1] = cell_text("x");
  payloads_record(&w, cells, 2);
  assert_false(columns_read(writer_span(&w), w.used, &columns));
}

/* Which table it is follows from the types alone. */
static void test_tables_differ(void **state)
{
  (void)state;
  for (int i = 0; i < TABLES; i++) {
    assert_int_equal(strlen(tables[i].types), tables[i].columns);
    assert_string_not_equal(tables[i].types, "t"); /* would be "tb" with its digest, as `meta` is */
    for (int j = 0; j < i; j++)
      assert_string_not_equal(tables[i].types, tables[j].types);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_row),
      cmocka_unit_test(test_integers),
      cmocka_unit_test(test_part),
      cmocka_unit_test(test_hostile_types),
      cmocka_unit_test(test_hostile_headers),
      cmocka_unit_test(test_digest),
      cmocka_unit_test(test_row_that_is_none),
      cmocka_unit_test(test_meta),
      cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_tables_differ),
  };

  return cmocka_run_group_tests(tests, setup, teardown);
}

/* Transactions, and the digest over all rows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/pinrow.h"
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

struct fixture {
  struct stores *stores;
  struct database db;
};

static int setup(void **state)
{
  struct fixture *fixture = g_new0(struct fixture, 1);

  stores_setup(state);
  fixture->stores = *state;
  *state = fixture;
  stores_write(fixture->stores->layer, 0, "", 0);
  return !(database_open(&fixture->db, fixture->stores->layer, STORE_USER) &&
           schema_migrate(fixture->db.handle, &schema_current) && database_prepare(&fixture->db));
}

static int teardown(void **state)
{
  struct fixture *fixture = *state;
  void *stores = fixture->stores;

  database_close(&fixture->db);
  g_free(fixture);
  return stores_teardown(&stores);
}

static enum tlspin_code put(struct transaction *change, int n, uint64_t series)
{
  struct ticket_row row = stores_row(n);
  struct cell cells[TABLE_COLUMNS];

  row.series = series;
  ticket_row_to_cells(&row, cells);
  return transaction_put(change, TABLE_TICKET, cells);
}

static enum tlspin_code drop(struct transaction *change, int n)
{
  struct peer peer = stores_row(n).peer;
  struct cell key[TABLE_KEY];

  peer_to_cells(&peer, key);
  return transaction_drop(change, TABLE_TICKET, key);
}

/* The series of a row, or 0. */
static uint64_t find(struct database *db, int n)
{
  struct peer peer = stores_row(n).peer;
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;
  uint64_t series;

  peer_to_cells(&peer, key);
  code = contents_get(db, TABLE_TICKET, key, cells, &digest);
  series = code == TLSPIN_OK ? (uint64_t)cells[6].number : 0;
  assert_true(code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND);
  database_reset(db->get[TABLE_TICKET]);
  return series;
}

static void expect_sound(struct database *db, uint64_t rows)
{
  struct contents contents;
  char *fault = contents_verify(db, STORE_USER);

  if (fault != NULL)
    print_error("%s\n", fault);
  assert_null(fault);
  assert_true(contents_load(db, &contents));
  assert_true(contents.rows == rows);
}

static void test_new(void **state)
{
  struct fixture *fixture = *state;
  struct contents contents;

  expect_sound(&fixture->db, 0);
  assert_true(contents_load(&fixture->db, &contents));
  assert_true(contents.last_operation == 0);
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    assert_int_equal(contents.all.octets[i], 0);
}

/* The sum follows each put, replacement and removal. */
static void test_sum(void **state)
{
  struct fixture *fixture = *state;
  struct transaction change;

  for (int i = 0; i < 20; i++) {
    assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
    assert_int_equal(put(&change, i, 7), TLSPIN_OK);
    assert_int_equal(put(&change, i / 2, (uint64_t)i + 1), TLSPIN_OK);
    assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
    expect_sound(&fixture->db, (uint64_t)i + 1);
  }
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (int i = 0; i < 20; i++)
    assert_int_equal(drop(&change, i), TLSPIN_OK);
  assert_int_equal(drop(&change, 0), TLSPIN_E_NOT_FOUND);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  test_new(state); /* with nothing left, the sum is that of nothing */
}

static enum tlspin_code put_pin(struct transaction *change, struct keypin pin)
{
  struct cell cells[TABLE_COLUMNS];

  pin_to_cells(&pin, cells);
  return transaction_put(change, TABLE_PIN, cells);
}

static void expect_census(struct database *db, uint64_t records, uint64_t wide, uint64_t inactive)
{
  struct census census;

  expect_sound(db, records);
  assert_true(census_load(db, &census));
  assert_true(census.records == records && census.wide == wide && census.inactive == inactive);
}

/* Records are counted by what they are, also where one takes another's place. */
static void test_census(void **state)
{
  struct fixture *fixture = *state;
  struct database *db = &fixture->db;
  struct keypin exact = stores_pin(1), wide = stores_pin_at(2, ".example"), old = exact;
  struct cell key[TABLE_KEY];
  struct transaction change;

  old.status = KEYPIN_INACTIVE;
  expect_census(db, 0, 0, 0);
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(put_pin(&change, exact), TLSPIN_OK);
  assert_int_equal(put_pin(&change, wide), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_census(db, 2, 1, 0);
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(put_pin(&change, old), TLSPIN_OK); /* of the same key */
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_census(db, 2, 1, 1);
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  pin_key_to_cells(&wide, key);
  assert_int_equal(transaction_drop(&change, TABLE_PIN, key), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_MISMATCH), TLSPIN_MISMATCH);
  expect_census(db, 2, 1, 1);
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(transaction_drop(&change, TABLE_PIN, key), TLSPIN_OK);
  pin_key_to_cells(&exact, key);
  assert_int_equal(transaction_drop(&change, TABLE_PIN, key), TLSPIN_OK);
  assert_int_equal(transaction_drop(&change, TABLE_PIN, key), TLSPIN_E_NOT_FOUND);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_census(db, 0, 0, 0);
}

/* A row that the caller knows to be new needs no search. */
static void test_add(void **state)
{
  struct fixture *fixture = *state;
  struct cell cells[TABLE_COLUMNS];
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (int i = 0; i < 10; i++) {
    struct keypin pin = stores_pin(i);

    pin_to_cells(&pin, cells);
    assert_int_equal(change_add(&change, TABLE_PIN, cells), TLSPIN_OK);
  }
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_census(&fixture->db, 10, 0, 0);
}

static void test_rollback(void **state)
{
  struct fixture *fixture = *state;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  change.contents.last_operation = 5;
  assert_int_equal(transaction_end(&change, TLSPIN_MISMATCH), TLSPIN_MISMATCH);
  assert_true(find(&fixture->db, 1) == 0);
  test_new(state);
}

/* What SQLite took back by itself, as it does where it has no memory or no room, isn't gone on
 * with: row by row it would be stored at once, and not be what the sum says. */
static void test_taken_back(void **state)
{
  struct fixture *fixture = *state;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 2, 7), TLSPIN_OK);
  assert_int_equal(sqlite3_exec(fixture->db.handle, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(put(&change, 3, 7), TLSPIN_UNAVAILABLE);
  assert_int_equal(drop(&change, 1), TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_UNAVAILABLE);
  assert_int_equal(find(&fixture->db, 1), 7);
  assert_int_equal(find(&fixture->db, 2), 0);
  assert_int_equal(find(&fixture->db, 3), 0);
  assert_null(contents_verify(&fixture->db, STORE_USER));
}

static void test_operation_number_stays(void **state)
{
  struct fixture *fixture = *state;
  struct contents contents;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  change.contents.last_operation = UINT64_MAX;
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  assert_true(contents_load(&fixture->db, &contents));
  assert_true(contents.last_operation == UINT64_MAX && contents.rows == 1);
}

/* Nothing written costs no write. */
static void test_empty_change(void **state)
{
  struct fixture *fixture = *state;
  struct transaction change;
  int before = sqlite3_total_changes(fixture->db.handle);

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  assert_int_equal(sqlite3_total_changes(fixture->db.handle), before);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
}

static void test_moved(void **state)
{
  struct fixture *fixture = *state;
  struct transaction change;

  assert_int_equal(g_unlink(fixture->stores->layer), 0);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
}

/* A row that is damaged may neither be read nor be covered up by a write. */
static void test_damaged_row(void **state)
{
  struct fixture *fixture = *state;
  struct peer peer = stores_row(1).peer;
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(put(&change, 2, 8), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  stores_sql(fixture->stores->layer, "UPDATE ticket SET expires = expires + 1 WHERE series = 7");
  peer_to_cells(&peer, key);
  assert_int_equal(contents_get(&fixture->db, TABLE_TICKET, key, cells, &digest),
                   TLSPIN_UNAVAILABLE);
  database_reset(fixture->db.get[TABLE_TICKET]);
  database_stamp(&fixture->db); /* as if the file's times told nothing of it */
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 9), TLSPIN_UNAVAILABLE);
  assert_int_equal(drop(&change, 1), TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, TLSPIN_UNAVAILABLE), TLSPIN_UNAVAILABLE);
  assert_true(find(&fixture->db, 2) == 8);
  assert_int_equal(
      stores_number(fixture->stores->layer, "SELECT series FROM ticket ORDER BY series"), 7);
}

/* What `meta` says is held to its own digest. */
/* Each of its rows by itself. */
static void test_damaged_meta(void **state)
{
  static const char *const hostile[] = {
      "UPDATE meta SET value = zeroblob(length(value))",
      "UPDATE meta SET value = substr(value, 1, length(value) - 1)",
      "UPDATE meta SET value = CAST(value || x'00' AS BLOB)",
      "UPDATE meta SET value = CAST(x'01' || substr(value, 2) AS BLOB)",
      "UPDATE meta SET name = 'Another'",
      "UPDATE meta SET value = x''",
      "DELETE FROM meta",
  };
  struct fixture *fixture = *state;
  g_autofree char *good = g_strconcat(fixture->stores->layer, ".good", NULL);

  stores_copy(fixture->stores->layer, good);
  for (size_t i = 0; i < 2 * G_N_ELEMENTS(hostile); i++) {
    bool first = i % 2 == 0;
    g_autofree char *sql =
        g_strconcat(hostile[i / 2], " WHERE name = '", first ? "contents" : "records", "'", NULL);
    struct database db;
    struct transaction change;
    struct contents contents;
    struct census census;

    stores_copy(good, fixture->stores->layer);
    stores_sql(fixture->stores->layer, sql);
    assert_true(database_open(&db, fixture->stores->layer, STORE_USER) && database_prepare(&db));
    assert_int_equal(contents_load(&db, &contents), !first);
    assert_int_equal(census_load(&db, &census), first);
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_UNAVAILABLE);
    assert_true(sqlite3_get_autocommit(db.handle));
    database_close(&db);
  }
}

/* A number of pages that the file may not exceed stands for a full disk: nothing of the change
 * stays, and afterwards all goes on. */
static void test_full(void **state)
{
  struct fixture *fixture = *state;
  enum tlspin_code code = TLSPIN_OK;
  struct transaction change;
  int i;

  assert_int_equal(sqlite3_exec(fixture->db.handle, "PRAGMA max_page_count = 8", NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (i = 0; i < 200 && code == TLSPIN_OK; i++)
    code = put(&change, i, 7);
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, code), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
  assert_true(find(&fixture->db, 0) == 0);
  assert_int_equal(
      sqlite3_exec(fixture->db.handle, "PRAGMA max_page_count = 9999", NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (i = 0; i < 200; i++)
    assert_int_equal(put(&change, i, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_sound(&fixture->db, 200);
}

/* The commit itself fails where a reader won't go away. */
static void test_failing_commit(void **state)
{
  struct fixture *fixture = *state;
  sqlite3 *reader = stores_raw(fixture->stores->layer);
  struct transaction change;

  assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
  sqlite3_close(reader);
  test_new(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_new),
      TEST(test_sum),
      TEST(test_rollback),
      TEST(test_taken_back),
      TEST(test_operation_number_stays),
      TEST(test_empty_change),
      TEST(test_moved),
      TEST(test_damaged_row),
      TEST(test_damaged_meta),
      TEST(test_census),
      TEST(test_add),
      TEST(test_full),
      TEST(test_failing_commit),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

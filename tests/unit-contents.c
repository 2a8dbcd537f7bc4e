/* Transactions, and the digest over all rows.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/row.h"
#include "tests/transaction.h"

#include <glib/gstdio.h>
#include <string.h>

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

static void count_on(struct database *db, uint64_t last)
{
  struct transaction change;

  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  change.contents.last_operation = last;
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
}

static void test_operation_number_stays(void **state)
{
  struct fixture *fixture = *state;
  struct contents contents;

  count_on(&fixture->db, OPERATION_LAST - 1);
  assert_true(contents_load(&fixture->db, &contents));
  assert_true(contents.last_operation == OPERATION_LAST - 1 && contents.rows == 1);
  assert_null(contents_verify(&fixture->db, STORE_USER));
}

/* One that no operation has is damage, whatever the digest says. */
static void test_operation_number_of_none(void **state)
{
  struct fixture *fixture = *state;
  struct contents contents;
  g_autofree char *fault = NULL;

  count_on(&fixture->db, OPERATION_LAST);
  assert_false(contents_load(&fixture->db, &contents));
  fault = contents_verify(&fixture->db, STORE_USER);
  assert_string_equal(fault, "its digest can't be read");
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_new),
      TEST(test_sum),
      TEST(test_rollback),
      TEST(test_taken_back),
      TEST(test_operation_number_stays),
      TEST(test_operation_number_of_none),
      TEST(test_empty_change),
      TEST(test_moved),
      TEST(test_census),
      TEST(test_add),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

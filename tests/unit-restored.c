/* What a restore leaves in the store (daemon/restored.c), and what a recovery makes of that:
 * nothing of the time before it comes back. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/restored.h"

#include "daemon/backups.h"
#include "daemon/recovery.h"
#include "daemon/row.h"
#include "daemon/state.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 20, SPOILT = 30, HOUR = 3600, BAD = 0xbb, GOOD = 0x66 };

static struct rebuild *begin(struct stores *stores)
{
  char *problem = NULL;
  struct rebuild *rebuild = rebuild_new(stores->layer, &problem);

  assert_null(problem);
  return rebuild;
}

static void add_head(struct rebuild *rebuild, uint64_t number)
{
  const struct operation_row row = {.id = number, .kind = OPERATION_EDIT, .made = STORES_NOW};
  struct cell cells[TABLE_COLUMNS];

  operation_row_to_cells(&row, cells);
  assert_true(rebuild_add(rebuild, TABLE_OPERATION, cells));
}

static void expect_since(struct rebuild *rebuild, uint64_t operation, bool expected)
{
  assert_int_equal(restored_since(rebuild, operation), expected ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
}

/* Every backup that is older has a lower number, and every later one none that is. */
static void test_row(void **state)
{
  struct rebuild *rebuild = begin(*state);
  const uint64_t number = 7 + RESTORED_APART;

  assert_true(restored_put(rebuild, 7));
  assert_true(rebuild_last_operation(rebuild) == number);
  expect_since(rebuild, 0, true);
  expect_since(rebuild, 7, true);
  expect_since(rebuild, number - 1, true);
  expect_since(rebuild, number, false);
  expect_since(rebuild, number + 1, false);
  assert_true(restored_put(rebuild, number));
  expect_since(rebuild, number, true);
  assert_true(rebuild_last_operation(rebuild) == number + RESTORED_APART);
  rebuild_free(rebuild);
}

static void put_row(struct rebuild *rebuild, const char *octets, size_t size)
{
  const struct cell cells[] = {cell_text(RESTORED_ROW),
                               cell_blob((struct span){(const uint8_t *)octets, size})};

  assert_true(rebuild_replace(rebuild, TABLE_STATE, cells));
}

/* The number is given by nobody again, also where nothing else tells of it. */
static void test_row_alone(void **state)
{
  struct rebuild *rebuild = begin(*state);

  put_row(rebuild, "\0\0\0\0\0\0\1\0", 8);
  expect_since(rebuild, 255, true);
  assert_true(rebuild_last_operation(rebuild) == 256);
  expect_since(rebuild, 256, false);
  rebuild_free(rebuild);
}

static void test_row_not_understood(void **state)
{
  struct rebuild *rebuild = begin(*state);

  put_row(rebuild, "\0\0\0\0\0\0\1", 7);
  expect_since(rebuild, 1000, true);
  put_row(rebuild, "\0\0\0\0\0\0\1\0\0", 9);
  expect_since(rebuild, 1000, true);
  assert_true(rebuild_last_operation(rebuild) == 0);
  rebuild_free(rebuild);
}

static void test_no_number_left(void **state)
{
  struct rebuild *rebuild = begin(*state);
  const uint64_t last = OPERATION_LAST / 2 - 5;

  assert_true(restored_put(rebuild, last));
  assert_true(rebuild_last_operation(rebuild) == last);
  expect_since(rebuild, last - 1, true);
  rebuild_free(rebuild);
}

/* Where the row is lost, what the journal doesn't tell of may have been a restore. */
static void test_gap(void **state)
{
  struct rebuild *rebuild = begin(*state);

  expect_since(rebuild, 0, false);
  rebuild_raise_operation(rebuild, 3 + RESTORED_APART);
  expect_since(rebuild, 3, true);
  expect_since(rebuild, 4, false);
  add_head(rebuild, 4);
  expect_since(rebuild, 3, false);
  expect_since(rebuild, 1, false);
  add_head(rebuild, 4 + RESTORED_APART);
  expect_since(rebuild, 3, false);
  add_head(rebuild, 6 + 2 * RESTORED_APART);
  expect_since(rebuild, 3, true);
  expect_since(rebuild, 5 + 2 * RESTORED_APART, false);
  expect_since(rebuild, UINT64_MAX - 1, false);
  rebuild_free(rebuild);
}

/* A learned key of the host of row 1, whose octets are all the same. */
static struct keypin key_of(uint8_t octet)
{
  struct keypin pin = stores_pin(1);

  pin.status = KEYPIN_ACTIVE;
  pin.origin = KEYPIN_TOFU;
  memset(pin.digest, octet, sizeof pin.digest);
  return pin;
}

static bool has_key(const struct stores *stores, uint8_t octet)
{
  g_autofree char *sql =
      g_strdup_printf("SELECT count(*) FROM pin WHERE hex(key) GLOB '%02X%02X*'", octet, octet);

  return stores_number(stores->path, sql) != 0;
}

/* sum: NULL: the store can't be read. */
static void put_back(struct stores *stores, const char *path, const struct backup_sum *sum)
{
  g_autofree char *name = g_strdup(path);
  const struct backup backup = {.path = name, .made = STORES_NOW};
  char *problem = NULL;

  if (recovery_restore(stores->path, geteuid(), &backup, sum, RUINS_NOW - 60, &problem) !=
      TLSPIN_OK)
    fail_msg("%s", problem);
}

/* As the method does it: what there is now is kept in a backup, whose path is to be freed. */
static char *restore(struct stores *stores, const char *path)
{
  char *kept = ruins_back_up(stores, RUINS_NOW - 60);
  struct store *store = stores_open(stores->path);
  struct backup_sum sum;

  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  store_close(store);
  put_back(stores, path, &sum);
  return kept;
}

/* What a user wants to be rid of: pinning is off for the bank, and a bad key was learned. */
static char *get_into_trouble(struct stores *stores)
{
  struct keypin off = ruins_mode_off(), bad = key_of(BAD);
  struct store *store = stores_open(stores->path);
  char *monday;

  stores_fill(store, ROWS);
  store_close(store);
  monday = ruins_back_up(stores, RUINS_NOW - 2 * HOUR);
  store = stores_open(stores->path);
  stores_edit(store, &off);
  stores_learn(store, &bad);
  store_close(store);
  return monday;
}

/* A row is damaged that no backup has, so that nothing is proved; and what holds these words, where
 * they aren't NULL. */
static void recover_without(struct stores *stores, const char *one, const char *other)
{
  ruins_put(stores, SPOILT);
  ruins_spoil(stores->path, SPOILT);
  if (one != NULL)
    ruins_spoil_all(stores->path, one);
  if (other != NULL)
    ruins_spoil_all(stores->path, other);
  ruins_recover(stores);
  assert_true(ruins_damage(stores).missing > 0);
}

static void recover(struct stores *stores)
{
  recover_without(stores, NULL, NULL);
}

static void expect_rid_of_it(struct stores *stores)
{
  assert_int_equal(ruins_modes(stores), 0);
  assert_false(has_key(stores, BAD));
  assert_true(has_key(stores, GOOD));
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

static void learn_good(struct stores *stores)
{
  struct keypin good = key_of(GOOD);
  struct store *store = stores_open(stores->path);

  stores_learn(store, &good);
  store_close(store);
}

/* The newest backup is of the time before, and none was made after. */
static void test_before(void **state)
{
  struct stores *stores = *state;
  g_autofree char *monday = get_into_trouble(stores), *kept = restore(stores, monday);

  learn_good(stores);
  recover(stores);
  expect_rid_of_it(stores);
  assert_int_equal(ruins_damage(stores).backup, 0);
  recover(stores); /* nor by the next one */
  expect_rid_of_it(stores);
}

/* With the row that says so. */
static void test_row_lost(void **state)
{
  struct stores *stores = *state;
  g_autofree char *monday = get_into_trouble(stores), *kept = restore(stores, monday);

  learn_good(stores);
  recover_without(stores, RESTORED_ROW, NULL);
  expect_rid_of_it(stores);
  assert_int_equal(ruins_damage(stores).backup, 0);
}

/* One that was made after gives what is lost, and that of the row, too. */
static void test_after(void **state)
{
  struct stores *stores = *state;
  g_autofree char *monday = get_into_trouble(stores), *kept = restore(stores, monday), *after;

  after = ruins_back_up(stores, RUINS_NOW - 60);
  learn_good(stores);
  recover_without(stores, stores_row(3).peer.host, RESTORED_ROW);
  expect_rid_of_it(stores);
  assert_int_equal(ruins_damage(stores).backup, RUINS_NOW - 60);
  assert_int_equal(
      stores_number(stores->path, "SELECT count(*) FROM state WHERE name = '" RESTORED_ROW "'"), 1);
}

/* What the sum proves is taken from any: it was in the store. */
static void test_proof(void **state)
{
  struct stores *stores = *state;
  g_autofree char *monday = get_into_trouble(stores), *kept = restore(stores, monday);

  learn_good(stores);
  ruins_spoil(stores->path, 3);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, 0);
  assert_int_equal(ruins_damage(stores).merged, 1);
  expect_rid_of_it(stores);
}

/* The user takes the restore back, and then wants it again. */
static void test_again(void **state)
{
  struct stores *stores = *state;
  g_autofree char *monday = get_into_trouble(stores), *kept = restore(stores, monday), *second,
                  *third;

  learn_good(stores);
  ruins_put(stores, ROWS);
  second = restore(stores, kept);
  assert_int_equal(ruins_modes(stores), 1);
  recover(stores);
  assert_false(has_key(stores, GOOD));
  assert_int_equal(ruins_rows(stores, ROWS + 1), ROWS);
  third = restore(stores, second);
  expect_rid_of_it(stores);
  recover(stores);
  expect_rid_of_it(stores);
}

/* Over a store that can't be read, from an older backup than the newest: no number is given again
 * that one of them knows. */
static void test_wreck(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off(), others[] = {stores_pin(5), stores_pin(6), stores_pin(7)};
  struct store *store = stores_open(stores->path);
  g_autofree char *monday = NULL, *tuesday = NULL;
  uint64_t last;

  stores_fill(store, ROWS);
  stores_edit(store, &off);
  store_close(store);
  monday = ruins_back_up(stores, RUINS_NOW - 2 * HOUR);
  store = stores_open(stores->path);
  stores_edit(store, &others[0]);
  last = stores_edit(store, &others[1]);
  store_close(store);
  tuesday = ruins_back_up(stores, RUINS_NOW - HOUR);
  stores_write(stores->path, 0, "no database", 11);
  put_back(stores, monday, NULL);
  store = stores_open(stores->path);
  damage_acknowledge(store);
  assert_true(stores_drop(store, &off) == last + RESTORED_APART + 1);
  stores_edit(store, &others[2]);
  store_close(store);
  recover(stores);
  assert_int_equal(ruins_modes(stores), 0);
}

/* What the journal of the backup tells of is taken back as ever. */
static void test_undo(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off(), other = stores_pin(5);
  struct store *store = stores_open(stores->path);
  g_autofree char *monday = NULL, *kept = NULL;
  struct store_change change;
  uint64_t operation, next;

  stores_fill(store, ROWS);
  operation = stores_edit(store, &off);
  store_close(store);
  monday = ruins_back_up(stores, RUINS_NOW - HOUR);
  store = stores_open(stores->path);
  stores_edit(store, &other);
  store_close(store);
  kept = restore(stores, monday);
  store = stores_open(stores->path);
  next = stores_edit(store, &other);
  assert_true(next > operation + 1 + RESTORED_APART);
  assert_int_equal(store_undo(store, operation, RUINS_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == next + 1 && change.changed == 1);
  stores_expect_no_pin(store, &off);
  assert_int_equal(store_undo(store, next, RUINS_NOW, &change), TLSPIN_OK);
  stores_expect_no_pin(store, &other);
  store_close(store);
}

/* No other, of which the journal tells, stands in the way of a backup, however many. */
static void test_told(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autofree char *backup = NULL;

  stores_fill(store, ROWS);
  store_close(store);
  backup = ruins_back_up(stores, RUINS_NOW - HOUR);
  store = stores_open(stores->path);
  for (int i = 0; i < RESTORED_APART + 10; i++) {
    struct keypin pin = stores_pin(100 + i);

    stores_edit(store, &pin);
  }
  store_close(store);
  recover_without(stores, stores_row(3).peer.host, NULL);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  assert_int_equal(ruins_damage(stores).backup, RUINS_NOW - HOUR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_row),   TEST(test_row_alone), TEST(test_row_not_understood),
      TEST(test_gap),   TEST(test_before),    TEST(test_no_number_left),
      TEST(test_after), TEST(test_row_lost),  TEST(test_proof),
      TEST(test_again), TEST(test_wreck),     TEST(test_undo),
      TEST(test_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

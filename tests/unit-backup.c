/* One backup (daemon/backup.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clock.h"
#include "daemon/row.h"

#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHER_USER = 12345, DAY = 86400 };

/* The backup is in this state, and is not opened; the words stand in its problem. */
static void refuse(const char *path, enum backup_state expected, const char *words)
{
  g_autofree char *problem = NULL;
  struct store *store;
  enum backup_state found = backup_open(path, geteuid(), &store, &problem);

  if (found != expected)
    print_error("%s\n", problem != NULL ? problem : "whole");
  assert_int_equal(found, expected);
  assert_null(store);
  assert_non_null(problem);
  assert_null(strchr(problem, '\n'));
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
}

static void test_open(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct store *store = shelf_open(path);
  struct ticket_row row = stores_row(SHELF_ROWS - 1), more = stores_row(SHELF_ROWS);
  struct backup_sum sum;
  uint64_t count;

  stores_expect(store, &row);
  stores_expect_none(store, &more.peer);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == SHELF_ROWS);
  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  assert_true(sum.rows == SHELF_ROWS && sum.last_operation == 0);
  store_close(store);
}

/* It can be read only, and reading leaves nothing beside it. */
static void test_read_only(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  unsigned others = shelf_others(stores);
  struct store *store = shelf_open(path);
  struct ticket_row row = stores_row(SHELF_ROWS);
  struct store_filter any = STORE_FILTER_ANY;
  struct store_change change;

  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_clear(store, &any, STORES_NOW, &change), TLSPIN_UNAVAILABLE);
  store_close(store);
  assert_int_equal(shelf_others(stores), others);
  store = shelf_open(path);
  row = stores_row(0);
  stores_expect(store, &row);
  store_close(store);
}

static void test_damage(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);

  stores_copy(path, good);
  shelf_damage(path);
  refuse(path, BACKUP_DAMAGED, "can't be used");
  stores_copy(good, path);
  stores_sql(path, "DELETE FROM ticket WHERE host = 'host-0003.example'");
  refuse(path, BACKUP_DAMAGED, "entries are missing");
  stores_copy(good, path);
  stores_sql(path, "CREATE VIEW v AS SELECT 1");
  refuse(path, BACKUP_DAMAGED, "its tables");
  stores_copy(good, path);
  stores_sql(path, "PRAGMA journal_mode = WAL");
  refuse(path, BACKUP_UNREAD, "WAL");
  stores_copy(good, path);
  assert_int_equal(truncate(path, 5000), 0);
  refuse(path, BACKUP_DAMAGED, "can't be used");
  assert_int_equal(truncate(path, 0), 0);
  refuse(path, BACKUP_DAMAGED, "empty");
  stores_write(path, 0, "no database at all, but text", 28);
  refuse(path, BACKUP_DAMAGED, "can't be used");
}

/* Where SQLite itself sees that the file is damaged, from the first page on. */
static void test_damaged_schema(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);

  stores_write(path, 100, "\xff\xff\xff\xff\xff\xff\xff\xff", 8); /* how its b-tree begins */
  refuse(path, BACKUP_DAMAGED, "malformed");
}

/* With the digest right, and yet no row of a user's store. */
static void test_foreign_row(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct layer_contents contents = {.ticket_count = 1};
  struct ticket_row row = stores_row(0);
  char *problem = NULL;

  row.lock = LOCK_ENFORCE;
  contents.tickets = &row;
  assert_int_equal(store_write_layer(path, &contents, &problem), TLSPIN_OK);
  assert_int_equal(chmod(path, 0600), 0);
  refuse(path, BACKUP_DAMAGED, "is not what was written");
}

static void test_newer(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);

  stores_sql(path, "CREATE TABLE later(x); PRAGMA user_version = 99");
  refuse(path, BACKUP_UNREAD, "newer tlspin");
}

static void test_unfinished_write(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *journal = g_strconcat(path, "-journal", NULL);

  stores_write(journal, 0, "x", 1);
  refuse(path, BACKUP_DAMAGED, "unfinished");
  assert_int_equal(truncate(journal, 0), 0);
  store_close(shelf_open(path));
}

static void test_file(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *link = shelf_path(stores, "link");
  g_autofree char *none = shelf_path(stores, "none");
  g_autofree char *pipe = shelf_path(stores, "pipe");
  g_autofree char *folder = shelf_folder(stores);

  assert_int_equal(symlink(path, link), 0);
  refuse(link, BACKUP_UNREAD, "symbolic link");
  refuse(none, BACKUP_UNREAD, "missing");
  refuse(folder, BACKUP_UNREAD, "");
  assert_int_equal(mkfifo(pipe, 0600), 0);
  refuse(pipe, BACKUP_UNREAD, "");
  assert_int_equal(chmod(path, 0644), 0);
  refuse(path, BACKUP_UNREAD, "chmod go=");
  assert_int_equal(chmod(path, 0600), 0);
  store_close(shelf_open(path));
  if (geteuid() == 0) {
    assert_int_equal(chown(path, OTHER_USER, (gid_t)-1), 0);
    refuse(path, BACKUP_UNREAD, "chown");
  }
}

static void test_sum(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0);
  struct store_filter filter = STORE_FILTER_ANY;
  struct backup_sum first, second;
  struct store_change change;

  assert_int_equal(backup_sum(store, &first), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &second), TLSPIN_OK);
  assert_true(backup_sum_equal(&first, &second));
  row.issued++;
  assert_int_equal(store_put(store, &row, row.series, STORES_NOW), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &second), TLSPIN_OK);
  assert_true(second.rows == first.rows);
  assert_false(backup_sum_equal(&first, &second));
  row.issued--;
  assert_int_equal(store_put(store, &row, row.series, STORES_NOW), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &second), TLSPIN_OK);
  assert_true(backup_sum_equal(&first, &second));
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &second), TLSPIN_OK);
  assert_false(backup_sum_equal(&first, &second));
  store_close(store);
}

/* The clock goes on by itself, and that is no change. */
static void test_sum_without_clock(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct clock_guard guard = CLOCK_GUARD_NEW;
  struct backup_sum first, second;

  assert_int_equal(backup_sum(store, &first), TLSPIN_OK);
  for (int i = 0; i < 3; i++) {
    guard.mark += DAY;
    assert_int_equal(clock_save(store, &guard, 300), TLSPIN_OK);
    assert_int_equal(backup_sum(store, &second), TLSPIN_OK);
    assert_true(backup_sum_equal(&first, &second));
  }
  stores_sql(stores->path, "UPDATE state SET value = x'00'");
  assert_int_equal(backup_sum(store, &second), TLSPIN_UNAVAILABLE);
  store_close(store);
}

/* A sum that can't be read is none. */
static void test_no_sum(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct backup_sum sum;

  stores_sql(stores->path, "UPDATE meta SET value = x'00' WHERE name = 'contents'");
  assert_int_equal(backup_sum(store, &sum), TLSPIN_UNAVAILABLE);
  store_close(store);
}

static void expect_last(const char *path, enum backup_state expected, uint64_t number)
{
  g_autofree char *problem = NULL;
  uint64_t found = 0;

  assert_int_equal(backup_last_operation(path, geteuid(), &found, &problem), expected);
  assert_int_equal(expected == BACKUP_WHOLE, problem == NULL);
  assert_true(found == number);
}

/* No store gets so far, so that the sum was made up, be its digest right. */
static void test_last_operation_too_high(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);

  shelf_count_on(path, BACKUP_OPERATION_MAX);
  expect_last(path, BACKUP_WHOLE, BACKUP_OPERATION_MAX);
  shelf_count_on(path, BACKUP_OPERATION_MAX + 1);
  expect_last(path, BACKUP_DAMAGED, 0);
  shelf_count_on(path, OPERATION_LAST);
  expect_last(path, BACKUP_DAMAGED, 0);
}

/* Also where other rows are damaged; not where it could be any. */
static void test_last_operation(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(1);
  g_autofree char *path = NULL;

  stores_edit(store, &pin);
  assert_int_equal(stores_drop(store, &pin), 2);
  store_close(store);
  path = shelf_make(stores, STORES_NOW);
  expect_last(path, BACKUP_WHOLE, 2);
  shelf_damage(path);
  expect_last(path, BACKUP_WHOLE, 2);
  stores_sql(path, "UPDATE meta SET value = zeroblob(80) WHERE name = 'contents'");
  expect_last(path, BACKUP_DAMAGED, 0);
  stores_write(path, 0, "no database at all, but text", 28);
  expect_last(path, BACKUP_DAMAGED, 0);
  assert_int_equal(chmod(path, 0644), 0);
  expect_last(path, BACKUP_UNREAD, 0);
}

static void test_check(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *problem = NULL;
  struct store *store = shelf_open(path);
  struct backup_sum sum;

  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  store_close(store);
  assert_int_equal(backup_check(path, geteuid(), &sum, &problem), TLSPIN_OK);
  assert_int_equal(backup_check(path, geteuid(), NULL, &problem), TLSPIN_OK);
  assert_null(problem);
  sum.all[31] ^= 1;
  assert_int_equal(backup_check(path, geteuid(), &sum, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "not what it was made of"));
  shelf_damage(path);
  assert_int_equal(backup_check(path, geteuid(), NULL, &problem), TLSPIN_UNAVAILABLE);
}

static void test_remove(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *journal = g_strconcat(path, "-journal", NULL);
  g_autofree char *problem = NULL;
  struct backup backup = {.path = path};

  stores_write(journal, 0, "x", 1);
  assert_int_equal(backup_remove(&backup, &problem), TLSPIN_OK);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(journal, F_OK), -1);
  assert_int_equal(backup_remove(&backup, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be removed"));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_open),
      WITH_STORE(test_read_only),
      WITH_STORE(test_damage),
      WITH_STORE(test_foreign_row),
      WITH_STORE(test_damaged_schema),
      WITH_STORE(test_newer),
      WITH_STORE(test_unfinished_write),
      WITH_STORE(test_file),
      WITH_STORE(test_sum),
      WITH_STORE(test_no_sum),
      WITH_STORE(test_sum_without_clock),
      WITH_STORE(test_last_operation),
      WITH_STORE(test_last_operation_too_high),
      WITH_STORE(test_check),
      WITH_STORE(test_remove),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

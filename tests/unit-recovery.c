/* From a damaged or lost store to one that can be used again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/aside.h"
#include "daemon/backups.h"
#include "daemon/damage.h"
#include "daemon/state.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 60, PAGE = 4096, NOW = STORES_NOW + 86400 };

static void recover(struct stores *stores)
{
  char *problem;

  if (recovery_run(stores->path, geteuid(), NOW, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
}

static struct damage read_damage(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct damage damage;

  assert_int_equal(damage_get(store, &damage), TLSPIN_OK);
  store_close(store);
  return damage;
}

static void back_up(struct stores *stores, int64_t now)
{
  struct backup_terms terms = {.asked = true};
  struct backup *made;
  char *problem = NULL;

  assert_int_equal(backups_make(stores->path, geteuid(), now, &terms, &made, &problem), TLSPIN_OK);
  backup_free(made);
}

/* So many of the rows are there as they were. */
static int count_rows(struct store *store, int count)
{
  int there = 0;

  for (int i = 0; i < count; i++) {
    struct ticket_row row = stores_row(i), found;

    if (store_get(store, &row.peer, &found) != TLSPIN_OK)
      continue;
    assert_true(span_equal(found.ticket, row.ticket));
    assert_true(span_equal(found.secret, row.secret));
    assert_int_equal(found.series, row.series);
    ticket_row_clear(&found);
    there++;
  }
  return there;
}

static int rows_after(struct stores *stores, int count)
{
  struct store *store = stores_open(stores->path);
  int there = count_rows(store, count);

  store_close(store);
  return there;
}

/* Where the n-th host's name stands in the file, plus so many octets. */
static size_t find_host(const char *path, int n)
{
  struct ticket_row row = stores_row(n);
  g_autofree char *content = NULL;
  const char *at;
  gsize size;

  assert_true(g_file_get_contents(path, &content, &size, NULL));
  at = memmem(content, size, row.peer.host, strlen(row.peer.host));
  assert_non_null(at);
  return (size_t)(at - content);
}

static void zero(const char *path, size_t offset, size_t size)
{
  g_autofree char *zeros = g_malloc0(size);

  stores_write(path, offset, zeros, size);
}

/* Octets in the middle of a row: no row is like that one. */
static void spoil_row(const char *path, int n)
{
  stores_write(path, find_host(path, n), "XXXXXXXX", 8);
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct stat before, after;

  stores_make(stores->path, 3);
  assert_int_equal(stat(stores->path, &before), 0);
  recover(stores);
  assert_int_equal(stat(stores->path, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_equal(aside_list(stores->path)->len, 0);
}

/* Where no backup helps, what was there no more is said to be lost. */
static void test_row_lost(void **state)
{
  struct stores *stores = *state;
  struct damage damage;

  stores_make(stores->path, ROWS);
  spoil_row(stores->path, 7);
  stores_damaged(stores->path, "is damaged");
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS), ROWS - 1);
  damage = read_damage(stores);
  assert_int_equal(damage.cause, DAMAGE_CONTENT);
  assert_int_equal(damage.found, NOW);
  assert_int_equal(damage.saved, ROWS - 1);
  assert_int_equal(damage.missing, 1);
  assert_int_equal(damage.merged, 0);
  assert_int_equal(damage.backup, 0);
}

/* The damaged file stays, under a name with the time, as it was. */
static void test_set_aside(void **state)
{
  struct stores *stores = *state;
  g_autofree char *spoiled = NULL, *kept = NULL, *aside = NULL;
  struct damage damage;
  struct stat status;
  gsize size, kept_size;

  stores_make(stores->path, ROWS);
  spoil_row(stores->path, 7);
  assert_true(g_file_get_contents(stores->path, &spoiled, &size, NULL));
  recover(stores);
  damage = read_damage(stores);
  assert_string_equal(damage.aside, "damaged-20231115T221320Z.db");
  aside = g_build_filename(stores->home, damage.aside, NULL);
  assert_true(g_file_get_contents(aside, &kept, &kept_size, NULL));
  assert_int_equal(size, kept_size);
  assert_memory_equal(spoiled, kept, size);
  assert_int_equal(stat(aside, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_int_equal(stat(stores->path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
}

/* The sum proves which row of the backup is the one that is missing: nothing was lost. */
static void test_backup_completes(void **state)
{
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;
  struct keypin pin;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 3600);
  store = stores_open(stores->path);
  pin = stores_pin(3);
  stores_learn(store, &pin);
  store_close(store);
  spoil_row(stores->path, 7);
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS), ROWS);
  damage = read_damage(stores);
  assert_int_equal(damage.missing, 0);
  assert_int_equal(damage.merged, 1);
  assert_int_equal(damage.backup, NOW - 3600);
  store = stores_open(stores->path);
  assert_false(damage_stands(store));
  store_close(store);
}

/* Several pages are gone, and with them rows that are newer than the backup: it is merged, and
 * something is missing all the same. */
static void test_backup_merged(void **state)
{
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 3600);
  store = stores_open(stores->path);
  for (int i = ROWS; i < ROWS + 5; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(store, &row, 0, NOW), TLSPIN_OK);
  }
  store_close(store);
  for (int i = ROWS - 5; i < ROWS + 5; i++)
    spoil_row(stores->path, i);
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS + 5), ROWS);
  damage = read_damage(stores);
  assert_int_equal(damage.missing, 10);
  assert_int_equal(damage.merged, 5);
  store = stores_open(stores->path);
  assert_true(damage_stands(store));
  store_close(store);
}

/* What the user cleared after the backup was made doesn't come back. */
static void test_cleared_stays_away(void **state)
{
  struct stores *stores = *state;
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2);
  struct store_change change;
  struct store *store;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 3600);
  store = stores_open(stores->path);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, NOW, &change), TLSPIN_OK);
  row = stores_row(ROWS);
  assert_int_equal(store_put(store, &row, 0, NOW), TLSPIN_OK);
  store_close(store);
  spoil_row(stores->path, ROWS);
  spoil_row(stores->path, 9);
  recover(stores);
  store = stores_open(stores->path);
  row = stores_row(2);
  stores_expect_none(store, &row.peer);
  row = stores_row(9);
  stores_expect(store, &row);
  assert_int_equal(store_undo(store, change.operation, NOW, &change), TLSPIN_OK);
  row = stores_row(2);
  stores_expect(store, &row);
  store_close(store);
}

/* A file that is gone comes back from the backup, with its journal. */
static void test_file_missing(void **state)
{
  struct stores *stores = *state;
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2);
  struct store_change change;
  struct damage damage;
  struct store *store;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, NOW, &change), TLSPIN_OK);
  store_close(store);
  back_up(stores, NOW - 60);
  assert_int_equal(unlink(stores->path), 0);
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS), ROWS - 1);
  damage = read_damage(stores);
  assert_int_equal(damage.cause, DAMAGE_MISSING);
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  assert_string_equal(damage.aside, "");
  store = stores_open(stores->path);
  assert_int_equal(store_undo(store, change.operation, NOW, &change), TLSPIN_OK);
  assert_int_equal(count_rows(store, ROWS), ROWS);
  store_close(store);
}

static void test_nothing_left(void **state)
{
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;

  stores_make(stores->path, ROWS);
  assert_int_equal(unlink(stores->path), 0);
  recover(stores);
  damage = read_damage(stores);
  assert_int_equal(damage.saved, 0);
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  store = stores_open(stores->path);
  assert_true(damage_stands(store));
  stores_fill(store, 1);
  store_close(store);
}

/* Emptied, overwritten, cut off: whatever is left. */
static void test_wrecks(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  struct stat status;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 3600);
  stores_copy(stores->path, good);
  assert_int_equal(stat(good, &status), 0);
  for (int i = 0; i < 6; i++) {
    stores_copy(good, stores->path);
    if (i < 3)
      assert_int_equal(truncate(stores->path, i == 0 ? 0 : i == 1 ? 50 : status.st_size / 2), 0);
    else if (i < 5)
      zero(stores->path, 0, i == 3 ? 100 : PAGE);
    else
      stores_sql(stores->path, "PRAGMA application_id = 7");
    stores_damaged(stores->path, "");
    recover(stores);
    assert_int_equal(rows_after(stores, ROWS), ROWS);
  }
  assert_int_equal(aside_list(stores->path)->len, 6);
}

/* What the user hasn't seen yet isn't forgotten over the next damage. */
static void test_twice(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  spoil_row(stores->path, 7);
  recover(stores);
  spoil_row(stores->path, 8);
  spoil_row(stores->path, 9);
  recover(stores);
  assert_int_equal(read_damage(stores).missing, 3);
  assert_int_equal(rows_after(stores, ROWS), ROWS - 3);
  assert_int_equal(unlink(stores->path), 0);
  recover(stores);
  assert_int_equal(read_damage(stores).missing, DAMAGE_UNKNOWN);
}

/* Numbers of operations aren't used again, whatever was lost. */
static void test_numbers(void **state)
{
  struct stores *stores = *state;
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2);
  struct store_change first, second;
  struct store *store;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, NOW, &first), TLSPIN_OK);
  assert_int_equal(stores_forget(store, NOW + 1), TLSPIN_OK);
  store_close(store);
  spoil_row(stores->path, 7);
  recover(stores);
  store = stores_open(stores->path);
  row = stores_row(3);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, NOW, &second), TLSPIN_OK);
  assert_true(second.operation > first.operation);
  store_close(store);
}

/* What may be otherwise the next time is no damage. */
static void expect_hindered(struct stores *stores, const char *words)
{
  g_autofree char *problem = NULL;

  assert_int_equal(recovery_run(stores->path, geteuid(), NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    fail_msg("'%s' is not in: %s", words, problem);
  assert_int_equal(aside_list(stores->path)->len, 0);
}

static void test_hindered(void **state)
{
  struct stores *stores = *state;
  int fd;

  stores_make(stores->path, ROWS);
  assert_int_equal(chmod(stores->path, 0644), 0);
  expect_hindered(stores, "chmod");
  assert_int_equal(chmod(stores->path, 0600), 0);
  spoil_row(stores->path, 7);
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  expect_hindered(stores, "locked by another process");
  close(fd);
  recover(stores);
}

/* What an interrupted recovery left is no obstacle, and nothing of it gets in. */
static void test_leftovers(void **state)
{
  struct stores *stores = *state;
  g_autofree char *left = g_strconcat(stores->path, ".new", NULL);
  g_autofree char *journal = g_strconcat(left, "-journal", NULL);

  stores_make(left, 3);
  stores_write(journal, 0, "left", 4);
  stores_make(stores->path, ROWS);
  spoil_row(stores->path, 7);
  recover(stores);
  assert_int_not_equal(access(left, F_OK), 0);
  assert_int_not_equal(access(journal, F_OK), 0);
  assert_int_equal(rows_after(stores, ROWS), ROWS - 1);
}

/* With the lock file gone, too, the backups tell that there was a store. */
static void test_forgotten(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 60);
  assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
  assert_true(store_leaves_trace(stores->path));
  stores_damaged(stores->path, "is missing");
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS), ROWS);
  assert_int_equal(read_damage(stores).cause, DAMAGE_MISSING);
}

/* Half of a large file is cut off: all of the rows that were there are in the backup, which the sum
 * proves, however many they are. */
static void test_cut_off(void **state)
{
  enum { MANY = 700 };
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;
  struct stat status;

  stores_make(stores->path, MANY);
  back_up(stores, NOW - 60);
  assert_int_equal(stat(stores->path, &status), 0);
  assert_int_equal(truncate(stores->path, status.st_size / 2 / PAGE * PAGE), 0);
  recover(stores);
  damage = read_damage(stores);
  assert_int_equal(damage.missing, 0);
  assert_true(damage.merged > 192); /* more than any choice is looked for of */
  assert_int_equal(rows_after(stores, MANY), MANY);
  store = stores_open(stores->path);
  assert_false(damage_stands(store));
  store_close(store);
}

static char *only_backup(const struct stores *stores)
{
  g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);
  GDir *dir = g_dir_open(folder, 0, NULL);
  const char *name;
  char *path = NULL;

  while ((name = g_dir_read_name(dir)) != NULL)
    if (g_str_has_prefix(name, "pins-"))
      path = g_build_filename(folder, name, NULL);
  g_dir_close(dir);
  assert_non_null(path);
  return path;
}

/* A backup that must not be used, or is damaged, is passed over. */
static void test_backup_unusable(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL;

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 60);
  path = only_backup(stores);
  spoil_row(stores->path, 7);
  assert_int_equal(chmod(path, 0644), 0);
  recover(stores);
  assert_int_equal(read_damage(stores).backup, 0);
  assert_int_equal(read_damage(stores).missing, 1);
  assert_int_equal(chmod(path, 0600), 0);
  stores_write(path, 0, "no database", 11);
  spoil_row(stores->path, 8);
  recover(stores);
  assert_int_equal(read_damage(stores).backup, 0);
  assert_int_equal(read_damage(stores).missing, 2);
}

/* While the backups can't be listed they aren't done without. */
static void test_backups_unlisted(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);

  stores_make(stores->path, ROWS);
  back_up(stores, NOW - 60);
  spoil_row(stores->path, 7);
  assert_int_equal(chmod(folder, 0755), 0);
  expect_hindered(stores, "chmod go=");
  assert_int_equal(chmod(folder, 0700), 0);
  recover(stores);
  assert_int_equal(rows_after(stores, ROWS), ROWS);
}

/* Of a backup's rows those of pins are merged; an operation without the rest of it isn't. */
static void test_tables_merged(void **state)
{
  static const struct setting_row locked = {"learn", "50.db/no", false};
  struct stores *stores = *state;
  struct store *store;
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2);
  struct keypin pin = stores_pin(3);
  struct store_change change;
  struct damage damage;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  stores_learn(store, &pin);
  assert_int_equal(store_put_settings(store, &locked, 1), TLSPIN_OK);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, NOW, &change), TLSPIN_OK);
  store_close(store);
  back_up(stores, NOW - 60);
  store = stores_open(stores->path);
  for (int i = ROWS; i < ROWS + 2; i++) { /* one stays, so that the store is newer */
    row = stores_row(i);
    assert_int_equal(store_put(store, &row, 0, NOW), TLSPIN_OK);
  }
  store_close(store);
  stores_sql(stores->path, "DELETE FROM ticket WHERE host IN ('host-0005.example', "
                           "'host-0061.example'); DELETE FROM pin; DELETE FROM setting; "
                           "DELETE FROM operation; VACUUM");
  recover(stores);
  damage = read_damage(stores);
  assert_int_equal(damage.missing, 5);
  assert_int_equal(damage.merged, 3);
  store = stores_open(stores->path);
  stores_expect_pin(store, &pin);
  row = stores_row(5);
  stores_expect(store, &row);
  assert_int_not_equal(store_undo(store, change.operation, NOW, &change), TLSPIN_OK);
  store_close(store);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM setting"), 1);
}

/* A row that is whole, and isn't the one that was there. */
static void test_row_of_old(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL), *sql = NULL;
  struct ticket_row row = stores_row(7);
  struct store *store;

  stores_make(stores->path, ROWS);
  stores_copy(stores->path, good);
  store = stores_open(stores->path);
  row.series = 99;
  assert_int_equal(store_put(store, &row, 8, NOW), TLSPIN_OK);
  store_close(store);
  sql = g_strdup_printf("ATTACH '%s' AS g; REPLACE INTO ticket SELECT * FROM g.ticket "
                        "WHERE host = 'host-0007.example'; DETACH g; VACUUM",
                        good);
  stores_sql(stores->path, sql);
  recover(stores);
  assert_int_equal(read_damage(stores).missing, DAMAGE_UNKNOWN);
  assert_int_equal(rows_after(stores, ROWS), ROWS);
}

/* What was lost before can't be understood. */
static void test_earlier_unknown(void **state)
{
  static const uint8_t strange[] = {99};
  struct stores *stores = *state;
  struct store *store;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  assert_int_equal(state_put(store, DAMAGE_ROW, (struct span){strange, sizeof strange}), TLSPIN_OK);
  store_close(store);
  spoil_row(stores->path, 7);
  recover(stores);
  assert_int_equal(read_damage(stores).missing, DAMAGE_UNKNOWN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_whole, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_row_lost, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_set_aside, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_backup_completes, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_backup_merged, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_cleared_stays_away, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_file_missing, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_nothing_left, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_wrecks, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_twice, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_numbers, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_hindered, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_leftovers, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_tables_merged, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_row_of_old, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_earlier_unknown, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_forgotten, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_cut_off, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_backup_unusable, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_backups_unlisted, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a recovery takes of a backup.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/backups.h"
#include "daemon/restored.h"
#include "daemon/state.h"
#include "tests/heard.h"
#include "tests/hinder.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 60 };

/* The sum proves which row of the backup is the one that is missing: nothing was lost. */
static void test_backup_completes(void **state)
{
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;
  struct keypin pin;

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  pin = stores_pin(3);
  stores_learn(store, &pin);
  store_close(store);
  ruins_spoil(stores->path, 7);
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  damage = ruins_damage(stores);
  assert_int_equal(damage.missing, 0);
  assert_int_equal(damage.merged, 1);
  assert_int_equal(damage.backup, RUINS_NOW - 3600);
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
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  for (int i = ROWS; i < ROWS + 5; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  }
  store_close(store);
  for (int i = ROWS - 5; i < ROWS + 5; i++)
    ruins_spoil(stores->path, i);
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS + 5), ROWS);
  damage = ruins_damage(stores);
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
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  row = stores_row(ROWS);
  assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  store_close(store);
  ruins_spoil(stores->path, ROWS);
  ruins_spoil(stores->path, 9);
  ruins_recover(stores);
  store = stores_open(stores->path);
  row = stores_row(2);
  stores_expect_none(store, &row.peer);
  row = stores_row(9);
  stores_expect(store, &row);
  assert_int_equal(store_undo(store, change.operation, RUINS_NOW, &change), TLSPIN_OK);
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
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  assert_int_equal(unlink(stores->path), 0);
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
  damage = ruins_damage(stores);
  assert_int_equal(damage.cause, DAMAGE_MISSING);
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  assert_string_equal(damage.aside, "");
  store = stores_open(stores->path);
  assert_int_equal(store_undo(store, change.operation, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* With the lock file gone, too, the backups tell that there was a store. */
static void test_forgotten(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
  assert_true(store_leaves_trace(stores->path));
  stores_damaged(stores->path, "is missing");
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  assert_int_equal(ruins_damage(stores).cause, DAMAGE_MISSING);
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
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  assert_int_equal(stat(stores->path, &status), 0);
  assert_int_equal(truncate(stores->path, status.st_size / 2 / STORE_PAGE * STORE_PAGE), 0);
  ruins_recover(stores);
  damage = ruins_damage(stores);
  assert_int_equal(damage.missing, 0);
  assert_true(damage.merged > 192); /* more than any choice is looked for of */
  assert_int_equal(ruins_rows(stores, MANY), MANY);
  store = stores_open(stores->path);
  assert_false(damage_stands(store));
  store_close(store);
}

/* A backup that must not be used, or is damaged, is passed over. */
static void test_backup_unusable(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL;

  stores_make(stores->path, ROWS);
  path = ruins_back_up(stores, RUINS_NOW - 60);
  ruins_spoil(stores->path, 7);
  assert_int_equal(chmod(path, 0644), 0);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).backup, 0);
  assert_int_equal(ruins_damage(stores).missing, 1);
  assert_int_equal(chmod(path, 0600), 0);
  stores_write(path, 0, "no database", 11);
  ruins_spoil(stores->path, 8);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).backup, 0);
  assert_int_equal(ruins_damage(stores).missing, 2);
}

/* One that can't be read just now may be read the next time. */
static void test_backup_hindered(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL;

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  path = ruins_back_up(stores, RUINS_NOW - 60);
  ruins_spoil(stores->path, 7);
  hinder(path, 0);
  ruins_refuse(stores, path);
  hinder(NULL, 0);
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).backup, RUINS_NOW - 60);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* One that was not asked for, and can't be read just now, keeps no other from being restored; what
 * it knows is of a time before that. */
static void test_restore_hindered(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL, *other = NULL, *problem = NULL;
  struct backup backup = {.made = RUINS_NOW - 3600};

  stores_make(stores->path, ROWS);
  path = ruins_back_up(stores, RUINS_NOW - 3600);
  other = ruins_back_up(stores, RUINS_NOW - 60);
  ruins_put(stores, ROWS);
  stores_write(stores->path, 0, "no database", 11);
  backup.path = path;
  hinder(other, 0);
  g_string_truncate(heard, 0);
  assert_int_equal(recovery_restore(stores->path, geteuid(), &backup, NULL, RUINS_NOW, &problem),
                   TLSPIN_OK);
  assert_non_null(strstr(heard->str, other));
  hinder(NULL, 0);
  assert_int_equal(ruins_rows(stores, ROWS + 1), ROWS);
  assert_true(ruins_clear(stores, 0) == RESTORED_UNKNOWN + RESTORED_APART + 1);
}

/* Which were passed over is said, and that the store was recovered, once it was. */
static void test_said(void **state)
{
  struct stores *stores = *state;
  g_autofree char *used = NULL, *wreck = NULL, *passed = NULL, *recovered = NULL;

  stores_make(stores->path, ROWS);
  used = ruins_back_up(stores, RUINS_NOW - 3600);
  wreck = ruins_back_up(stores, RUINS_NOW - 60);
  stores_write(wreck, 0, "no database", 11);
  ruins_spoil(stores->path, 7);
  assert_int_equal(chmod(stores->path, 0644), 0);
  g_string_truncate(heard, 0);
  ruins_refuse(stores, "chmod");
  assert_string_equal(heard->str, "");
  assert_int_equal(chmod(stores->path, 0600), 0);
  hinder(used, 0);
  ruins_refuse(stores, used);
  hinder(NULL, 0);
  assert_null(strstr(heard->str, "recovered"));
  g_string_truncate(heard, 0);
  ruins_recover(stores);
  passed = g_strdup_printf("The backup %s can't be used", wreck);
  recovered =
      g_strdup_printf("\n%s was damaged, and was recovered. Run 'tlspin doctor'.\n", stores->path);
  assert_ptr_equal(strstr(heard->str, passed), heard->str);
  assert_string_equal(strchr(heard->str, '\n'), recovered);
}

/* Numbers of operations that the backup knows aren't used again either, without its journal. */
static void test_numbers_of_backup(void **state)
{
  struct stores *stores = *state;
  uint64_t first;

  stores_make(stores->path, ROWS);
  first = ruins_clear(stores, 2);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  assert_int_equal(unlink(stores->path), 0);
  ruins_recover(stores);
  assert_true(ruins_clear(stores, 3) == first + 1);
}

/* While the backups can't be listed they aren't done without. */
static void test_backups_unlisted(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  ruins_spoil(stores->path, 7);
  assert_int_equal(chmod(folder, 0755), 0);
  ruins_refuse(stores, "chmod go=");
  assert_int_equal(chmod(folder, 0700), 0);
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
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
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  store = stores_open(stores->path);
  for (int i = ROWS; i < ROWS + 2; i++) { /* one stays, so that the store is newer */
    row = stores_row(i);
    assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  }
  store_close(store);
  stores_sql(stores->path, "DELETE FROM ticket WHERE host IN ('host-0005.example', "
                           "'host-0061.example'); DELETE FROM pin; DELETE FROM setting; "
                           "DELETE FROM operation; VACUUM");
  ruins_recover(stores);
  damage = ruins_damage(stores);
  assert_int_equal(damage.missing, 5);
  assert_int_equal(damage.merged, 3);
  store = stores_open(stores->path);
  stores_expect_pin(store, &pin);
  row = stores_row(5);
  stores_expect(store, &row);
  assert_int_not_equal(store_undo(store, change.operation, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM setting"), 1);
}

/* What the store knows of itself comes back, too, but not what the user has seen. */
static void test_state_merged(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  assert_int_equal(state_put(store, "clock", cell_text("known").bytes), TLSPIN_OK);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 60));
  store = stores_open(stores->path);
  for (int i = ROWS; i < ROWS + 2; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  }
  store_close(store);
  stores_sql(stores->path, "DELETE FROM state; DELETE FROM ticket WHERE host IN "
                           "('host-0005.example', 'host-0061.example'); VACUUM");
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, 3);
  assert_int_equal(ruins_rows(stores, ROWS + 2), ROWS + 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM state WHERE name = 'clock'"),
                   1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_backup_completes),  TEST(test_backup_merged),    TEST(test_cleared_stays_away),
      TEST(test_file_missing),      TEST(test_forgotten),        TEST(test_cut_off),
      TEST(test_backup_unusable),   TEST(test_backups_unlisted), TEST(test_tables_merged),
      TEST(test_backup_hindered),   TEST(test_restore_hindered), TEST(test_said),
      TEST(test_numbers_of_backup), TEST(test_state_merged),
  };
  int failed;

  heard_begin();
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  heard_end();
  return failed;
}

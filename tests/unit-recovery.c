/* From a damaged or lost store to one that can be used again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/state.h"
#include "tests/hinder.h"
#include "tests/misfire.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 60 };

MISFIRE(void *, g_try_malloc0, (gsize size), (size), NULL)

static void zero(const char *path, size_t offset, size_t size)
{
  g_autofree char *zeros = g_malloc0(size);

  stores_write(path, offset, zeros, size);
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct stat before, after;

  stores_make(stores->path, 3);
  assert_int_equal(stat(stores->path, &before), 0);
  ruins_recover(stores);
  assert_int_equal(stat(stores->path, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
  assert_int_equal(ruins_asides(stores), 0);
}

/* Where no backup helps, what was there no more is said to be lost. */
static void test_row_lost(void **state)
{
  struct stores *stores = *state;
  struct damage damage;

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
  damage = ruins_damage(stores);
  assert_int_equal(damage.cause, DAMAGE_CONTENT);
  assert_int_equal(damage.found, RUINS_NOW);
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
  ruins_spoil(stores->path, 7);
  assert_true(g_file_get_contents(stores->path, &spoiled, &size, NULL));
  ruins_recover(stores);
  damage = ruins_damage(stores);
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

static void test_nothing_left(void **state)
{
  struct stores *stores = *state;
  struct damage damage;
  struct store *store;

  stores_make(stores->path, ROWS);
  assert_int_equal(unlink(stores->path), 0);
  ruins_recover(stores);
  damage = ruins_damage(stores);
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
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  stores_copy(stores->path, good);
  assert_int_equal(stat(good, &status), 0);
  for (int i = 0; i < 6; i++) {
    stores_copy(good, stores->path);
    if (i < 3)
      assert_int_equal(truncate(stores->path, i == 0 ? 0 : i == 1 ? 50 : status.st_size / 2), 0);
    else if (i < 5)
      zero(stores->path, 0, i == 3 ? 100 : STORE_PAGE);
    else
      stores_sql(stores->path, "PRAGMA application_id = 7");
    stores_damaged(stores->path, "");
    ruins_recover(stores);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  }
  assert_int_equal(ruins_asides(stores), 6);
}

/* What the user hasn't seen yet isn't forgotten over the next damage. */
static void test_twice(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  ruins_recover(stores);
  ruins_spoil(stores->path, 8);
  ruins_spoil(stores->path, 9);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, 3);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 3);
  assert_int_equal(unlink(stores->path), 0);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
}

/* Numbers of operations aren't used again, whatever was lost. */
static void test_numbers(void **state)
{
  struct stores *stores = *state;
  uint64_t first;

  stores_make(stores->path, ROWS);
  first = ruins_clear(stores, 2);
  ruins_spoil(stores->path, 7);
  ruins_recover(stores);
  assert_true(ruins_clear(stores, 3) > first);
}

static void test_hindered(void **state)
{
  struct stores *stores = *state;
  int fd;

  stores_make(stores->path, ROWS);
  assert_int_equal(chmod(stores->path, 0644), 0);
  ruins_refuse(stores, "chmod");
  assert_int_equal(chmod(stores->path, 0600), 0);
  ruins_spoil(stores->path, 7);
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  ruins_refuse(stores, "locked by another process");
  close(fd);
  ruins_recover(stores);
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
  ruins_spoil(stores->path, 7);
  ruins_recover(stores);
  assert_int_not_equal(access(left, F_OK), 0);
  assert_int_not_equal(access(journal, F_OK), 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
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
  assert_int_equal(store_put(store, &row, 8, RUINS_NOW), TLSPIN_OK);
  store_close(store);
  sql = g_strdup_printf("ATTACH '%s' AS g; REPLACE INTO ticket SELECT * FROM g.ticket "
                        "WHERE host = 'host-0007.example'; DETACH g; VACUUM",
                        good);
  stores_sql(stores->path, sql);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
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
  ruins_spoil(stores->path, 7);
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, DAMAGE_UNKNOWN);
}

/* What can't be read now isn't lost: it is waited for. */
static void test_unreadable(void **state)
{
  struct stores *stores = *state;
  unsigned reads = 0;
  char *problem = NULL;

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  for (hinder(stores->path, reads);
       recovery_run(stores->path, geteuid(), RUINS_NOW, &problem) != TLSPIN_OK;
       hinder(stores->path, ++reads)) {
    assert_non_null(strstr(problem, "can't be"));
    g_clear_pointer(&problem, g_free);
    hinder(NULL, 0);
    assert_int_equal(ruins_asides(stores), 0);
    stores_damaged(stores->path, "is damaged");
  }
  hinder(NULL, 0);
  assert_in_range(reads, 3, 100);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
  assert_int_equal(ruins_damage(stores).missing, 1);
}

static void test_no_memory(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  g_try_malloc0_misfire = (struct misfire){.call = 1, .error = ENOMEM};
  ruins_refuse(stores, "can't be read: Cannot allocate memory");
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
}

/* A folder has the name that the new store is to be made under. */
static void test_obstacle(void **state)
{
  struct stores *stores = *state;
  g_autofree char *new_path = g_strconcat(stores->path, ".new", NULL);

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  assert_int_equal(g_mkdir(new_path, 0700), 0);
  ruins_refuse(stores, ".new can't be");
  stores_damaged(stores->path, "is damaged");
  assert_int_equal(g_rmdir(new_path), 0);
  ruins_recover(stores);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_whole),        TEST(test_row_lost),        TEST(test_set_aside),
      TEST(test_nothing_left), TEST(test_wrecks),          TEST(test_twice),
      TEST(test_numbers),      TEST(test_hindered),        TEST(test_leftovers),
      TEST(test_row_of_old),   TEST(test_earlier_unknown), TEST(test_unreadable),
      TEST(test_no_memory),    TEST(test_obstacle),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

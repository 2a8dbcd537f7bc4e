/* The backups of a store, where the system says no; and what is left by one that was cut off.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"
#include "daemon/restored.h"
#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)
MISFIRE(int, rename, (const char *from, const char *to), (from, to), -1)

static const struct backup_terms terms = {.asked = false};

/* Makes one while a call fails. Whether it could be made; if not, it may be there all the same, as
 * where its name could not be synced, and nothing else is. */
static bool make(const struct stores *stores, int64_t now, struct misfire *misfire, unsigned call,
                 struct backup **made)
{
  unsigned before = shelf_count(stores);
  char *problem = NULL;
  enum tlspin_code code;

  *misfire = (struct misfire){.call = call, .error = EIO};
  code = backups_make(stores->path, geteuid(), now, &terms, made, &problem);
  misfire->call = 0;
  assert_int_equal(*made != NULL, code == TLSPIN_OK);
  assert_int_equal(problem == NULL, code == TLSPIN_OK);
  g_free(problem);
  assert_in_range(shelf_count(stores), before + (code == TLSPIN_OK), before + 1);
  assert_int_equal(shelf_others(stores), 1); /* of the lock */
  return code == TLSPIN_OK;
}

static void check_and_remove(struct backup *made)
{
  char *problem = NULL;

  if (made == NULL)
    return;
  assert_int_equal(backup_check(made->path, geteuid(), &made->sum, &problem), TLSPIN_OK);
  assert_int_equal(backup_remove(made, &problem), TLSPIN_OK);
  backup_free(made);
}

/* Of each look at a file, each sync and each new name one fails; that the size can't be seen makes
 * it no worse. */
static void test_make(void **state)
{
  struct misfire *const misfires[] = {&lstat_misfire, &fsync_misfire, &rename_misfire};
  struct stores *stores = *state;
  struct backup *made;
  unsigned unsized = 0;

  g_free(shelf_make(stores, STORES_NOW));
  for (size_t i = 0; i < G_N_ELEMENTS(misfires); i++) {
    unsigned call = 0, refused = 0;

    do {
      refused += !make(stores, STORES_NOW, misfires[i], ++call, &made);
      unsized += made != NULL && made->size == 0;
      check_and_remove(made);
    } while (misfires[i]->done > 0);
    assert_true(refused > 0);
  }
  assert_int_equal(unsized, 1);
}

/* A moment that has no name. */
static void test_no_name(void **state)
{
  struct backup *made;

  g_free(shelf_make(*state, STORES_NOW));
  assert_false(make(*state, INT64_MAX, &lstat_misfire, 0, &made));
}

/* What a backup that was cut off has left is gone, and stays gone. */
static void test_sweep(void **state)
{
  struct stores *stores = *state;
  g_autofree char *left = shelf_path(stores, ".pins.db");
  g_autofree char *journal = shelf_path(stores, ".pins.db-journal");
  char *problem = NULL;

  g_free(shelf_make(stores, STORES_NOW));
  stores_write(left, 0, "x", 1);
  stores_write(journal, 0, "x", 1);
  assert_int_equal(backups_sweep(stores->path, geteuid(), &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(access(left, F_OK), -1);
  assert_int_equal(access(journal, F_OK), -1);
  assert_int_equal(shelf_count(stores), 1);
}

/* It may come back at a loss of power: that is told. */
static void test_sweep_unsynced(void **state)
{
  struct stores *stores = *state;
  unsigned call = 0;

  g_free(shelf_make(stores, STORES_NOW));
  do {
    char *problem;
    enum tlspin_code code;

    fsync_misfire = (struct misfire){.call = ++call, .error = EIO};
    code = backups_sweep(stores->path, geteuid(), &problem);
    fsync_misfire.call = 0;
    assert_int_equal(code, fsync_misfire.done > 0 ? TLSPIN_UNAVAILABLE : TLSPIN_OK);
    assert_int_equal(problem == NULL, code == TLSPIN_OK);
    g_free(problem);
  } while (fsync_misfire.done > 0);
  assert_true(call > 1);
}

/* Where there are no backups no folder is made for them; what is no folder is told of. */
static void test_sweep_nothing(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  char *problem = NULL;

  assert_int_equal(backups_sweep(stores->path, geteuid(), &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(access(folder, F_OK), -1);
  stores_write(folder, 0, "x", 1);
  assert_int_equal(backups_sweep(stores->path, geteuid(), &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, folder));
  g_free(problem);
  assert_int_equal(unlink(folder), 0);
}

/* One that can't be removed is told of, and no other goes before that is mended. None that was
 * looked at stays open. */
static void test_not_rotated(void **state)
{
  const struct rotation_rules rules = {.now = STORES_NOW + 40};
  struct stores *stores = *state;
  char *problem = NULL;
  GPtrArray *found;
  int lowest;

  for (int i = 0; i < 20; i++)
    g_free(shelf_make(stores, STORES_NOW + i));
  lowest = descriptors_lowest();
  fsync_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_int_equal(backups_rotate(stores->path, geteuid(), &rules, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be removed"));
  g_free(problem);
  assert_int_equal(shelf_count(stores), 19);
  assert_int_equal(backups_rotate(stores->path, geteuid(), &rules, &problem), TLSPIN_OK);
  assert_true(shelf_count(stores) < 18);
  assert_int_equal(backups_list(stores->path, geteuid(), STORES_NOW, true, &found, &problem),
                   TLSPIN_OK);
  g_ptr_array_unref(found);
  assert_int_equal(descriptors_lowest(), lowest);
}

/* What is in the place of the folder is none. */
static void test_no_folder(void **state)
{
  const struct rotation_rules rules = {.now = STORES_NOW};
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  char *problem = NULL;

  stores_write(folder, 0, "x", 1);
  assert_int_equal(backups_rotate(stores->path, geteuid(), &rules, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, folder));
  g_free(problem);
  assert_int_equal(unlink(folder), 0);
}

/* Puts one back while a look at a file fails. The number that the store goes on from; 0: it was not
 * put back, because of another file than this. */
static uint64_t put_back(const struct stores *stores, const char *path, const char *other,
                         unsigned call)
{
  g_autofree char *name = g_strdup(path), *problem = NULL;
  const struct backup backup = {.path = name, .made = STORES_NOW};
  struct backup_sum sum;
  struct store *store = stores_open(stores->path);
  enum tlspin_code code;

  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  store_close(store);
  lstat_misfire = (struct misfire){.call = call, .error = EIO};
  code = recovery_restore(stores->path, geteuid(), &backup, &sum, STORES_NOW, &problem);
  lstat_misfire.call = 0;
  if (code != TLSPIN_OK) {
    assert_null(strstr(problem, other));
    return 0;
  }
  store = stores_open(stores->path);
  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  store_close(store);
  return sum.last_operation;
}

/* One that can't be read just now is no reason not to put another back: the store goes on from a
 * number that is higher than any that it may have. */
static void test_other_unread(void **state)
{
  struct stores *stores = *state;
  g_autofree char *other = shelf_make(stores, STORES_NOW), *path = NULL;
  uint64_t last = put_back(stores, other, other, 0), next;
  unsigned call = 0, unread = 0;

  path = shelf_make(stores, STORES_NOW + 1);
  do {
    next = put_back(stores, path, other, ++call);
    if (next >= last + RESTORED_UNKNOWN)
      unread++;
    else
      assert_true(next == 0 || next == last + RESTORED_APART);
    last = MAX(last, next);
  } while (lstat_misfire.done > 0);
  assert_int_equal(unread, 4); /* whether a journal or a log is beside either */
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_make),           WITH_STORE(test_no_name),       WITH_STORE(test_sweep),
      WITH_STORE(test_sweep_unsynced), WITH_STORE(test_sweep_nothing), WITH_STORE(test_not_rotated),
      WITH_STORE(test_no_folder),      WITH_STORE(test_other_unread),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

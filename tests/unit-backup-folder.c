/* The folder of the backups (daemon/backup-folder.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup-folder.h"

#include "tests/misfire.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OTHER_USER = 12345 };

MISFIRE(DIR *, opendir, (const char *path), (path), NULL)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)

static void enter(const struct stores *stores, struct backup_folder *folder)
{
  char *problem = NULL;
  enum tlspin_code code = backup_folder_enter(stores->path, geteuid(), folder, &problem);

  if (code != TLSPIN_OK)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_OK);
}

static void refuse(const struct stores *stores, const char *words)
{
  struct backup_folder folder;
  g_autofree char *problem = NULL;

  assert_int_equal(backup_folder_enter(stores->path, geteuid(), &folder, &problem),
                   TLSPIN_UNAVAILABLE);
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
  assert_null(folder.path);
  assert_null(folder.temporary);
}

static GPtrArray *list(const struct stores *stores, int64_t now)
{
  GPtrArray *found;
  char *problem = NULL;

  assert_int_equal(backup_folder_list(stores->path, geteuid(), now, &found, &problem), TLSPIN_OK);
  return found;
}

static const struct backup *at(const GPtrArray *found, guint index)
{
  assert_true(index < found->len);
  return g_ptr_array_index(found, index);
}

static void touch(const struct stores *stores, const char *name)
{
  g_autofree char *path = shelf_path(stores, name);

  stores_write(path, 0, name, strlen(name));
}

static void test_enter(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_folder(stores);
  g_autofree char *temporary = shelf_path(stores, ".pins.db");
  struct backup_folder folder;
  struct stat status;

  enter(stores, &folder);
  assert_string_equal(folder.path, path);
  assert_string_equal(folder.store, stores->path);
  assert_string_equal(folder.temporary, temporary);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0700);
  assert_true(folder.lock.exclusive);
  backup_folder_leave(&folder);
  backup_folder_leave(&folder);
  enter(stores, &folder);
  backup_folder_leave(&folder);
  assert_int_equal(shelf_others(stores), 1); /* the lock file */
}

/* By a name that isn't the real one. */
static void test_enter_by_link(void **state)
{
  struct stores *stores = *state;
  g_autofree char *link = g_build_filename(stores->folder, "link", NULL);
  g_autofree char *path = g_build_filename(link, "pins.db", NULL);
  struct stores other = {.path = path};
  struct backup_folder folder;

  assert_int_equal(symlink("home", link), 0);
  enter(&other, &folder);
  assert_string_equal(folder.store, stores->path);
  backup_folder_leave(&folder);
}

static void test_leftovers(void **state)
{
  struct stores *stores = *state;
  struct backup_folder folder;
  g_autofree char *problem = NULL;
  g_autofree char *lock = shelf_path(stores, ".pins.lock");

  enter(stores, &folder);
  backup_folder_leave(&folder);
  touch(stores, ".pins.db");
  touch(stores, ".pins.db-journal");
  touch(stores, ".pins.lock");
  touch(stores, "theirs.db");
  enter(stores, &folder);
  assert_int_equal(shelf_others(stores), 2);
  touch(stores, ".pins.db");
  assert_int_equal(backup_folder_clear(&folder, &problem), TLSPIN_OK);
  assert_int_equal(shelf_others(stores), 2);
  touch(stores, ".pins.db");
  backup_folder_leave(&folder);
  assert_int_equal(shelf_others(stores), 2);
  assert_int_equal(g_mkdir(lock, 0700), 0);
  refuse(stores, "can't be removed");
}

static void test_link(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_folder(stores);
  g_autofree char *elsewhere = g_build_filename(stores->folder, "elsewhere", NULL);
  g_autofree char *problem = NULL;
  GPtrArray *found;

  assert_int_equal(g_mkdir(elsewhere, 0700), 0);
  assert_int_equal(symlink(elsewhere, path), 0);
  refuse(stores, "symbolic link");
  assert_int_equal(backup_folder_list(stores->path, geteuid(), STORES_NOW, &found, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(found);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(symlink("nowhere", path), 0);
  refuse(stores, "symbolic link");
}

static void test_mode(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_folder(stores);
  g_autofree char *problem = NULL;
  struct backup_folder folder;
  GPtrArray *found;

  assert_int_equal(g_mkdir(path, 0700), 0);
  assert_int_equal(chmod(path, 0750), 0);
  refuse(stores, "chmod go=");
  assert_int_equal(backup_folder_list(stores->path, geteuid(), STORES_NOW, &found, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(chmod(path, 0700), 0);
  enter(stores, &folder);
  backup_folder_leave(&folder);
  if (geteuid() == 0) {
    assert_int_equal(chown(path, OTHER_USER, (gid_t)-1), 0);
    refuse(stores, "chown");
  }
}

static void test_no_folder(void **state)
{
  struct stores *stores = *state;

  g_autofree char *path = shelf_folder(stores);

  stores_write(path, 0, "x", 1);
  refuse(stores, "backups");
}

static void check_read_only(struct stores *stores)
{
  g_autofree char *path = shelf_folder(stores);
  g_autofree char *problem = NULL;
  GPtrArray *found;

  assert_int_equal(chmod(stores->home, 0500), 0);
  refuse(stores, "can't be made");
  found = list(stores, STORES_NOW);
  assert_int_equal(found->len, 0);
  g_ptr_array_unref(found);
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_equal(g_mkdir(path, 0500), 0);
  refuse(stores, "can't be made");
  assert_int_equal(chmod(path, 0300), 0);
  assert_int_equal(backup_folder_list(stores->path, geteuid(), STORES_NOW, &found, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be listed"));
  assert_int_equal(rmdir(path), 0);
}

static void test_read_only(void **state)
{
  stores_as_user(*state, check_read_only);
}

/* The other one has it for longer than anybody waits. */
static void test_locked(void **state)
{
  struct stores *stores = *state;
  struct backup_folder folder;
  int ready[2];
  char octet;
  pid_t child;

  assert_int_equal(pipe(ready), 0);
  child = stores_fork();
  if (child == 0) {
    enter(stores, &folder);
    assert_int_equal(write(ready[1], "x", 1), 1);
    pause();
    _exit(1);
  }
  assert_int_equal(read(ready[0], &octet, 1), 1);
  refuse(stores, "locked by another process");
  stores_kill(child);
  enter(stores, &folder);
  backup_folder_leave(&folder);
  close(ready[0]);
  close(ready[1]);
}

static void expect_name(const struct backup_folder *folder, int64_t made, const char *expected)
{
  struct backup *backup = NULL;
  g_autofree char *problem = NULL;
  g_autofree char *name = NULL;

  assert_int_equal(backup_folder_name(folder, made, &backup, &problem), TLSPIN_OK);
  name = g_path_get_basename(backup->path);
  assert_string_equal(name, expected);
  assert_true(backup->made == made);
  stores_write(backup->path, 0, "", 0);
  backup_free(backup);
}

static void test_names(void **state)
{
  struct stores *stores = *state;
  struct backup_folder folder;
  struct backup *backup = NULL;
  g_autofree char *problem = NULL;

  enter(stores, &folder);
  expect_name(&folder, 1795415100, "pins-20261123T062500Z.db");
  expect_name(&folder, 1795415100, "pins-20261123T062500Z_02.db");
  expect_name(&folder, 1795415100, "pins-20261123T062500Z_03.db");
  expect_name(&folder, 0, "pins-19700101T000000Z.db");
  expect_name(&folder, 253402300799, "pins-99991231T235959Z.db");
  for (int i = 4; i <= 99; i++) {
    g_autofree char *name = g_strdup_printf("pins-20261123T062500Z_%02d.db", i);

    expect_name(&folder, 1795415100, name);
  }
  assert_int_equal(backup_folder_name(&folder, 1795415100, &backup, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "no name left"));
  assert_int_equal(backup_folder_name(&folder, INT64_MAX, &backup, &problem), TLSPIN_UNAVAILABLE);
  assert_null(backup);
  backup_folder_leave(&folder);
}

static void test_list(void **state)
{
  struct stores *stores = *state;
  static const char *const others[] = {
      "pins-20261123T062500.db",
      "pins-20261123T062500Z",
      "pins-20261123T062560Z.db",
      "pins-20261323T062500Z.db",
      "pins-20261123T062500Z_1.db",
      "pins-20261123T062500Z_01.db",
      "pins-20261123T062500Z_2.db",
      "pins-20261123T062500Z_02.dbx",
      "pins-20261123T062500Z-02.db",
      "pins-2026-11-23T062500Z.db",
      "PINS-20261123T062500Z.db",
      "pins-20261123T062500Z.db~",
      "pins-20261123T062500Z_+2.db",
      "pins-",
      "pins.db",
      ".pins.db",
      "20261123T062500Z.db",
  };
  GPtrArray *found = list(stores, STORES_NOW);
  struct backup_folder folder;

  assert_int_equal(found->len, 0);
  g_ptr_array_unref(found);
  enter(stores, &folder);
  for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
    touch(stores, others[i]);
  touch(stores, "pins-20261123T062500Z.db");
  touch(stores, "pins-20261123T062500Z_10.db");
  touch(stores, "pins-20261123T062500Z_09.db");
  touch(stores, "pins-20251123T062500Z.db");
  touch(stores, "pins-20300101T000000Z.db");
  found = list(stores, 1795415100);
  assert_int_equal(found->len, 5);
  assert_int_equal(at(found, 0)->turn, 10);
  assert_int_equal(at(found, 1)->turn, 9);
  assert_int_equal(at(found, 2)->turn, 1);
  assert_true(at(found, 2)->made == 1795415100);
  assert_true(at(found, 3)->made == 1763879100);
  assert_true(at(found, 4)->made == 1893456000); /* from the future */
  assert_int_equal(at(found, 0)->size, strlen("pins-20261123T062500Z_10.db"));
  assert_int_equal(at(found, 0)->state, BACKUP_UNREAD);
  assert_null(at(found, 0)->problem);
  g_ptr_array_unref(found);
  found = list(stores, 1893456000);
  assert_true(at(found, 0)->made == 1893456000);
  g_ptr_array_unref(found);
  backup_folder_leave(&folder);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, stores_setup_home, stores_teardown)

/* A lock file that remembers a store, which none of ours does there, is shared until it is had
 * alone; as long as it isn't nothing in the folder is touched. */
static void test_shared(void **state)
{
  struct stores *stores = *state;
  g_autofree char *within = shelf_path(stores, "pins.db");
  g_autofree char *left = shelf_path(stores, ".pins.db");
  struct backup_folder folder;
  struct lockfile lock;
  char *problem = NULL;

  enter(stores, &folder);
  backup_folder_leave(&folder);
  assert_int_equal(lockfile_open(within, geteuid(), LOCKFILE_PATIENT, &lock, &problem), TLSPIN_OK);
  assert_int_equal(lockfile_settle(&lock, &problem), TLSPIN_OK);
  assert_false(lock.exclusive);
  touch(stores, ".pins.db");
  refuse(stores, "locked by another process");
  assert_int_equal(access(left, F_OK), 0);
  lockfile_close(&lock);
  enter(stores, &folder);
  assert_true(folder.lock.exclusive);
  assert_int_equal(access(left, F_OK), -1);
  backup_folder_leave(&folder);
}

/* A folder that can't be listed isn't one without backups; of one whose size can't be seen it isn't
 * told. */
static void test_not_listed(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_path(stores, "pins-20231114T221320Z.db");
  struct backup_folder folder;
  char *problem = NULL;
  GPtrArray *found;
  unsigned call = 0, unsized = 0;

  enter(stores, &folder);
  backup_folder_leave(&folder);
  stores_write(path, 0, "x", 1);
  opendir_misfire = (struct misfire){.call = 1, .error = EACCES};
  assert_int_equal(backup_folder_list(stores->path, geteuid(), STORES_NOW, &found, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(found);
  assert_non_null(strstr(problem, "can't be listed"));
  g_free(problem);
  do {
    lstat_misfire = (struct misfire){.call = ++call, .error = EACCES};
    found = list(stores, STORES_NOW);
    lstat_misfire.call = 0;
    assert_int_equal(found->len, 1);
    unsized += at(found, 0)->size == 0;
    g_ptr_array_unref(found);
  } while (lstat_misfire.done > 0);
  assert_int_equal(unsized, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_FOLDER(test_enter),     WITH_FOLDER(test_enter_by_link), WITH_FOLDER(test_leftovers),
      WITH_FOLDER(test_link),      WITH_FOLDER(test_mode),          WITH_FOLDER(test_no_folder),
      WITH_FOLDER(test_read_only), WITH_FOLDER(test_locked),        WITH_FOLDER(test_names),
      WITH_FOLDER(test_list),      WITH_FOLDER(test_shared),        WITH_FOLDER(test_not_listed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The file of a store, where the calls fail that are made for it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/file.h"

#include "tests/descriptors.h"
#include "tests/filerules.h"
#include "tests/misfire.h"

#include <dirent.h>

MISFIRE(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
MISFIRE(int, fstat, (int fd, struct stat *status), (fd, status), -1)
MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)
MISFIRE(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
MISFIRE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)
MISFIRE(ssize_t, pread, (int fd, void *octets, size_t size, off_t offset),
        (fd, octets, size, offset), -1)
MISFIRE(struct dirent *, readdir, (DIR * dir), (dir), NULL)
MISFIRE(char *, realpath, (const char *path, char *out), (path, out), NULL)
MISFIRE(int, rename, (const char *from, const char *to), (from, to), -1)
MISFIRE(int, stat, (const char *path, struct stat *status), (path, status), -1)

static void refuse_resolve(const char *path, struct file_rule rule, const char *words)
{
  char *resolved = NULL, *problem = NULL;

  assert_int_equal(file_resolve(path, rule, &resolved, &problem), TLSPIN_UNAVAILABLE);
  assert_null(resolved);
  expect_words(problem, words);
}

/* On the way to the folder something is in the way, or the system says no. */
static void test_resolve_fails(void **state)
{
  static const struct {
    struct misfire *misfire;
    unsigned call;
    int error;
    const char *words;
  } calls[] = {
      /* the folder, its parent, that one's name, the folder again, and its name */
      {&mkdir_misfire, 1, EACCES, "Permission denied"},
      {&mkdir_misfire, 2, EACCES, "Permission denied"},
      {&fsync_misfire, 1, EIO, "Input/output error"},
      {&mkdir_misfire, 3, ENOSPC, "No space left"},
      {&fsync_misfire, 2, EIO, "Input/output error"},
      {&realpath_misfire, 1, EACCES, "can't be reached: Permission denied"},
      {&stat_misfire, 1, EIO, "can't be looked at: Input/output error"},
  };
  struct stores *stores = *state;
  g_autofree char *path = g_build_filename(stores->home, "deep", "pins.db", NULL);
  g_autofree char *folder = g_path_get_dirname(path);

  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
    *calls[i].misfire = (struct misfire){.call = calls[i].call, .error = calls[i].error};
    refuse_resolve(path, user(), calls[i].words);
    assert_int_equal(calls[i].misfire->call, 0);
    rmdir(folder);
    rmdir(stores->home);
  }
  stores_write(stores->home, 0, "x", 1);
  refuse_resolve(path, user(), "Not a directory");
}

/* Whatever the system says, the way up ends at the root. */
static void test_resolve_ends(void **state)
{
  struct stores *stores = *state;

  mkdir_misfire = (struct misfire){.call = 1, .error = ENOENT, .ever = true};
  refuse_resolve(stores->path, user(), "can't be made: No such file or directory");
  mkdir_misfire.call = 0;
}

static void test_exists(void **state)
{
  struct stores *stores = *state;

  lstat_misfire = (struct misfire){.call = 1, .error = EACCES};
  assert_true(file_exists(stores->layer)); /* there is no telling */
  assert_false(file_exists(stores->layer));
  lstat_misfire = (struct misfire){.call = 1, .error = EACCES};
  assert_true(file_has_content(stores->layer));
  assert_false(file_has_content(stores->layer));
}

/* A name that may not last is none. */
static void test_create_fails(void **state)
{
  struct stores *stores = *state;
  char *problem = NULL;

  open_misfire = (struct misfire){.call = 1, .error = EMFILE};
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "Too many open files");
  assert_false(file_exists(stores->layer));
  problem = NULL;
  fsync_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "can't be written to the disk: Input/output error");
  problem = NULL;
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_OK);
  fsync_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_int_equal(file_create(stores->layer, &problem),
                   TLSPIN_UNAVAILABLE); /* though it's there */
  expect_words(problem, "can't be written to the disk");
}

/* The new content is there as a whole and for good, or it isn't said to be. */
static void test_publish(void **state)
{
  static const struct {
    struct misfire *misfire;
    unsigned call;
  } calls[] = {{&open_misfire, 1}, {&fchmod_misfire, 1}, {&fsync_misfire, 1}, {&rename_misfire, 1}};
  struct stores *stores = *state;
  g_autofree char *temporary = g_strconcat(stores->layer, ".new", NULL);
  char *problem = NULL;

  stores_write(stores->layer, 0, "old", 3);
  stores_write(temporary, 0, "new", 3);
  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
    *calls[i].misfire = (struct misfire){.call = calls[i].call, .error = EIO};
    assert_int_equal(file_publish(temporary, stores->layer, 0644, &problem), TLSPIN_UNAVAILABLE);
    expect_words(problem, "can't be put in place: Input/output error");
    problem = NULL;
    assert_true(stores_file_holds(stores->layer, "old"));
  }
  fsync_misfire = (struct misfire){.call = 2, .error = EIO}; /* of the folder */
  assert_int_equal(file_publish(temporary, stores->layer, 0644, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "can't be put in place");
  problem = NULL;
  stores_write(temporary, 0, "newer", 5);
  assert_int_equal(file_publish(temporary, stores->layer, 0644, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_true(stores_file_holds(stores->layer, "newer"));
  assert_int_equal(mode_of(stores->layer), 0644);
  assert_false(file_exists(temporary));
}

/* A file that can't be looked at or read isn't judged. */
static void test_unread(void **state)
{
  struct stores *stores = *state;
  int fd = 0;
  char *problem = NULL;

  stores_write(stores->layer, 0, "x", 1);
  fstat_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_int_equal(file_open(stores->layer, user(), &fd, &problem), TLSPIN_UNAVAILABLE);
  assert_int_equal(fd, -1);
  expect_words(problem, "can't be opened: Input/output error");
  pread_misfire = (struct misfire){.call = 1, .error = EIO};
  refuse(stores->layer, user(), "can't be read: Input/output error");
  pread_misfire = (struct misfire){.call = 1, .error = EIO};
  refuse(stores->layer, layer(), "can't be read: Input/output error");
  accept(stores->layer, user());
}

/* A folder that can't be read to its end may hold some: the store was there, and isn't a new one.
 */
static void test_backups(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->folder, "backups", NULL);

  assert_int_equal(mkdir(folder, 0700), 0);
  assert_false(file_has_backups(stores->layer));
  for (unsigned call = 1; call <= 3; call++) {
    readdir_misfire = (struct misfire){.call = call, .error = EIO};
    assert_true(file_has_backups(stores->layer));
    assert_int_equal(readdir_misfire.call, 0);
  }
  assert_false(file_has_backups(stores->layer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_resolve_fails), TEST(test_resolve_ends), TEST(test_exists),
      TEST(test_create_fails),  TEST(test_publish),      TEST(test_unread),
      TEST(test_backups),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

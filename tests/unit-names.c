/* The names in a folder (daemon/names.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/names.h"

#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(DIR *, opendir, (const char *path), (path), NULL)
MISFIRE(struct dirent *, readdir, (DIR * dir), (dir), NULL)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)
MISFIRE(int, unlink, (const char *path), (path), -1)

static void touch(const struct stores *stores, const char *name)
{
  g_autofree char *path = g_build_filename(stores->home, name, NULL);

  stores_write(path, 0, name, strlen(name));
}

static bool is_there(const struct stores *stores, const char *name)
{
  g_autofree char *path = g_build_filename(stores->home, name, NULL);

  return access(path, F_OK) == 0;
}

static void expect_count(const struct stores *stores, guint count)
{
  g_autofree char *problem = NULL;
  g_autoptr(GPtrArray) names = names_read(stores->home, &problem);

  assert_non_null(names);
  assert_null(problem);
  assert_int_equal(names->len, count);
}

static void test_read(void **state)
{
  struct stores *stores = *state;
  g_autoptr(GPtrArray) names = NULL;

  expect_count(stores, 0);
  touch(stores, "a");
  touch(stores, ".b");
  names = names_read(stores->home, NULL);
  assert_int_equal(names->len, 2);
  assert_true(g_ptr_array_find_with_equal_func(names, "a", g_str_equal, NULL));
  assert_true(g_ptr_array_find_with_equal_func(names, ".b", g_str_equal, NULL));
}

static void test_missing(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(rmdir(stores->home), 0);
  expect_count(stores, 0);
  assert_true(names_remove_temporaries(stores->home));
}

static void refuse(const struct stores *stores, int fault)
{
  g_autofree char *problem = NULL;

  assert_null(names_read(stores->home, &problem));
  assert_int_equal(errno, fault);
  assert_non_null(strstr(problem, stores->home));
  assert_non_null(strstr(problem, "can't be listed"));
  assert_non_null(strstr(problem, g_strerror(fault)));
}

/* Not even those that were read before are told. */
static void test_unlisted(void **state)
{
  struct stores *stores = *state;

  touch(stores, "a");
  for (unsigned call = 1; call <= 4; call++) { /* of "a", ".", ".." and the end */
    readdir_misfire = (struct misfire){.call = call, .error = EIO};
    refuse(stores, EIO);
    assert_int_equal(readdir_misfire.call, 0);
  }
  opendir_misfire = (struct misfire){.call = 1, .error = EMFILE};
  refuse(stores, EMFILE);
  opendir_misfire = (struct misfire){.call = 1, .error = EACCES};
  assert_null(names_read(stores->home, NULL));
}

/* A name that leads nowhere isn't a folder in which there is nothing. */
static void test_no_folder(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(rmdir(stores->home), 0);
  assert_int_equal(symlink("nowhere", stores->home), 0);
  refuse(stores, ENOENT);
  assert_int_equal(unlink(stores->home), 0);
  lstat_misfire = (struct misfire){.call = 1, .error = EIO}; /* something may be there */
  refuse(stores, ENOENT);
  stores_write(stores->home, 0, "x", 1);
  refuse(stores, ENOTDIR);
  assert_int_equal(unlink(stores->home), 0);
}

static void test_temporaries(void **state)
{
  struct stores *stores = *state;

  touch(stores, "etilqs_0123456789abcdef");
  touch(stores, "etilqs_fedcba9876543210");
  touch(stores, "etilqs");
  touch(stores, "pins.db");
  assert_true(names_remove_temporaries(stores->home));
  expect_count(stores, 2);
  assert_true(is_there(stores, "etilqs") && is_there(stores, "pins.db"));
}

/* All that can be removed is, and nobody is told that nothing is left. */
static void test_temporaries_stay(void **state)
{
  struct stores *stores = *state;

  touch(stores, "etilqs_1");
  touch(stores, "etilqs_2");
  unlink_misfire = (struct misfire){.call = 1, .error = EPERM};
  assert_false(names_remove_temporaries(stores->home));
  assert_int_equal(errno, EPERM);
  expect_count(stores, 1);
  readdir_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_false(names_remove_temporaries(stores->home));
  assert_int_equal(errno, EIO);
  expect_count(stores, 1);
  unlink_misfire = (struct misfire){.call = 1, .error = ENOENT}; /* somebody else was faster */
  assert_true(names_remove_temporaries(stores->home));
  assert_true(names_remove_temporaries(stores->home));
  expect_count(stores, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_read),      TEST(test_missing),     TEST(test_unlisted),
      TEST(test_no_folder), TEST(test_temporaries), TEST(test_temporaries_stay),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

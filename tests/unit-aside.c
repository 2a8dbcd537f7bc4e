/* Damaged files that were set aside.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/aside.h"

#include "tests/nobody.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(struct stores *stores, const char *name)
{
  char *problem = NULL;

  assert_int_equal(aside_put(stores->path, name, &problem), TLSPIN_OK);
  assert_null(problem);
}

static char *beside(struct stores *stores, const char *name)
{
  return g_build_filename(stores->home, name, NULL);
}

static void expect_content(const char *path, const char *expected)
{
  g_autofree char *content = NULL;

  assert_true(g_file_get_contents(path, &content, NULL, NULL));
  assert_string_equal(content, expected);
}

/* The file has both names, so that a crash before another takes its place loses nothing. */
static void test_put(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = beside(stores, "damaged-x.db");
  struct stat a, b;

  stores_write(stores->path, 0, "damaged", 7);
  put(stores, "damaged-x.db");
  expect_content(aside, "damaged");
  assert_int_equal(stat(stores->path, &a), 0);
  assert_int_equal(stat(aside, &b), 0);
  assert_int_equal(a.st_ino, b.st_ino);
}

/* What is unfinished goes with it; what says nothing goes. */
static void test_journals(void **state)
{
  static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
  struct stores *stores = *state;

  stores_write(stores->path, 0, "damaged", 7);
  for (int i = 0; i < 3; i++) {
    g_autofree char *journal = g_strconcat(stores->path, suffixes[i], NULL);

    stores_write(journal, 0, "unfinished", i == 1 ? 0 : 10);
  }
  put(stores, "damaged-x.db");
  for (int i = 0; i < 3; i++) {
    g_autofree char *journal = g_strconcat(stores->path, suffixes[i], NULL);
    g_autofree char *name = g_strconcat("damaged-x.db", suffixes[i], NULL);
    g_autofree char *aside = beside(stores, name);

    assert_int_not_equal(access(journal, F_OK), 0);
    if (i == 1)
      assert_int_not_equal(access(aside, F_OK), 0);
    else
      expect_content(aside, "unfinished");
  }
}

/* A name by the time, and another where that is taken. */
static void test_names(void **state)
{
  static const char *const names[] = {"damaged-20231114T221320Z.db",
                                      "damaged-20231114T221320Z-1.db",
                                      "damaged-20231114T221320Z-2.db"};
  struct stores *stores = *state;
  GPtrArray *list;

  stores_write(stores->path, 0, "damaged", 7);
  for (int i = 0; i < 3; i++) {
    g_autofree char *name = aside_choose(stores->path, STORES_NOW);

    assert_string_equal(name, names[i]);
    put(stores, name);
  }
  stores_write(stores->lock, 0, "1\n", 2);
  list = aside_list(stores->path);
  assert_int_equal(list->len, 3);
  assert_string_equal(list->pdata[0], names[1]); /* '-' stands before '.' */
  assert_string_equal(list->pdata[1], names[2]);
  assert_string_equal(list->pdata[2], names[0]);
  g_ptr_array_unref(list);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  GPtrArray *list = aside_list(stores->path);

  assert_int_equal(list->len, 0);
  g_ptr_array_unref(list);
  assert_int_equal(g_rmdir(stores->home), 0);
  list = aside_list(stores->path);
  assert_int_equal(list->len, 0);
  g_ptr_array_unref(list);
}

/* Nothing is overwritten. */
static void test_taken(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = beside(stores, "damaged-x.db"), *problem = NULL;

  stores_write(stores->path, 0, "damaged", 7);
  stores_write(aside, 0, "older", 5);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "damaged-x.db"));
  expect_content(aside, "older");
  expect_content(stores->path, "damaged");
}

static void put_where_nothing_can_be_written(void **state)
{
  struct stores *stores = *state;
  g_autofree char *problem = NULL;

  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "Permission denied"));
  assert_int_not_equal(access(stores->path, R_OK), 0);
}

static void test_unwritable(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = beside(stores, "damaged-x.db");

  stores_write(stores->path, 0, "damaged", 7);
  nobody_owns(stores->folder);
  nobody_owns(stores->home);
  assert_int_equal(chmod(stores->path, 0200) + chmod(stores->home, 0500), 0);
  nobody_checks(put_where_nothing_can_be_written, state);
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_not_equal(access(aside, F_OK), 0);
}

/* As on a file system that knows no second names. */
static int link_fault;

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
  if (link_fault == 0)
    return __real_link(from, to);
  errno = link_fault;
  return -1;
}

static void test_copied(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = beside(stores, "damaged-x.db");
  struct stat a, b;

  stores_write(stores->path, 0, "damaged", 7);
  link_fault = EPERM;
  put(stores, "damaged-x.db");
  link_fault = 0;
  expect_content(aside, "damaged");
  assert_int_equal(stat(stores->path, &a), 0);
  assert_int_equal(stat(aside, &b), 0);
  assert_int_not_equal(a.st_ino, b.st_ino);
  assert_int_equal(b.st_mode & 07777, 0600);
}

/* Nothing is copied over another file, nor a half of it left. */
static void test_not_copied(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = beside(stores, "damaged-x.db"), *problem = NULL;

  link_fault = EPERM;
  stores_write(aside, 0, "taken", 5);
  stores_write(stores->path, 0, "damaged", 7);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "set aside"));
  expect_content(aside, "taken");
  assert_int_equal(unlink(aside) + unlink(stores->path), 0);
  assert_int_equal(g_mkdir(stores->path, 0700), 0);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_int_not_equal(access(aside, F_OK), 0);
  assert_int_equal(g_rmdir(stores->path), 0);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_int_not_equal(access(aside, F_OK), 0);
  link_fault = 0;
}

/* All that was set aside, with what was beside it, and nothing else. */
static void test_size(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_build_filename(stores->home, "damaged-x.db", NULL);
  g_autofree char *journal = g_strconcat(aside, "-journal", NULL);

  assert_true(aside_size(stores->path) == 0);
  stores_write(stores->path, 0, "store", 5);
  stores_write(aside, 0, "damaged", 7);
  stores_write(journal, 0, "too", 3);
  assert_true(aside_size(stores->path) == 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_put, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_journals, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_copied, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_not_copied, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_names, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_none, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_taken, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unwritable, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_size, stores_setup_home, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

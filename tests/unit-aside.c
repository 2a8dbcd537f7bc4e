/* Damaged files that were set aside.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/aside.h"

#include "daemon/file.h"
#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/nobody.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, link, (const char *from, const char *to), (from, to), -1)
MISFIRE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)
MISFIRE(ssize_t, read, (int fd, void *octets, size_t size), (fd, octets, size), -1)
MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)
MISFIRE(struct dirent *, readdir, (DIR * dir), (dir), NULL)

/* As on a file system that knows no second names. */
static void setup_no_links(void)
{
  link_misfire = (struct misfire){.call = 1, .error = EPERM, .ever = true};
}

static int setup(void **state)
{
  link_misfire = (struct misfire){.call = 0};
  return stores_setup_home(state);
}

static void put(struct stores *stores, const char *name)
{
  char *problem = NULL;

  assert_int_equal(aside_put(stores->path, name, &problem), TLSPIN_OK);
  assert_null(problem);
}

/* The file has both names, so that a crash before another takes its place loses nothing. */
static void test_put(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db");
  struct stat a, b;

  stores_write(stores->path, 0, "damaged", 7);
  put(stores, "damaged-x.db");
  stores_expect_content(aside, "damaged");
  assert_int_equal(stat(stores->path, &a), 0);
  assert_int_equal(stat(aside, &b), 0);
  assert_int_equal(a.st_ino, b.st_ino);
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
  list = aside_list(stores->path, NULL);
  assert_int_equal(list->len, 3);
  assert_string_equal(list->pdata[0], names[1]); /* '-' stands before '.' */
  assert_string_equal(list->pdata[1], names[2]);
  assert_string_equal(list->pdata[2], names[0]);
  g_ptr_array_unref(list);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  GPtrArray *list = aside_list(stores->path, NULL);

  assert_int_equal(list->len, 0);
  g_ptr_array_unref(list);
  assert_int_equal(g_rmdir(stores->home), 0);
  list = aside_list(stores->path, NULL);
  assert_int_equal(list->len, 0);
  g_ptr_array_unref(list);
}

/* The store isn't set aside, for this reason, and stays where it is with all that is beside it. */
static void refuse(struct stores *stores, const char *reason)
{
  g_autofree char *aside = stores_beside(stores, "damaged-x.db"), *problem = NULL;

  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be set aside as"));
  assert_non_null(strstr(problem, aside));
  if (strstr(problem, reason) == NULL)
    print_error("'%s' is not in: %s\n", reason, problem);
  assert_non_null(strstr(problem, reason));
  assert_int_not_equal(access(aside, F_OK), 0);
  stores_expect_content(stores->path, "damaged");
}

/* Nothing is overwritten. */
static void test_taken(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db"), *problem = NULL;

  stores_write(stores->path, 0, "damaged", 7);
  stores_write(aside, 0, "older", 5);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "damaged-x.db"));
  stores_expect_content(aside, "older");
  stores_expect_content(stores->path, "damaged");
}

/* Nor is a journal of that name, which may be all that there is, nor is it taken for another's. */
static void test_taken_by_journal(void **state)
{
  struct stores *stores = *state;
  g_autofree char *older = stores_beside(stores, "damaged-x.db-journal");
  g_autofree char *journal = g_strconcat(stores->path, "-journal", NULL);

  stores_write(stores->path, 0, "damaged", 7);
  stores_write(journal, 0, "unfinished", 10);
  stores_write(older, 0, "older", 5);
  refuse(stores, "File exists");
  stores_expect_content(older, "older");
  stores_expect_content(journal, "unfinished");
}

/* As above where only the journals are set aside, and each name that is looked for is taken. */
static void test_journals_taken(void **state)
{
  struct stores *stores = *state;
  g_autofree char *journal = g_strconcat(stores->path, "-journal", NULL), *problem = NULL;

  stores_write(journal, 0, "unfinished", 10);
  lstat_misfire = (struct misfire){.call = 1, .error = EIO, .ever = true};
  assert_int_equal(aside_put_journals(stores->path, STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
  lstat_misfire.call = 0;
  assert_non_null(strstr(problem, "-999.db: File exists"));
  stores_expect_content(journal, "unfinished");
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
  g_autofree char *aside = stores_beside(stores, "damaged-x.db");

  stores_write(stores->path, 0, "damaged", 7);
  nobody_owns(stores->folder);
  nobody_owns(stores->home);
  assert_int_equal(chmod(stores->path, 0200) + chmod(stores->home, 0500), 0);
  nobody_checks(put_where_nothing_can_be_written, state);
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_not_equal(access(aside, F_OK), 0);
}

static void test_copied(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db");
  struct stat a, b;

  stores_write(stores->path, 0, "damaged", 7);
  setup_no_links();
  put(stores, "damaged-x.db");
  stores_expect_content(aside, "damaged");
  assert_int_equal(stat(stores->path, &a), 0);
  assert_int_equal(stat(aside, &b), 0);
  assert_int_not_equal(a.st_ino, b.st_ino);
  assert_int_equal(b.st_mode & 07777, 0600);
}

/* Nothing is copied over another file, nor a half of it left. */
static void test_not_copied(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db"), *problem = NULL;

  setup_no_links();
  stores_write(aside, 0, "taken", 5);
  stores_write(stores->path, 0, "damaged", 7);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "set aside"));
  stores_expect_content(aside, "taken");
  assert_int_equal(unlink(aside) + unlink(stores->path), 0);
  assert_int_equal(g_mkdir(stores->path, 0700), 0);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_int_not_equal(access(aside, F_OK), 0);
  assert_int_equal(g_rmdir(stores->path), 0);
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_int_not_equal(access(aside, F_OK), 0);
}

/* Where there is no room for a name, there is none for a copy; and where somebody took the name
 * just now, a copy would take its place. */
static void test_no_name(void **state)
{
  static const struct {
    int error;
    const char *text;
  } faults[] = {{ENOSPC, "No space left on device"}, {EEXIST, "File exists"}};
  struct stores *stores = *state;

  stores_write(stores->path, 0, "damaged", 7);
  for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
    link_misfire = (struct misfire){.call = 1, .error = faults[i].error};
    open_misfire = (struct misfire){.call = 1, .error = EIO};
    refuse(stores, faults[i].text);
    assert_int_equal(open_misfire.call, 1); /* it wasn't tried */
    open_misfire.call = 0;
  }
  put(stores, "damaged-x.db");
}

/* Each of the copy's calls fails once. */
static void test_copy_fails(void **state)
{
  static const struct {
    struct misfire *misfire;
    unsigned call;
  } calls[] = {{&open_misfire, 1},
               {&open_misfire, 2},
               {&read_misfire, 1},
               {&read_misfire, 2},
               {&fsync_misfire, 1}};
  struct stores *stores = *state;

  stores_write(stores->path, 0, "damaged", 7);
  setup_no_links();
  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
    *calls[i].misfire = (struct misfire){.call = calls[i].call, .error = EIO};
    refuse(stores, "Input/output error");
    assert_int_equal(calls[i].misfire->call, 0);
  }
  put(stores, "damaged-x.db");
}

/* The disk takes a part of the copy only. */
static void test_copy_is_cut(void **state)
{
  struct stores *stores = *state;
  struct rlimit before, little;

  stores_write(stores->path, 0, "damaged", 7);
  setup_no_links();
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  little = before;
  little.rlim_cur = 3;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
  refuse(stores, "File too large");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  put(stores, "damaged-x.db");
}

/* A clock may say anything. */
static void test_no_time(void **state)
{
  struct stores *stores = *state;
  g_autofree char *name = aside_choose(stores->path, INT64_MAX), *other = NULL, *path = NULL;

  assert_string_equal(name, "damaged-unknown.db");
  assert_true(aside_is_main(name));
  path = stores_beside(stores, name);
  stores_write(path, 0, "damaged", 7);
  other = aside_choose(stores->path, INT64_MAX);
  assert_string_equal(other, "damaged-unknown-1.db");
}

/* Only so many names are looked for; the last one is refused then, as it is taken. */
static void test_too_many(void **state)
{
  struct stores *stores = *state;
  g_autofree char *name = NULL;

  lstat_misfire = (struct misfire){.call = 1, .error = EIO, .ever = true}; /* each may be there */
  name = aside_choose(stores->path, STORES_NOW);
  lstat_misfire.call = 0;
  assert_string_equal(name, "damaged-20231114T221320Z-999.db");
}

/* All that was set aside, with what was beside it, and nothing else. */
static void test_size(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_build_filename(stores->home, "damaged-x.db", NULL);
  g_autofree char *journal = g_strconcat(aside, "-journal", NULL);
  g_autofree char *note = g_build_filename(stores->home, "damaged-x.txt", NULL);
  GPtrArray *list;

  assert_true(aside_size(stores->path) == 0);
  stores_write(stores->path, 0, "store", 5);
  stores_write(aside, 0, "damaged", 7);
  stores_write(journal, 0, "too", 3);
  stores_write(note, 0, "not mine", 8);
  assert_true(aside_size(stores->path) == 10);
  list = aside_list_files(stores->path, NULL);
  assert_int_equal(list->len, 2);
  assert_string_equal(list->pdata[0], "damaged-x.db");
  assert_string_equal(list->pdata[1], "damaged-x.db-journal");
  g_ptr_array_unref(list);
  list = aside_list(stores->path, NULL);
  assert_int_equal(list->len, 1);
  assert_string_equal(list->pdata[0], "damaged-x.db");
  g_ptr_array_unref(list);
  lstat_misfire = (struct misfire){.call = 1, .error = ENOENT}; /* taken away meanwhile */
  assert_true(aside_size(stores->path) == 3);
}

/* What can't be listed isn't none, nor a part of it all. */
static void test_unlisted(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db");
  GPtrArray *(*const lists[])(const char *, char **) = {aside_list, aside_list_files};

  stores_write(aside, 0, "damaged", 7);
  for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
    g_autofree char *problem = NULL;

    readdir_misfire = (struct misfire){.call = 4, .error = EIO};
    assert_null(lists[i](stores->path, &problem));
    assert_int_equal(readdir_misfire.call, 0);
    assert_non_null(strstr(problem, "can't be listed: Input/output error"));
  }
  readdir_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_true(aside_size(stores->path) == 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put),
      TEST(test_copied),
      TEST(test_not_copied),
      TEST(test_no_name),
      TEST(test_copy_fails),
      TEST(test_copy_is_cut),
      TEST(test_names),
      TEST(test_no_time),
      TEST(test_too_many),
      TEST(test_none),
      TEST(test_taken),
      TEST(test_taken_by_journal),
      TEST(test_journals_taken),
      TEST(test_unwritable),
      TEST(test_size),
      TEST(test_unlisted),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

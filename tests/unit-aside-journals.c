/* What is unfinished beside a file that is set aside: its journals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/aside.h"

#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(int, rename, (const char *from, const char *to), (from, to), -1)
MISFIRE(int, unlink, (const char *path), (path), -1)

/* What is unfinished goes with it; what says nothing goes. */
static void test_journals(void **state)
{
  static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
  struct stores *stores = *state;
  char *problem = NULL;

  stores_write(stores->path, 0, "damaged", 7);
  for (int i = 0; i < 3; i++) {
    g_autofree char *journal = g_strconcat(stores->path, suffixes[i], NULL);

    stores_write(journal, 0, "unfinished", i == 1 ? 0 : 10);
  }
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_OK);
  for (int i = 0; i < 3; i++) {
    g_autofree char *journal = g_strconcat(stores->path, suffixes[i], NULL);
    g_autofree char *name = g_strconcat("damaged-x.db", suffixes[i], NULL);
    g_autofree char *aside = stores_beside(stores, name);

    assert_int_not_equal(access(journal, F_OK), 0);
    if (i == 1)
      assert_int_not_equal(access(aside, F_OK), 0);
    else
      stores_expect_content(aside, "unfinished");
  }
}

/* A journal that can't be moved or taken away: nothing new is left, what was moved before is
 * back, and the next try finds its name free. */
static void test_journals_stay(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db");
  char *problem = NULL;
  struct {
    struct misfire *misfire;
    unsigned call;
  } calls[] = {
      {&rename_misfire, 1}, {&unlink_misfire, 1}, {&unlink_misfire, 2}, {&fsync_misfire, 1}};

  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
    stores_write(stores->path, 0, "damaged", 7);
    stores_write(stores->journal, 0, "unfinished", 10);
    *calls[i].misfire = (struct misfire){.call = calls[i].call, .error = EIO};
    assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, "Input/output error"));
    g_clear_pointer(&problem, g_free);
    assert_int_not_equal(access(aside, F_OK), 0);
    stores_expect_content(stores->path, "damaged");
    assert_int_equal(calls[i].misfire->call, 0);
    stores_expect_content(stores->journal, "unfinished");
  }
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_OK);
}

/* Where a journal can't be brought back either, the file stays beside it under both names. */
static void test_not_brought_back(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = stores_beside(stores, "damaged-x.db"), *problem = NULL;
  g_autofree char *moved = stores_beside(stores, "damaged-x.db-journal");

  stores_write(stores->path, 0, "damaged", 7);
  stores_write(stores->journal, 0, "unfinished", 10);
  rename_misfire = (struct misfire){.call = 2, .error = EACCES};
  unlink_misfire = (struct misfire){.call = 1, .error = EIO};
  assert_int_equal(aside_put(stores->path, "damaged-x.db", &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "Input/output error")); /* the first */
  assert_int_equal(rename_misfire.call + unlink_misfire.call, 0);
  stores_expect_content(stores->path, "damaged");
  stores_expect_content(aside, "damaged");
  stores_expect_content(moved, "unfinished");
}

/* Of a file that is missing. Each has a name of its own. */
static void test_journals_alone(void **state)
{
  static const char *const names[] = {"damaged-20231114T221320Z.db-wal",
                                      "damaged-20231114T221320Z-1.db-wal"};
  struct stores *stores = *state;
  g_autofree char *wal = g_strconcat(stores->path, "-wal", NULL);
  char *problem = NULL;

  for (int i = 0; i < 2; i++) {
    g_autofree char *aside = stores_beside(stores, names[i]);

    stores_write(wal, 0, i == 0 ? "first" : "later", 5);
    assert_int_equal(aside_put_journals(stores->path, STORES_NOW, &problem), TLSPIN_OK);
    assert_null(problem);
    assert_int_not_equal(access(wal, F_OK), 0);
    stores_expect_content(aside, i == 0 ? "first" : "later");
  }
  assert_int_equal(aside_put_journals(stores->path, STORES_NOW, &problem), TLSPIN_OK);
  assert_int_not_equal(access(stores->path, F_OK), 0);
}

/* Whichever call fails, they are where they were. */
static void test_journals_alone_stay(void **state)
{
  struct {
    struct misfire *misfire;
    unsigned call;
  } calls[] = {
      {&rename_misfire, 1}, {&rename_misfire, 2}, {&unlink_misfire, 1}, {&fsync_misfire, 1}};
  struct stores *stores = *state;
  g_autofree char *wal = g_strconcat(stores->path, "-wal", NULL);

  stores_write(stores->journal, 0, "unfinished", 10);
  stores_write(wal, 0, "too", 3);
  for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
    g_autofree char *problem = NULL;
    GPtrArray *list;

    *calls[i].misfire = (struct misfire){.call = calls[i].call, .error = EIO};
    assert_int_equal(aside_put_journals(stores->path, STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, "can't be set aside"));
    assert_non_null(strstr(problem, "Input/output error"));
    assert_int_equal(calls[i].misfire->call, 0);
    stores_expect_content(stores->journal, "unfinished");
    stores_expect_content(wal, "too");
    list = aside_list_files(stores->path, NULL);
    assert_int_equal(list->len, 0);
    g_ptr_array_unref(list);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_journals),       TEST(test_journals_stay),       TEST(test_not_brought_back),
      TEST(test_journals_alone), TEST(test_journals_alone_stay),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

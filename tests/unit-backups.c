/* The backups of a store (daemon/backups.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/brief.h"

enum { HOUR = 3600, DAY = 86400, KILLS = 60 };

static GPtrArray *list(const struct stores *stores, bool read)
{
  GPtrArray *found;
  char *problem;

  assert_int_equal(
      backups_list(stores->path, geteuid(), STORES_NOW + 1000 * DAY, read, &found, &problem),
      TLSPIN_OK);
  assert_null(problem);
  return found;
}

static const struct backup *at(const GPtrArray *found, guint index)
{
  assert_true(index < found->len);
  return g_ptr_array_index(found, index);
}

static void put(const struct stores *stores, int row)
{
  struct store *store = stores_open(stores->path);
  struct ticket_row ticket = stores_row(row);

  assert_int_equal(store_put(store, &ticket, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
}

static void test_make(void **state)
{
  struct stores *stores = *state;
  struct backup_terms terms = {.asked = false};
  g_autofree char *expected = shelf_path(stores, "pins-20231114T221320Z.db");
  struct stat status;
  struct backup *made;
  struct store *store;
  char *problem;

  assert_int_equal(backups_make(stores->path, geteuid(), STORES_NOW, &terms, &made, &problem),
                   TLSPIN_OK);
  assert_null(problem);
  assert_string_equal(made->path, expected);
  assert_true(made->made == STORES_NOW && made->turn == 1);
  assert_int_equal(made->state, BACKUP_WHOLE);
  assert_true(made->sum.rows == SHELF_ROWS);
  assert_int_equal(lstat(expected, &status), 0);
  assert_int_equal(status.st_mode, S_IFREG | 0600);
  assert_int_equal(status.st_size, made->size);
  assert_int_equal(shelf_others(stores), 1);
  store = shelf_open(expected);
  for (int i = 0; i < SHELF_ROWS; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
  backup_free(made);
}

/* A backup put in the store's place is a store. */
static void test_comes_back(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct ticket_row row = stores_row(1);
  struct store *store;

  stores_copy(path, stores->path);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
}

static void test_many_in_a_second(void **state)
{
  struct stores *stores = *state;
  GPtrArray *found;

  for (int i = 0; i < 3; i++) {
    g_free(shelf_make(stores, STORES_NOW));
    put(stores, SHELF_ROWS + i);
  }
  found = list(stores, true);
  assert_int_equal(found->len, 3);
  for (guint i = 0; i < 3; i++) {
    assert_int_equal(at(found, i)->turn, 3 - i);
    assert_true(at(found, i)->sum.rows == SHELF_ROWS + 2 - i);
  }
  g_ptr_array_unref(found);
}

static void test_list(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = shelf_make(stores, STORES_NOW);
  g_autofree char *second = shelf_make(stores, STORES_NOW + 1);
  GPtrArray *found;

  shelf_damage(second);
  found = list(stores, false);
  assert_int_equal(found->len, 2);
  assert_int_equal(at(found, 0)->state, BACKUP_UNREAD);
  assert_int_equal(at(found, 1)->state, BACKUP_UNREAD);
  g_ptr_array_unref(found);
  found = list(stores, true);
  assert_string_equal(at(found, 0)->path, second);
  assert_int_equal(at(found, 0)->state, BACKUP_DAMAGED);
  assert_non_null(strstr(at(found, 0)->problem, second));
  assert_string_equal(at(found, 1)->path, first);
  assert_int_equal(at(found, 1)->state, BACKUP_WHOLE);
  assert_null(at(found, 1)->problem);
  g_ptr_array_unref(found);
}

static void expect_newest(const struct stores *stores, const char *path, guint passed_over)
{
  GPtrArray *passed;
  struct store *opened;
  char *problem;
  enum tlspin_code code =
      backups_open_newest(stores->path, geteuid(), STORES_NOW + DAY, &opened, &passed, &problem);

  assert_int_equal(code, path != NULL ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
  assert_null(problem);
  assert_int_equal(passed->len, passed_over + (path != NULL));
  for (guint i = 0; i < passed_over; i++)
    assert_non_null(at(passed, i)->problem);
  if (path != NULL) {
    struct ticket_row row = stores_row(0);

    assert_string_equal(at(passed, passed_over)->path, path);
    assert_true(at(passed, passed_over)->sum.rows == SHELF_ROWS);
    stores_expect(opened, &row);
  }
  store_close(opened);
  g_ptr_array_unref(passed);
}

static void test_newest(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  expect_newest(stores, NULL, 0);
  first = shelf_make(stores, STORES_NOW);
  second = shelf_make(stores, STORES_NOW + HOUR);
  third = shelf_make(stores, STORES_NOW + 2 * HOUR);
  expect_newest(stores, third, 0);
  shelf_damage(third);
  expect_newest(stores, second, 1);
  assert_int_equal(chmod(second, 0644), 0);
  expect_newest(stores, first, 2);
  assert_int_equal(truncate(first, 1), 0);
  expect_newest(stores, NULL, 3);
  assert_int_equal(chmod(second, 0600), 0);
  expect_newest(stores, second, 1);
}

static void test_newest_of_the_future(void **state)
{
  struct stores *stores = *state;
  g_autofree char *ahead = shelf_make(stores, STORES_NOW + 30 * DAY);
  g_autofree char *made = NULL;

  expect_newest(stores, ahead, 0);
  made = shelf_make(stores, STORES_NOW);
  expect_newest(stores, made, 0);
}

static void expect_last(const struct stores *stores, uint64_t expected, bool expected_unknown)
{
  uint64_t last = 9;
  bool unknown;
  char *problem;

  assert_int_equal(backups_last_operation(stores->path, geteuid(), &last, &unknown, &problem),
                   TLSPIN_OK);
  assert_null(problem);
  assert_true(last == expected);
  assert_int_equal(unknown, expected_unknown);
}

/* The highest of all, also of one that is damaged elsewhere; and of the others where one can't be
 * read. */
static void test_last_operation(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = NULL, *second = NULL;
  struct keypin pin = stores_pin(1);
  struct store *store;

  expect_last(stores, 0, false);
  first = shelf_make(stores, STORES_NOW + HOUR);
  store = stores_open(stores->path);
  stores_edit(store, &pin);
  store_close(store);
  second = shelf_make(stores, STORES_NOW); /* the clock was set back */
  shelf_damage(second);
  expect_last(stores, 1, false);
  assert_int_equal(chmod(first, 0644), 0);
  expect_last(stores, 1, true);
  assert_int_equal(chmod(first, 0600), 0);
  stores_write(second, 0, "no database", 11);
  expect_last(stores, 0, true);
}

static void test_no_list(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  GPtrArray *found;
  struct store *opened;
  uint64_t last;
  bool unknown;
  char *problem;

  assert_int_equal(symlink("/", folder), 0);
  assert_int_equal(backups_list(stores->path, geteuid(), STORES_NOW, true, &found, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(found);
  g_free(problem);
  assert_int_equal(
      backups_open_newest(stores->path, geteuid(), STORES_NOW, &opened, &found, &problem),
      TLSPIN_UNAVAILABLE);
  assert_null(opened);
  assert_non_null(strstr(problem, "symbolic link"));
  g_free(problem);
  assert_int_equal(backups_last_operation(stores->path, geteuid(), &last, &unknown, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "symbolic link"));
  g_free(problem);
  shelf_refuse(stores, TLSPIN_UNAVAILABLE, "symbolic link");
}

static enum tlspin_code rotate(const struct stores *stores, int64_t now, bool keep)
{
  struct rotation_rules rules = {.now = now, .period = 7 * DAY, .keep = keep};
  char *problem;
  enum tlspin_code code = backups_rotate(stores->path, geteuid(), &rules, &problem);

  g_free(problem);
  return code;
}

static void test_rotate(void **state)
{
  struct stores *stores = *state;
  g_autofree char *oldest = shelf_make(stores, STORES_NOW);

  assert_int_equal(rotate(stores, STORES_NOW + 100 * DAY, false), TLSPIN_OK);
  assert_int_equal(access(oldest, F_OK), 0);
  for (int i = 1; i <= 5; i++)
    g_free(shelf_make(stores, STORES_NOW + i));
  assert_int_equal(rotate(stores, STORES_NOW + 10, true), TLSPIN_OK);
  assert_int_equal(shelf_count(stores), 6);
  assert_int_equal(rotate(stores, STORES_NOW + 10, false), TLSPIN_OK);
  assert_int_equal(shelf_count(stores), 3);
  assert_int_equal(access(oldest, F_OK), -1);
  assert_int_equal(rotate(stores, STORES_NOW + 8 * DAY, false), TLSPIN_OK);
  assert_int_equal(shelf_count(stores), 1);
}

/* The newest ones are damaged: what is whole stays, and so do they. */
static void test_rotate_damaged(void **state)
{
  struct stores *stores = *state;
  g_autofree char *whole = shelf_make(stores, STORES_NOW + 1);

  g_free(shelf_make(stores, STORES_NOW));
  for (int i = 2; i <= 5; i++) {
    g_autofree char *path = shelf_make(stores, STORES_NOW + i);

    shelf_damage(path);
  }
  assert_int_equal(rotate(stores, STORES_NOW + 30 * DAY, false), TLSPIN_OK);
  assert_int_equal(shelf_count(stores), 5);
  assert_int_equal(access(whole, F_OK), 0);
  shelf_damage(whole);
  assert_int_equal(rotate(stores, STORES_NOW + 300 * DAY, false), TLSPIN_OK);
  assert_int_equal(shelf_count(stores), 5);
}

static void check_rotate_read_only(struct stores *stores)
{
  struct rotation_rules rules = {.now = STORES_NOW + DAY, .period = 0};
  g_autofree char *home = g_build_filename(stores->folder, "own", NULL);
  g_autofree char *path = g_build_filename(home, "pins.db", NULL);
  struct stores own = {.folder = stores->folder, .home = home, .path = path};
  g_autofree char *folder = shelf_folder(&own);
  g_autofree char *problem = NULL;

  stores_make(own.path, 1);
  g_free(shelf_make(&own, STORES_NOW));
  g_free(shelf_make(&own, STORES_NOW + 1));
  assert_int_equal(chmod(folder, 0500), 0);
  assert_int_equal(backups_rotate(own.path, geteuid(), &rules, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be removed"));
  assert_int_equal(shelf_count(&own), 2);
  shelf_refuse(&own, TLSPIN_UNAVAILABLE, "can't be made");
  assert_int_equal(shelf_count(&own), 2);
  assert_int_equal(chmod(folder, 0700), 0);
}

static void test_read_only(void **state)
{
  stores_as_user(*state, check_rotate_read_only);
}

/* Makes backups until it is ended. */
static void make_on(const struct stores *stores)
{
  struct rotation_rules rules = {.now = STORES_NOW + DAY, .period = 30 * DAY};
  char *problem;

  for (int64_t now = STORES_NOW;; now++) {
    g_free(shelf_make(stores, now % DAY + STORES_NOW));
    if (now % 3 == 0 && backups_rotate(stores->path, geteuid(), &rules, &problem) != TLSPIN_OK)
      _exit(3);
  }
}

/* Whenever it is ended, all that has the name of a backup is whole. */
static void test_killed(void **state)
{
  struct stores *stores = *state;
  unsigned kills = brief_number(KILLS, "kills"), left = 0;
  uint32_t seed = 7;

  g_free(shelf_make(stores, STORES_NOW - DAY));
  for (unsigned i = 0; i < kills; i++) {
    GPtrArray *found;
    pid_t child = stores_fork();

    if (child == 0)
      make_on(stores);
    g_usleep(2000 + stores_random(&seed) % 100000);
    stores_kill(child);
    left += shelf_others(stores) > 1;
    found = list(stores, true);
    assert_true(found->len > 0);
    for (guint k = 0; k < found->len; k++)
      if (at(found, k)->state != BACKUP_WHOLE)
        fail_msg("kill %u: %s", i, at(found, k)->problem);
    g_ptr_array_unref(found);
    assert_int_equal(rotate(stores, STORES_NOW + DAY, false), TLSPIN_OK);
    assert_int_equal(shelf_others(stores), 1);
  }
  print_message("           %u of them in the middle of one\n", left);
  g_free(shelf_make(stores, STORES_NOW + DAY));
}

/* Two daemons on one home. */
static void test_two_at_once(void **state)
{
  struct stores *stores = *state;
  pid_t child = stores_fork();

  if (child == 0) {
    for (int i = 0; i < 10; i++)
      g_free(shelf_make(stores, STORES_NOW + i));
    _exit(0);
  }
  for (int i = 0; i < 10; i++)
    g_free(shelf_make(stores, STORES_NOW + i));
  stores_join(child);
  assert_int_equal(shelf_count(stores), 20);
  assert_int_equal(shelf_others(stores), 1);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_make),
      WITH_STORE(test_comes_back),
      WITH_STORE(test_many_in_a_second),
      WITH_STORE(test_list),
      WITH_STORE(test_newest),
      WITH_STORE(test_newest_of_the_future),
      WITH_STORE(test_last_operation),
      WITH_STORE(test_no_list),
      WITH_STORE(test_rotate),
      WITH_STORE(test_rotate_damaged),
      cmocka_unit_test_setup_teardown(test_read_only, stores_setup, stores_teardown),
      WITH_STORE(test_killed),
      WITH_STORE(test_two_at_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

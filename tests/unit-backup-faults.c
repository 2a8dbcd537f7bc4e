/* One backup, where the system or SQLite says no.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup.h"

#include "daemon/hardening.h"
#include "tests/heard.h"
#include "tests/misfire.h"
#include "tests/misstep.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)
MISFIRE(ssize_t, pread, (int fd, void *octets, size_t size, off_t offset),
        (fd, octets, size, offset), -1)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)
MISFIRE(int, unlink, (const char *path), (path), -1)
MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(bool, hardening_set, (sqlite3 * handle, enum store_kind kind), (handle, kind), false)

static struct backup look(const char *path)
{
  struct backup backup = {.path = (char *)path};
  struct store *opened;

  backup_look(&backup, geteuid(), &opened);
  assert_int_equal(opened != NULL, backup.state == BACKUP_WHOLE);
  assert_int_equal(backup.problem == NULL, backup.state == BACKUP_WHOLE);
  store_close(opened);
  return backup;
}

static void expect_state(const char *path, enum backup_state state)
{
  struct backup backup = look(path);

  if (backup.state != state)
    fail_msg("state %d: %s", (int)backup.state, backup.problem);
  g_free(backup.problem);
}

/* Each call of SQLite fails once: what isn't in the file is never said of it. */
static void test_failing_calls(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);
  unsigned hindered = 0;
  bool failed = true;

  for (unsigned calls = 0; failed; calls++) {
    struct backup backup;

    misstep_after(calls);
    backup = look(path);
    failed = misstep_end();
    if (backup.state != BACKUP_HINDERED && backup.state != BACKUP_WHOLE)
      fail_msg("call %u: state %d: %s", calls, (int)backup.state, backup.problem);
    assert_true(failed || backup.state == BACKUP_WHOLE);
    hindered += backup.state == BACKUP_HINDERED;
    g_free(backup.problem);
  }
  assert_true(hindered > 20);
}

/* The same of a copy that is compared with what it was made of: it is no backup. */
static void test_failing_check(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct backup whole = look(path);
  bool failed = true;
  unsigned calls = 0;

  while (failed) {
    char *problem = NULL;
    enum tlspin_code code;

    misstep_after(calls++);
    code = backup_check(path, geteuid(), &whole.sum, &problem);
    failed = misstep_end();
    assert_true(failed || code == TLSPIN_OK);
    assert_int_equal(code == TLSPIN_OK, problem == NULL);
    g_free(problem);
  }
  assert_true(calls > 20);
}

/* What is wrong with the copy stands in the log; that it is another one is no more than is told. */
static void test_wrong_copy(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);
  struct backup backup = look(path);
  char *problem = NULL;

  backup.sum.rows++;
  g_string_truncate(heard, 0);
  assert_int_equal(backup_check(path, geteuid(), &backup.sum, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "not what it was made of"));
  g_clear_pointer(&problem, g_free);
  assert_string_equal(heard->str, "");
  shelf_damage(path);
  assert_int_equal(backup_check(path, geteuid(), NULL, &problem), TLSPIN_UNAVAILABLE);
  g_free(problem);
  assert_non_null(strstr(heard->str, "can't be used"));
}

/* What keeps the file from being opened may be over the next time, unless it is about the file. */
static void test_not_opened(void **state)
{
  static const struct {
    int error;
    enum backup_state state;
  } cases[] = {{EIO, BACKUP_HINDERED},    {EMFILE, BACKUP_HINDERED}, {ENOMEM, BACKUP_HINDERED},
               {ESTALE, BACKUP_HINDERED}, {EACCES, BACKUP_UNREAD},   {EISDIR, BACKUP_UNREAD},
               {ELOOP, BACKUP_UNREAD},    {ENOENT, BACKUP_UNREAD}};
  g_autofree char *path = shelf_make(*state, STORES_NOW);

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    open_misfire = (struct misfire){.call = 1, .error = cases[i].error, .ever = true};
    expect_state(path, cases[i].state);
    open_misfire.call = 0;
    assert_int_equal(open_misfire.done, 3); /* twice, and once more to see why */
    expect_state(path, BACKUP_WHOLE);
  }
}

/* What was in the way once isn't any more; what stays in the way is no damage. */
static void test_not_read(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);

  pread_misfire = (struct misfire){.call = 1, .error = EIO};
  expect_state(path, BACKUP_WHOLE);
  assert_int_equal(pread_misfire.done, 1);
  open_misfire = (struct misfire){.call = 1, .error = EMFILE};
  expect_state(path, BACKUP_WHOLE);
  assert_int_equal(open_misfire.done, 1);
  pread_misfire = (struct misfire){.call = 1, .error = EIO, .ever = true};
  expect_state(path, BACKUP_HINDERED);
  pread_misfire.call = 0;
}

/* A setting that SQLite passes over without an error says nothing of the file. */
static void test_not_hardened(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);

  hardening_set_misfire.call = 1;
  expect_state(path, BACKUP_HINDERED);
  assert_int_equal(hardening_set_misfire.done, 1);
  expect_state(path, BACKUP_WHOLE);
}

/* It can't be seen whether there is a journal, or a log: it isn't known that there is none. */
static void test_journal_unseen(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);
  unsigned hindered = 0, call = 0;

  do {
    struct backup backup;

    lstat_misfire = (struct misfire){.call = ++call, .error = EIO};
    backup = look(path);
    lstat_misfire.call = 0;
    assert_true(backup.state == BACKUP_WHOLE || backup.state == BACKUP_HINDERED);
    hindered += backup.state == BACKUP_HINDERED;
    g_free(backup.problem);
  } while (lstat_misfire.done > 0);
  assert_int_equal(hindered, 2);
}

/* An older form has no row of the clock to be passed over. */
static void test_sum_of_older(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);
  struct backup backup = look(path), older;

  stores_sql(path, "DROP TABLE state; PRAGMA user_version = 2");
  older = look(path);
  assert_int_equal(older.state, BACKUP_WHOLE);
  assert_true(backup_sum_equal(&backup.sum, &older.sum));
}

/* All of a sum counts. */
static void test_sums(void **state)
{
  const struct backup_sum one = {.rows = 1, .last_operation = 2, .all = {3}};
  struct backup_sum other = one;

  (void)state;
  backup_free(NULL);
  assert_true(backup_sum_equal(&one, &other));
  other.rows++;
  assert_false(backup_sum_equal(&one, &other));
  other = one;
  other.last_operation++;
  assert_false(backup_sum_equal(&one, &other));
  other = one;
  other.all[31] = 1;
  assert_false(backup_sum_equal(&one, &other));
}

/* It is told that it can't be removed, and that it may come back at a loss of power; nothing beside
 * it outlives it. */
static void test_not_removed(void **state)
{
  g_autofree char *path = shelf_make(*state, STORES_NOW);
  g_autofree char *journal = g_strconcat(path, "-journal", NULL);
  g_autofree char *wal = g_strconcat(path, "-wal", NULL);
  struct backup backup = {.path = path};

  stores_write(journal, 0, "x", 1);
  stores_write(wal, 0, "x", 1);
  for (unsigned call = 1; call <= 4; call++) {
    g_autofree char *problem = NULL;

    unlink_misfire = (struct misfire){.call = call, .error = EACCES};
    fsync_misfire = (struct misfire){.call = 1, .error = EIO};
    assert_int_equal(backup_remove(&backup, &problem), TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, path));
    assert_int_equal(access(path, F_OK) == 0, call <= 3);
    unlink_misfire.call = fsync_misfire.call = 0;
  }
  assert_int_equal(access(journal, F_OK), -1);
  assert_int_equal(access(wal, F_OK), -1);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_failing_calls),  WITH_STORE(test_failing_check),
      WITH_STORE(test_wrong_copy),     WITH_STORE(test_not_opened),
      WITH_STORE(test_not_read),       WITH_STORE(test_not_hardened),
      WITH_STORE(test_journal_unseen), WITH_STORE(test_sum_of_older),
      cmocka_unit_test(test_sums),     WITH_STORE(test_not_removed),
  };

  int failures;

  heard_begin();
  failures = cmocka_run_group_tests(tests, NULL, NULL);
  heard_end();
  return failures;
}

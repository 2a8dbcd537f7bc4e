/* Copying a store, where the system or SQLite says no.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/backup-copy.h"

#include "daemon/database.h"
#include "daemon/lockfile.h"
#include "tests/misfire.h"
#include "tests/misstep.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = 200 }; /* rows, of which all are more than is copied at once */

MISFIRE(sqlite3_backup *, sqlite3_backup_init,
        (sqlite3 * to, const char *name, sqlite3 *from, const char *other), (to, name, from, other),
        NULL)

/* It is over in any case. */
static struct misfire finish_misfire;

int __real_sqlite3_backup_finish(sqlite3_backup *backup);
int __wrap_sqlite3_backup_finish(sqlite3_backup *backup);
int __wrap_sqlite3_backup_finish(sqlite3_backup *backup)
{
  int rc = __real_sqlite3_backup_finish(backup);

  return misfire_now(&finish_misfire) ? SQLITE_IOERR : rc;
}

/* A store that somebody writes to after each part that is copied. */
static struct {
  struct store *store; /* NULL: nobody does */
  int next;            /* row */
  unsigned parts;      /* that were copied, */
  bool rest;           /* and then all that was left */
} busy;

int __real_sqlite3_backup_step(sqlite3_backup *backup, int pages);
int __wrap_sqlite3_backup_step(sqlite3_backup *backup, int pages);
int __wrap_sqlite3_backup_step(sqlite3_backup *backup, int pages)
{
  busy.parts += pages > 0;
  busy.rest = pages < 0;
  return __real_sqlite3_backup_step(backup, pages);
}

int __real_sqlite3_backup_remaining(sqlite3_backup *backup);
int __wrap_sqlite3_backup_remaining(sqlite3_backup *backup);
int __wrap_sqlite3_backup_remaining(sqlite3_backup *backup)
{
  struct ticket_row row = stores_row(busy.next);

  if (busy.store != NULL && !busy.rest) {
    assert_int_equal(store_put(busy.store, &row, 0, STORES_NOW), TLSPIN_OK);
    busy.next++;
  }
  return __real_sqlite3_backup_remaining(backup);
}

MISFIRE(bool, database_in_place, (const struct database *db), (db), false)

/* Copies it into an empty file. */
static enum tlspin_code copy(const struct stores *stores, struct backup_sum *sum, char **problem)
{
  const struct backup_terms terms = {.asked = false};
  int fd = open(stores->layer, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  enum tlspin_code code;

  assert_true(fd >= 0);
  close(fd);
  *problem = NULL;
  code = backup_copy_store(stores->path, geteuid(), stores->layer, &terms, sum, problem);
  assert_int_equal(code == TLSPIN_OK, *problem == NULL);
  return code;
}

static void refuse(const struct stores *stores, enum tlspin_code expected, const char *words)
{
  g_autofree char *problem = NULL;
  struct backup_sum sum;

  assert_int_equal(copy(stores, &sum, &problem), expected);
  if (strstr(problem, words) == NULL)
    fail_msg("%s", problem);
}

/* The copy is whole and holds what was said of it. */
static void expect_copy(const struct stores *stores, const struct backup_sum *sum)
{
  g_autofree char *problem = NULL;

  if (backup_check(stores->layer, geteuid(), sum, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_true(sum->rows == SHELF_ROWS);
}

/* Each call of SQLite fails once, of those that read the store and of those that write the copy. */
static void test_failing_calls(void **state)
{
  struct stores *stores = *state;
  unsigned calls = 0, refused = 0;
  bool failed = true;

  while (failed) {
    g_autofree char *problem = NULL;
    struct backup_sum sum;
    enum tlspin_code code;

    misstep_after(calls++);
    code = copy(stores, &sum, &problem);
    failed = misstep_end();
    assert_true(failed || code == TLSPIN_OK);
    if (code == TLSPIN_OK)
      expect_copy(stores, &sum);
    else
      assert_int_equal(code, TLSPIN_UNAVAILABLE);
    refused += code != TLSPIN_OK;
  }
  assert_true(refused > 20);
}

/* SQLite can't begin to copy, or says only at the end that it did not. */
static void test_not_copied(void **state)
{
  struct stores *stores = *state;

  sqlite3_backup_init_misfire.call = 1;
  refuse(stores, TLSPIN_UNAVAILABLE, "No copy can be made");
  finish_misfire.call = 1;
  refuse(stores, TLSPIN_UNAVAILABLE, "No copy can be made");
  assert_int_equal(finish_misfire.done, 1);
}

/* What has the name isn't what was opened, or isn't one of our stores any more. */
static void test_another_file(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  database_in_place_misfire.call = 1;
  refuse(stores, TLSPIN_UNAVAILABLE, "can't be read");
  assert_int_equal(database_in_place_misfire.done, 1);
  store = stores_open(stores->path);
  stores_sql(stores->path, "CREATE VIEW v AS SELECT 1");
  refuse(stores, TLSPIN_UNAVAILABLE, "can't be read");
  store_close(store);
}

/* The store still holds what was erased from the backups: it would come back with this one. */
static void test_erasing(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock;
  char *problem = NULL;
  struct backup_sum sum;

  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem),
                   TLSPIN_OK);
  assert_true(lockfile_hold(&lock, LOCKFILE_ERASURE));
  refuse(stores, TLSPIN_E_BUSY, "being erased");
  lockfile_close(&lock);
  assert_int_equal(copy(stores, &sum, &problem), TLSPIN_OK);
  expect_copy(stores, &sum);
}

/* Where others write again and again the rest is copied in one go, with all that they have put in
 * by then. */
static void test_busy(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct backup_sum sum;
  char *problem = NULL;

  for (int i = SHELF_ROWS; i < LARGE; i++) {
    struct ticket_row row = stores_row(i);
    static uint8_t octets[8000];

    row.ticket = (struct span){octets, sizeof octets};
    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
  busy.store = store;
  busy.next = LARGE;
  busy.parts = 0;
  assert_int_equal(copy(stores, &sum, &problem), TLSPIN_OK);
  busy.store = NULL;
  assert_true(busy.rest);
  assert_int_equal(busy.parts, 11); /* the first, and ten times anew */
  assert_true(sum.rows == (uint64_t)busy.next);
  assert_int_equal(backup_check(stores->layer, geteuid(), &sum, &problem), TLSPIN_OK);
  store_close(store);
}

/* A backup is copied as it is. */
static void test_backup(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct store *store = shelf_open(path);
  struct backup_sum sum;
  char *problem = NULL;

  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  stores_write(stores->layer, 0, "", 0);
  assert_int_equal(chmod(stores->layer, 0600), 0);
  assert_int_equal(backup_copy(store, stores->layer, &problem), TLSPIN_OK);
  store_close(store);
  expect_copy(stores, &sum);
}

static void test_no_store(void **state)
{
  const struct backup_terms terms = {.asked = true};
  struct stores *stores = *state;
  g_autofree char *path = g_strconcat(stores->folder, "/none/pins.db", NULL);
  g_autofree char *problem = NULL;
  struct backup_sum sum;

  assert_int_equal(backup_copy_store(path, geteuid(), stores->layer, &terms, &sum, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_failing_calls), WITH_STORE(test_not_copied), WITH_STORE(test_another_file),
      WITH_STORE(test_erasing),       WITH_STORE(test_busy),       WITH_STORE(test_backup),
      WITH_STORE(test_no_store),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A recovery in which everything that is asked of the system fails, one call after the other, once
 * and ever after; and one that is killed at any moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store is damaged whose rows are all in a backup. Whatever fails, or wherever it ends: the next
 * recovery has every row, and what was damaged is still there for people. And a store that isn't
 * damaged is never taken for one that is. */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/backups.h"

#include "tests/full.h"
#include "tests/mishap.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 24, SPOILED = 9, LATER = STORES_NOW + 1000 };

enum state { WHOLE, SPOILT, CUT, MISSING, FORGOTTEN, UNDONE };

/* Names of hosts are overwritten, here and there. */
static void spoil(const struct stores *stores)
{
  for (int i = 0; i < SPOILED; i++)
    ruins_spoil(stores->path, 2 * i);
}

static void prepare(struct stores *stores, enum state state)
{
  enum mishap mishap = mishap_pause();
  struct stat status;

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, STORES_NOW));
  assert_int_equal(stat(stores->path, &status), 0);
  if (state == SPOILT)
    spoil(stores);
  if (state == CUT)
    assert_int_equal(truncate(stores->path, status.st_size / 2), 0);
  if (state == UNDONE) /* as one that is missing, with a journal that would undo its successor */
    ruins_leave_journal(stores->path);
  if (state == MISSING || state == FORGOTTEN || state == UNDONE)
    assert_int_equal(unlink(stores->path), 0);
  if (state == FORGOTTEN)
    assert_int_equal(unlink(stores->lock), 0);
  mishap_resume(mishap);
}

/* Once nothing fails any more. */
static void expect_all(struct stores *stores, enum state state)
{
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code;

  mishap_pause();
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_STORE_DAMAGED) {
    g_clear_pointer(&problem, g_free);
    if (recovery_run(stores->path, geteuid(), LATER, &problem) != TLSPIN_OK)
      fail_msg("%s", problem);
    code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  }
  if (code != TLSPIN_OK)
    fail_msg("%s", problem);
  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
  assert_int_equal(ruins_asides(stores) > 0, state == SPOILT || state == CUT);
}

static void expect_done(enum tlspin_code code, char *problem)
{
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  assert_int_equal(code == TLSPIN_OK, problem == NULL);
  g_free(problem);
}

static void recover(struct stores *stores, enum state state)
{
  char *problem = NULL;
  enum tlspin_code code;

  prepare(stores, state);
  code = recovery_run(stores->path, geteuid(), LATER, &problem);
  expect_done(code, problem);
  expect_all(stores, state);
}

static void recover_spoilt(struct stores *stores)
{
  recover(stores, SPOILT);
}

static void recover_cut(struct stores *stores)
{
  recover(stores, CUT);
}

static void recover_missing(struct stores *stores)
{
  recover(stores, MISSING);
}

static void recover_forgotten(struct stores *stores)
{
  recover(stores, FORGOTTEN);
}

static void recover_undone(struct stores *stores)
{
  recover(stores, UNDONE);
}

/* It stays the file that it was. */
static void recover_whole(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct stat before, after;
  char *problem = NULL;
  enum tlspin_code code;

  prepare(stores, WHOLE);
  assert_int_equal(lstat(stores->path, &before), 0);
  mishap_resume(mishap);
  code = recovery_run(stores->path, geteuid(), LATER, &problem);
  expect_done(code, problem);
  expect_all(stores, WHOLE);
  assert_int_equal(lstat(stores->path, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
}

/* Either the store or the backup, which holds a row less. */
static void restore(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct ticket_row added = stores_row(ROWS), found;
  struct backup_sum before;
  GPtrArray *list = NULL;
  struct store *store;
  char *problem = NULL;
  enum tlspin_code code;

  prepare(stores, WHOLE);
  store = stores_open(stores->path);
  assert_int_equal(store_put(store, &added, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &before), TLSPIN_OK);
  store_close(store);
  assert_int_equal(backups_list(stores->path, geteuid(), LATER, false, &list, &problem), TLSPIN_OK);
  mishap_resume(mishap);
  code = recovery_restore(stores->path, geteuid(), list->pdata[0], &before, LATER, &problem);
  expect_done(code, problem);
  g_ptr_array_unref(list);
  mishap_pause();
  expect_all(stores, WHOLE);
  store = stores_open(stores->path);
  if (code == TLSPIN_OK)
    stores_expect_none(store, &added.peer);
  else if (store_get(store, &added.peer, &found) == TLSPIN_OK)
    ticket_row_clear(&found);
  store_close(store);
}

static void run(void (*life)(struct stores *stores), long step)
{
  mishap_run(MISHAP_LIBC, true, step, life);
  mishap_run(MISHAP_LIBC, false, 2 * step, life);
  mishap_run(MISHAP_FILES, true, 2 * step, life);
  mishap_run(MISHAP_FILES, false, 3 * step, life);
  mishap_run(MISHAP_MEMORY, true, 121 * step, life);
  mishap_run(MISHAP_MEMORY, false, 127 * step, life);
}

static void test_spoilt(void **state)
{
  (void)state;
  run(recover_spoilt, 3);
}

static void test_cut(void **state)
{
  (void)state;
  run(recover_cut, 3);
}

static void test_missing(void **state)
{
  (void)state;
  run(recover_missing, 1);
}

static void test_forgotten(void **state)
{
  (void)state;
  mishap_run(MISHAP_LIBC, true, 1, recover_forgotten);
  mishap_run(MISHAP_LIBC, false, 2, recover_forgotten);
}

static void test_undone(void **state)
{
  (void)state;
  mishap_run(MISHAP_LIBC, true, 2, recover_undone);
  mishap_run(MISHAP_LIBC, false, 3, recover_undone);
  mishap_run(MISHAP_FILES, true, 11, recover_undone);
}

static void test_whole(void **state)
{
  (void)state;
  mishap_run(MISHAP_LIBC, true, 1, recover_whole);
  mishap_run(MISHAP_FILES, true, 3, recover_whole);
  mishap_run(MISHAP_FILES, false, 5, recover_whole);
  mishap_run(MISHAP_MEMORY, true, 41, recover_whole);
}

static void test_restore(void **state)
{
  (void)state;
  run(restore, 1);
}

/* Some of the calls that are failing take a millisecond, and some an instant. */
static void kill_one(uint32_t *seed, enum state state, int64_t duration)
{
  void *made;
  struct stores *stores;
  pid_t child;

  stores_setup(&made);
  stores = made;
  prepare(stores, state);
  child = stores_fork();
  if (child == 0) {
    char *problem = NULL;

    recovery_run(stores->path, geteuid(), LATER, &problem);
    _exit(0);
  }
  g_usleep(stores_random(seed) % (gulong)duration);
  stores_kill(child);
  expect_all(stores, state);
  stores_teardown(&made);
}

static int64_t measure(enum state state)
{
  int64_t begun;
  void *made;
  struct stores *stores;

  stores_setup(&made);
  stores = made;
  prepare(stores, state);
  begun = g_get_monotonic_time();
  expect_all(stores, state);
  stores_teardown(&made);
  return g_get_monotonic_time() - begun + 1000;
}

static unsigned killed;

static void test_kills(void **state)
{
  static const enum state states[] = {SPOILT, CUT, MISSING, FORGOTTEN, UNDONE};
  const char *given = getenv("TESTS_SEED");
  uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : g_random_int() | 1;
  uint64_t rounds = full_count(4, 12, 300);

  (void)state;
  mishap_pause();
  print_message("           TESTS_SEED=%u\n", seed);
  for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
    int64_t duration = measure(states[i]);

    for (uint64_t n = 0; n < rounds; n++, killed++)
      kill_one(&seed, states[i], duration);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spoilt),  cmocka_unit_test(test_cut),
      cmocka_unit_test(test_missing), cmocka_unit_test(test_forgotten),
      cmocka_unit_test(test_undone),  cmocka_unit_test(test_whole),
      cmocka_unit_test(test_restore), cmocka_unit_test(test_kills),
  };
  int failed = cmocka_run_group_tests(tests, mishap_setup, NULL);

  full_say("T5e",
           "recovery and restore in which every k-th call fails, or that are killed: no row lost",
           failed == 0, "%u lives, %u kills", mishap_lives(), killed);
  return failed;
}

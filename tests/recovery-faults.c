/* A recovery in which everything that is asked of the system fails, one call after the other, once
 * and ever after; and one that is killed at any moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A store is damaged or lost whose rows are all in a backup, or some of them, or none. Whatever
 * fails, or wherever it ends: the next recovery has every row that one without a fault has, and
 * what was damaged is still there for people. Of a store that can be opened, at any time, it is
 * known that rows are missing as long as some are and the user hasn't seen it. And a store that
 * isn't damaged is never taken for one that is. */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/backups.h"

#include "tests/full.h"
#include "tests/mishap.h"
#include "tests/ruins.h"
#include "tests/wreck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_done(enum tlspin_code code, char *problem)
{
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  assert_int_equal(code == TLSPIN_OK, problem == NULL);
  g_free(problem);
}

static void recover_now(struct stores *stores)
{
  char *problem = NULL;
  enum tlspin_code code = recovery_run(stores->path, geteuid(), WRECK_LATER, &problem);

  expect_done(code, problem);
}

static void recover(struct stores *stores)
{
  wreck_prepare(stores);
  recover_now(stores);
  wreck_expect_end(stores);
}

/* Never "nothing is stored" of what was lost, also where the word of that can't be read. */
static void recover_and_look(struct stores *stores)
{
  struct ticket_row first = stores_row(0), found;
  struct store *store;
  uint64_t count = WRECK_ROWS;
  char *problem;
  enum tlspin_code code;

  wreck_prepare(stores);
  code = wreck_open(stores, &store, &problem);
  expect_done(code, problem);
  if (store != NULL) {
    code = store_get(store, &first.peer, &found);
    assert_true(code != TLSPIN_OK || wreck_saved() > WRECK_NONE);
    ticket_row_clear(&found);
    if (code == TLSPIN_E_NOT_FOUND ||
        (store_count(store, &count) == TLSPIN_OK && (int)count < WRECK_ROWS))
      assert_true(damage_stands(store));
    store_close(store);
  }
  wreck_expect_end(stores);
}

/* It stays the file that it was. */
static void recover_whole(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct stat before, after;

  wreck_prepare(stores);
  assert_int_equal(lstat(stores->path, &before), 0);
  mishap_resume(mishap);
  recover_now(stores);
  wreck_expect_end(stores);
  assert_int_equal(lstat(stores->path, &after), 0);
  assert_int_equal(before.st_ino, after.st_ino);
}

/* What the store holds is known, or not (NULL). */
static enum tlspin_code put_backup(struct stores *stores, const struct backup_sum *before)
{
  enum mishap mishap = mishap_pause();
  GPtrArray *list = NULL;
  char *problem = NULL;
  enum tlspin_code code;

  assert_int_equal(backups_list(stores->path, geteuid(), WRECK_LATER, false, &list, &problem),
                   TLSPIN_OK);
  mishap_resume(mishap);
  code = recovery_restore(stores->path, geteuid(), list->pdata[0], before, WRECK_LATER, &problem);
  expect_done(code, problem);
  g_ptr_array_unref(list);
  mishap_pause();
  return code;
}

/* Either the store or the backup, which holds a row less; and what the store lost before. */
static void restore(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct ticket_row added = stores_row(WRECK_ROWS), row;
  struct backup_sum before;
  struct store *store;
  enum tlspin_code code, found;

  wreck_prepare(stores);
  ruins_put(stores, WRECK_ROWS);
  ruins_put_damage(stores, 3);
  store = stores_open(stores->path);
  assert_int_equal(backup_sum(store, &before), TLSPIN_OK);
  store_close(store);
  mishap_resume(mishap);
  code = put_backup(stores, &before);
  assert_int_equal(ruins_rows(stores, WRECK_ROWS), WRECK_ROWS);
  assert_int_equal(ruins_damage(stores).missing, 3);
  assert_int_equal(ruins_asides(stores), 0);
  store = stores_open(stores->path);
  found = store_get(store, &added.peer, &row);
  ticket_row_clear(&row);
  store_close(store);
  assert_true(found == TLSPIN_E_NOT_FOUND || code != TLSPIN_OK);
  assert_int_equal(
      stores_number(stores->path, "SELECT count(*) FROM state WHERE name = 'restored'"),
      found == TLSPIN_E_NOT_FOUND);
}

/* In the place of a damaged one: all of the backup, or what a recovery finds. */
static void restore_wreck(struct stores *stores)
{
  wreck_prepare(stores);
  put_backup(stores, NULL);
  wreck_expect_part(stores);
}

/* The C library is asked for little, and the memory for most. */
static void run(void (*life)(struct stores *stores), long step)
{
  long files = step * (long)full_count(11, 7, 3);
  const long steps[3][2] = {{step, step + 1}, {files, files + step}, {501 * step, 503 * step}};

  mishap_run_all(steps, life);
}

static const struct {
  enum wreck_state state;
  int saved;
  long step; /* 0: less is asked of them than of the others */
} beginnings[] = {
    {WRECK_SPOILT, WRECK_ROWS, 9},  {WRECK_SPOILT, WRECK_SOME, 7},
    {WRECK_SPOILT, WRECK_NONE, 5},  {WRECK_CUT, WRECK_ROWS, 9},
    {WRECK_CUT, WRECK_SOME, 9},     {WRECK_CUT, WRECK_NONE, 9},
    {WRECK_MISSING, WRECK_ROWS, 2}, {WRECK_MISSING, WRECK_SOME, 2},
    {WRECK_MISSING, WRECK_NONE, 2}, {WRECK_FORGOTTEN, WRECK_SOME, 0},
    {WRECK_UNDONE, WRECK_ROWS, 0},  {WRECK_UNDONE, WRECK_NONE, 0},
};

static void test_recovery(void **state)
{
  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(beginnings) && beginnings[i].step > 0; i++) {
    wreck_choose(beginnings[i].state, beginnings[i].saved);
    run(recover, beginnings[i].step);
  }
}

/* Backups remember what the lock file doesn't. */
static void test_forgotten(void **state)
{
  (void)state;
  wreck_choose(WRECK_FORGOTTEN, WRECK_ROWS);
  mishap_run(MISHAP_LIBC, true, 2, recover);
  mishap_run(MISHAP_LIBC, false, 3, recover);
  wreck_choose(WRECK_FORGOTTEN, WRECK_SOME);
  mishap_run(MISHAP_LIBC, true, 2, recover);
  mishap_run(MISHAP_LIBC, false, 3, recover);
}

static void test_undone(void **state)
{
  (void)state;
  wreck_choose(WRECK_UNDONE, WRECK_ROWS);
  mishap_run(MISHAP_LIBC, true, 3, recover);
  mishap_run(MISHAP_FILES, true, 11, recover);
  wreck_choose(WRECK_UNDONE, WRECK_NONE);
  mishap_run(MISHAP_LIBC, true, 2, recover);
  mishap_run(MISHAP_LIBC, false, 3, recover);
}

static void test_looked_at(void **state)
{
  (void)state;
  wreck_choose(WRECK_SPOILT, WRECK_NONE);
  run(recover_and_look, 9);
  wreck_choose(WRECK_MISSING, WRECK_SOME);
  run(recover_and_look, 9);
}

static void test_whole(void **state)
{
  (void)state;
  wreck_choose(WRECK_WHOLE, WRECK_ROWS);
  mishap_run(MISHAP_LIBC, true, 1, recover_whole);
  mishap_run(MISHAP_FILES, true, 3, recover_whole);
  mishap_run(MISHAP_FILES, false, 5, recover_whole);
  mishap_run(MISHAP_MEMORY, true, 41, recover_whole);
}

static void test_restore(void **state)
{
  (void)state;
  wreck_choose(WRECK_WHOLE, WRECK_ROWS);
  run(restore, 5);
  wreck_choose(WRECK_SPOILT, WRECK_SOME);
  run(restore_wreck, 9);
}

static void test_kills(void **state)
{
  const struct mishap_life life = {wreck_prepare, recover_now, wreck_expect_end};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
    wreck_choose(beginnings[i].state, beginnings[i].saved);
    mishap_kill(full_count(2, 5, 125), &life);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_recovery), cmocka_unit_test(test_forgotten),
      cmocka_unit_test(test_undone),   cmocka_unit_test(test_looked_at),
      cmocka_unit_test(test_whole),    cmocka_unit_test(test_restore),
      cmocka_unit_test(test_kills),
  };
  int failed = cmocka_run_group_tests(tests, mishap_setup, NULL);

  wreck_leave();
  full_say("T5e",
           "recovery and restore in which every k-th call fails, or that are killed: no row lost, "
           "none that is missing forgotten",
           failed == 0, "%u lives, %u kills", mishap_lives(), mishap_kills());
  return failed;
}

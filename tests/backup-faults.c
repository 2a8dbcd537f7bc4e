/* Everything that backups ask of the system fails, one call after the other, once and ever after;
 * and what makes, erases from and rotates them is killed at any moment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In each life there is a backup that was made before. Then, with a fault, one is made, a host is
 * erased from all, the old ones go, and the newest is opened. Whatever fails: what has the name of
 * a backup is whole, the last one is never gone, the erased host is gone where that was said, and
 * without the fault all goes on. */
#include "config.h"

#include "tests/full.h"
#include "tests/mishap.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

enum { ROWS = 5, DAY = 86400 };

static bool strict; /* a fault is no damage: but of SQLite's own check one can't be told */

static void expect_code(enum tlspin_code code, char *problem)
{
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  assert_true((code == TLSPIN_OK) == (problem == NULL));
  g_free(problem);
}

static bool make(const struct stores *stores)
{
  struct backup_terms terms = {.asked = false};
  struct backup *made;
  char *problem;
  enum tlspin_code code =
      backups_make(stores->path, geteuid(), STORES_NOW + 1, &terms, &made, &problem);

  assert_true((code == TLSPIN_OK) == (made != NULL));
  backup_free(made);
  expect_code(code, problem);
  return code == TLSPIN_OK;
}

static bool erase_all(const struct stores *stores)
{
  struct backups_work work = {.change = shelf_erase, .remove_damaged = false};
  struct backups_done done;
  char *problem;
  enum tlspin_code code = backups_each_open(stores->path, geteuid(), &work, &done, &problem);

  if (code == TLSPIN_E_MEMORY)
    code = TLSPIN_UNAVAILABLE;
  expect_code(code, problem);
  return code == TLSPIN_OK && done.left == 0;
}

static bool rotate(const struct stores *stores)
{
  struct rotation_rules rules = {.now = STORES_NOW + 30 * DAY, .period = DAY};
  char *problem;
  enum tlspin_code code = backups_rotate(stores->path, geteuid(), &rules, &problem);

  expect_code(code, problem);
  return code == TLSPIN_OK;
}

static void open_newest(const struct stores *stores)
{
  struct store *opened;
  GPtrArray *passed;
  char *problem;
  enum tlspin_code code =
      backups_open_newest(stores->path, geteuid(), STORES_NOW + DAY, &opened, &passed, &problem);

  assert_true((code == TLSPIN_OK) == (opened != NULL));
  for (guint i = 0; passed != NULL && i < passed->len; i++) {
    const struct backup *backup = g_ptr_array_index(passed, i);

    assert_true((backup->state == BACKUP_WHOLE) == (backup->problem == NULL));
    if (backup->state == BACKUP_DAMAGED && strict)
      fail_msg("%s", backup->problem);
  }
  if (code == TLSPIN_E_NOT_FOUND)
    code = TLSPIN_OK;
  expect_code(code, problem);
  store_close(opened);
  g_clear_pointer(&passed, g_ptr_array_unref);
}

/* Nothing fails any more. */
static guint check(const struct stores *stores, bool gone)
{
  GPtrArray *list;
  char *problem;
  guint count;

  assert_int_equal(backups_list(stores->path, geteuid(), STORES_NOW + DAY, true, &list, &problem),
                   TLSPIN_OK);
  for (guint i = 0; i < list->len; i++) {
    const struct backup *backup = g_ptr_array_index(list, i);

    if (backup->state != BACKUP_WHOLE)
      fail_msg("%s", backup->problem);
    assert_true(!gone || !stores_file_holds(backup->path, SHELF_ERASED));
  }
  count = list->len;
  g_ptr_array_unref(list);
  return count;
}

static void prepare(struct stores *stores)
{
  stores_make(stores->path, ROWS);
  g_free(shelf_make(stores, STORES_NOW));
}

/* The next one goes on, and leaves nothing of what was broken off. */
static void expect_next(struct stores *stores)
{
  assert_true(check(stores, false) >= 1);
  g_free(shelf_make(stores, STORES_NOW + 2));
  assert_int_equal(shelf_others(stores), 1);
  assert_true(rotate(stores));
  assert_int_equal(shelf_count(stores), 1);
}

static void lead_life(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  bool made, gone;
  guint count;

  prepare(stores);
  mishap_resume(mishap);
  made = make(stores);
  gone = erase_all(stores);
  open_newest(stores);
  mishap = mishap_pause();
  count = check(stores, gone);
  assert_true(made ? count == 2 : count == 1 || count == 2);
  mishap_resume(mishap);
  rotate(stores);
  mishap_pause();
  check(stores, gone);
  expect_next(stores);
}

/* Without a fault. */
static void lead_on(struct stores *stores)
{
  make(stores);
  erase_all(stores);
  rotate(stores);
}

static void test_libc(void **state)
{
  (void)state;
  strict = true;
  mishap_run(MISHAP_LIBC, true, 3, lead_life);
  mishap_run(MISHAP_LIBC, false, 5, lead_life);
}

static void test_files(void **state)
{
  (void)state;
  strict = false;
  mishap_run(MISHAP_FILES, true, 41, lead_life);
  mishap_run(MISHAP_FILES, false, 53, lead_life);
}

static void test_memory(void **state)
{
  (void)state;
  mishap_run(MISHAP_MEMORY, true, 1601, lead_life);
  mishap_run(MISHAP_MEMORY, false, 1709, lead_life);
}

static void test_kills(void **state)
{
  const struct mishap_life life = {prepare, lead_on, expect_next};

  (void)state;
  mishap_kill(full_count(10, 40, 1000), &life);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_libc),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_memory),
      cmocka_unit_test(test_kills),
  };
  int failed = cmocka_run_group_tests(tests, mishap_setup, NULL);

  full_say(
      "T5d",
      "backups in which every k-th call fails, or that are killed: the last is never gone, none "
      "is half one, what was erased stays so",
      failed == 0, "%u lives, %u kills", mishap_lives(), mishap_kills());
  return failed;
}

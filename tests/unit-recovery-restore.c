/* Putting a backup in the place of a store (daemon/recovery-restore.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/owed.h"
#include "daemon/restored.h"
#include "daemon/row.h"
#include "daemon/state.h"
#include "tests/ruins.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MADE = STORES_NOW + 9 };

/* before: of the store as it was when the user asked, which may be another by now; NULL: it could
 * not be read. */
static enum tlspin_code restore_after(struct stores *stores, const char *path,
                                      const struct backup_sum *before, const char *words)
{
  g_autofree char *problem = NULL, *name = g_strdup(path);
  struct backup backup = {.path = name, .made = MADE};
  enum tlspin_code code =
      recovery_restore(stores->path, geteuid(), &backup, before, RUINS_NOW, &problem);

  assert_int_equal(code == TLSPIN_OK, problem == NULL);
  if (problem != NULL && strstr(problem, words) == NULL)
    fail_msg("'%s' is not in: %s", words, problem);
  return code;
}

static struct backup_sum sum_of(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct backup_sum sum;

  assert_int_equal(backup_sum(store, &sum), TLSPIN_OK);
  store_close(store);
  return sum;
}

static enum tlspin_code restore(struct stores *stores, const char *path, const char *words)
{
  struct backup_sum before = sum_of(stores);

  return restore_after(stores, path, &before, words);
}

/* The rows of the backup are there and no other. Returns whether damage stands in the store. */
static bool look(struct stores *stores, struct damage *damage)
{
  struct store *store = stores_open(stores->path);
  struct ticket_row first = stores_row(0), last = stores_row(SHELF_ROWS - 1),
                    later = stores_row(SHELF_ROWS);
  bool stands = damage_stands(store);

  stores_expect(store, &first);
  stores_expect(store, &last);
  stores_expect_none(store, &later.peer);
  if (damage_get(store, damage) == TLSPIN_E_NOT_FOUND)
    assert_int_equal(damage->found, 0);
  store_close(store);
  return stands;
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  struct backup_sum before;
  struct damage damage;
  struct store *store;

  ruins_put(stores, SHELF_ROWS);
  store = stores_open(stores->path);
  filter.host = "host-0000.example";
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  store_close(store);
  before = sum_of(stores);
  assert_int_equal(restore_after(stores, path, &before, ""), TLSPIN_OK);
  assert_false(look(stores, &damage));
  assert_int_equal(damage.found, 0);
  assert_int_equal(ruins_asides(stores), 0);
  store = stores_open(stores->path); /* a number isn't given twice */
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  assert_int_equal(change.operation, before.last_operation + RESTORED_APART + 1);
  store_close(store);
}

/* Of what can't be read nobody knows what it held. */
static void test_wreck(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  struct damage damage;

  ruins_put(stores, SHELF_ROWS);
  stores_write(stores->path, 0, "no database", 11);
  assert_int_equal(restore_after(stores, path, NULL, ""), TLSPIN_OK);
  assert_true(look(stores, &damage));
  assert_int_equal(damage.cause, DAMAGE_CONTENT);
  assert_int_equal(damage.found, RUINS_NOW);
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  assert_int_equal(damage.backup, MADE);
  assert_true(damage.merged >= SHELF_ROWS);
  assert_int_equal(ruins_asides(stores), 1);
  assert_true(g_str_has_prefix(damage.aside, "damaged-"));
  assert_int_equal(unlink(stores->path), 0);
  assert_int_equal(restore_after(stores, path, NULL, ""), TLSPIN_OK);
  assert_true(look(stores, &damage));
  assert_int_equal(damage.cause, DAMAGE_MISSING);
  assert_string_equal(damage.aside, "");
  assert_int_equal(ruins_asides(stores), 1);
}

/* What was lost, and the user hasn't seen, isn't seen by that. */
static void test_unseen(void **state)
{
  static const int64_t missing[] = {3, DAMAGE_UNKNOWN, 0};
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  struct damage damage;

  for (size_t i = 0; i < G_N_ELEMENTS(missing); i++) {
    ruins_put_damage(stores, missing[i]);
    assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
    assert_int_equal(look(stores, &damage), missing[i] != 0);
    assert_int_equal(damage.cause, DAMAGE_MISSING);
    assert_int_equal(damage.found, STORES_NOW);
    assert_int_equal(damage.missing, missing[i]);
  }
  assert_int_equal(ruins_asides(stores), 0);
}

/* Nor is what can't be understood. */
static void test_unseen_unknown(void **state)
{
  static const uint8_t strange[] = {99};
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  struct store *store = stores_open(stores->path);
  struct damage damage;

  assert_int_equal(state_put(store, DAMAGE_ROW, (struct span){strange, sizeof strange}), TLSPIN_OK);
  store_close(store);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
  assert_true(look(stores, &damage));
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  assert_int_equal(damage.found, RUINS_NOW);
}

/* The backup is of a store from which something was lost, whatever came after that. */
static void test_lossy_backup(void **state)
{
  struct stores *stores = *state;
  struct backup_terms terms = {.asked = true};
  struct backup *made;
  struct damage damage;
  struct store *store;
  char *problem;

  ruins_put_damage(stores, 2);
  assert_int_equal(backups_make(stores->path, geteuid(), MADE, &terms, &made, &problem), TLSPIN_OK);
  store = stores_open(stores->path);
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  store_close(store);
  assert_int_equal(restore(stores, made->path, ""), TLSPIN_OK);
  assert_true(look(stores, &damage));
  assert_int_equal(damage.missing, 2);
  ruins_put_damage(stores, 0);
  assert_int_equal(restore(stores, made->path, ""), TLSPIN_OK);
  assert_true(look(stores, &damage));
  assert_int_equal(damage.missing, DAMAGE_UNKNOWN);
  backup_free(made);
}

/* Others wrote to the store after the backup of it was made, or made it whole. */
static void test_changed(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  struct ticket_row row = stores_row(SHELF_ROWS);
  struct backup_sum before = sum_of(stores);
  struct store *store;

  ruins_put(stores, SHELF_ROWS);
  assert_int_equal(restore_after(stores, path, &before, "changed meanwhile"), TLSPIN_E_BUSY);
  assert_int_equal(restore_after(stores, path, NULL, "changed meanwhile"), TLSPIN_E_BUSY);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
}

/* Files that were set aside are still to be removed, whatever the backup says of that. */
static void test_owed(void **state)
{
  static const uint8_t yes[] = {1};
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  bool owed;

  for (int i = 0; i < 2; i++) {
    struct store *store = stores_open(stores->path);

    if (i == 0)
      assert_int_equal(state_put(store, OWED_ASIDES, (struct span){yes, sizeof yes}), TLSPIN_OK);
    else
      assert_int_equal(owed_settle(store, OWED_ASIDES), TLSPIN_OK);
    store_close(store);
    assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
    store = stores_open(stores->path);
    assert_int_equal(owed_look(store, OWED_ASIDES, &owed), TLSPIN_OK);
    assert_int_equal(owed, i == 0);
    store_close(store);
  }
}

/* Nothing is changed by one that can't be done. */
static void test_refused(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE);
  g_autofree char *new_path = g_strconcat(stores->path, ".new", NULL);
  struct backup_sum before = sum_of(stores), after;
  int fd;

  assert_int_equal(restore(stores, stores->folder, "can't be opened"), TLSPIN_UNAVAILABLE);
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  assert_int_equal(restore(stores, path, "locked by another process"), TLSPIN_UNAVAILABLE);
  close(fd);
  assert_int_equal(g_mkdir(new_path, 0700), 0);
  assert_int_equal(restore(stores, path, ".new"), TLSPIN_UNAVAILABLE);
  assert_int_equal(g_rmdir(new_path), 0);
  shelf_damage(path);
  assert_int_equal(restore(stores, path, "can't be used"), TLSPIN_UNAVAILABLE);
  after = sum_of(stores);
  assert_true(backup_sum_equal(&before, &after));
}

/* Puts another record each time. */
static uint64_t edit(struct stores *stores)
{
  static int count;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(++count);
  uint64_t operation = stores_edit(store, &pin);

  store_close(store);
  return operation;
}

/* Of a backup that can't be read now it isn't known how high its number is. */
static void test_other_unread(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE), *other = NULL;
  uint64_t last = edit(stores);

  other = shelf_make(stores, MADE + 1);
  assert_int_equal(chmod(other, 0644), 0);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
  assert_true(edit(stores) == last + RESTORED_UNKNOWN + RESTORED_APART + 1);
  assert_int_equal(chmod(other, 0600), 0);
  last = edit(stores);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
  assert_true(edit(stores) == last + RESTORED_APART + 1);
}

/* Numbers up to which no store gets use up none, whichever of the files has one. */
static void test_number_made_up(void **state)
{
  static const uint64_t numbers[] = {INT64_MAX - 2, OPERATION_LAST - 1, OPERATION_LAST / 2 + 1};
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE), *other = shelf_make(stores, MADE + 1);
  uint64_t last = edit(stores);

  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    shelf_count_on(other, numbers[i]);
    assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
    last += RESTORED_UNKNOWN + RESTORED_APART + 1;
    assert_true(edit(stores) == last);
    unlink(other);
    g_free(other);
    other = shelf_make(stores, MADE + 1);
  }
  shelf_count_on(stores->path, OPERATION_LAST - 1);
  assert_int_equal(restore(stores, other, ""), TLSPIN_OK);
  assert_true(edit(stores) == last + RESTORED_UNKNOWN + RESTORED_APART + 1);
  shelf_count_on(path, OPERATION_LAST - 1);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
  assert_true(edit(stores) < BACKUP_OPERATION_MAX);
}

/* The head of an operation that was never made. */
static void make_up_head(const char *path, uint64_t id)
{
  const struct operation_row row = {.id = id, .kind = OPERATION_EDIT, .made = STORES_NOW};
  struct cell cells[TABLE_COLUMNS];
  struct transaction change;
  struct database db;

  stores_open_database(path, &db);
  operation_row_to_cells(&row, cells);
  assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
  assert_int_equal(transaction_put(&change, TABLE_OPERATION, cells), TLSPIN_OK);
  change.contents.last_operation = OPERATION_LAST;
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  database_close(&db);
}

/* Nor does what the journal tells of such numbers use up any. */
static void test_head_recovered(void **state)
{
  static const uint64_t ids[] = {INT64_MAX - 2, OPERATION_LAST, OPERATION_LAST - 1};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
    make_up_head(stores->path, ids[i]);
    ruins_recover(stores);
    assert_in_range(edit(stores), 1, 100);
  }
  assert_int_equal(ruins_rows(stores, SHELF_ROWS), SHELF_ROWS);
}

/* A number of the store itself that no operation has is damage, and gone with it; what is said of
 * the last restore is of none of the backups' times. */
static void test_recovered(void **state)
{
  static const uint8_t high[] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, MADE), *problem = NULL;
  struct store *store = stores_open(stores->path);

  assert_int_equal(state_put(store, RESTORED_ROW, (struct span){high, sizeof high}), TLSPIN_OK);
  store_close(store);
  shelf_count_on(stores->path, OPERATION_LAST);
  assert_int_equal(store_open(stores->path, STORE_USER, geteuid(), &store, &problem),
                   TLSPIN_STORE_DAMAGED);
  ruins_recover(stores);
  assert_in_range(edit(stores), 1, 100);
  assert_int_equal(ruins_rows(stores, SHELF_ROWS), SHELF_ROWS);
  assert_int_equal(restore(stores, path, ""), TLSPIN_OK);
  assert_in_range(edit(stores), 100, 1000);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_whole),        WITH_STORE(test_wreck),
      WITH_STORE(test_unseen),       WITH_STORE(test_unseen_unknown),
      WITH_STORE(test_lossy_backup), WITH_STORE(test_changed),
      WITH_STORE(test_refused),      WITH_STORE(test_owed),
      WITH_STORE(test_other_unread), WITH_STORE(test_number_made_up),
      WITH_STORE(test_recovered),    WITH_STORE(test_head_recovered),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Changing all backups (daemon/backups-each.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/state.h"
#include "daemon/torn.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/brief.h"

enum { DAY = 86400, KILLS = 30 };

/* What an erasure does. */
static bool holds(struct store *store, void *data)
{
  struct ticket_row row = stores_row(3), got;
  unsigned *looks = data;
  enum tlspin_code code = store_get(store, &row.peer, &got);

  ticket_row_clear(&got);
  if (looks != NULL)
    ++*looks;
  return code == TLSPIN_OK;
}

static enum tlspin_code fails(struct store *store, void *data)
{
  (void)store;
  (void)data;
  return TLSPIN_E_MEMORY;
}

static enum tlspin_code each(const struct stores *stores, const struct backups_work *work,
                             struct backups_done expected, char **problem)
{
  struct backups_done done;
  enum tlspin_code code = backups_each_open(stores->path, geteuid(), work, &done, problem);

  assert_int_equal(done.changed, expected.changed);
  assert_int_equal(done.removed, expected.removed);
  assert_int_equal(done.left, expected.left);
  assert_int_equal(shelf_others(stores), 1);
  return code;
}

static void expect_gone(const char *path)
{
  struct store *store = shelf_open(path);
  struct ticket_row row = stores_row(3), other = stores_row(4);

  stores_expect_none(store, &row.peer);
  stores_expect(store, &other);
  store_close(store);
  assert_false(stores_file_holds(path, SHELF_ERASED));
  assert_true(stores_file_holds(path, "host-0004.example"));
}

static void test_erase(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = shelf_make(stores, STORES_NOW);
  g_autofree char *second = shelf_make(stores, STORES_NOW + 1);
  g_autofree char *problem = NULL;
  unsigned looks = 0;
  struct backups_work work = {.concerns = holds, .change = shelf_erase, .data = &looks};
  struct stat status;

  assert_true(stores_file_holds(first, SHELF_ERASED));
  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 2}, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(looks, 2);
  expect_gone(first);
  expect_gone(second);
  assert_int_equal(lstat(first, &status), 0);
  assert_int_equal(status.st_mode, S_IFREG | 0600);
  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 0}, &problem), TLSPIN_OK);
  work.concerns = NULL; /* and where it is not looked before */
  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 0}, &problem), TLSPIN_OK);
  expect_gone(first);
}

/* Nor is the folder made for that. */
static void test_none(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  struct backups_work work = {.change = shelf_erase};
  struct rotation_rules rules = {.now = STORES_NOW};
  struct backups_done done;
  char *problem;

  assert_int_equal(backups_each_open(stores->path, geteuid(), &work, &done, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(done.changed + done.removed + done.left, 0);
  assert_int_equal(backups_rotate(stores->path, geteuid(), &rules, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(access(folder, F_OK), -1);
}

/* One that is damaged is left alone, or removed; the others have their turn. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = shelf_make(stores, STORES_NOW);
  g_autofree char *second = shelf_make(stores, STORES_NOW + 1);
  g_autofree char *third = shelf_make(stores, STORES_NOW + 2);
  g_autofree char *problem = NULL;
  struct backups_work work = {.change = shelf_erase};

  shelf_damage(second);
  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 2, .left = 1}, &problem),
                   TLSPIN_OK);
  expect_gone(first);
  expect_gone(third);
  assert_true(stores_file_holds(second, SHELF_ERASED));
  work.remove_damaged = true;
  assert_int_equal(each(stores, &work, (struct backups_done){.removed = 1}, &problem), TLSPIN_OK);
  assert_int_equal(access(second, F_OK), -1);
  assert_null(problem);
}

/* One that can't be opened isn't known to be damaged: it stays, and that is said. */
static void test_unread(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = shelf_make(stores, STORES_NOW);
  g_autofree char *second = shelf_make(stores, STORES_NOW + 1);
  g_autofree char *problem = NULL;
  struct backups_work work = {.change = shelf_erase};

  assert_int_equal(chmod(second, 0640), 0);
  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 1, .left = 1}, &problem),
                   TLSPIN_OK);
  work.remove_damaged = true;
  assert_int_equal(each(stores, &work, (struct backups_done){.left = 1}, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, second));
  assert_int_equal(access(second, F_OK), 0);
}

static void test_change_fails(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *problem = NULL;
  struct backups_work work = {.change = fails};

  assert_int_equal(each(stores, &work, (struct backups_done){.changed = 0}, &problem),
                   TLSPIN_E_MEMORY);
  assert_non_null(strstr(problem, "stays as it is"));
  store_close(shelf_open(path));
}

static void test_full_disk(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  struct backups_work work = {.change = shelf_erase};
  struct rlimit before, less;
  struct stat status;

  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  for (rlim_t size = 0; size < (rlim_t)status.st_size; size += 4096) {
    g_autofree char *problem = NULL;
    struct backups_done done;
    enum tlspin_code code;

    less = (struct rlimit){size, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    code = backups_each_open(stores->path, geteuid(), &work, &done, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, TLSPIN_UNAVAILABLE);
    assert_non_null(problem);
    assert_int_equal(done.changed, 0);
    store_close(shelf_open(path));
    assert_true(stores_file_holds(path, SHELF_ERASED));
  }
  assert_int_equal(shelf_others(stores), 1);
}

/* Whenever it is ended, each backup is as before or as afterwards. */
static void test_killed(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = shelf_make(stores, STORES_NOW);
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  unsigned kills = brief_number(KILLS, "kills"), changed = 0;
  struct backups_work work = {.change = shelf_erase};
  uint32_t seed = 5;

  stores_copy(path, good);
  for (unsigned i = 0; i < kills; i++) {
    struct backups_done done;
    char *problem;
    pid_t child;

    stores_copy(good, path);
    child = stores_fork();
    if (child == 0) {
      backups_each_open(stores->path, geteuid(), &work, &done, &problem);
      pause();
    }
    g_usleep(500 + stores_random(&seed) % 120000);
    stores_kill(child);
    store_close(shelf_open(path));
    if (stores_file_holds(path, SHELF_ERASED))
      continue;
    expect_gone(path);
    changed++;
  }
  print_message("           %u of them after it was done\n", changed);
}

/* The images of what the user cleared. */
static void test_forget(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  g_autofree char *before = shelf_make(stores, STORES_NOW), *after = NULL, *problem = NULL;
  struct stat first, second;
  struct store_change change;

  filter.host = SHELF_ERASED;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  store_close(store);
  after = shelf_make(stores, STORES_NOW + 1);
  assert_true(stores_file_holds(after, SHELF_ERASED));
  assert_int_equal(stat(after, &first), 0);
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW, &problem), TLSPIN_OK);
  assert_int_equal(stat(after, &second), 0);
  assert_true(first.st_ino == second.st_ino);
  assert_true(stores_file_holds(after, SHELF_ERASED));
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW + 1, &problem), TLSPIN_OK);
  expect_gone(after);
  assert_true(stores_file_holds(before, SHELF_ERASED)); /* there it stands: see rotation.c */
  assert_int_equal(stat(after, &first), 0);
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW + 1, &problem), TLSPIN_OK);
  assert_int_equal(stat(after, &second), 0);
  assert_true(first.st_ino == second.st_ino);
  assert_null(problem);
}

/* What was taken back is kept as long as the undo: see forget.c. */
static void test_forget_undone(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter filter = STORE_FILTER_ANY;
  g_autofree char *path = NULL, *problem = NULL;
  struct store_change change;
  struct stat first, second;

  filter.host = SHELF_ERASED;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, STORES_NOW + 10 * DAY, &change), TLSPIN_OK);
  store_close(store);
  path = shelf_make(stores, STORES_NOW + 10 * DAY);
  assert_int_equal(stat(path, &first), 0);
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW + DAY, &problem), TLSPIN_OK);
  assert_int_equal(stat(path, &second), 0);
  assert_true(first.st_ino == second.st_ino);
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW + 11 * DAY, &problem),
                   TLSPIN_OK);
  assert_int_equal(stat(path, &second), 0);
  assert_false(first.st_ino == second.st_ino);
  store = shelf_open(path);
  assert_true(holds(store, NULL));
  store_close(store);
}

/* What a recovery lost of the journal is forgotten by its own time, in a backup, too. */
static void test_forget_torn(void **state)
{
  static const struct torn torn = {1, STORES_NOW + DAY};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint8_t value[TORN_OCTETS];
  size_t size = torn_encode(&torn, value);
  g_autofree char *path = NULL, *problem = NULL;
  struct torn found;

  assert_int_equal(state_put(store, TORN_ROW, (struct span){value, size}), TLSPIN_OK);
  store_close(store);
  path = shelf_make(stores, STORES_NOW + DAY);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(backups_forget(stores->path, geteuid(), torn.found + i, &problem), TLSPIN_OK);
    store = shelf_open(path);
    assert_int_equal(torn_get(store, &found), TLSPIN_OK);
    assert_int_equal(found.operation, i == 0 ? torn.operation : 0);
    store_close(store);
  }
}

/* The records of a draft, which nobody finishes in a backup. */
static void test_forget_draft(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(500);
  struct store_change change;
  struct store_edit *edit;
  g_autofree char *path = NULL, *problem = NULL;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  path = shelf_make(stores, STORES_NOW);
  store_close(store);
  assert_true(stores_file_holds(path, "host-0500.example"));
  assert_int_equal(backups_forget(stores->path, geteuid(), 0, &problem), TLSPIN_OK);
  assert_false(stores_file_holds(path, "host-0500.example"));
  store_close(shelf_open(path));
}

static void test_no_folder(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = shelf_folder(stores);
  g_autofree char *problem = NULL;

  assert_int_equal(symlink("/", folder), 0);
  assert_int_equal(backups_forget(stores->path, geteuid(), STORES_NOW, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "symbolic link"));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_erase),        WITH_STORE(test_none),         WITH_STORE(test_damaged),
      WITH_STORE(test_unread),       WITH_STORE(test_change_fails), WITH_STORE(test_full_disk),
      WITH_STORE(test_killed),       WITH_STORE(test_forget),       WITH_STORE(test_forget_undone),
      WITH_STORE(test_forget_draft), WITH_STORE(test_forget_torn),  WITH_STORE(test_no_folder),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

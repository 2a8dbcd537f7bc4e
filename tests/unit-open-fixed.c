/* A store on a file system that is mounted read-only: what is stored is enforced, nothing that is
 * missing or unfinished is "not stored", and once it can be written it is written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The calls of the store and those of SQLite are told what such a file system tells them;
 * tests/read-only.bus has a real one, where there may be one. */
#include "config.h"

#include "daemon/layers.h"
#include "daemon/recovery.h"
#include "daemon/store-private.h"

#include "tests/filerules.h"
#include "tests/ruins.h"

#include <errno.h>
#include <fcntl.h>

enum { ROWS = 12 };

/* What of the store's folder can't be written. */
static struct {
  bool lock, rest;
} fixed;

static bool is_fixed(const char *path)
{
  if (strstr(path, "/home/") == NULL)
    return false;
  return g_str_has_suffix(path, ".lock") ? fixed.lock : fixed.rest;
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
  if (!is_fixed(path) || ((flags & O_ACCMODE) == O_RDONLY && (flags & O_CREAT) == 0))
    return __real_open(path, flags, mode);
  errno = EROFS;
  return -1;
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
  if (!is_fixed(path) || (mode & W_OK) == 0)
    return __real_access(path, mode);
  errno = EROFS;
  return -1;
}

static int open_of_sqlite(const char *path, int flags, int mode)
{
  return __wrap_open(path, flags, (mode_t)mode);
}

static void fix(bool lock, bool rest)
{
  fixed.lock = lock;
  fixed.rest = rest;
}

static int setup_all(void **state)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

  (void)state;
  return vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)open_of_sqlite) != SQLITE_OK;
}

static int teardown(void **state)
{
  fix(false, false);
  return stores_teardown(state);
}

static void expect_rows(struct store *store)
{
  struct ticket_row none = stores_row(ROWS);

  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  stores_expect_none(store, &none.peer); /* for all was read */
}

static enum tlspin_code put(struct store *store)
{
  struct ticket_row row = stores_row(ROWS);

  return store_put(store, &row, 0, STORES_NOW);
}

/* All that is there is read; nothing can be put there before the store is opened again. */
static void test_read(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  stores_make(stores->path, ROWS);
  fix(true, true);
  store = stores_open(stores->path);
  expect_rows(store);
  assert_int_equal(put(store), TLSPIN_UNAVAILABLE);
  expect_rows(store);
  assert_false(lockfile_hold(&store->lock, 1));
  assert_false(store_was_freed(store));
  fix(false, false);
  assert_true(store_was_freed(store));
  assert_int_equal(put(store), TLSPIN_UNAVAILABLE);
  store_close(store);
  store = stores_open(stores->path);
  assert_false(store_was_freed(store));
  expect_rows(store);
  assert_int_equal(put(store), TLSPIN_OK);
  store_close(store);
}

/* Without a store it isn't known to have none: where it would be made, it can't be. */
static void test_nothing_to_read(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(mkdir(stores->home, 0700), 0);
  fix(true, true);
  stores_refuse(stores->path, STORE_USER, "can't be made: Read-only file system");
  fix(false, false);
  stores_write(stores->lock, 0, "", 0);
  fix(true, true);
  stores_refuse(stores->path, STORE_USER, "its file system is mounted read-only");
  fix(false, false);
  store_close(stores_open(stores->path));
}

/* Who has the lock and who writes the file must be the same. */
static void test_half(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  fix(true, false);
  stores_refuse(stores->path, STORE_USER, "pins.lock can't be written");
  fix(false, true);
  stores_refuse(stores->path, STORE_USER, "pins.db can't be written");
  fix(false, false);
  store_close(stores_open(stores->path));
}

/* A write that wasn't finished can't be put back, so that nothing of the file is believed. */
static void test_unfinished(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  stores_make(stores->path, ROWS);
  ruins_leave_journal(stores->path);
  fix(true, true);
  stores_refuse(stores->path, STORE_USER, "pins.db can't be written: its file system is mounted");
  fix(false, false);
  store = stores_open(stores->path);
  expect_rows(store);
  store_close(store);
}

/* What was lost is lost, which is said once it can be written down. */
static void expect_lost(struct stores *stores, const char *words, int rows, unsigned asides)
{
  char *problem = NULL;

  fix(true, true);
  stores_damaged(stores->path, words);
  assert_int_equal(recovery_run(stores->path, geteuid(), RUINS_NOW, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "Read-only file system");
  assert_int_equal(ruins_asides(stores), 0);
  stores_damaged(stores->path, words);
  fix(false, false);
  ruins_recover(stores);
  assert_int_not_equal(ruins_damage(stores).missing, 0);
  assert_int_equal(ruins_rows(stores, ROWS), rows);
  assert_int_equal(ruins_asides(stores), asides);
}

static void test_damaged(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  ruins_spoil(stores->path, 3);
  expect_lost(stores, "is damaged", ROWS - 1, 1);
}

static void test_missing(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  assert_int_equal(unlink(stores->path), 0);
  expect_lost(stores, "is missing", 0, 0);
}

/* Whoever has it open writes to it as soon as it can be written. */
static void test_layers(void **state)
{
  struct stores *stores = *state;
  struct layers_config config = {stores->path, stores->folder, stores->folder, geteuid(),
                                 geteuid()};
  const struct store *before;
  struct layers *layers;

  stores_make(stores->path, ROWS);
  fix(true, true);
  layers = layers_new(&config, STORES_NOW);
  before = layers_user(layers, STORES_NOW)->store;
  assert_non_null(before);
  expect_words(layer_write_problem(layers_user(layers, STORES_NOW)), "is mounted read-only");
  assert_ptr_equal(layers_user(layers, STORES_NOW + 1)->store, before);
  fix(false, false);
  assert_int_equal(put(layers_user(layers, STORES_NOW + 1)->store), TLSPIN_OK);
  assert_null(layer_write_problem(layers_user(layers, STORES_NOW + 1)));
  layers_free(layers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_read),    TEST(test_nothing_to_read), TEST(test_half),   TEST(test_unfinished),
      TEST(test_damaged), TEST(test_missing),         TEST(test_layers),
  };

  return cmocka_run_group_tests(tests, setup_all, NULL);
}

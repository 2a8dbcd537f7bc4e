/* A new file that takes the place of a user's store.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/successor.h"

#include "daemon/aside.h"
#include "daemon/row.h"
#include "tests/misfire.h"
#include "tests/ruins.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(int, rename, (const char *from, const char *to), (from, to), -1)

#define ASIDE "damaged-20261123T062500Z.db"

static void open_expecting(struct successor *successor, struct stores *stores,
                           enum tlspin_code code, const char *words)
{
  g_autofree char *problem = NULL;

  assert_int_equal(successor_open(successor, stores->path, geteuid(), &problem), code);
  assert_int_equal(problem == NULL, code == TLSPIN_OK);
  if (problem != NULL && strstr(problem, words) == NULL)
    fail_msg("'%s' is not in: %s", words, problem);
}

static void begin(struct successor *successor, struct stores *stores, enum tlspin_code code)
{
  char *problem = NULL;

  open_expecting(successor, stores, code, "");
  assert_true(successor_begin(successor, &problem));
  assert_null(problem);
}

static void add(struct successor *successor, int n)
{
  struct ticket_row row = stores_row(n);
  struct cell cells[TABLE_COLUMNS];

  ticket_row_to_cells(&row, cells);
  assert_true(rebuild_add(successor->rebuild, TABLE_TICKET, cells));
}

static void publish(struct successor *successor, const char *aside)
{
  char *problem = NULL;

  if (successor_publish(successor, aside, STORES_NOW, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
}

static bool is_there(const struct stores *stores, const char *suffix)
{
  g_autofree char *path = g_strconcat(stores->path, suffix, NULL);

  return access(path, F_OK) == 0;
}

/* The row with the one number is there, and that with the other isn't. */
static void expect_rows(struct stores *stores, int there, int away)
{
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(there), other = stores_row(away);

  stores_expect(store, &row);
  stores_expect_none(store, &other.peer);
  store_close(store);
}

static void test_published(void **state)
{
  struct stores *stores = *state;
  struct successor successor;
  struct stat status;

  stores_make(stores->path, 3);
  begin(&successor, stores, TLSPIN_OK);
  add(&successor, 7);
  assert_true(is_there(stores, ".new"));
  publish(&successor, "");
  assert_false(is_there(stores, ".new"));
  successor_close(&successor);
  expect_rows(stores, 7, 1);
  assert_int_equal(stat(stores->path, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_int_equal(status.st_nlink, 1);
}

/* What was there stays under the other name, octet by octet. */
static void test_kept(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_build_filename(stores->home, ASIDE, NULL);
  struct successor successor;

  stores_make(stores->path, 3);
  stores_write(stores->path, 0, "no database", 11);
  begin(&successor, stores, TLSPIN_STORE_DAMAGED);
  add(&successor, 7);
  publish(&successor, ASIDE);
  successor_close(&successor);
  expect_rows(stores, 7, 1);
  assert_true(stores_file_holds(aside, "no database"));
  assert_true(stores_file_holds(aside, "host-0001.example"));
}

/* The journal of a change that was broken off would undo the new one, where the store is missing as
 * well as where it isn't kept. */
static void test_journal(void **state)
{
  struct stores *stores = *state;
  struct successor successor;
  GPtrArray *list;

  stores_make(stores->path, 60);
  ruins_leave_journal(stores->path);
  assert_int_equal(unlink(stores->path), 0);
  begin(&successor, stores, TLSPIN_STORE_DAMAGED);
  add(&successor, 7);
  publish(&successor, "");
  successor_close(&successor);
  assert_false(is_there(stores, "-journal"));
  expect_rows(stores, 7, 1);
  list = aside_list_files(stores->path, NULL);
  assert_int_equal(list->len, 1);
  assert_true(g_str_has_suffix(list->pdata[0], ".db-journal"));
  g_ptr_array_unref(list);
}

/* As of a file that is bound into a container: what was set aside is brought back, with its
 * journal, and the new file goes; later it is published all the same. */
static void test_not_put_in_place(void **state)
{
  struct stores *stores = *state;
  g_autofree char *problem = NULL;
  struct successor successor;
  GPtrArray *list;

  stores_make(stores->path, 60);
  stores_write(stores->path, 0, "no database", 11);
  begin(&successor, stores, TLSPIN_STORE_DAMAGED);
  add(&successor, 7);
  stores_write(stores->journal, 0, "unfinished", 10);
  rename_misfire = (struct misfire){.call = 2, .error = EBUSY}; /* after the journal */
  assert_int_equal(successor_publish(&successor, ASIDE, STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be put in the place of"));
  assert_int_equal(rename_misfire.done, 1);
  successor_close(&successor);
  list = aside_list_files(stores->path, NULL);
  assert_int_equal(list->len, 0);
  g_ptr_array_unref(list);
  assert_false(is_there(stores, ".new"));
  assert_true(is_there(stores, "-journal"));
  assert_true(stores_file_holds(stores->path, "no database"));
  begin(&successor, stores, TLSPIN_STORE_DAMAGED);
  add(&successor, 7);
  publish(&successor, ASIDE);
  successor_close(&successor);
  expect_rows(stores, 7, 1);
}

/* One that is given up leaves nothing, at whatever point. */
static void test_given_up(void **state)
{
  struct stores *stores = *state;
  struct successor successor;

  stores_make(stores->path, 3);
  open_expecting(&successor, stores, TLSPIN_OK, "");
  successor_close(&successor);
  begin(&successor, stores, TLSPIN_OK);
  successor_close(&successor);
  begin(&successor, stores, TLSPIN_OK);
  add(&successor, 7);
  successor_close(&successor);
  assert_false(is_there(stores, ".new"));
  assert_false(is_there(stores, ".new-journal"));
  expect_rows(stores, 1, 7);
}

/* Of a crash before. */
static void test_leftovers(void **state)
{
  struct stores *stores = *state;
  g_autofree char *left = g_strconcat(stores->path, ".new", NULL);
  g_autofree char *journal = g_strconcat(left, "-journal", NULL);
  struct successor successor;

  stores_make(stores->path, 1);
  stores_write(left, 0, "left", 4);
  stores_write(journal, 0, "left", 4);
  begin(&successor, stores, TLSPIN_OK);
  add(&successor, 7);
  publish(&successor, "");
  successor_close(&successor);
  expect_rows(stores, 7, 0);
  assert_int_not_equal(access(journal, F_OK), 0);
}

/* Whoever opens the store removes what is left; but not while another is at work at it. */
static void test_swept(void **state)
{
  static const char *const parts[] = {".new", ".new-journal", ".new-wal", ".new-shm"};
  struct stores *stores = *state;
  struct successor successor;
  struct store *store;
  char *problem;

  stores_make(stores->path, 1);
  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
    g_autofree char *left = g_strconcat(stores->path, parts[i], NULL);

    stores_write(left, 0, "host.example", 12);
  }
  store_close(stores_open(stores->path));
  for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
    assert_false(is_there(stores, parts[i]));
  begin(&successor, stores, TLSPIN_OK);
  assert_int_equal(store_open_at_once(stores->path, STORE_USER, geteuid(), &store, &problem),
                   TLSPIN_UNAVAILABLE);
  g_free(problem);
  assert_true(is_there(stores, ".new"));
  add(&successor, 7);
  publish(&successor, "");
  successor_close(&successor);
  expect_rows(stores, 7, 0);
}

/* While others have the store open nothing is done. */
static void test_locked(void **state)
{
  static const struct timespec long_ago[2] = {{1000, 0}, {1000, 0}};
  struct stores *stores = *state;
  struct successor successor;
  struct stat status;
  int fd;

  stores_make(stores->path, 3);
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  assert_int_equal(utimensat(AT_FDCWD, stores->path, long_ago, 0), 0);
  open_expecting(&successor, stores, TLSPIN_UNAVAILABLE, "locked by another process");
  successor_close(&successor);
  assert_int_equal(stat(stores->path, &status), 0); /* they notice, and read it anew */
  assert_true(status.st_mtim.tv_sec > long_ago[1].tv_sec);
  close(fd);
  open_expecting(&successor, stores, TLSPIN_OK, "");
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_not_equal(flock(fd, LOCK_SH | LOCK_NB), 0); /* nor does anybody open it meanwhile */
  close(fd);
  successor_close(&successor);
}

static void test_unreachable(void **state)
{
  struct stores *stores = *state;
  struct successor successor;

  stores_write(stores->home, 0, "a file in the folder's place", 28);
  open_expecting(&successor, stores, TLSPIN_UNAVAILABLE, stores->home);
  successor_close(&successor);
  assert_int_equal(unlink(stores->home), 0);
}

/* Without a lock nothing is done. */
static void test_no_lock(void **state)
{
  struct stores *stores = *state;
  struct successor successor;

  stores_make(stores->path, 3);
  assert_int_equal(unlink(stores->lock), 0);
  assert_int_equal(g_mkdir(stores->lock, 0700), 0);
  open_expecting(&successor, stores, TLSPIN_UNAVAILABLE, stores->lock);
  successor_close(&successor);
  assert_int_equal(g_rmdir(stores->lock), 0);
}

/* Whether the new name is on the disk isn't known: both files are there, and whole. */
static void test_unsynced(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_build_filename(stores->home, ASIDE, NULL);
  struct successor successor;
  bool published = false;
  unsigned unsynced = 0;

  for (unsigned call = 1; !published; call++) {
    g_autofree char *problem = NULL;

    stores_make(stores->path, 3);
    begin(&successor, stores, TLSPIN_OK);
    add(&successor, 7);
    fsync_misfire = (struct misfire){.call = call, .error = EIO};
    published = successor_publish(&successor, ASIDE, STORES_NOW, &problem) == TLSPIN_OK;
    assert_int_equal(published, fsync_misfire.call > 0);
    fsync_misfire.call = 0;
    successor_close(&successor);
    assert_int_equal(published, problem == NULL);
    if (problem != NULL && strstr(problem, "can't be written to the disk") != NULL) {
      unsynced++;
      expect_rows(stores, 7, 1);
    }
    if (access(aside, F_OK) == 0)
      assert_int_equal(unlink(aside), 0);
    assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
  }
  assert_int_equal(unsynced, 1);
}

/* A folder is in the place of the new file, and then of the store. */
static void test_obstacles(void **state)
{
  struct stores *stores = *state;
  g_autofree char *new_path = g_strconcat(stores->path, ".new", NULL);
  struct successor successor;
  char *problem = NULL;

  stores_make(stores->path, 3);
  open_expecting(&successor, stores, TLSPIN_OK, "");
  assert_int_equal(g_mkdir(new_path, 0700), 0);
  assert_false(successor_begin(&successor, &problem));
  assert_non_null(problem);
  g_clear_pointer(&problem, g_free);
  successor_close(&successor);
  assert_int_equal(g_rmdir(new_path), 0);
  begin(&successor, stores, TLSPIN_OK);
  add(&successor, 7);
  assert_int_equal(unlink(stores->path), 0);
  assert_int_equal(g_mkdir(stores->path, 0700), 0);
  assert_int_equal(successor_publish(&successor, "", STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be put in the place"));
  g_free(problem);
  successor_close(&successor);
  assert_false(is_there(stores, ".new"));
  assert_int_equal(g_rmdir(stores->path), 0);
}

/* What can't be set aside isn't replaced. */
static void test_not_kept(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_build_filename(stores->home, ASIDE, NULL);
  struct successor successor;
  char *problem = NULL;

  stores_make(stores->path, 3);
  stores_write(aside, 0, "taken", 5);
  begin(&successor, stores, TLSPIN_OK);
  add(&successor, 7);
  assert_int_equal(successor_publish(&successor, ASIDE, STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "set aside"));
  g_free(problem);
  successor_close(&successor);
  expect_rows(stores, 1, 7);
  assert_true(stores_file_holds(aside, "taken"));
}

/* The disk is full while it is written. */
static void check_full(struct stores *stores)
{
  struct rlimit before, none;
  struct successor successor;
  char *problem = NULL;

  signal(SIGXFSZ, SIG_IGN);
  begin(&successor, stores, TLSPIN_OK);
  for (int i = 0; i < 300; i++)
    add(&successor, i);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 4096;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  assert_int_equal(successor_publish(&successor, "", STORES_NOW, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be written"));
  g_clear_pointer(&problem, g_free);
  assert_int_equal(successor_say_unwritable(&successor, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "can't be written"));
  g_free(problem);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  successor_close(&successor);
  expect_rows(stores, 1, 7);
}

static void test_full(void **state)
{
  struct stores *stores = *state;
  pid_t child;

  stores_make(stores->path, 3);
  child = stores_fork();
  if (child == 0) {
    check_full(stores);
    _exit(0);
  }
  stores_join(child);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_published),        TEST(test_kept),     TEST(test_given_up),
      TEST(test_leftovers),        TEST(test_locked),   TEST(test_unreachable),
      TEST(test_no_lock),          TEST(test_unsynced), TEST(test_obstacles),
      TEST(test_not_kept),         TEST(test_full),     TEST(test_journal),
      TEST(test_not_put_in_place), TEST(test_swept),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

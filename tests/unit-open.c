/* Opening a store: new, old, foreign, hostile, lost.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
  struct stat status;

  assert_int_equal(stat(path, &status), 0);
  return status.st_mode & 07777;
}

/* Nothing that tlspin makes is open to others, whatever the umask is. */
static void test_new(void **state)
{
  static const mode_t masks[] = {0, 022, 077};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
    g_autofree char *path = g_strdup_printf("%s/%zu.db", stores->home, i);
    g_autofree char *lock = g_strdup_printf("%s/%zu.lock", stores->home, i);
    g_autofree char *journal = g_strconcat(path, "-journal", NULL);
    mode_t before = umask(masks[i]);
    uint64_t count = 1;
    struct store *store = stores_open(path);

    stores_fill(store, 2);
    umask(before);
    assert_int_equal(mode_of(stores->home), 0700);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(lock), 0600);
    assert_int_equal(mode_of(journal), 0600);
    assert_int_equal(store_count(store, &count), TLSPIN_OK);
    assert_true(count == 2);
    store_close(store);
  }
  store_close(NULL);
}

static void test_header(void **state)
{
  struct stores *stores = *state;

  store_close(stores_open(stores->path));
  assert_int_equal(stores_number(stores->path, "PRAGMA application_id"), 0x746c7370);
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 3);
  assert_int_equal(stores_number(stores->path, "PRAGMA auto_vacuum"), 0);
  assert_true(stores_file_holds(stores->lock, "1\n"));
}

static void test_reopen(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(3);
  struct store *store, *second;

  stores_make(stores->path, 5);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  second = stores_open(stores->path);
  stores_expect(second, &row);
  store_close(store);
  stores_expect(second, &row);
  store_close(second);
}

/* What SQLite left as another process was killed. */
static void test_sweeps(void **state)
{
  struct stores *stores = *state;
  g_autofree char *temporary = stores_beside(stores, "etilqs_0123456789abcdef");

  store_close(stores_open(stores->path));
  assert_true(g_file_set_contents(temporary, "host.example", -1, NULL));
  store_close(stores_open(stores->path));
  assert_int_not_equal(access(temporary, F_OK), 0);
}

/* The folder may be reached by a link, the file may not be one. */
static void test_links(void **state)
{
  struct stores *stores = *state;
  g_autofree char *link = g_build_filename(stores->folder, "link", NULL);
  g_autofree char *through = g_build_filename(link, "pins.db", NULL);
  g_autofree char *elsewhere = g_build_filename(stores->folder, "elsewhere.db", NULL);

  stores_make(stores->path, 1);
  assert_int_equal(symlink(stores->home, link), 0);
  store_close(stores_open(through));
  assert_int_equal(g_rename(stores->path, elsewhere), 0);
  assert_int_equal(symlink(elsewhere, stores->path), 0);
  stores_refuse(stores->path, STORE_USER, "symbolic link");
  stores_refuse(stores->path, STORE_SYSTEM, "symbolic link");
}

/* Lost pins must not look like none; both remedies of the text work. */
static void test_lost(void **state)
{
  struct stores *stores = *state;
  g_autofree char *kept = g_strconcat(stores->path, ".kept", NULL);
  struct ticket_row row = stores_row(0);
  struct store *store;

  stores_make(stores->path, 1);
  assert_int_equal(g_rename(stores->path, kept), 0);
  stores_damaged(stores->path, "your pins were lost");
  assert_false(g_file_test(stores->path, G_FILE_TEST_EXISTS)); /* nothing took its place */
  stores_write(stores->path, 0, "", 0);
  stores_damaged(stores->path, "it is empty, and was not before");
  assert_int_equal(g_rename(kept, stores->path), 0);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
  assert_int_equal(g_unlink(stores->path), 0);
  assert_int_equal(g_unlink(stores->lock), 0);
  store = stores_open(stores->path);
  stores_expect_none(store, &row.peer);
  store_close(store);
}

/* A store that was brought from elsewhere, without its lock file. */
static void test_brought(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(0);
  struct store *store;

  stores_make(stores->path, 1);
  assert_int_equal(g_unlink(stores->lock), 0);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  assert_true(stores_file_holds(stores->lock, "1\n"));
  store_close(store);
}

/* Every state that a crash of the making can leave. */
static void test_crashed_making(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(0);
  struct store *store;

  assert_int_equal(g_mkdir(stores->home, 0700), 0);
  store_close(stores_open(stores->path)); /* the folder */
  assert_int_equal(g_unlink(stores->path), 0);
  assert_int_equal(truncate(stores->lock, 0), 0);
  store_close(stores_open(stores->path)); /* and the lock file */
  assert_int_equal(truncate(stores->lock, 0), 0);
  assert_int_equal(truncate(stores->path, 0), 0);
  stores_make(stores->path, 1); /* and the empty file */
  assert_int_equal(truncate(stores->lock, 0), 0);
  store = stores_open(stores->path); /* and all that is in it */
  stores_expect(store, &row);
  store_close(store);
  assert_true(stores_file_holds(stores->lock, "1\n"));
}

/* A child is killed at any moment of the making. */
static void test_killed_making(void **state)
{
  struct stores *stores = *state;

  for (int i = 0; i < 40; i++) {
    g_autofree char *path = g_strdup_printf("%s/%d/pins.db", stores->folder, i);
    pid_t child = stores_fork();
    struct store *store;

    if (child == 0) {
      store_close(stores_open(path));
      _exit(0);
    }
    g_usleep((gulong)i * 150);
    stores_kill(child);
    store = stores_open(path);
    stores_fill(store, 1);
    store_close(store);
  }
}

static void test_foreign(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(g_mkdir(stores->home, 0700), 0);
  stores_sql(stores->path, "CREATE TABLE bookmarks(url)");
  assert_int_equal(chmod(stores->path, 0600), 0);
  stores_refuse(stores->path, STORE_USER, "another program's database");
  stores_refuse(stores->path, STORE_SYSTEM, "another program's database");
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM sqlite_schema"), 1);
  stores_sql(stores->path, "PRAGMA application_id = 1");
  stores_refuse(stores->path, STORE_USER, "another program's database");
}

static void test_newer(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  stores_sql(stores->path, "CREATE TABLE later(x); PRAGMA user_version = 4");
  stores_refuse(stores->path, STORE_USER, "newer tlspin");
  stores_refuse(stores->path, STORE_SYSTEM, "newer tlspin");
  stores_sql(stores->path, "DROP TABLE later"); /* then it is the number that isn't right */
  stores_damaged(stores->path, "not those of tlspin");
  stores_sql(stores->path, "PRAGMA user_version = 0");
  stores_damaged(stores->path, "not those of tlspin");
  stores_sql(stores->path, "PRAGMA user_version = 1"); /* with the tables of another */
  stores_damaged(stores->path, "not those of tlspin");
  stores_refuse(stores->path, STORE_SYSTEM, "not those of tlspin");
  stores_sql(stores->path, "PRAGMA user_version = 3");
  store_close(stores_open(stores->path));
}

static void test_hostile_schema(void **state)
{
  static const char *const hostile[] = {
      "CREATE TABLE extra(x)",
      "CREATE TRIGGER t AFTER INSERT ON ticket BEGIN DELETE FROM failure; END",
      "CREATE TRIGGER ticket AFTER INSERT ON failure BEGIN DELETE FROM failure; END",
      "CREATE VIEW v AS SELECT 1",
      ("DROP TABLE ticket; CREATE VIEW ticket AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT "
       "x + 1 FROM r) SELECT x AS host FROM r"),
      "CREATE INDEX i ON ticket(expires)",
      "DROP TABLE meta",
  };
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);

  stores_make(stores->path, 3);
  stores_copy(stores->path, good);
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    stores_copy(good, stores->path);
    stores_sql(stores->path, hostile[i]);
    stores_damaged(stores->path, "not those of tlspin");
    stores_refuse(stores->path, STORE_SYSTEM, "not those of tlspin");
  }
}

static void test_no_database(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  stores_write(stores->path, 0, "X", 1);
  stores_damaged(stores->path, "file is not a database");
  stores_damaged(stores->path, stores->path);
  stores_refuse(stores->path, STORE_SYSTEM, "file is not a database");
}

/* By hand, or by a tool that means well. */
static void test_wal(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  stores_sql(stores->path, "PRAGMA journal_mode = WAL");
  stores_refuse(stores->path, STORE_USER, "WAL");
  stores_refuse(stores->path, STORE_SYSTEM, "WAL");
  stores_sql(stores->path, "PRAGMA journal_mode = DELETE");
  store_close(stores_open(stores->path));
}

/* A write of another program that is cut off in the middle, with half of it in the file. */
static void cut_off_write(const char *path)
{
  pid_t child = stores_fork();

  if (child == 0) {
    sqlite3 *handle = stores_raw(path);

    assert_int_equal(sqlite3_exec(handle, "BEGIN; UPDATE ticket SET issued = 7", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_db_cacheflush(handle), SQLITE_OK);
    _exit(0);
  }
  stores_join(child);
}

/* The user's store rolls it back; a layer, which is opened without looking at it, is refused. */
static void test_hot_journal(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  stores_make(stores->path, 30);
  cut_off_write(stores->path);
  stores_refuse(stores->path, STORE_SYSTEM, "an unfinished write");
  store = stores_open(stores->path);
  for (int i = 0; i < 30; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
}

static void open_layer(const char *path)
{
  struct store *store;
  char *problem = NULL;

  assert_int_equal(store_open(path, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_null(problem);
  store_close(store);
}

static void test_journals_of_layers(void **state)
{
  struct stores *stores = *state;
  g_autofree char *wal = g_strconcat(stores->path, "-wal", NULL);

  stores_make(stores->path, 1);
  assert_int_equal(truncate(stores->journal, 0), 0);
  open_layer(stores->path); /* an empty journal says nothing */
  stores_write(stores->journal, 0, "x", 1);
  stores_refuse(stores->path, STORE_SYSTEM, "an unfinished write");
  assert_int_equal(g_unlink(stores->journal), 0);
  stores_write(wal, 0, "x", 1);
  stores_refuse(stores->path, STORE_SYSTEM, "an unfinished write");
  assert_int_equal(g_unlink(wal), 0);
  open_layer(stores->path);
}

static void test_layer_is_not_made(void **state)
{
  struct stores *stores = *state;

  stores_refuse(stores->layer, STORE_SYSTEM, "is missing");
  assert_false(g_file_test(stores->layer, G_FILE_TEST_EXISTS));
  stores_write(stores->layer, 0, "", 0);
  stores_refuse(stores->layer, STORE_SYSTEM, "is empty, and so no layer of pins");
  stores_refuse(stores->path, STORE_SYSTEM, "No such file");
  assert_false(g_file_test(stores->home, G_FILE_TEST_EXISTS));
}

/* Only a link of exactly this text, and never what it might lead to. */
static void test_masks(void **state)
{
  struct stores *stores = *state;

  assert_false(store_is_mask(stores->layer, geteuid()));
  stores_write(stores->layer, 0, "", 0);
  assert_false(store_is_mask(stores->layer, geteuid()));
  stores_refuse(stores->layer, STORE_SYSTEM, "symbolic link to /dev/null");
  assert_int_equal(unlink(stores->layer), 0);
  assert_int_equal(mkdir(stores->layer, 0755), 0);
  assert_false(store_is_mask(stores->layer, geteuid()));
  assert_int_equal(rmdir(stores->layer), 0);
  assert_int_equal(symlink("/dev//null", stores->layer), 0);
  assert_false(store_is_mask(stores->layer, geteuid()));
  assert_int_equal(unlink(stores->layer), 0);
  assert_int_equal(symlink("/dev/null", stores->layer), 0);
  assert_true(store_is_mask(stores->layer, geteuid()));
  assert_false(store_is_mask(stores->layer, geteuid() + 1));
  stores_refuse(stores->layer, STORE_SYSTEM, "is a symbolic link");
  assert_false(store_is_mask("/nowhere/at/all.db", geteuid()));
}

static void test_files_of_others(void **state)
{
  struct stores *stores = *state;
  struct store *store;
  char *problem = NULL;

  stores_make(stores->path, 1);
  assert_int_equal(store_open(stores->path, STORE_USER, geteuid() + 1, &store, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(store);
  assert_non_null(strstr(problem, "belongs to"));
  g_free(problem);
  assert_int_equal(chmod(stores->path, 0640), 0);
  stores_refuse(stores->path, STORE_USER, "chmod go=");
  assert_int_equal(chmod(stores->path, 0600), 0);
  assert_int_equal(chmod(stores->lock, 0660), 0);
  stores_refuse(stores->path, STORE_USER, "chmod go=");
  assert_int_equal(chmod(stores->lock, 0600), 0);
  assert_int_equal(chmod(stores->home, 0755), 0);
  stores_refuse(stores->path, STORE_USER, "chmod go=");
  assert_int_equal(chmod(stores->home, 0700), 0);
  store_close(stores_open(stores->path));
}

static void test_no_file(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  assert_int_equal(g_unlink(stores->path), 0);
  assert_int_equal(g_mkdir(stores->path, 0700), 0);
  stores_refuse(stores->path, STORE_USER, "Is a directory");
  assert_int_equal(g_rmdir(stores->path), 0);
  assert_int_equal(mkfifo(stores->path, 0600), 0);
  stores_refuse(stores->path, STORE_USER, "not a regular file");
}

/* Nowhere to make the folder. */
static void check_unwritable_parent(struct stores *stores)
{
  assert_int_equal(chmod(stores->folder, 0500), 0);
  stores_refuse(stores->path, STORE_USER, "Permission denied");
  assert_int_equal(chmod(stores->folder, 0700), 0);
}

static void check_unwritable_folder(struct stores *stores)
{
  stores_make(stores->path, 1);
  assert_int_equal(g_unlink(stores->lock), 0);
  assert_int_equal(chmod(stores->home, 0500), 0);
  stores_refuse(stores->path, STORE_USER, "can't be made");
  assert_int_equal(chmod(stores->home, 0700), 0);
  store_close(stores_open(stores->path));
}

static void check_unreadable_file(struct stores *stores)
{
  assert_int_equal(chmod(stores->path, 0200), 0);
  stores_refuse(stores->path, STORE_USER, "Permission denied");
  assert_int_equal(chmod(stores->path, 0600), 0);
  assert_int_equal(chmod(stores->home, 0), 0);
  stores_refuse(stores->path, STORE_USER, "Permission denied");
  assert_int_equal(chmod(stores->home, 0700), 0);
  store_close(stores_open(stores->path));
}

static void check_permissions(struct stores *stores)
{
  check_unwritable_parent(stores);
  check_unwritable_folder(stores);
  check_unreadable_file(stores);
}

static void test_permissions(void **state)
{
  stores_as_user(*state, check_permissions);
}

/* While somebody makes or migrates it, the others wait and then say why not. */
static void test_locked(void **state)
{
  struct stores *stores = *state;
  int fd;

  stores_make(stores->path, 1);
  fd = open(stores->lock, O_RDWR | O_CLOEXEC);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  stores_refuse(stores->path, STORE_USER, "locked by another process");
  close(fd);
  store_close(stores_open(stores->path));
}

/* Whoever has the store open keeps others from migrating it, until it is closed. */
static void test_holds_its_lock(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  int fd = open(stores->lock, O_RDWR | O_CLOEXEC);

  assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
  assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
  store_close(store);
  assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
  close(fd);
}

/* Eight at once where there is nothing yet. */
static void test_race(void **state)
{
  enum { RACERS = 8 };
  struct stores *stores = *state;
  pid_t children[RACERS];

  for (int i = 0; i < RACERS; i++) {
    children[i] = stores_fork();
    if (children[i] == 0) {
      struct ticket_row row = stores_row(i);
      struct store *store = stores_open(stores->path);

      assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
      store_close(store);
      _exit(0);
    }
  }
  for (int i = 0; i < RACERS; i++)
    stores_join(children[i]);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM ticket"), RACERS);
  store_close(stores_open(stores->path));
}

/* A disk without room, by the size that a file may have: an error, nothing remembered, and later it
 * works. */
static void check_no_room(struct stores *stores)
{
  struct rlimit before, none;

  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 2000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  stores_refuse(stores->path, STORE_USER, "can't be read or written now");
  assert_false(stores_file_holds(stores->lock, "1"));
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  stores_make(stores->path, 1);
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_new),
      TEST(test_header),
      TEST(test_reopen),
      TEST(test_sweeps),
      TEST(test_links),
      TEST(test_lost),
      TEST(test_brought),
      TEST(test_crashed_making),
      TEST(test_killed_making),
      TEST(test_foreign),
      TEST(test_newer),
      TEST(test_hostile_schema),
      TEST(test_no_database),
      TEST(test_wal),
      TEST(test_hot_journal),
      TEST(test_journals_of_layers),
      TEST(test_layer_is_not_made),
      TEST(test_masks),
      TEST(test_files_of_others),
      TEST(test_no_file),
      TEST(test_permissions),
      TEST(test_locked),
      TEST(test_holds_its_lock),
      TEST(test_race),
      TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

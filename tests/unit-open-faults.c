/* Opening a store beside others, and where something fails.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/file.h"
#include "daemon/schema.h"
#include "daemon/store-private.h"

#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum schema_state said = SCHEMA_DIFFERENT; /* where it isn't looked at */

MISFIRE(bool, database_in_place, (const struct database *db), (db), false)
MISFIRE(bool, database_is_readable, (const struct database *db), (db), false)
MISFIRE(bool, database_prepare, (struct database * db), (db), false)
MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(enum schema_state, schema_inspect, (sqlite3 * database, const struct schema *schema),
        (database, schema), said)

/* What is found in a file, where it isn't read. */
static enum { FIND_NOTHING, FIND_DAMAGE, FIND_HINDRANCE } find;

char *__real_contents_verify(struct database *db, enum store_kind kind);
char *__wrap_contents_verify(struct database *db, enum store_kind kind);
char *__wrap_contents_verify(struct database *db, enum store_kind kind)
{
  if (find == FIND_NOTHING)
    return __real_contents_verify(db, kind);
  db->hindered = find == FIND_HINDRANCE;
  return g_strdup("what was found");
}

/* Whose the files are that lstat(2) sees, and whether it says so. */
static uid_t other_owner;
static bool lstat_fails;

int __real_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status)
{
  int result = __real_lstat(path, status);

  status->st_uid += other_owner;
  return lstat_fails ? -1 : result;
}

/* Another process that is at the file first; or none, and nothing works. */
static const char *faster;
static bool migration_fails;

bool __real_schema_migrate(sqlite3 *database, const struct schema *schema);
bool __wrap_schema_migrate(sqlite3 *database, const struct schema *schema);
bool __wrap_schema_migrate(sqlite3 *database, const struct schema *schema)
{
  if (migration_fails)
    return false;
  if (faster != NULL) {
    sqlite3 *handle = stores_raw(faster);

    assert_true(__real_schema_migrate(handle, schema));
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
  }
  return __real_schema_migrate(database, schema);
}

static void test_made_by_another(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  faster = stores->path;
  store = stores_open(stores->path);
  faster = NULL;
  stores_fill(store, 1);
  store_close(store);
  assert_true(stores_file_holds(stores->lock, "1\n"));
}

/* SQLite's word for damage doesn't count on a disk that doesn't give the file. */
static void test_disk_fails(void **state)
{
  static const char noise[8192] = "no database";
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  stores_write(stores->path, 0, noise, 100);
  database_is_readable_misfire = (struct misfire){.call = 1, .ever = true};
  stores_refuse(stores->path, STORE_USER, "can't be read or written now");
  stores_refuse(stores->path, STORE_SYSTEM, "Install or compile this layer of pins again");
  database_is_readable_misfire.call = 0;
  stores_damaged(stores->path, "file is not a database");
}

/* What was found is damage, or a reason to try again; a layer is written anew in either case. */
static void test_found(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, 1);
  find = FIND_DAMAGE;
  stores_damaged(stores->path, "is damaged: what was found");
  stores_refuse(stores->path, STORE_SYSTEM, "can't be used: what was found");
  find = FIND_HINDRANCE;
  stores_refuse(stores->path, STORE_USER, "can't be read or written now: what was found");
  stores_refuse(stores->path, STORE_SYSTEM, "can't be used: what was found");
  find = FIND_NOTHING;
  store_close(stores_open(stores->path));
}

/* Each step of the opening fails once. */
static void test_steps_fail(void **state)
{
  struct stores *stores = *state;

  migration_fails = true;
  stores_refuse(stores->path, STORE_USER, "can't be read or written now");
  migration_fails = false;
  assert_false(stores_file_holds(stores->lock, "1"));
  stores_make(stores->path, 1);
  said = SCHEMA_UNREADABLE;
  for (int system = 0; system < 2; system++) {
    enum store_kind kind = system ? STORE_SYSTEM : STORE_USER;
    const char *words = system ? "can't be used" : "can't be read or written now";

    schema_inspect_misfire = (struct misfire){.call = 1};
    stores_refuse(stores->path, kind, words);
    database_prepare_misfire = (struct misfire){.call = 1};
    stores_refuse(stores->path, kind, words);
    database_in_place_misfire = (struct misfire){.call = 1};
    stores_refuse(stores->path, kind, "was replaced while it was read. Try again.");
  }
  said = SCHEMA_DIFFERENT;
}

/* Backups remember a store, although its lock file doesn't. */
static void test_remembered_by_backups(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->home, FILE_BACKUPS, NULL);
  g_autofree char *backup = g_build_filename(folder, "pins-1.db", NULL);

  stores_make(stores->path, 1);
  assert_int_equal(unlink(stores->path) + unlink(stores->lock) + g_mkdir(folder, 0700), 0);
  stores_write(backup, 0, "x", 1);
  stores_damaged(stores->path, "your pins were lost");
  stores_write(stores->path, 0, "", 0);
  stores_damaged(stores->path, "it is empty, and was not before");
  assert_int_equal(unlink(stores->path), 0);
  stores_sql(stores->path, "CREATE TABLE bookmarks(url)");
  assert_int_equal(chmod(stores->path, 0600), 0);
  stores_damaged(stores->path, "another program's database, and was not before");
  assert_int_equal(unlink(backup), 0);
  stores_refuse(stores->path, STORE_USER, "another program's database. Move it away");
}

/* Damage that isn't there at the second look was none, and nothing is said of it. */
static void test_second_look(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(0);
  struct store *store;

  stores_make(stores->path, 1);
  schema_inspect_misfire = (struct misfire){.call = 1};
  store = stores_open(stores->path);
  assert_int_equal(schema_inspect_misfire.call, 0);
  stores_expect(store, &row);
  store_close(store);
}

/* Nothing is remembered whose name may not last. */
static void test_name_may_not_last(void **state)
{
  struct stores *stores = *state;
  struct store *store;

  assert_int_equal(g_mkdir(stores->home, 0700), 0);
  for (unsigned call = 1; call <= 3; call++) { /* of the lock file, of the file, of both again */
    fsync_misfire = (struct misfire){.call = call, .error = EIO};
    stores_refuse(stores->path, STORE_USER, "can't be written to the disk");
    assert_int_equal(fsync_misfire.call, 0);
    assert_false(stores_file_holds(stores->lock, "1"));
    g_unlink(stores->path);
    g_unlink(stores->lock);
  }
  store = stores_open(stores->path);
  store_close(store);
}

static struct store *open_layer(struct stores *stores)
{
  struct layer_contents contents = {.ticket_count = 0};
  struct store *store = NULL;
  char *problem = NULL;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  return store;
}

/* What may be done to a layer while it is open. */
static void test_trusted(void **state)
{
  struct stores *stores = *state;
  g_autofree char *journal = g_strconcat(stores->layer, "-journal", NULL);
  g_autofree char *other = g_build_filename(stores->folder, "other.db", NULL);
  g_autofree char *nowhere = g_build_filename(stores->folder, "nowhere", "layer.db", NULL);
  struct store *store = open_layer(stores);

  assert_true(store_is_trusted(store, stores->layer, geteuid()));
  assert_false(store_is_trusted(store, stores->layer, geteuid() + 1));
  assert_false(store_is_trusted(store, nowhere, geteuid()));
  stores_copy(stores->layer, other);
  assert_false(store_is_trusted(store, other, geteuid()));
  stores_write(journal, 0, "x", 1);
  assert_false(store_is_trusted(store, stores->layer, geteuid()));
  assert_int_equal(unlink(journal) + chmod(stores->layer, 0666), 0);
  assert_false(store_is_trusted(store, stores->layer, geteuid()));
  assert_int_equal(chmod(stores->layer, 0644) + chmod(stores->folder, 0777), 0);
  assert_false(store_is_trusted(store, stores->layer, geteuid()));
  assert_int_equal(chmod(stores->folder, 0700), 0);
  assert_true(store_is_trusted(store, stores->layer, geteuid()));
  store_close(store);
}

/* A mask that somebody else put there is none, nor is one that can't be looked at. */
static void test_mask_of_another(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(symlink("/dev/null", stores->layer), 0);
  assert_true(store_is_mask(stores->layer, geteuid()));
  other_owner = 1;
  assert_false(store_is_mask(stores->layer, geteuid()));
  other_owner = 0;
  lstat_fails = true;
  assert_false(store_is_mask(stores->layer, geteuid()));
  lstat_fails = false;
}

/* Who doesn't wait is told at once. */
static void test_at_once(void **state)
{
  struct stores *stores = *state;
  struct store *store = NULL;
  char *problem = NULL;
  int fd;

  stores_make(stores->path, 1);
  fd = g_open(stores->lock, O_RDWR | O_CLOEXEC, 0);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  assert_int_equal(store_open_at_once(stores->path, STORE_USER, geteuid(), &store, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(store);
  assert_non_null(strstr(problem, "locked by another process"));
  g_clear_pointer(&problem, g_free);
  close(fd);
  assert_int_equal(store_open_at_once(stores->path, STORE_USER, geteuid(), &store, &problem),
                   TLSPIN_OK);
  store_close(store);
}

static void test_threads(void **state)
{
  (void)state;
  assert_int_equal(store_knows_threads(), sqlite3_threadsafe() > 0);
}

/* Any of what a store leaves is enough. */
static void test_traces(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->home, FILE_BACKUPS, NULL);
  g_autofree char *backup = g_build_filename(folder, "pins-1.db", NULL);

  assert_false(store_leaves_trace(stores->path));
  assert_int_equal(g_mkdir(stores->home, 0700), 0);
  assert_false(store_leaves_trace(stores->path));
  stores_write(stores->path, 0, "", 0);
  assert_true(store_leaves_trace(stores->path));
  assert_int_equal(unlink(stores->path), 0);
  stores_write(stores->lock, 0, "", 0);
  assert_false(store_leaves_trace(stores->path));
  stores_write(stores->lock, 0, "1\n", 2);
  assert_true(store_leaves_trace(stores->path));
  assert_int_equal(unlink(stores->lock) + g_mkdir(folder, 0700), 0);
  assert_false(store_leaves_trace(stores->path));
  stores_write(backup, 0, "x", 1);
  assert_true(store_leaves_trace(stores->path));
}

/* What was read through as it was opened isn't read again until somebody writes to it. */
static void test_read_once(void **state)
{
  struct stores *stores = *state;
  struct peer peer = stores_row(1).peer;
  struct store *store;

  stores_make(stores->path, 1);
  store = stores_open(stores->path);
  assert_true(store->db.reading == 1);
  stores_expect_none(store, &peer);
  assert_true(store->db.reading == 1);
  stores_sql(stores->path, "PRAGMA user_version = 3");
  stores_expect_none(store, &peer);
  assert_true(store->db.reading == 2);
  store_close(store);
}

/* A store is closed with all that it began, and opened without. */
static void test_draft_is_left(void **state)
{
  static const char drafts[] = "SELECT count(*) FROM operation WHERE kind = 'draft'";
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;
  struct keypin pin = stores_pin(1);
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
  assert_int_equal(stores_number(stores->path, drafts), 1);
  store_close(stores_open(stores->path));
  assert_int_equal(stores_number(stores->path, drafts), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_found),
      TEST(test_steps_fail),
      TEST(test_remembered_by_backups),
      TEST(test_made_by_another),
      TEST(test_disk_fails),
      TEST(test_second_look),
      TEST(test_name_may_not_last),
      TEST(test_trusted),
      TEST(test_mask_of_another),
      TEST(test_traces),
      TEST(test_read_once),
      TEST(test_at_once),
      TEST(test_threads),
      TEST(test_draft_is_left),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

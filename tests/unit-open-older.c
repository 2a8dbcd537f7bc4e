/* Stores and layers of an older form: brought up to date, or read as they are.
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
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 6 };

/* The store of tests/data/store-1.sql: operation 1 cleared row 1, 2 cleared row 2, 3 took 2 back.
 */
static int setup(void **state)
{
  g_autofree char *sql = NULL;
  struct stores *stores;

  stores_setup(state);
  stores = *state;
  assert_true(g_file_get_contents(TEST_DATA "/store-1.sql", &sql, NULL, NULL));
  assert_int_equal(mkdir(stores->home, 0700), 0);
  stores_write(stores->path, 0, "", 0);
  stores_sql(stores->path, sql);
  stores_write(stores->lock, 0, "1\n", 2);
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 1);
  return 0;
}

static void expect_rows(struct store *store, bool first, bool second)
{
  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = stores_row(i);

    if ((i == 1 && !first) || (i == 2 && !second))
      stores_expect_none(store, &row.peer);
    else
      stores_expect(store, &row);
  }
}

static void undo(struct store *store, uint64_t target, uint64_t operation)
{
  struct store_change change;

  assert_int_equal(store_undo(store, target, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == operation && change.changed == 1 && change.replaced == 0);
}

/* Nothing is lost: pins, what was reported, the journal and its numbers. */
static void test_migration(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = stores_row(0).peer;
  struct failure_row failure;
  struct keypin pin = stores_pin(1);

  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 3);
  expect_rows(store, false, true);
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_OK);
  assert_string_equal(failure.reason, "no-proof");
  assert_true(failure.count == 1 && failure.first == STORES_NOW);
  undo(store, 3, 4);
  expect_rows(store, false, false);
  undo(store, 1, 5);
  expect_rows(store, true, false);
  stores_expect_no_pin(store, &pin);
  assert_true(stores_edit(store, &pin) == 6);
  undo(store, 0, 7);
  undo(store, 0, 8); /* the clear that the first undo brought back into force */
  expect_rows(store, true, true);
  store_close(store);
  store = stores_open(stores->path);
  expect_rows(store, true, true);
  store_close(store);
}

/* The digests of a table's rows, one after the other. */
static char *digests_of(const char *path, const char *table)
{
  g_autofree char *sql = g_strdup_printf("SELECT group_concat(hex(digest)) FROM %s", table);
  sqlite3 *handle = stores_raw(path);
  sqlite3_stmt *statement = NULL;
  char *text;

  assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  text = g_strdup((const char *)sqlite3_column_text(statement, 0));
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  assert_non_null(text);
  return text;
}

/* No row of the old tables is written anew. */
static void test_old_tables_stay(void **state)
{
  static const char *const names[] = {"ticket", "failure", "operation", "before"};
  struct stores *stores = *state;
  g_autofree char *old = g_strconcat(stores->folder, "/old.db", NULL);

  stores_copy(stores->path, old);
  store_close(stores_open(stores->path));
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *before = digests_of(old, names[i]);
    g_autofree char *after = digests_of(stores->path, names[i]);

    assert_string_equal(before, after);
  }
}

/* A damaged store is refused as it is: to write to it could destroy more. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  g_autofree char *before = NULL, *after = NULL;
  gsize before_size, after_size;

  stores_sql(stores->path, "UPDATE ticket SET expires = 1 WHERE host = 'host-0003.example'");
  assert_true(g_file_get_contents(stores->path, &before, &before_size, NULL));
  stores_damaged(stores->path, "not what was written");
  assert_true(g_file_get_contents(stores->path, &after, &after_size, NULL));
  assert_int_equal(before_size, after_size);
  assert_memory_equal(before, after, before_size);
  stores_refuse(stores->path, STORE_SYSTEM, "not what was written");
}

/* A store of form 2, as 0.1.0 made it before there was a table `state`, is brought up to date in
 * its place, and a layer of that form is read. */
static void test_form_2(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(0);
  struct store *store = stores_open(stores->path);
  char *problem;

  store_close(store);
  stores_sql(stores->path, "DROP TABLE state; PRAGMA user_version = 2; VACUUM");
  assert_int_equal(store_open(stores->path, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  stores_expect(store, &row);
  store_close(store);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 3);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM state"), 0);
}

/* Tables of the new form under the old number, or the other way round, are nobody's. */
static void test_wrong_number(void **state)
{
  struct stores *stores = *state;

  stores_sql(stores->path, "PRAGMA user_version = 2");
  stores_damaged(stores->path, "not those of tlspin");
  stores_refuse(stores->path, STORE_SYSTEM, "not those of tlspin");
  stores_sql(stores->path, "PRAGMA user_version = 1; CREATE TABLE pin(x)");
  stores_damaged(stores->path, "not those of tlspin");
  stores_refuse(stores->path, STORE_SYSTEM, "not those of tlspin");
  stores_sql(stores->path, "DROP TABLE pin");
  store_close(stores_open(stores->path));
}

/* While another daemon uses the store its form isn't changed under it. */
static void test_in_use(void **state)
{
  struct stores *stores = *state;
  int fd = open(stores->lock, O_RDWR | O_CLOEXEC);

  assert_true(fd >= 0);
  assert_int_equal(flock(fd, LOCK_SH), 0);
  stores_refuse(stores->path, STORE_USER, "");
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 1);
  close(fd);
  store_close(stores_open(stores->path));
}

/* Several daemons that start at once: each gets the store, and one of them has changed it. */
static void test_race(void **state)
{
  enum { DAEMONS = 6 };
  struct stores *stores = *state;
  pid_t children[DAEMONS];

  for (int i = 0; i < DAEMONS; i++) {
    children[i] = stores_fork();
    if (children[i] == 0) {
      struct store *store = stores_open(stores->path);

      expect_rows(store, false, true);
      store_close(store);
      _exit(0);
    }
  }
  for (int i = 0; i < DAEMONS; i++)
    stores_join(children[i]);
  store_close(stores_open(stores->path));
}

/* Ended at any time, the store is of the one form or the other, and whole. */
static void test_killed(void **state)
{
  enum { ROUNDS = 40 };
  struct stores *stores = *state;
  g_autofree char *old = g_strconcat(stores->folder, "/old.db", NULL);

  stores_copy(stores->path, old);
  for (int i = 0; i < ROUNDS; i++) {
    struct store *store;
    pid_t child = stores_fork();

    if (child == 0) {
      stores_open(stores->path);
      pause();
    }
    g_usleep((gulong)i * 250);
    stores_kill(child);
    store = stores_open(stores->path);
    expect_rows(store, false, true);
    store_close(store);
    unlink(stores->journal);
    stores_copy(old, stores->path);
  }
}

static void check_no_room(struct stores *stores)
{
  struct rlimit before, none;
  struct store *store;

  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = (rlim_t)stores_number(
      stores->path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  stores_refuse(stores->path, STORE_USER, "pins.db");
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 1);
  store = stores_open(stores->path);
  expect_rows(store, false, true);
  store_close(store);
}

static void test_no_room(void **state)
{
  struct stores *stores = *state;

  if (geteuid() == 0)
    assert_int_equal(chown(stores->path, 65534, (gid_t)-1) + chown(stores->lock, 65534, (gid_t)-1),
                     0);
  stores_as_user(stores, check_no_room);
}

static bool no_pin(const struct keypin *pin, void *data)
{
  (void)pin;
  (void)data;
  fail();
  return false;
}

static bool no_event(const struct event_row *event, void *data)
{
  (void)event;
  (void)data;
  fail();
  return false;
}

static bool no_setting(const struct setting_row *setting, void *data)
{
  (void)setting;
  (void)data;
  fail();
  return false;
}

static void count_peer(const struct peer *peer, void *data)
{
  (void)peer;
  ++*(int *)data;
}

/* A layer can't be changed; it is read with what it has: no records, no settings. */
static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct store_filter any = STORE_FILTER_ANY;
  struct store_edit *edit = NULL;
  struct store *store = NULL;
  struct peer peer = stores_row(0).peer;
  char *problem = NULL;
  uint64_t count = 7;
  int touched = 0;

  assert_int_equal(store_open(stores->path, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "PRAGMA user_version"), 1);
  expect_rows(store, false, true);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == ROWS - 1);
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == 0);
  assert_int_equal(store_read_begin(store), TLSPIN_OK);
  assert_int_equal(store_pins(store, &peer, no_pin, NULL), TLSPIN_OK);
  store_read_end(store);
  assert_int_equal(store_pins(store, &peer, no_pin, NULL), TLSPIN_OK);
  assert_int_equal(store_list_pins(store, &any, NULL, 9, no_pin, NULL), TLSPIN_OK);
  assert_int_equal(store_events(store, 0, NULL, 9, no_event, NULL), TLSPIN_OK);
  assert_int_equal(store_settings(store, no_setting, NULL), TLSPIN_OK);
  assert_int_equal(store_touched(store, 1, 9, count_peer, &touched), TLSPIN_OK);
  assert_int_equal(touched, 1);
  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, 1, &edit), TLSPIN_E_DENIED);
  assert_true(store_in_place(store));
  store_close(store);
}

/* Damage under an open layer of the old form is noticed as under any. */
static void test_layer_damaged(void **state)
{
  struct stores *stores = *state;
  struct peer absent = stores_row(900).peer;
  struct ticket_row row;
  struct store *store;
  char *problem;

  assert_int_equal(store_open(stores->path, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  stores_sql(stores->path, "DELETE FROM ticket WHERE host = 'host-0003.example'");
  assert_int_equal(store_get(store, &absent, &row), TLSPIN_UNAVAILABLE);
  assert_false(store_in_place(store));
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_migration),     TEST(test_old_tables_stay), TEST(test_damaged),
      TEST(test_form_2),        TEST(test_in_use),          TEST(test_race),
      TEST(test_wrong_number),  TEST(test_in_use),          TEST(test_race),
      TEST(test_killed),        TEST(test_no_room),         TEST(test_layer),
      TEST(test_layer_damaged),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

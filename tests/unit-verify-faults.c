/* Reading a file through on a disk that fails, and files that nobody can have written.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/schema.h"
#include "tests/baddisk.h"
#include "tests/hostile.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 40 };

MISFIRE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)
MISFIRE(int, lstat, (const char *path, struct stat *status), (path, status), -1)

/* A key is kept from one row to the next, but not one of any length. */
static void test_longest_key(void **state)
{
  static uint8_t octets[1000];
  struct stores *stores = *state;

  memset(octets, 'a', sizeof octets);
  for (size_t size = 511; size <= sizeof octets; size += size < 514 ? 1 : 100) {
    struct cell cells[TABLE_COLUMNS] = {{CELL_TEXT, 0, {octets, size}}, BLOB("x")};
    struct database db;

    stores_new_database(stores, &db);
    assert_true(schema_migrate(db.handle, &schema_current) && database_prepare(&db));
    stores_put_row(&db, TABLE_STATE, cells);
    stores_expect_fault(&db, STORE_USER, "an entry in it is not what was written");
    assert_false(db.hindered);
    database_close(&db);
    assert_int_equal(unlink(stores->layer), 0);
  }
}

/* Where there is no telling, nothing is said to be well. */
static void test_within_another(void **state)
{
  struct database db;

  stores_new_database(*state, &db);
  assert_true(schema_migrate(db.handle, &schema_current) && database_prepare(&db));
  assert_true(database_finish(db.statements[STATEMENT_BEGIN]));
  stores_expect_fault(&db, STORE_USER, "cannot start a transaction within a transaction");
  assert_false(database_in_transaction(&db));
  assert_null(contents_verify(&db, STORE_USER));
  database_close(&db);
}

/* A table that isn't there has not no rows. */
static void test_no_table(void **state)
{
  struct stores *stores = *state;
  struct database db;

  stores_make(stores->path, 1);
  stores_open_database(stores->path, &db);
  assert_true(stores_runs(&db, "DROP TABLE event"));
  stores_expect_fault(&db, STORE_USER, "no such table: event");
  database_close(&db);
}

/* Each read fails once: then it is read again. From one on all fail: it is the disk, and not what
 * stands on it. */
static void test_disk(void **state)
{
  struct stores *stores = *state;
  struct database db;
  unsigned call = 0;
  bool failed;

  stores_make(stores->path, ROWS);
  stores_open_database(stores->path, &db);
  baddisk_begin(&db);
  do {
    char *fault;

    database_drop_cache(&db);
    baddisk_read = (struct misfire){.call = ++call};
    fault = contents_verify(&db, STORE_USER);
    failed = baddisk_read.call == 0;
    if (fault != NULL)
      fail_msg("read %u: %s", call, fault);
    database_drop_cache(&db);
    baddisk_read = (struct misfire){.call = call, .ever = true};
    fault = contents_verify(&db, STORE_USER);
    assert_int_equal(fault != NULL, failed);
    assert_int_equal(db.hindered, failed);
    g_free(fault);
  } while (failed);
  assert_true(call > 5);
  baddisk_read.call = 0;
  assert_null(contents_verify(&db, STORE_USER));
  assert_false(db.hindered);
  baddisk_end(&db);
  database_close(&db);
}

/* Damage on a disk that fails is not yet known to be damage. */
static void test_damage_on_disk(void **state)
{
  static const char *const damages[] = {"DELETE FROM ticket WHERE port = 443",
                                        "UPDATE ticket SET issued = issued + 1"};
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    struct database db;
    unsigned call = 0;
    char *fault;

    stores_sql(stores->path, damages[G_N_ELEMENTS(damages) - 1 - i]);
    stores_open_database(stores->path, &db);
    baddisk_begin(&db);
    do {
      database_drop_cache(&db);
      baddisk_read = (struct misfire){.call = ++call, .ever = true};
      fault = contents_verify(&db, STORE_USER);
      assert_non_null(fault);
      assert_int_equal(db.hindered, baddisk_read.done > 0);
      g_free(fault);
    } while (db.hindered);
    baddisk_read.call = 0;
    baddisk_end(&db);
    database_close(&db);
  }
}

static void write_layer(struct stores *stores, size_t rows)
{
  struct ticket_row *tickets = g_new(struct ticket_row, rows);
  struct layer_contents contents = {.ticket_count = rows, .tickets = tickets};
  char *problem = NULL;

  for (size_t i = 0; i < rows; i++)
    tickets[i] = stores_row((int)i);
  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  g_free(tickets);
}

static void open_layer(struct stores *stores, struct database *db)
{
  assert_true(database_open(db, stores->layer, STORE_SYSTEM) && database_prepare(db));
}

/* A layer that was touched is read again where it is small, and waited for where it isn't. */
static void test_trust(void **state)
{
  static const size_t rows[] = {ROWS, STORES_ROWS};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct database db;

    write_layer(stores, rows[i]);
    open_layer(stores, &db);
    database_stamp(&db);
    assert_int_equal(db.stamp.status.st_size > STORE_SMALL, i);
    assert_true(contents_trust(&db, STORE_SYSTEM));
    db.stamp.status.st_mtim.tv_sec--;
    assert_int_equal(contents_trust(&db, STORE_SYSTEM), i == 0);
    assert_int_equal(db.distrusted, i == 1);
    assert_int_equal(contents_trust(&db, STORE_SYSTEM), i == 0);
    assert_int_equal(db.reading, i == 0);
    database_close(&db);
    assert_int_equal(unlink(stores->layer), 0);
  }
}

/* One that can't be looked at is read each time. */
static void test_trust_unseen(void **state)
{
  struct stores *stores = *state;
  struct database db;

  write_layer(stores, STORES_ROWS);
  open_misfire = (struct misfire){.call = 1, .error = EMFILE};
  open_layer(stores, &db);
  assert_int_equal(open_misfire.call, 0);
  lstat_misfire = (struct misfire){.call = 1, .error = EACCES, .ever = true};
  for (uint64_t reading = 1; reading <= 2; reading++) {
    assert_true(contents_trust(&db, STORE_SYSTEM));
    assert_true(db.reading == reading);
  }
  lstat_misfire.call = 0;
  database_close(&db);
}

/* The second look has as much time as the first one had. */
static void test_fuel(void **state)
{
  struct stores *stores = *state;
  struct database db;
  int64_t full, one;

  stores_make(stores->path, STORES_ROWS);
  stores_open_database(stores->path, &db);
  database_refuel_all(&db);
  full = db.fuel;
  assert_null(contents_verify(&db, STORE_USER));
  one = full - db.fuel;
  assert_true(one >= 3);
  stores_sql(stores->path,
             "UPDATE ticket SET issued = issued + 1 WHERE host = 'host-1023.example'");
  stores_expect_fault(&db, STORE_USER, "an entry in it is not what was written");
  assert_true(full - db.fuel <= one + 1);
  database_close(&db);
}

/* What the log was told. */
static unsigned warnings;

static GLogWriterOutput count_warning(GLogLevelFlags level, const GLogField *fields, gsize count,
                                      void *data)
{
  (void)fields, (void)count, (void)data;
  warnings += (level & G_LOG_LEVEL_WARNING) != 0;
  return G_LOG_WRITER_HANDLED;
}

/* Damage by the disk itself, of which SQLite sees nothing: it is looked for on the disk, and told
 * once. */
static void test_rot(void **state)
{
  struct stores *stores = *state;
  struct database db;
  char *content = NULL;
  gsize size = 0;

  stores_make(stores->path, ROWS);
  stores_open_database(stores->path, &db);
  assert_null(contents_verify(&db, STORE_USER));
  database_stamp(&db);
  g_log_set_writer_func(count_warning, NULL, NULL);
  assert_true(contents_trust(&db, STORE_USER));
  db.stamp.set = false;
  assert_true(contents_trust(&db, STORE_USER));
  assert_int_equal(warnings, 0);
  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  stores_flip(content, stores->path,
              (uint32_t)((char *)memmem(content, size, "host-0020.ex", 12) - content) * 8);
  g_free(content);
  db.stamp.set = false;
  for (int i = 0; i < 2; i++) {
    assert_false(contents_trust(&db, STORE_USER));
    assert_int_equal(warnings, 1);
  }
  database_close(&db);
}

/* What was damaged once isn't believed again, whatever is done to it. */
static void test_distrust(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);
  struct database db;

  stores_make(stores->path, ROWS);
  stores_copy(stores->path, good);
  stores_open_database(stores->path, &db);
  database_stamp(&db);
  assert_true(contents_trust(&db, STORE_USER));
  stores_sql(stores->path, "DELETE FROM ticket WHERE host = 'host-0007.example'");
  db.stamp.set = false;
  assert_false(contents_trust(&db, STORE_USER));
  stores_copy(good, stores->path);
  db.stamp.set = false;
  assert_false(contents_trust(&db, STORE_USER));
  assert_true(db.reading == 1);
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_longest_key),  TEST(test_no_table),       TEST(test_within_another),
      TEST(test_disk),         TEST(test_damage_on_disk), TEST(test_trust),
      TEST(test_trust_unseen), TEST(test_distrust),       TEST(test_fuel),
      TEST(test_rot),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

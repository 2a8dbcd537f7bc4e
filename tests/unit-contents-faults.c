/* Transactions on files that are damaged, and where the disk or memory fails.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "tests/misfire.h"
#include "tests/transaction.h"

#include <glib/gstdio.h>
#include <string.h>

static struct misfire sqlite3_step_misfire;

/* What another program does to the file just before the next step. */
static struct {
  const char *sql, *path;
} meanwhile;

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
  if (meanwhile.sql != NULL)
    stores_sql(meanwhile.path, meanwhile.sql);
  meanwhile.sql = NULL;
  return misfire_now(&sqlite3_step_misfire) ? SQLITE_IOERR : __real_sqlite3_step(statement);
}

MISFIRE(int, sqlite3_bind_text,
        (sqlite3_stmt * statement, int parameter, const char *text, int size, void (*done)(void *)),
        (statement, parameter, text, size, done), SQLITE_NOMEM)

/* A row that is damaged may neither be read nor be covered up by a write. */
static void test_damaged_row(void **state)
{
  struct fixture *fixture = *state;
  struct peer peer = stores_row(1).peer;
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(put(&change, 2, 8), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  stores_sql(fixture->stores->layer, "UPDATE ticket SET expires = expires + 1 WHERE series = 7");
  peer_to_cells(&peer, key);
  assert_int_equal(contents_get(&fixture->db, TABLE_TICKET, key, cells, &digest),
                   TLSPIN_UNAVAILABLE);
  database_reset(fixture->db.get[TABLE_TICKET]);
  database_stamp(&fixture->db); /* as if the file's times told nothing of it */
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 9), TLSPIN_UNAVAILABLE);
  assert_int_equal(drop(&change, 1), TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, TLSPIN_UNAVAILABLE), TLSPIN_UNAVAILABLE);
  assert_true(find(&fixture->db, 2) == 8);
  assert_int_equal(
      stores_number(fixture->stores->layer, "SELECT series FROM ticket ORDER BY series"), 7);
}

/* What `meta` says is held to its own digest, each of its rows by itself. A file may have been
 * changed so that it takes texts there, too. */
static void test_damaged_meta(void **state)
{
  static const char *const hostile[] = {
      "UPDATE meta SET value = CAST(value AS TEXT)",
      "UPDATE meta SET value = zeroblob(length(value))",
      "UPDATE meta SET value = substr(value, 1, length(value) - 1)",
      "UPDATE meta SET value = CAST(value || x'00' AS BLOB)",
      "UPDATE meta SET value = CAST(x'01' || substr(value, 2) AS BLOB)",
      "UPDATE meta SET name = 'Another'",
      "UPDATE meta SET value = x''",
      "DELETE FROM meta",
  };
  struct fixture *fixture = *state;
  g_autofree char *good = g_strconcat(fixture->stores->layer, ".good", NULL);

  stores_sql(fixture->stores->layer,
             "CREATE TABLE other(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
             "INSERT INTO other SELECT * FROM meta;"
             "DROP TABLE meta; ALTER TABLE other RENAME TO meta");
  stores_copy(fixture->stores->layer, good);
  for (size_t i = 0; i < 2 * G_N_ELEMENTS(hostile); i++) {
    bool first = i % 2 == 0;
    g_autofree char *sql =
        g_strconcat(hostile[i / 2], " WHERE name = '", first ? "contents" : "records", "'", NULL);
    struct database db;
    struct transaction change;
    struct contents contents;
    struct census census;

    stores_copy(good, fixture->stores->layer);
    stores_sql(fixture->stores->layer, sql);
    assert_true(database_open(&db, fixture->stores->layer, STORE_USER) && database_prepare(&db));
    assert_int_equal(contents_load(&db, &contents), !first);
    assert_int_equal(census_load(&db, &census), first);
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_UNAVAILABLE);
    assert_true(sqlite3_get_autocommit(db.handle));
    db.distrusted = false;
    database_stamp(&db); /* as if the file's times told nothing of it */
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_UNAVAILABLE);
    assert_true(sqlite3_get_autocommit(db.handle));
    database_close(&db);
  }
}

/* A number of pages that the file may not exceed stands for a full disk: nothing of the change
 * stays, and afterwards all goes on. */
static void test_full(void **state)
{
  struct fixture *fixture = *state;
  enum tlspin_code code = TLSPIN_OK;
  struct transaction change;
  int i;

  assert_int_equal(sqlite3_exec(fixture->db.handle, "PRAGMA max_page_count = 8", NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (i = 0; i < 200 && code == TLSPIN_OK; i++)
    code = put(&change, i, 7);
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, code), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
  assert_true(find(&fixture->db, 0) == 0);
  assert_int_equal(
      sqlite3_exec(fixture->db.handle, "PRAGMA max_page_count = 9999", NULL, NULL, NULL),
      SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  for (i = 0; i < 200; i++)
    assert_int_equal(put(&change, i, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_sound(&fixture->db, 200);
}

/* The commit itself fails where a reader won't go away. */
static void test_failing_commit(void **state)
{
  struct fixture *fixture = *state;
  sqlite3 *reader = stores_raw(fixture->stores->layer);
  struct transaction change;

  assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM meta", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(fixture->db.handle));
  sqlite3_close(reader);
  expect_sound(&fixture->db, 0);
}

/* A row that is longer than any can be, or a key, is neither looked for nor stored. */
static void test_too_long(void **state)
{
  struct fixture *fixture = *state;
  g_autofree uint8_t *octets = g_malloc0(1 << 20);
  struct ticket_row row = stores_row(1);
  struct cell cells[TABLE_COLUMNS], got[TABLE_COLUMNS];
  struct digest digest;
  struct transaction change;

  ticket_row_to_cells(&row, cells);
  cells[3] = cell_blob((struct span){octets, 1 << 20});
  assert_int_equal(transaction_begin(&change, &fixture->db), TLSPIN_OK);
  assert_int_equal(change_add(&change, TABLE_TICKET, cells), TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_put(&change, TABLE_TICKET, cells), TLSPIN_UNAVAILABLE);
  cells[0] = cell_blob((struct span){octets, 1 << 20});
  assert_int_equal(contents_get(&fixture->db, TABLE_TICKET, cells, got, &digest),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_drop(&change, TABLE_TICKET, cells), TLSPIN_UNAVAILABLE);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  expect_sound(&fixture->db, 0);
}

/* Nothing of the change is stored. */
static void expect_failed(struct database *db, struct transaction *change, uint64_t rows)
{
  sqlite3_step_misfire.call = sqlite3_bind_text_misfire.call = 0;
  assert_int_equal(transaction_end(change, TLSPIN_UNAVAILABLE), TLSPIN_UNAVAILABLE);
  assert_true(sqlite3_get_autocommit(db->handle));
  expect_sound(db, rows);
}

/* No memory for one parameter: host or protocol of the row that is looked for, of the one that is
 * stored or dropped, and what comes after them. */
static void test_unbound(void **state)
{
  struct fixture *fixture = *state;
  struct database *db = &fixture->db;
  struct transaction change;

  for (unsigned call = 1; call <= 6; call++) {
    assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
    sqlite3_bind_text_misfire.call = call;
    assert_int_equal(put(&change, 1, 7), TLSPIN_UNAVAILABLE);
    expect_failed(db, &change, 0);
  }
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  for (unsigned call = 1; call <= 4; call++) {
    assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
    sqlite3_bind_text_misfire.call = call;
    assert_int_equal(drop(&change, 1), TLSPIN_UNAVAILABLE);
    expect_failed(db, &change, 1);
  }
}

/* Puts a record, or drops it, where one step of it fails or none (0). Whether it was done. */
static bool try_steps(struct database *db, const struct keypin *pin, bool drops, unsigned failing)
{
  struct cell key[TABLE_KEY];
  struct transaction change;
  enum tlspin_code code;

  database_stamp(db); /* it needn't be read through for this */
  sqlite3_step_misfire = (struct misfire){.call = failing};
  code = transaction_begin(&change, db);
  pin_key_to_cells(pin, key);
  if (code == TLSPIN_OK)
    code = transaction_end(&change, drops ? transaction_drop(&change, TABLE_PIN, key)
                                          : put_pin(&change, *pin));
  sqlite3_step_misfire.call = 0;
  assert_int_equal(code, sqlite3_step_misfire.done > 0 ? TLSPIN_UNAVAILABLE : TLSPIN_OK);
  assert_true(sqlite3_get_autocommit(db->handle));
  return code == TLSPIN_OK;
}

/* Each step of a change fails on the disk: to begin, to read the two sums, to look for the row, to
 * write or drop it, to write the two sums, to commit. */
static void test_failing_steps(void **state)
{
  struct fixture *fixture = *state;
  struct keypin pin = stores_pin(1);

  for (int drops = 0; drops <= 1; drops++) {
    for (unsigned failing = 1; failing <= 8; failing++) {
      assert_false(try_steps(&fixture->db, &pin, drops == 1, failing));
      expect_census(&fixture->db, (uint64_t)drops, 0, 0);
    }
    assert_true(try_steps(&fixture->db, &pin, drops == 1, 9)); /* there is none */
    expect_census(&fixture->db, 1 - (uint64_t)drops, 0, 0);
  }
}

/* What another did to the file between the last look at it and our change isn't made good by our
 * writing: it is found the next time. */
static void test_changed_meanwhile(void **state)
{
  struct fixture *fixture = *state;
  struct database *db = &fixture->db;
  struct transaction change;

  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(put(&change, 1, 7), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  assert_true(database_unchanged(db));
  meanwhile.path = fixture->stores->layer;
  meanwhile.sql = "UPDATE ticket SET expires = expires + 1 WHERE series = 7";
  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_null(meanwhile.sql);
  assert_int_equal(put(&change, 2, 8), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  assert_false(database_unchanged(db));
  assert_false(contents_trust(db, STORE_USER));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_damaged_row),    TEST(test_damaged_meta),      TEST(test_full),
      TEST(test_failing_commit), TEST(test_too_long),          TEST(test_unbound),
      TEST(test_failing_steps),  TEST(test_changed_meanwhile),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

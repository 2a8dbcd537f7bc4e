/* A new store, made of the rows of a damaged one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/rebuild.h"

#include "daemon/missing.h"
#include "daemon/row.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static struct rebuild *begin(struct stores *stores)
{
  char *problem = NULL;
  struct rebuild *rebuild = rebuild_new(stores->path, &problem);

  assert_null(problem);
  assert_non_null(rebuild);
  return rebuild;
}

static void finish(struct rebuild *rebuild)
{
  char *problem = NULL;

  if (!rebuild_finish(rebuild, &problem))
    fail_msg("%s", problem);
  rebuild_free(rebuild);
}

/* The cells point into a row that the next call changes. */
static void to_cells(int n, uint64_t series, struct cell *cells, struct digest *digest)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  static struct ticket_row row;

  row = stores_row(n % STORES_ROWS);
  snprintf(row.peer.host, sizeof row.peer.host, "host-%04d.example", n);
  row.series = series;
  ticket_row_to_cells(&row, cells);
  assert_true(cells_digest(checksum, &tables[TABLE_TICKET], cells, digest));
}

static struct digest add(struct rebuild *rebuild, int n)
{
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;

  to_cells(n, (uint64_t)n + 1, cells, &digest);
  assert_true(rebuild_add(rebuild, TABLE_TICKET, cells));
  return digest;
}

static struct digest offer(struct rebuild *rebuild, enum rebuild_source source, int n,
                           uint64_t series)
{
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;

  to_cells(n, series, cells, &digest);
  assert_true(rebuild_offer(rebuild, source, TABLE_TICKET, cells, &digest));
  return digest;
}

/* Rows 0 to 2, of which the first two are known. */
static struct contents contents_of(const struct digest *digests, size_t count)
{
  struct contents contents = {.rows = count, .last_operation = 7};

  for (size_t i = 0; i < count; i++)
    digest_toggle(&contents.all, &digests[i]);
  return contents;
}

static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  struct digest digests[] = {add(rebuild, 0), add(rebuild, 1)};
  struct contents contents = contents_of(digests, 2);
  uint64_t added[REBUILD_SOURCES];
  struct store *store;

  add(rebuild, 1); /* once more */
  assert_int_equal(rebuild_rows(rebuild), 2);
  assert_int_equal(rebuild_missing(rebuild, &contents), 0);
  assert_int_equal(rebuild_complete(rebuild, &contents, added), TLSPIN_OK);
  assert_int_equal(added[REBUILD_CARVED] + added[REBUILD_BACKUP], 0);
  finish(rebuild);
  store = stores_open(stores->path);
  stores_expect(store, &(struct ticket_row[]){stores_row(0)}[0]);
  stores_expect(store, &(struct ticket_row[]){stores_row(1)}[0]);
  store_close(store);
}

/* Of an older and the right state of a row, and of a row that was deleted, the sum finds the one.
 */
static void test_completed(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  struct digest digests[] = {add(rebuild, 0), offer(rebuild, REBUILD_BACKUP, 1, 2),
                             offer(rebuild, REBUILD_CARVED, 2, 3)};
  struct contents contents = contents_of(digests, 3);
  uint64_t added[REBUILD_SOURCES];
  struct store *store;

  offer(rebuild, REBUILD_BACKUP, 1, 99);
  offer(rebuild, REBUILD_BACKUP, 3, 4);
  offer(rebuild, REBUILD_BACKUP, 2, 3); /* was found before */
  assert_int_equal(rebuild_missing(rebuild, &contents), 2);
  assert_int_equal(rebuild_complete(rebuild, &contents, added), TLSPIN_OK);
  assert_int_equal(added[REBUILD_CARVED], 1);
  assert_int_equal(added[REBUILD_BACKUP], 1);
  finish(rebuild);
  store = stores_open(stores->path);
  for (int i = 0; i < 3; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  stores_expect_none(store, &(struct ticket_row[]){stores_row(3)}[0].peer);
  store_close(store);
}

static void test_incomplete(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  struct digest digests[] = {add(rebuild, 0), {{1}}};
  struct contents contents = contents_of(digests, 2);
  uint64_t added[REBUILD_SOURCES];

  offer(rebuild, REBUILD_BACKUP, 1, 2);
  offer(rebuild, REBUILD_CARVED, 2, 3);
  assert_int_equal(rebuild_complete(rebuild, &contents, added), TLSPIN_E_NOT_FOUND);
  assert_int_equal(added[REBUILD_CARVED] + added[REBUILD_BACKUP], 0);
  assert_int_equal(rebuild_rows(rebuild), 1);
  assert_int_equal(rebuild_missing(rebuild, &contents), 1);
  finish(rebuild);
}

/* A row that is there and two that are missing, of so many that are offered; and back again. */
static void choose_two(struct stores *stores, int count, bool expected)
{
  struct rebuild *rebuild = begin(stores);
  struct digest digests[] = {add(rebuild, 0), offer(rebuild, REBUILD_CARVED, 1, 2),
                             offer(rebuild, REBUILD_BACKUP, 2, 3)};
  struct contents contents = contents_of(digests, G_N_ELEMENTS(digests));
  uint64_t added[REBUILD_SOURCES];

  for (int i = 3; i <= count; i++)
    offer(rebuild, REBUILD_BACKUP, i, (uint64_t)i + 1);
  assert_int_equal(rebuild_complete(rebuild, &contents, added) == TLSPIN_OK, expected);
  assert_int_equal(added[REBUILD_CARVED], expected);
  assert_int_equal(added[REBUILD_BACKUP], expected);
  assert_int_equal(rebuild_rows(rebuild), expected ? 3 : 1);
  rebuild_free(rebuild);
}

/* Of many a few can be found, or all but a few, and of too many none. */
static void test_many(void **state)
{
  choose_two(*state, MISSING_MAX, true);
  choose_two(*state, MISSING_MAX + 1, true);
  choose_two(*state, MISSING_MANY, true);
  choose_two(*state, MISSING_MANY + 1, false);
}

/* Candidates are held in memory: of as many octets as that may be the row that is missing is found,
 * and no row where there are more. */
static void test_octets(void **state)
{
  static uint8_t ticket[60000];
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

  for (int more = 0; more < 2; more++) {
    struct rebuild *rebuild = begin(*state);
    struct digest digests[] = {add(rebuild, 0), offer(rebuild, REBUILD_CARVED, 1, 2)};
    struct contents contents = contents_of(digests, 2);
    int count = REBUILD_OCTETS / ((int)sizeof ticket + 1000) + 20 * more;
    uint64_t added[REBUILD_SOURCES];

    for (int i = 2; i <= count; i++) {
      struct ticket_row row = stores_row(i);
      struct cell cells[TABLE_COLUMNS];
      struct digest digest;

      row.ticket = (struct span){ticket, sizeof ticket};
      ticket_row_to_cells(&row, cells);
      assert_true(cells_digest(checksum, &tables[TABLE_TICKET], cells, &digest));
      assert_true(rebuild_offer(rebuild, REBUILD_BACKUP, TABLE_TICKET, cells, &digest));
    }
    assert_int_equal(rebuild_complete(rebuild, &contents, added) == TLSPIN_OK, !more);
    assert_int_equal(added[REBUILD_CARVED], !more);
    rebuild_free(rebuild);
  }
}

/* A whole backup, of which two rows were changed since; there is only what became of one of them.
 */
static void test_nearly_all(void **state)
{
  enum { COUNT = MISSING_MAX + 50 };
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  struct digest digests[COUNT];
  struct contents contents;
  uint64_t added[REBUILD_SOURCES];

  for (int i = 0; i < COUNT; i++)
    digests[i] = offer(rebuild, REBUILD_BACKUP, i, (uint64_t)i + 1);
  offer(rebuild, REBUILD_CARVED, 7, 70);
  offer(rebuild, REBUILD_CARVED, 8, 80);
  contents = contents_of(digests, COUNT);
  assert_int_equal(rebuild_complete(rebuild, &contents, added), TLSPIN_OK);
  assert_int_equal(added[REBUILD_BACKUP], COUNT);
  assert_int_equal(added[REBUILD_CARVED], 0);
  finish(rebuild);
}

/* What is there stays; what is put in its place doesn't. */
static void test_keys(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  struct cell cells[TABLE_COLUMNS];
  struct ticket_row row = stores_row(0);
  struct digest digest;
  struct store *store;

  add(rebuild, 0);
  to_cells(0, 99, cells, &digest);
  assert_true(rebuild_has(rebuild, TABLE_TICKET, cells));
  assert_true(rebuild_add(rebuild, TABLE_TICKET, cells));
  assert_int_equal(rebuild_rows(rebuild), 1);
  to_cells(1, 2, cells, &digest);
  assert_false(rebuild_has(rebuild, TABLE_TICKET, cells));
  assert_false(rebuild_drop(rebuild, TABLE_TICKET, cells));
  add(rebuild, 1);
  assert_true(rebuild_drop(rebuild, TABLE_TICKET, cells));
  assert_false(rebuild_has(rebuild, TABLE_TICKET, cells));
  to_cells(0, 50, cells, &digest);
  assert_true(rebuild_replace(rebuild, TABLE_TICKET, cells));
  assert_int_equal(rebuild_rows(rebuild), 1);
  finish(rebuild);
  store = stores_open(stores->path);
  row.series = 50;
  stores_expect(store, &row);
  store_close(store);
}

/* Of a row that is there in another state just that isn't held. */
static void test_held(void **state)
{
  struct rebuild *rebuild = begin(*state);
  struct cell cells[TABLE_COLUMNS];
  struct digest there = add(rebuild, 0), other;

  to_cells(0, 99, cells, &other);
  assert_true(rebuild_holds(rebuild, TABLE_TICKET, cells, &there));
  assert_false(rebuild_holds(rebuild, TABLE_TICKET, cells, &other));
  to_cells(1, 2, cells, &other);
  assert_false(rebuild_holds(rebuild, TABLE_TICKET, cells, &other));
  rebuild_free(rebuild);
}

/* Where the disk gives back something else than was written to it, as it shows once nothing is
 * remembered any more. */
static const char *faulty;

int __real_sqlite3_db_release_memory(sqlite3 *handle);
int __wrap_sqlite3_db_release_memory(sqlite3 *handle);
int __wrap_sqlite3_db_release_memory(sqlite3 *handle)
{
  if (faulty != NULL)
    ruins_spoil(faulty, 1);
  return __real_sqlite3_db_release_memory(handle);
}

static void test_faulty_disk(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  g_autofree char *problem = NULL;

  for (int i = 0; i < 3; i++)
    add(rebuild, i);
  faulty = stores->path;
  assert_false(rebuild_finish(rebuild, &problem));
  faulty = NULL;
  assert_non_null(strstr(problem, "can't be read again"));
  rebuild_free(rebuild);
  assert_int_not_equal(access(stores->path, F_OK), 0);
}

/* There is no folder to begin in. */
static void test_not_begun(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = g_build_filename(stores->folder, "none", "pins.db", NULL);
  g_autofree char *problem = NULL;

  assert_null(rebuild_new(path, &problem));
  assert_non_null(strstr(problem, "can't be made"));
}

/* No number is given twice. */
static void test_operations(void **state)
{
  struct stores *stores = *state;
  struct operation_row operation = {
      .id = 12, .kind = OPERATION_CLEAR, .made = STORES_NOW, .undone = true};
  struct store_filter filter = STORE_FILTER_ANY;
  struct rebuild *rebuild = begin(stores);
  struct cell cells[TABLE_COLUMNS];
  struct store_change change;
  struct store *store;

  add(rebuild, 0);
  operation_row_to_cells(&operation, cells);
  assert_true(rebuild_add(rebuild, TABLE_OPERATION, cells));
  rebuild_raise_operation(rebuild, 11);
  rebuild_raise_operation(rebuild, UINT64_MAX);
  rebuild_raise_operation(rebuild, OPERATION_LAST);
  rebuild_raise_operation(rebuild, OPERATION_LAST / 2); /* too few would be left */
  finish(rebuild);
  store = stores_open(stores->path);
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_int_equal(change.operation, 13);
  store_close(store);
}

/* Nothing is left of one that isn't finished; nothing is overwritten. */
static void test_unfinished(void **state)
{
  struct stores *stores = *state;
  struct rebuild *rebuild = begin(stores);
  char *problem = NULL;

  add(rebuild, 0);
  rebuild_free(rebuild);
  rebuild_free(NULL);
  assert_int_not_equal(access(stores->path, F_OK), 0);
  assert_int_not_equal(access(stores->journal, F_OK), 0);
  assert_int_equal(g_mkdir(stores->path, 0700), 0);
  assert_null(rebuild_new(stores->path, &problem));
  assert_non_null(problem);
  g_free(problem);
  assert_int_equal(g_rmdir(stores->path), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_whole, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_completed, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_incomplete, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_many, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_octets, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_nearly_all, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_keys, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_faulty_disk, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_held, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_not_begun, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_operations, stores_setup_home, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unfinished, stores_setup_home, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

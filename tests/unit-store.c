/* Getting and putting pins, alone, beside others, and through crashes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static enum tlspin_code put(struct store *store, const struct ticket_row *row, uint64_t expected)
{
  return store_put(store, row, expected, STORES_NOW);
}

static void test_put_and_get(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  stores_fill(store, 50);
  for (int i = 0; i < 50; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
}

/* Host, protocol and port are the key, each of them. */
static void test_key(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0), other = stores_row(1);

  assert_int_equal(put(store, &row, 0), TLSPIN_OK);
  other.peer = row.peer;
  other.peer.port = 8443;
  stores_expect_none(store, &other.peer);
  assert_int_equal(put(store, &other, 0), TLSPIN_OK);
  other.peer = row.peer;
  other.peer.protocol = PROTOCOL_DTLS;
  stores_expect_none(store, &other.peer);
  strcpy(other.peer.host, "sub.host-0000.example");
  stores_expect_none(store, &other.peer);
  strcpy(other.peer.host, "host-0000.exampl");
  stores_expect_none(store, &other.peer);
  stores_expect(store, &row);
  store_close(store);
}

/* The smallest and the largest that there can be, and numbers over the sign bit. */
static void test_borders(void **state)
{
  static uint8_t octets[UINT16_MAX];
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1);

  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] = (uint8_t)(i * 13 + i / 255);
  row.ticket = (struct span){octets, 1};
  row.series = UINT64_MAX;
  row.first_seen = row.issued = 0;
  row.expires = 253402300799;
  row.peer.port = 1;
  assert_int_equal(put(store, &row, 0), TLSPIN_OK);
  stores_expect(store, &row);
  row.ticket.size = sizeof octets;
  row.series = (uint64_t)1 << 63;
  assert_int_equal(put(store, &row, UINT64_MAX), TLSPIN_OK);
  stores_expect(store, &row);
  row.peer.port = UINT16_MAX;
  memset(row.peer.host, 'a', HOST_MAX);
  for (size_t i = 60; i < HOST_MAX; i += 60)
    row.peer.host[i] = '.';
  row.peer.host[HOST_MAX] = '\0';
  assert_int_equal(put(store, &row, 0), TLSPIN_OK);
  stores_expect(store, &row);
  store_close(store);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
}

/* What is no row is not stored, and what is no peer is not said to be missing. */
static void test_arguments(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0), got;
  struct failure_row failure;
  uint64_t count = 7;

  row.peer.port = 0;
  assert_int_equal(put(store, &row, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_E_ARGUMENT);
  row = stores_row(0);
  strcpy(row.peer.host, "Host.example");
  assert_int_equal(put(store, &row, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 1), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_get_failure(store, &row.peer, &failure), TLSPIN_E_ARGUMENT);
  row = stores_row(0);
  assert_int_equal(store_put(store, &row, 0, -1), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_put_failure(store, &row.peer, "No Proof", 1), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", -1), TLSPIN_E_ARGUMENT);
  row.lock = LOCK_ENFORCE;
  assert_int_equal(put(store, &row, 0), TLSPIN_E_ARGUMENT);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == 0);
  store_close(store);
}

/* Every case of "expected": row absent, standing, expired; expected 0, the row's series, another.
 */
static void test_compare_and_set(void **state)
{
  enum { ABSENT, STANDING, EXPIRED, EXPIRES_NOW, STATES };
  static const uint64_t expecting[] = {0, 5, 6};
  static const enum tlspin_code codes[STATES][3] = {
      [ABSENT] = {TLSPIN_OK, TLSPIN_MISMATCH, TLSPIN_MISMATCH},
      [STANDING] = {TLSPIN_MISMATCH, TLSPIN_OK, TLSPIN_MISMATCH},
      [EXPIRED] = {TLSPIN_OK, TLSPIN_OK, TLSPIN_MISMATCH},
      [EXPIRES_NOW] = {TLSPIN_OK, TLSPIN_OK, TLSPIN_MISMATCH},
  };
  static const int64_t expires[STATES] = {
      [STANDING] = STORES_NOW + 1, [EXPIRED] = STORES_NOW - 9, [EXPIRES_NOW] = STORES_NOW};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < STATES; i++)
    for (int j = 0; j < 3; j++) {
      struct ticket_row old = stores_row(3 * i + j), new = stores_row(100 + 3 * i + j);

      old.series = 5;
      old.expires = expires[i];
      new.peer = old.peer;
      new.series = 9;
      new.first_seen = 1234;
      if (i != ABSENT)
        assert_int_equal(put(store, &old, 0), TLSPIN_OK);
      assert_int_equal(put(store, &new, expecting[j]), codes[i][j]);
      if (codes[i][j] == TLSPIN_OK)
        stores_expect(store, &new); /* with its own first_seen */
      else if (i != ABSENT)
        stores_expect(store, &old);
      else
        stores_expect_none(store, &old.peer);
    }
  store_close(store);
  store_close(stores_open(stores->path));
}

/* An expired row is there until it is replaced: whether it counts is the policy's to say. */
static void test_expired_is_kept(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0);

  row.expires = 1;
  assert_int_equal(put(store, &row, 0), TLSPIN_OK);
  stores_expect(store, &row);
  store_close(store);
}

static void test_failures(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = stores_row(0).peer, other = stores_row(1).peer;
  struct failure_row failure;

  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_put_failure(store, &peer, "no-proof", 100), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &peer, "no-proof", 200), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &peer, "wrong-proof", 150), TLSPIN_OK); /* a clock */
  store_close(store);
  store = stores_open(stores->path);
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_OK);
  assert_string_equal(failure.reason, "wrong-proof");
  assert_true(failure.first == 100 && failure.last == 150 && failure.count == 3);
  assert_int_equal(store_get_failure(store, &other, &failure), TLSPIN_E_NOT_FOUND);
  assert_int_equal(failure.count, 0);
  store_close(store);
}

/* A row that was damaged while the store is open is "unavailable", and stays so at the next write.
 */
static void test_damaged_while_open(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1), got, whole = stores_row(2);
  struct failure_row failure;

  stores_fill(store, 3);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 1), TLSPIN_OK);
  stores_sql(stores->path, "UPDATE ticket SET secret = zeroblob(length(secret)) WHERE series = 2;"
                           "UPDATE failure SET count = 0");
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_UNAVAILABLE);
  assert_null(got.owned);
  assert_int_equal(got.ticket.size, 0);
  assert_int_equal(put(store, &row, row.series), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_get_failure(store, &row.peer, &failure), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 1), TLSPIN_UNAVAILABLE);
  stores_expect(store, &whole);
  store_close(store);
  stores_damaged(stores->path, "is damaged");
}

/* Puts a row whose digests are right and that tlspin never writes. */
static void put_unsound(struct store *store, enum table_id table, struct cell *cells, int column,
                        struct cell cell)
{
  struct transaction change;

  cells[column] = cell;
  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  assert_int_equal(transaction_put(&change, table, cells), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
}

/* A right digest makes no row right. */
static void test_unsound_while_open(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1), got;
  struct failure_row failure = {"no-proof", 1, 1, 1};
  struct operation_row operation = {1, OPERATION_CLEAR, 0, 1, false};
  struct image_row image = {1, true, row};
  struct cell cells[TABLE_COLUMNS];
  struct store_change change;

  ticket_row_to_cells(&row, cells);
  put_unsound(store, TABLE_TICKET, cells, 10, cell_text("enforce"));
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_UNAVAILABLE);
  assert_null(got.secret.data);
  assert_int_equal(put(store, &row, 0), TLSPIN_UNAVAILABLE);
  failure_row_to_cells(&row.peer, &failure, cells);
  put_unsound(store, TABLE_FAILURE, cells, 3, cell_text("No Proof"));
  assert_int_equal(store_get_failure(store, &row.peer, &failure), TLSPIN_UNAVAILABLE);
  operation_row_to_cells(&operation, cells);
  put_unsound(store, TABLE_OPERATION, cells, 3, cell_integer(-1));
  assert_int_equal(store_undo(store, 1, 9, &change), TLSPIN_UNAVAILABLE);
  image_row_to_cells(&image, cells);
  put_unsound(store, TABLE_BEFORE, cells, 8, cells[8]); /* without one it isn't the newest */
  assert_int_equal(store_undo(store, 0, 9, &change), TLSPIN_UNAVAILABLE);
  operation.id = image.operation = 2;
  operation_row_to_cells(&operation, cells);
  put_unsound(store, TABLE_OPERATION, cells, 3, cell_integer(1));
  image_row_to_cells(&image, cells);
  put_unsound(store, TABLE_BEFORE, cells, 8, cell_integer(0));
  assert_int_equal(store_undo(store, 2, 9, &change), TLSPIN_UNAVAILABLE);
  store_close(store);
}

/* Deleted, replaced or renamed under us: nothing more is written into what nobody will read again.
 */
static void test_moved(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = g_strconcat(stores->path, ".aside", NULL);
  struct ticket_row row = stores_row(1), new = stores_row(5);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct store *store;

  stores_make(stores->path, 3);
  store = stores_open(stores->path);
  assert_true(store_in_place(store));
  assert_int_equal(g_rename(stores->path, aside), 0);
  assert_false(store_in_place(store));
  assert_int_equal(put(store, &new, 0), TLSPIN_UNAVAILABLE);
  assert_int_equal(put(store, &row, row.series), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 1), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_clear(store, &all, 1, &change), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_undo(store, 0, 1, &change), TLSPIN_UNAVAILABLE);
  assert_int_equal(stores_forget(store, 1), TLSPIN_UNAVAILABLE);
  stores_copy(aside, stores->path); /* the same content, another file */
  assert_false(store_in_place(store));
  assert_int_equal(put(store, &new, 0), TLSPIN_UNAVAILABLE);
  assert_int_equal(g_rename(aside, stores->path), 0);
  assert_true(store_in_place(store));
  assert_int_equal(put(store, &new, 0), TLSPIN_OK);
  assert_int_equal(g_unlink(stores->path), 0);
  assert_false(store_in_place(store));
  assert_int_equal(put(store, &row, row.series), TLSPIN_UNAVAILABLE);
  store_close(store);
}

static void test_layer_is_read_only(void **state)
{
  struct stores *stores = *state;
  struct ticket_row row = stores_row(1), new = stores_row(5);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer,
                                     &(struct layer_contents){.ticket_count = 1, .tickets = &row},
                                     &problem),
                   TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  stores_expect(store, &row);
  stores_expect_none(store, &new.peer);
  assert_int_equal(put(store, &new, 0), TLSPIN_E_DENIED);
  assert_int_equal(store_put_failure(store, &row.peer, "no-proof", 1), TLSPIN_E_DENIED);
  assert_int_equal(store_clear(store, &all, 1, &change), TLSPIN_E_DENIED);
  assert_int_equal(store_undo(store, 0, 1, &change), TLSPIN_E_DENIED);
  assert_int_equal(stores_forget(store, 1), TLSPIN_E_DENIED);
  assert_true(store_in_place(store));
  store_close(store);
}

/* A disk without room, by the size that a file may have: an error, the old rows whole, and later it
 * works. */
static void check_no_room(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  enum tlspin_code code = TLSPIN_OK;
  struct rlimit before, none;
  int stored = 0;

  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 100000;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  for (int i = 0; i < STORES_ROWS && code == TLSPIN_OK; i++) {
    struct ticket_row row = stores_row(i);

    code = put(store, &row, 0);
    stored += code == TLSPIN_OK;
  }
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  assert_true(stored > 20 && stored < STORES_ROWS);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  for (int i = 0; i < stored; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  for (int i = stored + 1; i < stored + 50; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(put(store, &row, 0), TLSPIN_OK);
  }
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

/* Another program holds the file for longer than we wait: that is "unavailable" and never "no pin".
 */
static void test_locked(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0), got;
  sqlite3 *other;

  stores_fill(store, 1);
  other = stores_raw(stores->path);
  assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(store_get(store, &row.peer, &got), TLSPIN_UNAVAILABLE);
  assert_int_equal(put(store, &row, row.series), TLSPIN_UNAVAILABLE);
  sqlite3_close(other);
  stores_expect(store, &row);
  assert_int_equal(put(store, &row, row.series), TLSPIN_OK);
  store_close(store);
}

/* The rows first, first + step, ... of a count, each in a transaction of its own; each acknowledged
 * by an octet. */
static void write_rows(const char *path, int first, int step, int count, int acknowledge)
{
  struct store *store = stores_open(path);

  for (int i = first; i < count; i += step) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(put(store, &row, 0), TLSPIN_OK);
    if (acknowledge >= 0)
      assert_int_equal(write(acknowledge, "a", 1), 1);
  }
  store_close(store);
}

/* Two daemons on one home. */
static void test_two_writers(void **state)
{
  enum { WRITERS = 2, EACH = 200 };
  struct stores *stores = *state;
  pid_t children[WRITERS];
  struct store *store;

  for (int i = 0; i < WRITERS; i++) {
    children[i] = stores_fork();
    if (children[i] == 0) {
      write_rows(stores->path, i, WRITERS, WRITERS * EACH, -1);
      _exit(0);
    }
  }
  for (int i = 0; i < WRITERS; i++)
    stores_join(children[i]);
  store = stores_open(stores->path);
  for (int i = 0; i < WRITERS * EACH; i++) {
    struct ticket_row row = stores_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
}

/* Of many that pin the same server for the first time at once, one wins, and its pin stands. */
static void test_first_one_wins(void **state)
{
  enum { RACERS = 6, PEERS = 20 };
  struct stores *stores = *state;
  pid_t children[RACERS];
  uint8_t winners[2 * RACERS * PEERS];
  struct store *store;
  int results[2];

  assert_int_equal(pipe(results), 0);
  for (int i = 0; i < RACERS; i++) {
    children[i] = stores_fork();
    if (children[i] == 0) {
      store = stores_open(stores->path);
      for (uint8_t n = 0; n < PEERS; n++) {
        struct ticket_row row = stores_row(n);
        enum tlspin_code code;

        row.series = (uint64_t)i + 1;
        code = put(store, &row, 0);
        assert_true(code == TLSPIN_OK || code == TLSPIN_MISMATCH);
        if (code == TLSPIN_OK)
          assert_int_equal(write(results[1], (uint8_t[]){n, (uint8_t)(i + 1)}, 2), 2);
      }
      _exit(0);
    }
  }
  for (int i = 0; i < RACERS; i++)
    stores_join(children[i]);
  assert_int_equal(read(results[0], winners, sizeof winners), 2 * PEERS);
  store = stores_open(stores->path);
  for (int i = 0; i < PEERS; i++) {
    struct ticket_row row = stores_row(winners[2 * i]);

    row.series = winners[2 * i + 1];
    stores_expect(store, &row);
  }
  store_close(store);
  close(results[0]);
  close(results[1]);
}

/* Kills a writer some time after its first acknowledgement, and tells how many there were. */
static int kill_writer(const char *path, int first, int count, gulong delay)
{
  char octets[STORES_ROWS];
  ssize_t more;
  pid_t child;
  int acks[2];

  assert_int_equal(pipe(acks), 0);
  child = stores_fork();
  if (child == 0) {
    write_rows(path, first, 1, first + count, acks[1]);
    pause();
  }
  close(acks[1]);
  assert_int_equal(read(acks[0], octets, 1), 1);
  g_usleep(delay);
  stores_kill(child);
  more = read(acks[0], octets, sizeof octets);
  close(acks[0]);
  assert_true(more >= 0);
  return (int)more + 1;
}

/* kill -9 in the middle of writes: what was acknowledged is there, and the file is whole. */
static void test_killed(void **state)
{
  enum { KILLS = 20, EACH = 50 };
  struct stores *stores = *state;

  for (int k = 0; k < KILLS; k++) {
    int acknowledged = kill_writer(stores->path, k * EACH, EACH, (gulong)k * 1000);
    struct store *store = stores_open(stores->path);

    for (int i = 0; i < acknowledged; i++) {
      struct ticket_row row = stores_row(k * EACH + i);

      stores_expect(store, &row);
    }
    store_close(store);
  }
}

/* Old secrets don't stay in the file, nor in the journal beside it. */
static void test_replaced_secrets_are_gone(void **state)
{
  static const char secret[] = "this is the secret of a pin 0123";
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1);

  stores_fill(store, 40);
  row.secret = (struct span){(const uint8_t *)secret, 32};
  assert_int_equal(put(store, &row, row.series), TLSPIN_OK);
  assert_true(stores_file_holds(stores->path, secret));
  row = stores_row(1);
  assert_int_equal(put(store, &row, row.series), TLSPIN_OK);
  assert_false(stores_file_holds(stores->path, secret));
  assert_false(stores_file_holds(stores->journal, secret));
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put_and_get),
      TEST(test_key),
      TEST(test_borders),
      TEST(test_arguments),
      TEST(test_compare_and_set),
      TEST(test_expired_is_kept),
      TEST(test_failures),
      TEST(test_damaged_while_open),
      TEST(test_unsound_while_open),
      TEST(test_moved),
      TEST(test_layer_is_read_only),
      TEST(test_no_room),
      TEST(test_locked),
      TEST(test_two_writers),
      TEST(test_first_one_wins),
      TEST(test_killed),
      TEST(test_replaced_secrets_are_gone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The journal: what operations touched, and how it is forgotten.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 25 };

/* Clears what fits at a time. */
static uint64_t clear(struct store *store, const char *pattern, int64_t now)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.pattern = pattern;
  assert_int_equal(store_clear(store, &filter, now, &change), TLSPIN_OK);
  return change.operation;
}

static void note(const struct peer *peer, void *data)
{
  g_string_append_printf(data, "%.9s ", peer->host);
}

static void expect_touched(struct store *store, uint64_t operation, uint32_t limit,
                           const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  assert_int_equal(store_touched(store, operation, limit, note, text), TLSPIN_OK);
  assert_string_equal(text->str, expected);
}

static void test_touched(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  assert_int_equal(clear(store, "host-0003.example", 1), 1);
  assert_int_equal(clear(store, "host-002?.example", 2), 2);
  expect_touched(store, 1, 99, "host-0003 ");
  expect_touched(store, 2, 99, "host-0020 host-0021 host-0022 host-0023 host-0024 ");
  expect_touched(store, 2, 2, "host-0020 host-0021 ");
  expect_touched(store, 2, 0, "");
  expect_touched(store, 3, 99, "");
  assert_int_equal(store_undo(store, 1, 3, &change), TLSPIN_OK);
  expect_touched(store, change.operation, 99, "host-0003 ");
  store_close(store);
}

/* The highest number that was given is this. */
static void count_on(struct stores *stores, uint64_t last)
{
  struct transaction change;
  struct database db;

  stores_open_database(stores->path, &db);
  assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
  change.contents.last_operation = last;
  change.written = true;
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  database_close(&db);
}

/* Behind the last number there is none, and nothing was changed. */
static void test_last_number(void **state)
{
  struct stores *stores = *state;
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(4);
  struct store_change change;
  struct store *store;

  stores_make(stores->path, ROWS);
  count_on(stores, OPERATION_LAST - 2);
  store = stores_open(stores->path);
  assert_int_equal(clear(store, "host-0003.example", 1), OPERATION_LAST - 1);
  assert_int_equal(store_clear(store, &filter, 1, &change), TLSPIN_UNAVAILABLE);
  stores_expect(store, &row);
  store_close(store);
  store = stores_open(stores->path);
  stores_expect(store, &row);
  store_close(store);
}

static void note_peer(const struct peer *peer, void *data)
{
  g_string_append_printf(data, "%s/%s/%u ", peer->host, protocol_token(peer->protocol), peer->port);
}

/* Tickets first, then records; a peer is told once, however many of its entries
 * were touched, unless they differ in scope. */
static void test_touched_records(void **state)
{
  static const char *const places[] = {"*", ".a.example", "a.example:443", "a.example",
                                       "host-0001.example:443"};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autoptr(GString) text = g_string_new(NULL);
  const char *expected = "host-0000.example/tls/443 host-0001.example/tls/443 /tls/0 "
                         "a.example/tls/0 a.example/dtls/443 a.example/tls/0 "
                         "host-0001.example/tls/0 ";

  stores_fill(store, 2);
  for (int i = 0; i < 5; i++) {
    struct keypin pin = stores_pin_at(i, places[i]);

    stores_learn(store, &pin);
    pin.digest[0] = 99;
    stores_learn(store, &pin);
    pin.place.protocol = i == 2 ? PROTOCOL_DTLS : PLACE_ANY_PROTOCOL;
    stores_learn(store, &pin);
  }
  assert_int_equal(clear(store, "*", 1), 1);
  assert_int_equal(store_touched(store, 1, 99, note_peer, text), TLSPIN_OK);
  assert_string_equal(text->str, expected);
  g_string_truncate(text, 0);
  assert_int_equal(store_touched(store, 1, 3, note_peer, text), TLSPIN_OK);
  assert_string_equal(text->str, "host-0000.example/tls/443 host-0001.example/tls/443 /tls/0 ");
  store_close(store);
}

/* What an edit touched, and an image of a record that is damaged. */
static void test_touched_by_edit(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(3);

  assert_int_equal(stores_edit(store, &pin), 1);
  expect_touched(store, 1, 99, "host-0003 ");
  assert_int_equal(stores_drop(store, &pin), 2);
  expect_touched(store, 2, 99, "host-0003 ");
  stores_sql(stores->path, "UPDATE image SET port = 444 WHERE operation = 2");
  assert_int_equal(store_touched(store, 2, 99, note, NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(stores_forget(store, 99), TLSPIN_UNAVAILABLE);
  store_close(store);
}

static void test_touched_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autoptr(GString) text = g_string_new(NULL);

  stores_fill(store, 3);
  assert_int_equal(clear(store, "*", 1), 1);
  stores_sql(stores->path, "UPDATE before SET port = 444 WHERE host = 'host-0001.example'");
  assert_int_equal(store_touched(store, 1, 99, note, text), TLSPIN_UNAVAILABLE);
  assert_string_equal(text->str, "host-0000 ");
  assert_int_equal(stores_forget(store, 99), TLSPIN_UNAVAILABLE);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 3);
  store_close(store);
}

/* Operations before a time go, with all their images; the numbers aren't used again. */
static void test_forget(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  for (int i = 0; i < 5; i++) {
    g_autofree char *host = g_strdup_printf("host-%04d.example", i);

    assert_int_equal(clear(store, host, 100 + i), i + 1);
  }
  assert_int_equal(stores_forget(store, 100), TLSPIN_OK); /* nothing was made before */
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 5);
  assert_int_equal(stores_forget(store, 103), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT min(id) FROM operation"), 4);
  assert_int_equal(stores_number(stores->path, "SELECT min(operation) FROM before"), 4);
  assert_int_equal(store_undo(store, 3, 200, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(stores_forget(store, INT64_MAX), TLSPIN_OK);
  assert_int_equal(stores_forget(store, INT64_MIN), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 0);
  assert_int_equal(store_undo(store, 0, 200, &change), TLSPIN_E_NOTHING_TO_UNDO);
  store_close(store);
  store = stores_open(stores->path);
  assert_int_equal(clear(store, "*", 300), 6);
  store_close(store);
}

/* A clock that went back: what is older by its time goes, in whatever order it was made. */
static void test_forget_by_time(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, 3);
  clear(store, "host-0000.example", 500);
  clear(store, "host-0001.example", 100);
  clear(store, "host-0002.example", 600);
  assert_int_equal(stores_forget(store, 200), TLSPIN_OK);
  assert_int_equal(store_undo(store, 2, 700, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(store_undo(store, 1, 700, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, 700, &change), TLSPIN_OK);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void expect_erased(struct stores *stores, int n)
{
  struct ticket_row row = stores_row(n);

  row.peer.host[9] = '\0';
  assert_false(stores_file_holds(stores->path, row.peer.host));
  assert_false(stores_file_holds(stores->journal, row.peer.host));
  assert_false(stores_file_holds_octets(stores->path, row.secret));
  assert_false(stores_file_holds_octets(stores->journal, row.secret));
}

/* The images of records go as well, with their notes and keys. */
static void test_forget_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin(3), kept = stores_pin(4);
  struct store_change change;
  struct span key = {pin.digest, 32};

  pin.note = "a note that is known nowhere else";
  assert_int_equal(stores_edit(store, &pin), 1);
  assert_int_equal(stores_edit(store, &kept), 2);
  assert_int_equal(clear(store, pin.place.host, 100), 3);
  assert_true(stores_file_holds_octets(stores->path, key));
  assert_int_equal(stores_forget(store, INT64_MAX), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  assert_false(stores_file_holds(stores->path, pin.note));
  assert_false(stores_file_holds_octets(stores->path, key));
  assert_int_equal(store_undo(store, 3, 200, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_expect_pin(store, &kept);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* After a forget no octet of a host or a secret is left in the file or beside it. Rows come and go
 * for a while, since it is rows that were moved between pages of which copies would stay. */
static void test_forgotten_is_erased(void **state)
{
  enum { MANY = 400, ROUNDS = 12, PUTS = 60, CLEARS = 8, DECADE = 10 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  bool there[MANY] = {false};
  uint32_t random = 1;

  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < PUTS; i++) {
      struct ticket_row row = stores_row((int)((random = random * 69069 + 1) >> 8) % MANY);
      uint64_t n = row.series - 1;

      assert_int_equal(store_put(store, &row, there[n] ? row.series : 0, STORES_NOW), TLSPIN_OK);
      there[n] = true;
    }
    for (int i = 0; i < CLEARS; i++) {
      int decade = (int)((random = random * 69069 + 1) >> 8) % (MANY / DECADE);
      g_autofree char *pattern = g_strdup_printf("host-%03d?.example", decade);
      struct store_filter filter = STORE_FILTER_ANY;
      struct store_change change;

      filter.pattern = pattern;
      store_clear(store, &filter, 1, &change);
      memset(there + DECADE * decade, 0, DECADE);
    }
    assert_int_equal(stores_forget(store, 2), TLSPIN_OK);
    for (int n = 0; n < MANY; n++)
      if (!there[n])
        expect_erased(stores, n);
  }
  store_close(store);
  store_close(stores_open(stores->path));
}

static int deny_attach(void *data, int action, const char *a, const char *b, const char *c,
                       const char *d)
{
  (void)data, (void)a, (void)b, (void)c, (void)d;
  return action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK;
}

/* Where the file can't be written anew, that is said, and made good by the next call. */
static void test_forget_again(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  clear(store, "*", 1);
  sqlite3_set_authorizer(store->db.handle, deny_attach, NULL); /* VACUUM attaches */
  assert_int_equal(stores_forget(store, 9), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_undo(store, 1, 9, &change), TLSPIN_E_NOTHING_TO_UNDO);
  store_close(store);
  store = stores_open(stores->path);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  assert_int_equal(store_undo(store, 1, 9, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(stores_forget(store, 9), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  store_close(store);
}

/* A reader that won't go away keeps all as it was. */
static void test_forget_beside_reader(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;
  sqlite3 *reader;

  stores_fill(store, ROWS);
  clear(store, "*", 1);
  reader = stores_raw(stores->path);
  assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM before", NULL, NULL, NULL),
                   SQLITE_OK);
  assert_int_equal(stores_forget(store, 9), TLSPIN_UNAVAILABLE);
  sqlite3_close(reader);
  assert_int_equal(store_undo(store, 1, 9, &change), TLSPIN_OK);
  assert_true(change.changed == ROWS);
  store_close(store);
}

static void begin(struct work *work, struct store *store)
{
  assert_int_equal(journal_begin(work, store), TLSPIN_OK);
}

/* What is noted is found again, and only what was committed. */
static void test_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1), other = stores_row(2);
  struct store_change change = {.operation = 0};
  struct operation_row operation;
  struct image_row image;
  struct work work;

  begin(&work, store);
  assert_int_equal(journal_number(&work, OPERATION_CLEAR, 0, 77), TLSPIN_OK);
  assert_int_equal(journal_keep(&work, &row.peer, &row), TLSPIN_OK);
  assert_int_equal(journal_end(&work, TLSPIN_E_MEMORY, &change), TLSPIN_E_MEMORY);
  assert_true(change.operation == 0);
  assert_int_equal(journal_find(store, 1, &operation), TLSPIN_E_NOT_FOUND);

  begin(&work, store);
  assert_int_equal(journal_number(&work, OPERATION_CLEAR, 0, 77), TLSPIN_OK);
  assert_int_equal(journal_keep(&work, &row.peer, &row), TLSPIN_OK);
  assert_int_equal(journal_keep(&work, &other.peer, NULL), TLSPIN_OK);
  assert_int_equal(journal_end(&work, TLSPIN_OK, &change), TLSPIN_OK);
  assert_true(change.operation == 1);
  assert_int_equal(journal_find(store, 0, &operation), TLSPIN_OK);
  assert_true(operation.id == 1 && operation.made == 77 && !operation.undone);
  assert_int_equal(journal_next(store, 1, NULL, &image), TLSPIN_OK);
  assert_true(image.present && ticket_row_equal(&image.ticket, &row));
  assert_non_null(image.ticket.owned);
  ticket_row_clear(&image.ticket);
  assert_int_equal(journal_next(store, 1, &row.peer, &image), TLSPIN_OK);
  assert_false(image.present);
  assert_string_equal(image.ticket.peer.host, other.peer.host);
  ticket_row_clear(&image.ticket);
  assert_int_equal(journal_next(store, 1, &other.peer, &image), TLSPIN_E_NOT_FOUND);
  store_close(store);
}

static void test_drop_failure(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = stores_row(1).peer;
  struct store_change change;
  struct failure_row failure;
  struct work work;

  assert_int_equal(store_put_failure(store, &peer, "no-proof", 1), TLSPIN_OK);
  begin(&work, store);
  assert_int_equal(journal_drop_failure(&work, &peer), TLSPIN_OK);
  assert_int_equal(journal_drop_failure(&work, &peer), TLSPIN_OK); /* none is fine */
  assert_int_equal(journal_end(&work, TLSPIN_OK, &change), TLSPIN_OK);
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  store_close(store);
  store_close(stores_open(stores->path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_last_number, stores_setup, stores_teardown),
      TEST(test_touched),
      TEST(test_touched_records),
      TEST(test_touched_by_edit),
      TEST(test_forget_records),
      TEST(test_touched_damaged),
      TEST(test_forget),
      TEST(test_forget_by_time),
      TEST(test_forgotten_is_erased),
      TEST(test_forget_again),
      TEST(test_forget_beside_reader),
      TEST(test_records),
      TEST(test_drop_failure),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

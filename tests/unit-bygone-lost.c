/* What was logged of hosts that nobody knows any more, since images of them were lost
 * (daemon/bygone.c, and daemon/forget.c); and where the forgetting fails.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bygone.h"

#include "daemon/journal.h"
#include "daemon/owed.h"
#include "daemon/state.h"
#include "daemon/torn.h"
#include "tests/logged.h"
#include "tests/misstep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* OPERATIONS: so many that as many hosts aren't looked up one by one (PROBES). */
enum { ROWS = 5, OPERATIONS = 450, DAY = 86400 };

/* As a recovery leaves it that could not find this row. */
static void lose(struct store *store, enum table_id table, const struct cell *key)
{
  struct transaction change;

  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, transaction_drop(&change, table, key)), TLSPIN_OK);
}

static void lose_image(struct store *store, uint64_t operation, int n)
{
  struct cell key[TABLE_KEY] = {cell_integer((int64_t)operation)};
  struct peer peer = stores_row(n).peer;

  peer_to_cells(&peer, key + 1);
  lose(store, TABLE_BEFORE, key);
}

static void lose_head(struct store *store, uint64_t operation)
{
  const struct cell key = cell_integer((int64_t)operation);

  lose(store, TABLE_OPERATION, &key);
}

static void put_torn(struct store *store, uint64_t operation, int64_t found)
{
  uint8_t value[TORN_OCTETS];
  size_t size = torn_encode(&(struct torn){operation, found}, value);

  assert_int_equal(state_put(store, TORN_ROW, (struct span){value, size}), TLSPIN_OK);
}

static bool is_torn(struct store *store)
{
  struct torn torn;

  assert_int_equal(torn_get(store, &torn), TLSPIN_OK);
  return torn.found != TORN_NEVER;
}

static bool is_logged(const struct stores *stores, const char *host)
{
  g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM event WHERE host = '%s'", host);

  return stores_number(stores->path, sql) > 0;
}

/* Nobody knows which host it was: so that no trace stays of it, all go that it may have been, and
 * no others. */
static void test_lost(void **state)
{
  static const char *const stay[] = {"host-0002.example", "pinned.example", "www.wide.example",
                                     "later.example", "site.example"};
  static const char *const go[] = {"host-0001.example", "bare.example", "both.example"};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pinned = stores_pin_at(1, "pinned.example"),
                wide = stores_pin_at(2, ".wide.example");
  struct peer failed = {.host = "failed.example", .protocol = PROTOCOL_TLS, .port = 443};

  stores_fill(store, ROWS);
  stores_learn(store, &pinned);
  stores_learn(store, &wide);
  for (size_t i = 0; i < 3; i++)
    logged_at(store, stay[i], STORES_NOW);
  logged_of(store, "later.example", "10-site.db", STORES_NOW - 2 * DAY);
  logged_at(store, "later.example", STORES_NOW + 2);
  logged_of(store, "site.example", "10-site.db", STORES_NOW);
  logged_at(store, go[0], STORES_NOW);
  logged_of(store, go[1], "", STORES_NOW);
  logged_of(store, go[2], "10-site.db", STORES_NOW - 2 * DAY);
  logged_at(store, go[2], STORES_NOW);
  assert_int_equal(store_put_failure(store, &failed, "proof-wrong", STORES_NOW), TLSPIN_OK);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  lose_image(store, 1, 1);
  assert_int_equal(stores_forget(store, STORES_NOW + 1), TLSPIN_OK);
  assert_true(is_logged(stores, go[0]));
  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  for (size_t i = 0; i < G_N_ELEMENTS(stay); i++)
    assert_true(is_logged(stores, stay[i]));
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"),
                   G_N_ELEMENTS(stay) + 1);
  for (size_t i = 0; i < G_N_ELEMENTS(go); i++)
    assert_false(stores_file_holds(stores->path, go[i]));
  assert_false(stores_file_holds(stores->path, failed.host));
  assert_true(logged_owed(store));
  store_close(store);
  store_close(stores_open(stores->path));
}

/* That pinning is off for every host makes no host one that stands. */
static void test_lost_beside_modes(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct place everywhere = {.scope = SCOPE_SUBTREE, .protocol = PLACE_ANY_PROTOCOL};
  struct keypin off = keypin_new(&everywhere, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);

  stores_fill(store, ROWS);
  stores_learn(store, &off);
  logged_at(store, "host-0001.example", STORES_NOW);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  lose_image(store, 1, 1);
  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_false(stores_file_holds(stores->path, "host-0001.example"));
  store_close(store);
}

/* What nothing was lost of takes no other host's log with it: neither a clear nor an undo that
 * found all as it should be. */
static void test_not_lost(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(1);
  struct store_change change;

  stores_fill(store, ROWS);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  stores_undo(store, 1, (struct store_change){2, 0, 0});
  logged_at(store, "bare.example", STORES_NOW);
  assert_int_equal(stores_forget(store, STORES_NOW + DAY), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  assert_true(is_logged(stores, "bare.example"));
  assert_false(logged_owed(store));
  put_torn(store, 2, STORES_NOW + 8 * DAY); /* of earlier ones some may be lost */
  logged_at(store, "host-0001.example", STORES_NOW);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  logged_clear(store, "host-0002.example", STORES_NOW + 2 * DAY);
  assert_int_equal(stores_forget(store, STORES_NOW + DAY), TLSPIN_OK);
  assert_false(is_logged(stores, "host-0001.example"));
  assert_true(is_logged(stores, "bare.example"));
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_OK);
  store_close(store);
}

/* Of two images one was lost: both hosts leave no trace, once the operation is forgotten. */
static void test_partly_lost(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  for (int i = 1; i < 4; i++)
    logged_at(store, stores_row(i).peer.host, STORES_NOW);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  put_torn(store, 1, STORES_NOW + DAY);
  assert_int_equal(stores_forget(store, STORES_NOW + 1), TLSPIN_OK);
  assert_true(is_logged(stores, "host-0001.example"));
  logged_at(store, "lost.example",
            STORES_NOW); /* as if there had been another image, of this host */
  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_false(stores_file_holds(stores->path, "host-0001.example"));
  assert_false(stores_file_holds(stores->path, "lost.example"));
  assert_true(is_logged(stores, "host-0002.example"));
  assert_true(logged_owed(store));
  assert_true(is_torn(store)); /* who knows what was lost with its operation */
  assert_int_equal(stores_forget(store, STORES_NOW + DAY), TLSPIN_OK);
  assert_true(is_torn(store));
  assert_int_equal(stores_forget(store, STORES_NOW + DAY + 1), TLSPIN_OK);
  assert_false(is_torn(store));
  assert_true(is_logged(stores, "host-0002.example"));
  store_close(store);
}

/* Of the journal nothing is left, not even a number: what was logged goes, and its octets. Where
 * nothing was, files that were set aside may hold it all the same. */
static void test_all_lost(void **state)
{
  enum { LONG = 20000 };
  struct stores *stores = *state;
  g_autofree char *report = g_strnfill(LONG, 'x');

  for (int logged = 0; logged < 2; logged++) {
    struct store *store = stores_open(stores->path);

    if (logged != 0)
      logged_with(store, "bare.example", "user", report, STORES_NOW);
    put_torn(store, 0, STORES_NOW);
    assert_int_equal(owed_settle(store, OWED_ASIDES), TLSPIN_OK);
    assert_int_equal(stores_forget(store, STORES_NOW + 1), TLSPIN_OK);
    assert_false(is_torn(store));
    assert_true(logged_owed(store));
    store_close(store);
    assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 0);
    assert_int_equal(stores_number(stores->path, "PRAGMA freelist_count"), 0);
  }
}

static void mark_gone(struct store *store, uint64_t operation)
{
  const struct operation_row row = {.id = operation, .made = STORES_NOW};
  struct transaction change;

  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, journal_mark_gone(&change, &row)), TLSPIN_OK);
}

/* The operation itself was lost, and perhaps all that told of another: nobody knows when they were
 * made, but for before the loss. */
static void test_lost_heads(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin_at(1, "record.example");

  stores_fill(store, ROWS);
  for (int i = 1; i < 4; i++)
    logged_at(store, stores_row(i).peer.host, STORES_NOW + 2);
  logged_clear(store, "host-0001.example", STORES_NOW + 1);
  logged_clear(store, "host-0002.example", STORES_NOW + 1);
  stores_edit(store, &pin);
  stores_drop(store, &pin);
  lose_image(store, 2, 2);
  for (uint64_t i = 1; i < 5; i++)
    lose_head(store, i);
  put_torn(store, 4, STORES_NOW + DAY);
  assert_int_equal(stores_forget(store, STORES_NOW + DAY), TLSPIN_OK);
  assert_true(is_logged(stores, "host-0001.example"));
  assert_true(is_logged(stores, "host-0002.example"));
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 1);
  assert_true(stores_number(stores->path, "SELECT count(*) FROM image") >= 2);
  assert_false(logged_owed(store));
  mark_gone(store, 3); /* one that is being forgotten need not be waited for */
  assert_int_equal(stores_forget(store, STORES_NOW + DAY + 1), TLSPIN_OK);
  assert_false(stores_file_holds(stores->path, "host-0001.example"));
  assert_false(stores_file_holds(stores->path, "host-0002.example"));
  assert_false(stores_file_holds(stores->path, "record.example"));
  assert_true(is_logged(stores, "host-0003.example"));
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 0);
  assert_true(logged_owed(store));
  assert_false(is_torn(store));
  store_close(store);
  store_close(stores_open(stores->path));
}

/* It isn't forgotten what was lost as long as one stays that was there then. */
static void test_torn_stays(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  stores_fill(store, ROWS);
  logged_clear(store, "host-0001.example", STORES_NOW);
  put_torn(store, 1, STORES_NOW);
  assert_int_equal(store_undo(store, 1, STORES_NOW + 2 * DAY, &change), TLSPIN_OK);
  assert_int_equal(stores_forget(store, STORES_NOW + 2 * DAY), TLSPIN_OK);
  assert_true(is_torn(store));
  assert_int_equal(stores_forget(store, STORES_NOW + 2 * DAY + 1), TLSPIN_OK);
  assert_false(is_torn(store));
  assert_false(is_logged(stores, "host-0001.example"));
  store_close(store);
}

/* Of three operations one lost an image, one its head, and of one nothing is left. */
static void make_torn(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  for (int i = 1; i < 4; i++) {
    logged_at(store, stores_row(i).peer.host, STORES_NOW);
    logged_clear(store, stores_row(i).peer.host, STORES_NOW);
  }
  lose_head(store, 2);
  lose_image(store, 3, 3);
  put_torn(store, 2, STORES_NOW);
  store_close(store);
}

static void expect_forgotten(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_true(logged_owed(store));
  assert_false(is_torn(store));
  store_close(store);
  for (int i = 1; i < 4; i++)
    assert_false(stores_file_holds(stores->path, stores_row(i).peer.host));
}

/* Each n-th call of SQLite's fails, one in a try, each on a store that is as it was; until none
 * does, and what is to be forgotten is. Now and then the try is gone on with, and always where it
 * says that it is done (a disk takes its time). */
static void fail_each(struct stores *stores, unsigned n, void (*check)(struct stores *stores))
{
  enum { OFTEN = 8 };
  g_autofree char *kept = stores_beside(stores, "kept.db");
  bool failed = true;

  stores_copy(stores->path, kept);
  for (unsigned i = 0; failed; i++) {
    struct store *store;
    enum tlspin_code code;
    bool more;

    stores_copy(kept, stores->path);
    store = stores_open(stores->path);
    misstep_after(i * n);
    code = store_forget(store, STORES_NOW + 2, UINT64_MAX, &more);
    failed = misstep_end();
    store_close(store);
    if (code != TLSPIN_OK && (code != TLSPIN_UNAVAILABLE || !failed))
      fail_msg("code %d where call %u of SQLite's %s", code, i * n, failed ? "failed" : "didn't");
    if (code == TLSPIN_OK || i % OFTEN == 0)
      check(stores);
  }
}

static void test_failing(void **state)
{
  make_torn(*state);
  fail_each(*state, 1, expect_forgotten);
}

static void expect_many_forgotten(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  assert_int_equal(stores_forget(store, STORES_NOW + 2), TLSPIN_OK);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT host = 'host-0001.example' FROM event"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM failure"), 0);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM before"), 0);
  assert_true(logged_owed(store));
  store_close(store);
}

/* With very many operations all rows are read once instead, and find the same. */
static void test_many(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer failed = stores_row(0).peer;
  struct ticket_row row = stores_row(1);

  stores_fill(store, OPERATIONS);
  logged_at(store, "host-0001.example", STORES_NOW);
  logged_at(store, "host-0002.example", STORES_NOW);
  for (int i = 0; i < OPERATIONS; i++)
    logged_clear(store, stores_row(i).peer.host, STORES_NOW + 1);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &failed, "proof-wrong", STORES_NOW), TLSPIN_OK);
  store_close(store);
  fail_each(stores, 397, expect_many_forgotten);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_lost),        TEST(test_lost_beside_modes), TEST(test_not_lost),
      TEST(test_partly_lost), TEST(test_all_lost),          TEST(test_lost_heads),
      TEST(test_torn_stays),  TEST(test_failing),           TEST(test_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

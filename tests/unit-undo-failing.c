/* Taking operations back while SQLite fails: all of it, or nothing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"
#include "tests/misstep.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = 5 };

static void clear_all(struct store *store)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
}

static struct keypin learned_at(int n, enum protocol protocol, uint16_t port)
{
  struct peer peer = {.protocol = protocol, .port = port};
  struct keypin pin = stores_pin(n);

  g_strlcpy(peer.host, stores_row(1).peer.host, sizeof peer.host);
  pin.place = place_of_peer(&peer);
  return pin;
}

/* A ticket and a learned record that were cleared, and what was learned of the same server, and
 * beside it, afterwards. */
static void make(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct keypin old = learned_at(1, PROTOCOL_TLS, 443), new = learned_at(2, PROTOCOL_TLS, 443);
  struct keypin beside[] = {learned_at(3, PROTOCOL_DTLS, 443), learned_at(4, PROTOCOL_TLS, 993)};
  struct ticket_row row = stores_row(ROWS + 1);

  stores_fill(store, ROWS);
  stores_learn(store, &old);
  clear_all(store);
  row.peer = stores_row(1).peer;
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_put_failure(store, &row.peer, "proof-wrong", STORES_NOW), TLSPIN_OK);
  stores_learn(store, &new);
  stores_learn(store, &beside[0]);
  stores_learn(store, &beside[1]);
  store_close(store);
}

static struct digest sum_of(struct store *store)
{
  struct contents contents;

  assert_true(contents_load(&store->db, &contents));
  return contents.all;
}

/* One try: whether a call failed. */
static bool undo(struct stores *stores, uint64_t target, unsigned calls,
                 struct store_change *change)
{
  struct store *store = stores_open(stores->path);
  struct digest before = sum_of(store), after;
  enum tlspin_code code;
  bool failed;

  misstep_after(calls);
  code = store_undo(store, target, STORES_NOW, change);
  failed = misstep_end();
  store_close(store);
  if (code != TLSPIN_OK && (code != TLSPIN_UNAVAILABLE || !failed))
    fail_msg("code %d where call %u of SQLite's %s", code, calls, failed ? "failed" : "didn't");
  store = stores_open(stores->path);
  after = sum_of(store);
  assert_int_equal(digest_same(&before, &after), code != TLSPIN_OK);
  store_close(store);
  return code != TLSPIN_OK;
}

/* The first call of SQLite's fails, then the second, and so on, until all of it is done. */
static void undo_in_the_end(struct stores *stores, uint64_t target, struct store_change expected)
{
  struct store_change change;
  unsigned calls = 0;

  while (undo(stores, target, calls, &change))
    calls++;
  assert_true(calls > 20);
  assert_memory_equal(&change, &expected, sizeof change);
}

static void test_failing(void **state)
{
  struct stores *stores = *state;

  make(stores);
  undo_in_the_end(stores, 1, (struct store_change){2, ROWS + 1, 2});
  undo_in_the_end(stores, 2, (struct store_change){3, ROWS + 2, 0});
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_failing, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records that were met again, written in batches.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/tally.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOW STORES_NOW

enum { PINS = TALLY_MAX + 2 };

static struct keypin pin_of(int n)
{
  struct place place = {.scope = SCOPE_EXACT, .protocol = PROTOCOL_TLS, .port = 443};
  struct keypin pin;

  snprintf(place.host, sizeof place.host, "host-%04d.example", n);
  pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU);
  pin.digest[0] = 1;
  pin.first_seen = NOW - 1000;
  pin.last_seen = NOW - 10;
  pin.count_seen = 1;
  return pin;
}

static struct store *open_with_pins(struct stores *stores, int count)
{
  struct store *store = stores_open(stores->path);
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < count; i++) {
    struct keypin pin = pin_of(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return store;
}

static bool take(const struct keypin *pin, void *data)
{
  struct keypin *copy = data;

  *copy = *pin;
  return false;
}

static void expect(struct store *store, int n, int64_t last_seen, uint64_t count)
{
  struct keypin pin = pin_of(n), stored = {.count_seen = 0};
  struct peer peer = {.protocol = PROTOCOL_TLS, .port = 443};

  g_strlcpy(peer.host, pin.place.host, sizeof peer.host);
  assert_int_equal(store_pins(store, &peer, take, &stored), TLSPIN_OK);
  assert_true(stored.last_seen == last_seen);
  assert_true(stored.count_seen == count);
}

static void count_pin(struct tally *tally, int n, int64_t now, bool full)
{
  struct keypin pin = pin_of(n);

  assert_int_equal(tally_count(tally, &pin, now), full);
}

/* Nothing is written until it is asked for; then all of it, once. */
static void test_batch(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_pins(stores, 4);
  struct tally *tally = tally_new();

  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  count_pin(tally, 2, NOW, false);
  count_pin(tally, 0, NOW + 1, false);
  count_pin(tally, 2, NOW + 5, false);
  count_pin(tally, 2, NOW + 3, false); /* the clock went back */
  count_pin(tally, 1, NOW + 2, false);
  expect(store, 2, NOW - 10, 1);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  expect(store, 0, NOW + 1, 2);
  expect(store, 1, NOW + 2, 2);
  expect(store, 2, NOW + 5, 4);
  expect(store, 3, NOW - 10, 1);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  expect(store, 2, NOW + 5, 4);
  tally_free(tally);
  store_close(store);
}

/* A record that is gone by then doesn't keep the others from being written. */
static void test_gone(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_pins(stores, 1);
  struct tally *tally = tally_new();

  count_pin(tally, 0, NOW, false);
  count_pin(tally, 7, NOW, false);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  expect(store, 0, NOW, 2);
  expect(store, 7, 0, 0);
  tally_free(tally);
  store_close(store);
}

/* What the record points to may be gone when it is written. */
static void test_borrowed(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_pins(stores, 1);
  struct tally *tally = tally_new();
  struct keypin pin = pin_of(0);
  char *note = g_strdup("a note");

  pin.note = note;
  pin.seen = (struct span){(const uint8_t *)note, 6};
  assert_false(tally_count(tally, &pin, NOW));
  g_free(note);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  expect(store, 0, NOW, 2);
  tally_free(tally);
  store_close(store);
}

/* Full at so many records; what is beyond is not counted, what is in it still is. */
static void test_full(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_pins(stores, PINS);
  struct tally *tally = tally_new();

  for (int i = TALLY_MAX - 1; i > 0; i--)
    count_pin(tally, i, NOW, false);
  count_pin(tally, 0, NOW, true);
  count_pin(tally, TALLY_MAX, NOW, true);
  count_pin(tally, TALLY_MAX + 1, NOW, true);
  count_pin(tally, 5, NOW + 1, false);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  for (int i = 0; i < TALLY_MAX; i++)
    expect(store, i, i == 5 ? NOW + 1 : NOW, i == 5 ? 3 : 2);
  expect(store, TALLY_MAX, NOW - 10, 1);
  tally_free(tally);
  store_close(store);
}

/* What can't be written is kept. */
static void test_failure(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_with_pins(stores, 1), *layer = NULL;
  struct tally *tally = tally_new();
  struct keypin pin = pin_of(0);
  struct layer_contents contents = {.pin_count = 1, .pins = &pin};
  char *problem = NULL;

  count_pin(tally, 0, NOW, false);
  pin.origin = KEYPIN_POLICY;
  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &layer, &problem), TLSPIN_OK);
  assert_int_not_equal(tally_write(tally, layer), TLSPIN_OK);
  store_close(layer);
  assert_int_equal(tally_write(tally, store), TLSPIN_OK);
  expect(store, 0, NOW, 2);
  tally_free(tally);
  tally_free(NULL);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_batch), TEST(test_gone), TEST(test_borrowed), TEST(test_full), TEST(test_failure),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

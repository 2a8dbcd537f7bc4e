/* What a filter means for an erasure (daemon/erasure.c): the same rows as for a clear, and names in
 * files that can't be read as stores.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/erasure-private.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 12 };

static void fill(struct store *store)
{
  stores_fill(store, ROWS);
  for (int i = 0; i < ROWS; i++) {
    struct keypin pin = stores_pin(i), any = stores_pin_at(i, "*.wide.example");

    if (i % 4 == 1)
      pin.status = KEYPIN_CRITICAL;
    if (i % 4 == 2)
      pin.origin = KEYPIN_IMPORT;
    stores_edit(store, &pin);
    any.origin = KEYPIN_USER;
    stores_edit(store, &any);
  }
}

static uint64_t clear(const char *path, const struct store_filter *filter)
{
  struct store *store = stores_open(path);
  struct store_change change;

  fill(store);
  store_clear(store, filter, STORES_NOW, &change);
  store_close(store);
  return change.changed;
}

static uint64_t erase(const char *path, const struct store_filter *filter)
{
  struct store *store = stores_open(path);
  struct erasure *erasure = erasure_new(filter);
  struct erased erased, found;

  fill(store);
  assert_int_equal(erasure_survey(erasure, store, false, &found), TLSPIN_OK);
  assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_OK);
  assert_true(found.entries == erased.entries && found.others == erased.others);
  erasure_free(erasure);
  store_close(store);
  return erased.entries;
}

#define ANY               .protocol = -1, .tickets = true, .records = true
#define WORDS(k, s, o, c) .kind = k, .status = s, .origin = o, .scope = c

/* By SQL and by hand the same is meant. */
static void test_like_clear(void **state)
{
  static const uint8_t digest[32] = {7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17,
                                     18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                     29, 30, 31, 32, 33, 34, 35, 36, 37, 38};
  static const struct store_filter filters[] = {
      {ANY, WORDS(-1, -1, -1, -1)},
      {ANY, WORDS(-1, -1, -1, -1), .host = "host-0003.example"},
      {ANY, WORDS(-1, -1, -1, -1), .host = "wide.example"},
      {ANY, WORDS(-1, -1, -1, -1), .host = "nowhere.example"},
      {ANY, WORDS(-1, -1, -1, -1), .pattern = "HOST-000?.*"},
      {ANY, WORDS(-1, -1, -1, -1), .pattern = "[ab]"},
      {ANY, WORDS(-1, -1, -1, -1), .port = 443},
      {ANY, WORDS(-1, -1, -1, -1), .port = 993},
      {ANY, WORDS(-1, -1, -1, -1), .since = STORES_NOW},
      {ANY, WORDS(-1, -1, -1, -1), .since = STORES_NOW + 6},
      {ANY, WORDS(KEYPIN_PIN, -1, -1, -1)},
      {ANY, WORDS(-1, KEYPIN_CRITICAL, -1, -1)},
      {ANY, WORDS(-1, -1, KEYPIN_IMPORT, -1)},
      {ANY, WORDS(-1, -1, -1, SCOPE_ONE_LABEL)},
      {ANY, WORDS(-1, -1, -1, -1), .digest = {digest, 32}},
      {.protocol = PROTOCOL_DTLS, .tickets = true, .records = true, WORDS(-1, -1, -1, -1)},
      {.protocol = PROTOCOL_TLS, .tickets = true, .records = true, WORDS(-1, -1, -1, -1)},
      {.protocol = -1, .tickets = true, WORDS(-1, -1, -1, -1), .pattern = "*1*"},
      {.protocol = -1, .records = true, WORDS(-1, -1, -1, -1), .pattern = "*1*"},
  };
  struct stores *stores = *state;
  uint64_t most = 0;

  for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
    g_autofree char *first = g_strdup_printf("%s/a%zu/pins.db", stores->home, i);
    g_autofree char *second = g_strdup_printf("%s/b%zu/pins.db", stores->home, i);
    uint64_t cleared = clear(first, &filters[i]), erased = erase(second, &filters[i]);

    if (cleared != erased)
      fail_msg("filter %zu: %u cleared, %u erased", i, (unsigned)cleared, (unsigned)erased);
    most = MAX(most, erased);
  }
  assert_int_equal(most, 3 * ROWS);
}

static bool is_named(struct stores *stores, const char *host, const char *pattern)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct erasure *erasure;
  bool named;

  filter.host = host;
  filter.pattern = pattern;
  erasure = erasure_new(&filter);
  named = erasure_is_named(erasure, stores->layer);
  erasure_free(erasure);
  return named;
}

static void test_named(void **state)
{
  struct stores *stores = *state;
  g_autofree char *octets = g_malloc0(200000);
  struct store_filter since = STORE_FILTER_ANY;
  struct erasure *erasure;

  memset(octets, 'x', 70000);
  memcpy(octets + 65536 - 8, "Imap.Example.ORG", 16); /* over the end of what is read at once */
  memcpy(octets + 100000, "\x01smtp.example.orgtls443", 23);
  stores_write(stores->layer, 0, octets, 200000);
  assert_true(is_named(stores, "imap.example.org", NULL));
  assert_true(is_named(stores, "smtp.example.org", NULL));
  assert_true(is_named(stores, "example.org", NULL));
  assert_false(is_named(stores, "imap.example.net", NULL));
  assert_false(is_named(stores, "", NULL));
  assert_true(is_named(stores, NULL, "smtp.*"));
  assert_true(is_named(stores, NULL, "*.EXAMPLE.org"));
  assert_false(is_named(stores, NULL, "pop?.example.org"));
  assert_true(is_named(stores, NULL, NULL)); /* all */
  since.since = 1;
  erasure = erasure_new(&since);
  assert_false(erasure_is_named(erasure, stores->layer));
  erasure_free(erasure);
  assert_int_equal(unlink(stores->layer), 0);
  assert_true(is_named(stores, "imap.example.net", NULL)); /* nobody can tell */
}

/* Runs that are longer than what is kept of one: names at each place of them are found. */
static void test_long_run(void **state)
{
  struct stores *stores = *state;
  const char *name = "imap.example.org";
  g_autofree char *octets = g_malloc(9000);

  for (size_t at = 3700; at < 4400; at += 7) {
    memset(octets, 'y', 9000);
    memcpy(octets + at, name, strlen(name));
    stores_write(stores->layer, 0, octets, 9000);
    if (!is_named(stores, name, NULL))
      fail_msg("at %zu", at);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_like_clear, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_named, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_long_run, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

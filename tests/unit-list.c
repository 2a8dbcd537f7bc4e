/* Walks over the rows: order, pages, filters.
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
#include <stdio.h>
#include <string.h>

static const struct peer peers[] = {
    /* in the order of a list */
    {"a-b.example", PROTOCOL_TLS, 443},
    {"a.b.example", PROTOCOL_TLS, 443},
    {"a.example", PROTOCOL_DTLS, 443},
    {"a.example", PROTOCOL_TLS, 25},
    {"a.example", PROTOCOL_TLS, 443},
    {"a.example", PROTOCOL_TLS, 10000},
    {"aa.example", PROTOCOL_TLS, 443},
    {"b.example", PROTOCOL_TLS, 443},
    {"b.example", PROTOCOL_TLS, 993},
    {"mail.b.example", PROTOCOL_TLS, 993},
    {"xn--bcher-kva.example", PROTOCOL_TLS, 443},
};

static struct store *store_of_peers(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  for (size_t i = G_N_ELEMENTS(peers); i-- > 0;) {
    struct ticket_row row = stores_row((int)i);

    row.peer = peers[i];
    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
  return store;
}

/* Gathers "HOST/PROTOCOL/PORT " of each row, and at most `left`. */
struct gathered {
  GString *text;
  int left;
};

static bool gather(const struct ticket_row *row, void *data)
{
  struct gathered *gathered = data;

  g_string_append_printf(gathered->text, "%s/%s/%u ", row->peer.host,
                         protocol_token(row->peer.protocol), row->peer.port);
  return --gathered->left != 0;
}

/* The rows from..to of `peers` in the same form. */
static char *text_of(size_t from, size_t to)
{
  GString *text = g_string_new(NULL);

  for (size_t i = from; i < to; i++)
    g_string_append_printf(text, "%s/%s/%u ", peers[i].host, protocol_token(peers[i].protocol),
                           peers[i].port);
  return g_string_free(text, FALSE);
}

static char *list(struct store *store, struct store_filter filter, const struct peer *after,
                  uint32_t limit, int stop)
{
  struct gathered gathered = {g_string_new(NULL), stop};

  assert_int_equal(store_list(store, &filter, after, limit, gather, &gathered), TLSPIN_OK);
  return g_string_free(gathered.text, FALSE);
}

static void expect(struct store *store, struct store_filter filter, const char *expected)
{
  g_autofree char *got = list(store, filter, NULL, UINT32_MAX, 0);

  assert_string_equal(got, expected);
}

static void test_order(void **state)
{
  struct store *store = store_of_peers(*state);
  g_autofree char *all = text_of(0, G_N_ELEMENTS(peers));
  uint64_t count = 0;

  expect(store, STORE_FILTER_ANY, all);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == G_N_ELEMENTS(peers));
  store_close(store);
}

/* The newest of what is stored, changed and logged. */
static void test_latest(void **state)
{
  struct store *store = stores_open(((struct stores *)*state)->path);
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(1);
  struct store_change change;
  int64_t latest = 5;

  assert_int_equal(store_latest(store, &latest), TLSPIN_OK);
  assert_int_equal(latest, 0);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_latest(store, &latest), TLSPIN_OK);
  assert_int_equal(latest, row.issued);
  assert_int_equal(store_clear(store, &filter, row.issued + 3, &change), TLSPIN_OK);
  assert_int_equal(store_latest(store, &latest), TLSPIN_OK);
  assert_int_equal(latest, row.issued + 3);
  store_close(store);
}

static void test_empty(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t count = 7;

  expect(store, STORE_FILTER_ANY, "");
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_true(count == 0);
  store_close(store);
}

/* Pages of every size make the whole, without a gap or a row twice. */
static void test_pages(void **state)
{
  struct store *store = store_of_peers(*state);
  size_t count = G_N_ELEMENTS(peers);

  for (size_t size = 1; size <= count + 1; size++)
    for (size_t from = 0; from <= count; from++) {
      const struct peer *after = from > 0 ? &peers[from - 1] : NULL;
      g_autofree char *got = list(store, STORE_FILTER_ANY, after, (uint32_t)size, 0);
      g_autofree char *expected = text_of(from, MIN(from + size, count));

      assert_string_equal(got, expected);
    }
  store_close(store);
}

/* The place to go on from needn't be a row any more. */
static void test_after_a_row_that_went(void **state)
{
  struct store *store = store_of_peers(*state);
  struct peer gone = {"a.example", PROTOCOL_TLS, 26};
  g_autofree char *got = list(store, STORE_FILTER_ANY, &gone, 2, 0);
  g_autofree char *expected = text_of(4, 6);

  assert_string_equal(got, expected);
  store_close(store);
}

static void test_stops(void **state)
{
  struct store *store = store_of_peers(*state);
  g_autofree char *got = list(store, STORE_FILTER_ANY, NULL, 9, 2);
  g_autofree char *two = text_of(0, 2);
  g_autofree char *none = list(store, STORE_FILTER_ANY, NULL, 0, 0);

  assert_string_equal(got, two);
  assert_string_equal(none, "");
  store_close(store);
}

static void test_host(void **state)
{
  struct store *store = store_of_peers(*state);
  struct store_filter filter = STORE_FILTER_ANY;
  g_autofree char *three = text_of(2, 6), *last = text_of(10, 11), *rest = text_of(4, 6);
  g_autofree char *page = NULL, *past = NULL;

  filter.host = "a.example";
  expect(store, filter, three);
  page = list(store, filter, &peers[3], 9, 0);
  assert_string_equal(page, rest);
  past = list(store, filter, &peers[7], 9, 0);
  assert_string_equal(past, "");
  filter.host = "xn--bcher-kva.example";
  expect(store, filter, last);
  filter.host = "example";
  expect(store, filter, "");
  filter.host = "*";
  expect(store, filter, ""); /* not a pattern */
  store_close(store);
}

static void test_protocol_port_and_time(void **state)
{
  struct store *store = store_of_peers(*state);
  struct store_filter filter = STORE_FILTER_ANY;
  g_autofree char *dtls = text_of(2, 3), *late = text_of(9, 11);

  filter.protocol = PROTOCOL_DTLS;
  expect(store, filter, dtls);
  filter = STORE_FILTER_ANY;
  filter.port = 993;
  expect(store, filter, "b.example/tls/993 mail.b.example/tls/993 ");
  filter.host = "b.example";
  expect(store, filter, "b.example/tls/993 ");
  filter = STORE_FILTER_ANY;
  filter.since = STORES_NOW + 9; /* row i was issued at STORES_NOW + i */
  expect(store, filter, late);
  filter.since = STORES_NOW + 11;
  expect(store, filter, "");
  store_close(store);
}

/* '*' and '?' and nothing else. */
static void test_patterns(void **state)
{
  static const struct {
    const char *pattern;
    const char *expected;
  } cases[] = {
      {"*.b.example", "a.b.example/tls/443 mail.b.example/tls/993 "},
      {"?.b.example", "a.b.example/tls/443 "},
      {"*.B.Example", "a.b.example/tls/443 mail.b.example/tls/993 "},
      {"b.*", "b.example/tls/443 b.example/tls/993 "},
      {"b.example", "b.example/tls/443 b.example/tls/993 "},
      {"x*-kva*", "xn--bcher-kva.example/tls/443 "},
      {"[ab].example", ""},
      {"[!c].example", ""},
      {"[a-b]*", ""},
      {"a.example]", ""},
      {"[", ""},
      {"[[][*]", ""},
      {"%.b.example", ""},
      {"a_b.example", ""},
      {"a\\-b.example", ""},
      {"'; DROP TABLE ticket; --", ""},
      {"", ""},
      {"aa?example", "aa.example/tls/443 "},
  };
  struct store *store = store_of_peers(*state);
  g_autofree char *all = text_of(0, G_N_ELEMENTS(peers));

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct store_filter filter = STORE_FILTER_ANY;

    filter.pattern = cases[i].pattern;
    expect(store, filter, cases[i].expected);
  }
  for (size_t i = 0; i < 2; i++) {
    struct store_filter filter = STORE_FILTER_ANY;

    filter.pattern = i == 0 ? "*" : "**";
    expect(store, filter, all);
  }
  store_close(store);
}

/* The longest pattern, all of it escaped, fits; a longer one can't match any host. */
static void test_pattern_bounds(void **state)
{
  struct store *store = store_of_peers(*state);
  char pattern[HOST_MAX + 2];
  struct store_filter filter = STORE_FILTER_ANY;
  struct gathered gathered = {g_string_new(NULL), 0};
  struct walk walk;

  memset(pattern, '[', sizeof pattern);
  pattern[HOST_MAX] = '\0';
  filter.pattern = pattern;
  assert_true(walk_init(&walk, &filter));
  assert_int_equal(strlen(walk.glob), 3 * HOST_MAX);
  expect(store, filter, "");
  pattern[HOST_MAX] = '[';
  pattern[HOST_MAX + 1] = '\0';
  assert_int_equal(store_list(store, &filter, NULL, 1, gather, &gathered), TLSPIN_E_ARGUMENT);
  filter = STORE_FILTER_ANY;
  filter.protocol = PROTOCOL_COUNT;
  assert_int_equal(store_list(store, &filter, NULL, 1, gather, &gathered), TLSPIN_E_ARGUMENT);
  filter.protocol = -2;
  assert_int_equal(store_list(store, &filter, NULL, 1, gather, &gathered), TLSPIN_E_ARGUMENT);
  assert_int_equal(gathered.text->len, 0);
  g_string_free(gathered.text, TRUE);
  store_close(store);
}

/* A pattern that a matcher without care would try for ever on a name of equal letters. */
static void test_pattern_of_stars(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(0);
  struct store_filter filter = STORE_FILTER_ANY;

  memset(row.peer.host, 'a', HOST_MAX);
  for (size_t i = 63; i < HOST_MAX; i += 64)
    row.peer.host[i] = '.';
  row.peer.host[HOST_MAX] = '\0';
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  filter.pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
  expect(store, filter, "");
  store_close(store);
}

/* A damaged row ends the walk with an error, and no walk says that it was whole. */
static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = store_of_peers(stores);
  struct store_filter filter = STORE_FILTER_ANY;
  struct gathered gathered = {g_string_new(NULL), 0};
  g_autofree char *before = text_of(0, 6);

  stores_sql(stores->path, "UPDATE ticket SET expires = 1 WHERE host = 'aa.example'");
  assert_int_equal(store_list(store, &filter, NULL, 99, gather, &gathered), TLSPIN_UNAVAILABLE);
  assert_string_equal(gathered.text->str, before);
  filter.host = "b.example";
  expect(store, filter, "b.example/tls/443 b.example/tls/993 ");
  g_string_free(gathered.text, TRUE);
  store_close(store);
}

static void test_locked(void **state)
{
  struct stores *stores = *state;
  struct store *store = store_of_peers(stores);
  struct store_filter filter = STORE_FILTER_ANY;
  struct gathered gathered = {g_string_new(NULL), 0};
  sqlite3 *other = stores_raw(stores->path);
  int64_t latest;
  uint64_t count;

  assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(store_list(store, &filter, NULL, 99, gather, &gathered), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_count(store, &count), TLSPIN_UNAVAILABLE);
  assert_int_equal(store_latest(store, &latest), TLSPIN_UNAVAILABLE);
  assert_int_equal(gathered.text->len, 0);
  sqlite3_close(other);
  g_string_free(gathered.text, TRUE);
  store_close(store);
}

/* A look at another row from within a walk disturbs neither. */
static bool look(const struct ticket_row *row, void *data)
{
  struct ticket_row got;

  assert_int_equal(store_get(data, &peers[0], &got), TLSPIN_OK);
  ticket_row_clear(&got);
  assert_int_equal(store_get(data, &row->peer, &got), TLSPIN_OK);
  assert_true(ticket_row_equal(row, &got));
  ticket_row_clear(&got);
  return true;
}

static void test_get_within(void **state)
{
  struct store *store = store_of_peers(*state);
  struct store_filter filter = STORE_FILTER_ANY;

  assert_int_equal(store_list(store, &filter, NULL, 99, look, store), TLSPIN_OK);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_order),
      TEST(test_latest),
      TEST(test_empty),
      TEST(test_pages),
      TEST(test_after_a_row_that_went),
      TEST(test_stops),
      TEST(test_host),
      TEST(test_protocol_port_and_time),
      TEST(test_patterns),
      TEST(test_pattern_bounds),
      TEST(test_pattern_of_stars),
      TEST(test_damaged),
      TEST(test_locked),
      TEST(test_get_within),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

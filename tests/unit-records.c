/* Lookups of records and walks over them.
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

enum { NEVER = 1 << 30 };

/* Where a record stands, and a mark to know it by. */
struct standing {
  const char *place;
  enum keypin_origin origin;
  enum keypin_status status;
};

static void put(struct store *store, const struct standing *standing, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    struct keypin pin = stores_pin_at((int)i, standing[i].place);

    pin.origin = standing[i].origin;
    pin.status = standing[i].status;
    stores_learn(store, &pin);
  }
}

struct writing {
  GString *text;
  int left; /* records until the walk is ended */
};

static bool write_place(const struct keypin *pin, void *data)
{
  struct writing *writing = data;
  char text[PLACE_TEXT_SIZE];

  place_text(&pin->place, text);
  g_string_append_printf(writing->text, "%s%s%s ", text,
                         pin->place.protocol == PROTOCOL_DTLS ? "/dtls" : "",
                         pin->place.protocol == PROTOCOL_TLS ? "/tls" : "");
  return --writing->left > 0;
}

static struct peer peer_of(const char *host, enum protocol protocol, uint16_t port)
{
  struct peer peer = {.protocol = protocol, .port = port};

  g_strlcpy(peer.host, host, sizeof peer.host);
  return peer;
}

/* The places of what is found for a peer. */
static void expect(struct store *store, struct peer peer, const char *expected)
{
  struct writing writing = {g_string_new(NULL), NEVER};

  assert_int_equal(store_pins(store, &peer, write_place, &writing), TLSPIN_OK);
  assert_string_equal(writing.text->str, expected);
  g_string_free(writing.text, TRUE);
}

static void expect_at(struct store *store, const char *host, const char *expected)
{
  expect(store, peer_of(host, PROTOCOL_TLS, 443), expected);
}

#define LEARNED KEYPIN_TOFU, KEYPIN_ACTIVE
#define CHOSEN  KEYPIN_USER, KEYPIN_CRITICAL

static void test_scopes(void **state)
{
  static const struct standing standing[] = {
      {"a.example", CHOSEN},  {"*.a.example", CHOSEN}, {".a.example", CHOSEN},
      {".example", CHOSEN},   {"*.example", CHOSEN},   {"b.a.example", CHOSEN},
      {"ba.example", CHOSEN}, {"*", CHOSEN},           {".c.b.a.example", CHOSEN},
  };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  put(store, standing, G_N_ELEMENTS(standing));
  expect_at(store, "a.example", "* a.example .a.example *.example .example ");
  expect_at(store, "b.a.example",
            "* a.example *.a.example .a.example b.a.example *.example .example ");
  expect_at(store, "c.b.a.example",
            "* a.example *.a.example .a.example b.a.example .c.b.a.example *.example .example ");
  expect_at(store, "d.c.b.a.example",
            "* a.example *.a.example .a.example b.a.example .c.b.a.example *.example .example ");
  expect_at(store, "other.example", "* *.example .example ");
  expect_at(store, "example", "* .example ");
  expect_at(store, "test", "* ");
  store_close(store);
  store = stores_open(stores->path);
  expect_at(store, "example", "* .example ");
  store_close(store);
}

/* Of the names above only what can end the walk of verdict_judge comes: pins in force that weren't
 * learned. */
static void test_parents(void **state)
{
  static const struct standing standing[] = {
      {"a.example", LEARNED},
      {"a.example:443", KEYPIN_USER, KEYPIN_REJECTED},
      {"a.example:444", CHOSEN},
      {"*.a.example", KEYPIN_USER, KEYPIN_INACTIVE},
      {"*.a.example:443", KEYPIN_USER, KEYPIN_ACTIVE},
      {"example", KEYPIN_HPKP, KEYPIN_CRITICAL},
  };
  static const struct standing wide = {".nowhere.test", CHOSEN};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin mode = stores_pin_at(90, "example");

  put(store, standing, G_N_ELEMENTS(standing));
  mode = keypin_new(&mode.place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);
  stores_learn(store, &mode);
  expect_at(store, "c.b.a.example", "*.a.example:443 example ");
  expect_at(store, "a.example", "a.example a.example:443 example ");
  put(store, &wide, 1);
  expect_at(store, "c.b.a.example", "*.a.example:443 example ");
  store_close(store);
}

static void test_protocols_and_ports(void **state)
{
  static const struct standing standing[] = {{"a.example", LEARNED},
                                             {"a.example:443", LEARNED},
                                             {"a.example:444", LEARNED},
                                             {".a.example:443", LEARNED}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pin = stores_pin_at(50, "a.example:443");

  put(store, standing, G_N_ELEMENTS(standing));
  for (int protocol = PROTOCOL_TLS; protocol < PROTOCOL_COUNT; protocol++) {
    pin.place.protocol = protocol;
    stores_learn(store, &pin);
  }
  expect(store, peer_of("a.example", PROTOCOL_TLS, 443),
         "a.example a.example:443 a.example:443/tls .a.example:443 ");
  expect(store, peer_of("a.example", PROTOCOL_DTLS, 443),
         "a.example a.example:443 a.example:443/dtls .a.example:443 ");
  expect(store, peer_of("a.example", PROTOCOL_TLS, 444), "a.example a.example:444 ");
  expect(store, peer_of("a.example", PROTOCOL_TLS, 445), "a.example ");
  expect(store, peer_of("b.a.example", PROTOCOL_TLS, 443), ".a.example:443 ");
  expect(store, peer_of("b.a.example", PROTOCOL_TLS, 444), "");
  store_close(store);
}

struct keeping {
  struct keypin pins[8];
  size_t count;
};

static bool keep(const struct keypin *pin, void *data)
{
  struct keeping *keeping = data;

  assert_true(keeping->count < G_N_ELEMENTS(keeping->pins));
  keeping->pins[keeping->count] = *pin;
  assert_true(keypin_own(&keeping->pins[keeping->count++]));
  return true;
}

/* Every kind and status, expired or not, with all that was stored. */
static void test_whole_records(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin pins[4];
  struct peer peer = stores_row(1).peer;
  struct keeping keeping = {.count = 0};

  for (int i = 0; i < 4; i++) {
    pins[i] = stores_pin(3 * i + 1);
    pins[i].place = place_of_peer(&peer);
  }
  pins[0].kind = KEYPIN_EXCEPTION;
  pins[0].status = KEYPIN_EXCEPTED;
  pins[0].errors = PKI_EXPIRED;
  pins[1].enforce_until = pins[1].report_until = 1;
  pins[2].status = KEYPIN_INACTIVE;
  pins[3].status = KEYPIN_REJECTED;
  for (int i = 0; i < 4; i++)
    stores_learn(store, &pins[i]);
  assert_int_equal(store_pins(store, &peer, keep, &keeping), TLSPIN_OK);
  assert_int_equal(keeping.count, 4);
  for (size_t i = 0; i < keeping.count; i++) {
    assert_true(stores_same_pin(&keeping.pins[i], &pins[i]));
    keypin_clear(&keeping.pins[i]);
  }
  store_close(store);
}

static void test_visitor_ends(void **state)
{
  static const struct standing standing[] = {
      {"a.example", LEARNED}, {".a.example", LEARNED}, {"*", LEARNED}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = peer_of("a.example", PROTOCOL_TLS, 443);

  put(store, standing, G_N_ELEMENTS(standing));
  for (int left = 1; left <= 3; left++) {
    static const char *const expected[] = {"* ", "* a.example ", "* a.example .a.example "};
    struct writing writing = {g_string_new(NULL), left};

    assert_int_equal(store_pins(store, &peer, write_place, &writing), TLSPIN_OK);
    assert_string_equal(writing.text->str, expected[left - 1]);
    g_string_free(writing.text, TRUE);
  }
  assert_false(database_in_transaction(&store->db));
  store_close(store);
}

static void test_arguments(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct peer peer = peer_of("A.example", PROTOCOL_TLS, 443);
  struct store_filter filter = STORE_FILTER_ANY;
  struct keypin after = stores_pin(1);
  struct writing writing = {NULL, 0};

  assert_int_equal(store_pins(store, &peer, write_place, &writing), TLSPIN_E_ARGUMENT);
  peer = peer_of("a.example", PROTOCOL_TLS, 0);
  assert_int_equal(store_pins(store, &peer, write_place, &writing), TLSPIN_E_ARGUMENT);
  after.matching = MATCHING_COUNT;
  assert_int_equal(store_list_pins(store, &filter, &after, 9, write_place, &writing),
                   TLSPIN_E_ARGUMENT);
  for (int i = 0; i < 6; i++) {
    uint8_t octets[CHAIN_DIGEST_MAX + 1] = {0};

    filter = STORE_FILTER_ANY;
    filter.kind = i == 0 ? KEYPIN_KINDS : -1;
    filter.status = i == 1 ? KEYPIN_STATUSES : -1;
    filter.origin = i == 2 ? KEYPIN_ORIGINS : -1;
    filter.scope = i == 3 ? SCOPE_COUNT : -1;
    filter.protocol = i == 4 ? -2 : -1;
    filter.digest = (struct span){octets, i == 5 ? sizeof octets : 0};
    assert_int_equal(store_list_pins(store, &filter, NULL, 9, write_place, &writing),
                     TLSPIN_E_ARGUMENT);
  }
  store_close(store);
}

static int lookups(struct store *store, const char *host, const char *expected)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_PINS];

  sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 1);
  expect_at(store, host, expected);
  return sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 1);
}

/* Only names under which anything may stand are looked under. */
static void test_cost(void **state)
{
  static const struct standing own = {"a.b.c.example", LEARNED}, wide = {".test", CHOSEN};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *other = stores_open(stores->path);
  struct keypin pin = stores_pin_at(0, wide.place);

  assert_int_equal(lookups(store, "a.b.c.example", ""), 0);
  put(store, &own, 1);
  assert_int_equal(lookups(store, "a.b.c.example", "a.b.c.example "), 1);
  put(other, &wide, 1); /* by another daemon: it is seen at once */
  assert_int_equal(lookups(store, "a.b.c.example", "a.b.c.example "), 5);
  assert_int_equal(lookups(store, "x.test", ".test "), 3);
  pin.origin = wide.origin;
  assert_true(stores_drop(other, &pin) == 1);
  assert_int_equal(lookups(store, "x.test", ""), 1);
  store_close(other);
  store_close(store);
}

/* What another daemon writes in between is not seen until the end; it has to wait. */
static void test_snapshot(void **state)
{
  static const struct standing standing = {"host-0007.example", LEARNED};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *other = stores_open(stores->path);
  struct ticket_row row = stores_row(7);

  assert_int_equal(store_read_begin(store), TLSPIN_OK);
  assert_int_equal(store_read_begin(store), TLSPIN_UNAVAILABLE); /* one in another */
  expect_at(store, "host-0007.example", "");
  assert_int_equal(store_put(other, &row, 0, STORES_NOW), TLSPIN_UNAVAILABLE);
  stores_expect_none(store, &row.peer);
  store_read_end(store);
  assert_int_equal(store_put(other, &row, 0, STORES_NOW), TLSPIN_OK);
  put(other, &standing, 1);
  assert_int_equal(store_read_begin(store), TLSPIN_OK);
  stores_expect(store, &row);
  expect_at(store, "host-0007.example", "host-0007.example ");
  store_read_end(store);
  store_read_end(store); /* of nothing */
  assert_int_equal(store_put(store, &row, row.series, STORES_NOW), TLSPIN_OK);
  store_close(other);
  store_close(store);
}

/* Damage behind an open store: what is not found is not believed, and what is there is not either.
 */
static void test_damage(void **state)
{
  static const char *const damages[] = {
      "DELETE FROM pin WHERE host = 'host-0003.example'",
      "UPDATE pin SET status = 'inactive' WHERE host = 'host-0003.example'",
      "UPDATE meta SET value = zeroblob(length(value)) WHERE name = 'records'",
  };
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    struct store *store = stores_open(stores->path);
    struct peer there = stores_row(3).peer, absent = stores_row(30).peer;
    struct writing writing = {g_string_new(NULL), NEVER};

    for (int n = 0; n < 20; n++) {
      struct keypin pin = stores_pin(n);

      stores_learn(store, &pin);
    }
    assert_int_equal(store_pins(store, &absent, write_place, &writing), TLSPIN_OK);
    stores_sql(stores->path, damages[i]);
    assert_int_equal(store_pins(store, &there, write_place, &writing), TLSPIN_UNAVAILABLE);
    assert_int_equal(store_pins(store, &absent, write_place, &writing), TLSPIN_UNAVAILABLE);
    assert_int_equal(store_read_begin(store), TLSPIN_UNAVAILABLE);
    assert_false(store_in_place(store));
    assert_string_equal(writing.text->str, "");
    g_string_free(writing.text, TRUE);
    store_close(store);
    stores_damaged(stores->path, "pins.db");
    assert_int_equal(remove(stores->path) + remove(stores->lock), 0);
  }
}

static char *list(struct store *store, struct store_filter filter, const struct keypin *after,
                  uint32_t limit)
{
  struct writing writing = {g_string_new(NULL), NEVER};

  assert_int_equal(store_list_pins(store, &filter, after, limit, write_place, &writing), TLSPIN_OK);
  return g_string_free(writing.text, FALSE);
}

static void expect_list(struct store *store, struct store_filter filter, const char *expected)
{
  g_autofree char *got = list(store, filter, NULL, UINT32_MAX);

  assert_string_equal(got, expected);
}

#define FILTER(...)                                                                                \
  ({                                                                                               \
    struct store_filter f = STORE_FILTER_ANY;                                                      \
    __VA_ARGS__;                                                                                   \
    f;                                                                                             \
  })

static void test_list(void **state)
{
  static const struct standing standing[] = {
      {"c.example", LEARNED},
      {"b.example:444", KEYPIN_TOFU, KEYPIN_INACTIVE},
      {".b.example", KEYPIN_USER, KEYPIN_CRITICAL},
      {"*", KEYPIN_USER, KEYPIN_REJECTED},
      {"*.b.example:443", KEYPIN_HPKP, KEYPIN_ACTIVE},
  };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin mode = stores_pin_at(9, "d.example"), key = stores_pin(2);

  put(store, standing, G_N_ELEMENTS(standing));
  mode.place.protocol = PROTOCOL_DTLS;
  mode = keypin_new(&mode.place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);
  mode.first_seen = STORES_NOW + 9;
  stores_learn(store, &mode);
  expect_list(store, STORE_FILTER_ANY,
              "* b.example:444 *.b.example:443 .b.example c.example d.example/dtls ");
  expect_list(store, FILTER(f.records = false), "");
  expect_list(store, FILTER(f.tickets = false, f.host = "b.example"),
              "b.example:444 *.b.example:443 .b.example ");
  expect_list(store, FILTER(f.host = ""), "* ");
  expect_list(store, FILTER(f.pattern = "?.EXAMPLE", f.scope = SCOPE_EXACT),
              "b.example:444 c.example d.example/dtls ");
  expect_list(store, FILTER(f.port = 443),
              "* *.b.example:443 .b.example c.example d.example/dtls ");
  expect_list(store, FILTER(f.protocol = PROTOCOL_TLS, f.port = 444),
              "* b.example:444 .b.example c.example ");
  expect_list(store, FILTER(f.kind = KEYPIN_MODE), "d.example/dtls ");
  expect_list(store, FILTER(f.status = KEYPIN_INACTIVE), "b.example:444 ");
  expect_list(store, FILTER(f.origin = KEYPIN_USER), "* .b.example d.example/dtls ");
  expect_list(store, FILTER(f.since = STORES_NOW), "c.example d.example/dtls ");
  expect_list(store, FILTER(f.digest = ((struct span){key.digest, 32})), ".b.example ");
  expect_list(store, FILTER(f.digest = ((struct span){key.digest, 31})), "");
  expect_list(store, FILTER(f.scope = SCOPE_SUBTREE, f.status = KEYPIN_REJECTED), "* ");
  store_close(store);
}

/* Every page size gives the same whole, and what is gone meanwhile does no harm. */
static void test_pages(void **state)
{
  enum { PINS = 23 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter any = STORE_FILTER_ANY;
  g_autofree char *whole = NULL;
  uint64_t count;

  for (int i = 0; i < PINS; i++) {
    struct keypin pin = stores_pin(i);

    pin.place = stores_pin(i / 3).place;
    stores_learn(store, &pin);
  }
  assert_int_equal(store_count_pins(store, &count), TLSPIN_OK);
  assert_true(count == PINS);
  whole = list(store, any, NULL, UINT32_MAX);
  for (uint32_t size = 1; size < PINS + 2; size++) {
    g_autoptr(GString) text = g_string_new(NULL);
    struct keypin after;

    for (int from = 0; from < PINS; from += (int)size) {
      g_autofree char *page = list(store, any, from > 0 ? &after : NULL, size);

      g_string_append(text, page);
      after = stores_pin(MIN(from + (int)size, PINS) - 1);
      after.place = stores_pin((MIN(from + (int)size, PINS) - 1) / 3).place;
    }
    assert_string_equal(text->str, whole);
  }
  store_close(store);
}

static void test_list_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter any = STORE_FILTER_ANY;
  struct writing writing = {g_string_new(NULL), NEVER};

  for (int i = 0; i < 3; i++) {
    struct keypin pin = stores_pin(i);

    stores_learn(store, &pin);
  }
  stores_sql(stores->path, "UPDATE pin SET note = 'x' WHERE host = 'host-0001.example'");
  assert_int_equal(store_list_pins(store, &any, NULL, 9, write_place, &writing),
                   TLSPIN_UNAVAILABLE);
  assert_string_equal(writing.text->str, "host-0000.example:443/tls ");
  g_string_free(writing.text, TRUE);
  store_close(store);
}

/* A host of 127 labels has 128 names, with that of all hosts. */
static void test_longest_name(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autoptr(GString) host = g_string_new("a");
  static const struct standing standing[] = {{"*", CHOSEN}, {".a", CHOSEN}, {".a.a", CHOSEN}};

  while (host->len < HOST_MAX)
    g_string_append(host, ".a");
  put(store, standing, G_N_ELEMENTS(standing));
  assert_int_equal(lookups(store, host->str, "* .a .a.a "), 128);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_scopes),        TEST(test_parents),      TEST(test_protocols_and_ports),
      TEST(test_whole_records), TEST(test_visitor_ends), TEST(test_arguments),
      TEST(test_cost),          TEST(test_snapshot),     TEST(test_damage),
      TEST(test_list),          TEST(test_pages),        TEST(test_list_damaged),
      TEST(test_longest_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

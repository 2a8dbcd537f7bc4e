/* The keys that Lookup hands out, in messages and as records: dbus/keys.c, dbus/keys-pin.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const uint8_t octets[64] = {1, 2, 3, [31] = 32, [63] = 64};

static const struct bus_key pin = {.host = "a.example",
                                   .scope = "exact",
                                   .protocol = "tls",
                                   .port = 443,
                                   .kind = "pin",
                                   .status = "critical",
                                   .origin = "policy",
                                   .level = "issuer",
                                   .selector = 0,
                                   .matching = 2,
                                   .digest = {octets, 64},
                                   .flags = BUS_KEY_LOCKED | BUS_KEY_ALWAYS,
                                   .enforce_until = 5,
                                   .report_until = 6,
                                   .seen = {octets, 32},
                                   .layer = 3};

static const struct bus_key exception = {.host = "",
                                         .scope = "subtree",
                                         .protocol = "",
                                         .kind = "exception",
                                         .status = "excepted",
                                         .origin = "user",
                                         .level = "leaf",
                                         .selector = 1,
                                         .matching = 1,
                                         .digest = {octets, 32},
                                         .enforce_until = KEYPIN_FOREVER,
                                         .report_until = KEYPIN_FOREVER,
                                         .errors = PKI_EXPIRED | PKI_NAME};

static DBusMessage *send_keys(const struct bus_key *keys, size_t count, DBusMessageIter *iter)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");

  assert_non_null(message);
  dbus_message_iter_init_append(message, iter);
  assert_true(bus_append_keys(iter, keys, count));
  assert_string_equal(dbus_message_get_signature(message), "a(sssqssssyyayuttuayu)");
  assert_true(dbus_message_iter_init(message, iter));
  return message;
}

static void expect_key(const struct bus_key *got, const struct bus_key *expected)
{
  assert_string_equal(got->host, expected->host);
  assert_string_equal(got->scope, expected->scope);
  assert_string_equal(got->protocol, expected->protocol);
  assert_int_equal(got->port, expected->port);
  assert_string_equal(got->kind, expected->kind);
  assert_string_equal(got->status, expected->status);
  assert_string_equal(got->origin, expected->origin);
  assert_string_equal(got->level, expected->level);
  assert_true(got->selector == expected->selector && got->matching == expected->matching);
  assert_true(span_equal(got->digest, expected->digest));
  assert_true(got->flags == expected->flags && got->errors == expected->errors);
  assert_true(got->enforce_until == expected->enforce_until);
  assert_true(got->report_until == expected->report_until);
  assert_true(span_equal(got->seen, expected->seen) && got->layer == expected->layer);
}

static void test_message(void **state)
{
  const struct bus_key keys[] = {pin, exception};
  struct bus_key got[2];
  DBusMessageIter iter;
  DBusMessage *message = send_keys(keys, 2, &iter);

  (void)state;
  assert_int_equal(bus_read_keys(&iter, got, 2), 2);
  expect_key(&got[0], &pin);
  expect_key(&got[1], &exception);
  dbus_message_unref(message);
  message = send_keys(NULL, 0, &iter);
  assert_int_equal(bus_read_keys(&iter, NULL, 0), 0);
  dbus_message_unref(message);
}

/* No more than there is room for is written; all are counted. */
static void test_more_than_room(void **state)
{
  const struct bus_key keys[] = {pin, exception, pin};
  struct bus_key got[2] = {exception, exception};
  DBusMessageIter iter;
  DBusMessage *message = send_keys(keys, 3, &iter);

  (void)state;
  assert_int_equal(bus_read_keys(&iter, got, 1), 3);
  expect_key(&got[0], &pin);
  expect_key(&got[1], &exception);
  dbus_message_unref(message);
}

static void expect_round_trip(const struct bus_key *key)
{
  uint8_t seen[32];
  struct bus_key again;
  struct keypin record;

  assert_true(bus_key_to_pin(key, &record));
  assert_true(keypin_is_valid(&record));
  again = bus_key_of_pin(&record, key->layer, seen);
  expect_key(&again, key);
  keypin_clear(&record);
}

static void test_record(void **state)
{
  struct bus_key key;
  struct keypin record;

  (void)state;
  expect_round_trip(&pin);
  expect_round_trip(&exception);
  key = pin;
  key.seen = (struct span){NULL, 0};
  key.flags = BUS_KEY_ALWAYS;
  expect_round_trip(&key);
  key.flags = BUS_KEY_LOCKED;
  expect_round_trip(&key);
  assert_true(bus_key_to_pin(&pin, &record));
  assert_true(record.locked && record.always && record.place.port == 443);
  assert_true(record.place.protocol == PROTOCOL_TLS && record.level == KEYPIN_ISSUER);
  assert_true(record.selector == SELECTOR_CERTIFICATE && record.matching == MATCHING_SHA512);
  assert_memory_equal(record.digest, octets, 64);
  keypin_clear(&record);
}

/* A mode has a key of zeros; any other is none. */
static void test_mode(void **state)
{
  static const uint8_t zeros[32];
  struct bus_key key = exception;

  (void)state;
  key.kind = "mode";
  key.status = "off";
  key.errors = 0;
  key.digest = (struct span){zeros, 32};
  expect_round_trip(&key);
  key.digest.data = octets;
  assert_false(bus_key_to_pin(&key, &(struct keypin){.note = ""}));
}

/* Only what was seen of a certificate is handed out: a raw key has none. */
static void test_raw_key(void **state)
{
  struct chain_seen raw = {.count = 1, .raw = true};
  uint8_t encoded[256], seen[32];
  struct writer writer = writer_of(encoded, sizeof encoded);
  struct keypin record;
  struct bus_key key;

  (void)state;
  assert_true(chain_seen_encode(&raw, &writer));
  assert_true(bus_key_to_pin(&exception, &record));
  record.seen = writer_span(&writer);
  key = bus_key_of_pin(&record, 0, seen);
  assert_int_equal(key.seen.size, 0);
  record.seen = (struct span){octets, 3}; /* can't be decoded */
  key = bus_key_of_pin(&record, 0, seen);
  assert_int_equal(key.seen.size, 0);
}

/* What a daemon might say that isn't ours. */
static void test_refused(void **state)
{
  static const char long_host[] = "0123456789012345678901234567890123456789012345678901234567890123"
                                  "456789012345678901234567890123"
                                  "0123456789012345678901234567890123456789012345678901234567890123"
                                  "456789012345678901234567890123"
                                  "0123456789012345678901234567890123456789012345678901234567890123"
                                  "456789012345678901234567890123";
  struct bus_key bad[32];
  size_t count = 0;

  (void)state;
#define BAD(change)                                                                                \
  do {                                                                                             \
    bad[count] = pin;                                                                              \
    bad[count].change;                                                                             \
    count++;                                                                                       \
  } while (false)
  BAD(host = long_host);
  BAD(host = "A.example");
  BAD(host = "*.example");
  BAD(host = "");
  BAD(scope = "wide");
  BAD(protocol = "udp");
  BAD(kind = "ticket");
  BAD(kind = "mode");
  BAD(kind = "exception");
  BAD(status = "excepted");
  BAD(status = "");
  BAD(origin = "nobody");
  BAD(level = "root");
  BAD(selector = 2);
  BAD(matching = 0);
  BAD(matching = 3);
  BAD(matching = 1);
  BAD(digest.size = 63);
  BAD(digest.size = 0);
  BAD(enforce_until = 7);
  BAD(report_until = KEYPIN_FOREVER + 1);
  BAD(enforce_until = UINT64_MAX);
  BAD(errors = PKI_NAME);
  BAD(seen.size = 31);
  BAD(seen.size = 33);
#undef BAD
  for (size_t i = 0; i < count; i++) {
    struct keypin record;

    if (bus_key_to_pin(&bad[i], &record))
      fail_msg("key %zu was taken", i);
    assert_null(record.owned);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_message), cmocka_unit_test(test_more_than_room),
      cmocka_unit_test(test_record),  cmocka_unit_test(test_mode),
      cmocka_unit_test(test_raw_key), cmocka_unit_test(test_refused),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

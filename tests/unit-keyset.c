/* Tests of libclient/keyset.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/keyset.h"

#include "dbus/names.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct peer peer = {"www.example", PROTOCOL_TLS, 443};
static uint8_t octets[64];
static const struct bus_key good = {
    .host = "example",
    .scope = "subtree",
    .protocol = "",
    .kind = "pin",
    .status = "critical",
    .origin = "policy",
    .level = "any",
    .selector = 1,
    .matching = 2,
    .digest = {octets, 64},
    .flags = BUS_KEY_LOCKED | BUS_KEY_ALWAYS,
    .enforce_until = 2000,
    .report_until = 3000,
    .layer = 3,
};

/* Sends keys through a message. */
static int read_keys(const struct bus_key *keys, size_t count, struct keyset *set)
{
  const struct bus_lookup_reply sent = {.answer = "no-pin",
                                        .reason = "none",
                                        .layer = "",
                                        .hash = "",
                                        .lock = "none",
                                        .keys = keys,
                                        .key_count = count,
                                        .policy = BUS_POLICY_ANCHORS};
  DBusMessage *message = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
  struct bus_lookup_reply reply;
  int code;

  assert_true(bus_append_lookup_reply(message, &sent));
  assert_true(bus_read_lookup_reply(message, &reply));
  last_clear();
  code = keyset_read(message, &reply, &peer, set);
  dbus_message_unref(message);
  return code;
}

static void test_no_keys(void **state)
{
  struct keyset set;

  (void)state;
  assert_int_equal(read_keys(NULL, 0, &set), TLSPIN_OK);
  assert_true(set.known);
  assert_int_equal(set.count, 0);
  assert_int_equal(set.policy, BUS_POLICY_ANCHORS);
  assert_false(keyset_wants_path(&set));
  keyset_clear(&set);
  assert_false(set.known);
}

static void test_what_a_key_becomes(void **state)
{
  struct bus_key keys[2] = {good, good};
  const struct keypin *pin;
  struct chain_seen seen;
  struct keyset set;

  (void)state;
  memset(octets, 7, sizeof octets);
  keys[1].host = "www.example";
  keys[1].scope = "exact";
  keys[1].protocol = "tls";
  keys[1].port = 443;
  keys[1].status = "active";
  keys[1].origin = "tofu";
  keys[1].level = "leaf";
  keys[1].flags = 0;
  keys[1].layer = 0;
  keys[1].seen = (struct span){octets, 32};
  assert_int_equal(read_keys(keys, 2, &set), TLSPIN_OK);
  assert_int_equal(set.count, 2);
  pin = set.entries[0].pin;
  assert_int_equal(set.entries[0].layer, 3);
  assert_string_equal(pin->place.host, "example");
  assert_int_equal(pin->place.scope, SCOPE_SUBTREE);
  assert_int_equal(pin->place.protocol, PLACE_ANY_PROTOCOL);
  assert_int_equal(pin->status, KEYPIN_CRITICAL);
  assert_int_equal(pin->origin, KEYPIN_POLICY);
  assert_int_equal(pin->level, KEYPIN_ANY);
  assert_int_equal(pin->matching, MATCHING_SHA512);
  assert_memory_equal(pin->digest, octets, 64);
  assert_true(pin->locked && pin->always);
  assert_int_equal(pin->enforce_until, 2000);
  assert_int_equal(pin->report_until, 3000);
  pin = set.entries[1].pin;
  assert_int_equal(set.entries[1].layer, 0);
  assert_false(pin->locked || pin->always);
  assert_true(chain_seen_decode(pin->seen, &seen));
  assert_int_equal(seen.count, 1);
  assert_memory_equal(seen.at[0].certificate, octets, 32);
  keyset_clear(&set);
  assert_null(set.pins);
}

static void refuse(const struct bus_key *key, int line)
{
  struct bus_key keys[3] = {good, good, *key};
  struct keyset set;

  if (read_keys(keys, 3, &set) != TLSPIN_UNAVAILABLE)
    fail_msg("line %d", line);
  assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  assert_false(set.known);
  assert_int_equal(set.count, 0);
  assert_null(set.pins);
}

#define REFUSE(member, ...)                                                                        \
  do {                                                                                             \
    struct bus_key key = good;                                                                     \
    key.member = __VA_ARGS__;                                                                      \
    refuse(&key, __LINE__);                                                                        \
  } while (0)

static void test_wrong_keys(void **state)
{
  (void)state;
  REFUSE(host, "other.example");
  REFUSE(host, "Example");
  REFUSE(host, "192.0.2.1");
  REFUSE(host, "below.www.example");
  REFUSE(scope, "");
  REFUSE(protocol, "dtls");
  REFUSE(protocol, "quic");
  REFUSE(port, 80);
  REFUSE(kind, "ticket");
  REFUSE(kind, "mode");
  REFUSE(status, "inactive");
  REFUSE(status, "off");
  REFUSE(status, "");
  REFUSE(origin, "elsewhere");
  REFUSE(level, "top");
  REFUSE(selector, 2);
  REFUSE(matching, 0);
  REFUSE(matching, 1);
  REFUSE(matching, 3);
  REFUSE(digest, (struct span){octets, 63});
  REFUSE(digest, (struct span){NULL, 0});
  REFUSE(enforce_until, 3001);
  REFUSE(report_until, UINT64_MAX);
  REFUSE(errors, 1);
  REFUSE(seen, (struct span){octets, 31});
}

/* A pin of a parent that doesn't cover the peer may end the walk there (verdict.c). */
static void test_pin_of_a_parent(void **state)
{
  struct bus_key key = good;
  struct keyset set;

  (void)state;
  key.scope = "exact";
  assert_int_equal(read_keys(&key, 1, &set), TLSPIN_OK);
  assert_int_equal(set.count, 1);
  keyset_clear(&set);
}

/* That there are more is all that is known of them. */
static void test_too_many_keys(void **state)
{
  struct bus_key *keys = calloc(BUS_KEYS_MAX + 1, sizeof *keys);
  struct keyset set;

  (void)state;
  for (size_t i = 0; i <= BUS_KEYS_MAX; i++)
    keys[i] = good;
  assert_int_equal(read_keys(keys, BUS_KEYS_MAX, &set), TLSPIN_OK);
  assert_int_equal(set.count, BUS_KEYS_MAX);
  assert_false(keyset_is_crowded(&set));
  keyset_clear(&set);
  assert_int_equal(read_keys(keys, BUS_KEYS_MAX + 1, &set), TLSPIN_OK);
  assert_true(set.known);
  assert_int_equal(set.count, 0);
  assert_true(keyset_is_crowded(&set) && keyset_wants_path(&set));
  assert_int_equal(set.policy, BUS_POLICY_ANCHORS | BUS_POLICY_CROWDED);
  keyset_clear(&set);
  free(keys);
}

static bool wants_path(const char *kind, const char *status, const char *level)
{
  struct bus_key key = good;
  struct keyset set;
  bool wants;

  key.kind = kind;
  key.status = status;
  key.level = level;
  if (strcmp(kind, "exception") == 0)
    key.errors = PKI_EXPIRED;
  if (strcmp(kind, "mode") == 0) {
    static uint8_t zeros[32];

    key.matching = 1;
    key.digest = (struct span){zeros, 32};
  }
  assert_int_equal(read_keys(&key, 1, &set), TLSPIN_OK);
  wants = keyset_wants_path(&set);
  keyset_clear(&set);
  return wants;
}

static void test_when_a_path_is_wanted(void **state)
{
  (void)state;
  assert_false(wants_path("pin", "critical", "leaf"));
  assert_false(wants_path("pin", "active", "leaf"));
  assert_false(wants_path("exception", "excepted", "leaf"));
  assert_false(wants_path("mode", "off", "leaf"));
  assert_true(wants_path("pin", "rejected", "leaf")); /* it may be an authority's */
  assert_true(wants_path("pin", "critical", "any"));
  assert_true(wants_path("pin", "active", "issuer"));
  assert_true(wants_path("exception", "excepted", "authority"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_keys),         cmocka_unit_test(test_what_a_key_becomes),
      cmocka_unit_test(test_wrong_keys),      cmocka_unit_test(test_too_many_keys),
      cmocka_unit_test(test_pin_of_a_parent), cmocka_unit_test(test_when_a_path_is_wanted),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

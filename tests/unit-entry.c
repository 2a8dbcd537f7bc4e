/* Tests of libclient/entry.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/entry.h"

#include "dbus/dict.h"
#include "libclient/last.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static uint8_t octets[65536];
static const struct peer peer = {"www.example", PROTOCOL_DTLS, 853};
static const struct bus_lookup_reply good = {
    .answer = "match",
    .reason = "found",
    .layer = "user",
    .ticket = {octets, 65535},
    .secret = {octets, 48},
    .hash = "sha384",
    .series = 9,
    .expires = 2000000000,
    .lock = "enforce",
};

static void test_entry_of_a_lookup(void **state)
{
  tlspin_entry_t *entry;
  const void *data;
  size_t size;

  (void)state;
  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] = (uint8_t)(i * 7);
  assert_int_equal(entry_of_lookup(&peer, &good, &entry), TLSPIN_OK);
  assert_string_equal(tlspin_entry_host(entry), "www.example");
  assert_string_equal(tlspin_entry_protocol(entry), "dtls");
  assert_int_equal(tlspin_entry_port(entry), 853);
  assert_string_equal(tlspin_entry_kind(entry), "ticket");
  assert_string_equal(tlspin_entry_layer(entry), "user");
  assert_string_equal(tlspin_entry_lock(entry), "enforce");
  assert_string_equal(tlspin_entry_hash(entry), "sha384");
  assert_int_equal(tlspin_entry_expires(entry), 2000000000);
  assert_int_equal(tlspin_entry_series(entry), 9);
  assert_int_equal(tlspin_entry_ticket_size(entry), 65535);
  data = tlspin_entry_ticket(entry, &size);
  assert_int_equal(size, 65535);
  assert_memory_equal(data, octets, size);
  assert_ptr_not_equal(data, octets);
  data = tlspin_entry_secret(entry, &size);
  assert_int_equal(size, 48);
  assert_memory_equal(data, octets, size);
  assert_string_equal(tlspin_entry_state(entry), "");
  assert_string_equal(tlspin_entry_failure_reason(entry), "");
  assert_int_equal(tlspin_entry_failures(entry), 0);
  tlspin_entry_free(entry);
  tlspin_entry_free(NULL);
}

static void refuse(const struct bus_lookup_reply *reply)
{
  tlspin_entry_t *entry = (tlspin_entry_t *)octets;

  last_clear();
  assert_int_equal(entry_of_lookup(&peer, reply, &entry), TLSPIN_UNAVAILABLE);
  assert_null(entry);
  assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
}

#define REFUSE(member, ...)                                                                        \
  do {                                                                                             \
    struct bus_lookup_reply reply = good;                                                          \
    reply.member = __VA_ARGS__;                                                                    \
    refuse(&reply);                                                                                \
  } while (0)

static void test_wrong_matches(void **state)
{
  (void)state;
  REFUSE(ticket, (struct span){octets, 0});
  REFUSE(ticket, (struct span){octets, 65536});
  REFUSE(secret, (struct span){octets, 0});
  REFUSE(secret, (struct span){octets, 32});
  REFUSE(secret, (struct span){octets, 49});
  REFUSE(hash, "sha256");
  REFUSE(hash, "");
  REFUSE(hash, "SHA384");
  REFUSE(series, 0);
  REFUSE(lock, "");
  REFUSE(lock, "locked");
  REFUSE(layer, "");
}

static void test_every_lock(void **state)
{
  static const char *const locks[] = {"none", "enforce", "report", "off"};
  struct bus_lookup_reply reply = good;

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    tlspin_entry_t *entry;

    reply.lock = locks[i];
    assert_int_equal(entry_of_lookup(&peer, &reply, &entry), TLSPIN_OK);
    assert_string_equal(tlspin_entry_lock(entry), locks[i]);
    tlspin_entry_free(entry);
  }
}

/* Makes a dictionary in a message, with what `put` puts there, and an entry of that. */
static int make_kind(void (*put)(DBusMessageIter *), enum entry_kind kind, tlspin_entry_t **entry)
{
  DBusMessage *message = dbus_message_new(DBUS_MESSAGE_TYPE_METHOD_RETURN);
  DBusMessageIter iter, dict;
  int code;

  dbus_message_iter_init_append(message, &iter);
  assert_true(bus_dict_open(&iter, &dict));
  put(&dict);
  assert_true(bus_dict_close(&iter, &dict));
  dbus_message_iter_init(message, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  code = entry_of_dict(&dict, kind, entry);
  dbus_message_unref(message);
  return code;
}

static int make(void (*put)(DBusMessageIter *), tlspin_entry_t **entry)
{
  return make_kind(put, ENTRY_STORED, entry);
}

static void put_peer(DBusMessageIter *dict)
{
  bus_dict_put_string(dict, "host", "www.example");
  bus_dict_put_string(dict, "protocol", "tls");
  bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, 443);
}

static void put_all(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_string(dict, "kind", "ticket");
  bus_dict_put_string(dict, "layer", "10-site.db");
  bus_dict_put_string(dict, "state", "masked");
  bus_dict_put_string(dict, "lock", "report");
  bus_dict_put_string(dict, "hash", "sha256");
  bus_dict_put_number(dict, "ticket-size", DBUS_TYPE_UINT32, 77);
  bus_dict_put_number(dict, "first-seen", DBUS_TYPE_UINT64, 1);
  bus_dict_put_number(dict, "issued", DBUS_TYPE_UINT64, 2);
  bus_dict_put_number(dict, "expires", DBUS_TYPE_UINT64, INT64_MAX);
  bus_dict_put_number(dict, "failures", DBUS_TYPE_UINT32, 3);
  bus_dict_put_string(dict, "failure-reason", "proof-wrong");
  bus_dict_put_number(dict, "failed", DBUS_TYPE_UINT64, 4);
  bus_dict_put_string(dict, "series", "a key that a list doesn't have");
}

static void test_entry_of_a_dictionary(void **state)
{
  tlspin_entry_t *entry;
  size_t size = 1;

  (void)state;
  assert_int_equal(make(put_all, &entry), TLSPIN_OK);
  assert_string_equal(tlspin_entry_host(entry), "www.example");
  assert_string_equal(tlspin_entry_protocol(entry), "tls");
  assert_int_equal(tlspin_entry_port(entry), 443);
  assert_string_equal(tlspin_entry_kind(entry), "ticket");
  assert_string_equal(tlspin_entry_layer(entry), "10-site.db");
  assert_string_equal(tlspin_entry_state(entry), "masked");
  assert_string_equal(tlspin_entry_lock(entry), "report");
  assert_string_equal(tlspin_entry_hash(entry), "sha256");
  assert_int_equal(tlspin_entry_ticket_size(entry), 77);
  assert_int_equal(tlspin_entry_first_seen(entry), 1);
  assert_int_equal(tlspin_entry_issued(entry), 2);
  assert_true(tlspin_entry_expires(entry) == INT64_MAX);
  assert_int_equal(tlspin_entry_failures(entry), 3);
  assert_int_equal(tlspin_entry_failed(entry), 4);
  assert_string_equal(tlspin_entry_failure_reason(entry), "proof-wrong");
  assert_int_equal(tlspin_entry_series(entry), 0);
  assert_null(tlspin_entry_ticket(entry, &size));
  assert_int_equal(size, 0);
  assert_null(tlspin_entry_secret(entry, &size));
  assert_int_equal(size, 0);
  tlspin_entry_free(entry);
}

static void put_peer_twice(DBusMessageIter *dict)
{
  bus_dict_put_string(dict, "host", "first.example");
  put_peer(dict);
}

static void test_last_of_two_keys_counts(void **state)
{
  tlspin_entry_t *entry;

  (void)state;
  assert_int_equal(make(put_peer_twice, &entry), TLSPIN_OK);
  assert_string_equal(tlspin_entry_host(entry), "www.example");
  tlspin_entry_free(entry);
}

/* A record as org.tlspin.Admin1 lists it. */
static void put_place(DBusMessageIter *dict)
{
  bus_dict_put_string(dict, "host", "example");
  bus_dict_put_string(dict, "scope", "subtree");
  bus_dict_put_string(dict, "protocol", "");
  bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, 0);
  bus_dict_put_string(dict, "kind", "pin");
}

static void put_seen(DBusMessageIter *array, const char *subject)
{
  DBusMessageIter dict;

  bus_dict_open(array, &dict);
  bus_dict_put_string(&dict, "subject", subject);
  bus_dict_put_number(&dict, "not-before", DBUS_TYPE_UINT64, 5);
  bus_dict_put_octets(&dict, "certificate", (struct span){octets, 32});
  bus_dict_close(array, &dict);
}

static void put_record(DBusMessageIter *dict)
{
  struct bus_nest nest;

  put_place(dict);
  bus_dict_put_string(dict, "status", "critical");
  bus_dict_put_number(dict, "selector", DBUS_TYPE_BYTE, 1);
  bus_dict_put_octets(dict, "digest", (struct span){octets, 64});
  bus_dict_put_number(dict, "always", DBUS_TYPE_BOOLEAN, 1);
  bus_dict_put_number(dict, "errors", DBUS_TYPE_UINT32, 12);
  bus_dict_put_octets(dict, "of-a-later-version", (struct span){NULL, 0});
  bus_dict_open_dicts(dict, "chain", &nest);
  put_seen(&nest.array, "server");
  put_seen(&nest.array, "root");
  bus_dict_close_dicts(dict, &nest);
}

static void test_entry_of_a_record(void **state)
{
  const tlspin_entry_t *root;
  tlspin_entry_t *entry;
  size_t size;

  (void)state;
  assert_int_equal(make(put_record, &entry), TLSPIN_OK);
  assert_string_equal(tlspin_entry_string(entry, "scope"), "subtree");
  assert_string_equal(tlspin_entry_string(entry, "status"), "critical");
  assert_int_equal(tlspin_entry_number(entry, "selector"), 1);
  assert_int_equal(tlspin_entry_number(entry, "always"), 1);
  assert_int_equal(tlspin_entry_number(entry, "errors"), 12);
  assert_int_equal(tlspin_entry_port(entry), 0);
  assert_memory_equal(tlspin_entry_octets(entry, "digest", &size), octets, 64);
  assert_int_equal(size, 64);
  assert_null(tlspin_entry_octets(entry, "of-a-later-version", &size));
  assert_int_equal(size, 0);
  assert_int_equal(tlspin_entry_chain(entry), 2);
  root = tlspin_entry_chain_at(entry, 1);
  assert_string_equal(tlspin_entry_string(root, "subject"), "root");
  assert_int_equal(tlspin_entry_number(root, "not-before"), 5);
  assert_memory_equal(tlspin_entry_octets(root, "certificate", &size), octets, 32);
  assert_null(tlspin_entry_chain_at(entry, 2));
  tlspin_entry_free(entry);
}

/* Each accessor for values of the other types, and for none. */
static void test_what_is_not_there(void **state)
{
  tlspin_entry_t *entry;
  size_t size = 1;

  (void)state;
  assert_int_equal(make(put_record, &entry), TLSPIN_OK);
  assert_null(tlspin_entry_string(entry, "note"));
  assert_null(tlspin_entry_string(entry, "selector"));
  assert_null(tlspin_entry_string(entry, ""));
  assert_int_equal(tlspin_entry_number(entry, "note"), -1);
  assert_int_equal(tlspin_entry_number(entry, "host"), -1);
  assert_int_equal(tlspin_entry_number(entry, "digest"), -1);
  assert_int_equal(tlspin_entry_number(entry, "chain"), -1);
  assert_null(tlspin_entry_octets(entry, "host", &size));
  assert_int_equal(size, 0);
  assert_int_equal(tlspin_entry_expires(entry), 0);
  assert_string_equal(tlspin_entry_lock(entry), "");
  tlspin_entry_free(entry);
}

static void put_layer(DBusMessageIter *dict)
{
  bus_dict_put_string(dict, "name", "10-site.db");
  bus_dict_put_string(dict, "state", "ok");
}

static void test_other_things_have_no_place(void **state)
{
  tlspin_entry_t *entry = NULL;

  (void)state;
  assert_int_equal(make(put_layer, &entry), TLSPIN_UNAVAILABLE);
  assert_int_equal(make_kind(put_layer, ENTRY_OTHER, &entry), TLSPIN_OK);
  assert_string_equal(tlspin_entry_string(entry, "name"), "10-site.db");
  assert_int_equal(tlspin_entry_chain(entry), 0);
  assert_null(tlspin_entry_chain_at(entry, 0));
  tlspin_entry_free(entry);
}

/* What the library puts into an entry by itself. */
static void test_putting(void **state)
{
  tlspin_entry_t *entry = entry_new();
  size_t size;

  (void)state;
  assert_true(entry_put_string(entry, "a", "one") && entry_put_string(entry, "a", "two"));
  assert_true(entry_put_number(entry, "b", DBUS_TYPE_UINT64, UINT64_MAX));
  assert_true(entry_put_octets(entry, "c", (struct span){octets, 3}));
  assert_string_equal(tlspin_entry_string(entry, "a"), "two");
  assert_true(tlspin_entry_number(entry, "b") == INT64_MAX);
  assert_memory_equal(tlspin_entry_octets(entry, "c", &size), octets, 3);
  assert_int_equal(entry->count, 3);
  assert_true(entry_put_number(entry, "a", DBUS_TYPE_BYTE, 0));
  assert_null(tlspin_entry_string(entry, "a"));
  assert_int_equal(tlspin_entry_number(entry, "a"), 0);
  tlspin_entry_free(entry);
}

static void put_nothing(DBusMessageIter *dict)
{
  (void)dict;
}

static void put_no_port(DBusMessageIter *dict)
{
  bus_dict_put_string(dict, "host", "www.example");
  bus_dict_put_string(dict, "protocol", "tls");
}

static void put_port_zero(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, 0);
}

static void put_wide_port(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_number(dict, "port", DBUS_TYPE_UINT32, 443);
}

static void put_number_for_string(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_number(dict, "layer", DBUS_TYPE_UINT32, 1);
}

static void put_upper_case(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_string(dict, "host", "WWW.example");
}

static void put_address(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_string(dict, "host", "192.0.2.1");
}

static void put_other_protocol(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_string(dict, "protocol", "udp");
}

static void put_many(DBusMessageIter *dict)
{
  put_peer(dict);
  for (unsigned i = 0; i < ENTRY_VALUES_MAX; i++) {
    char key[16];

    snprintf(key, sizeof key, "key-%u", i);
    bus_dict_put_number(dict, key, DBUS_TYPE_BYTE, 1);
  }
}

static void put_huge(DBusMessageIter *dict)
{
  put_peer(dict);
  bus_dict_put_number(dict, "expires", DBUS_TYPE_UINT64, UINT64_C(1) << 63);
}

static void put_wild_scope(DBusMessageIter *dict)
{
  put_place(dict);
  bus_dict_put_string(dict, "scope", "everywhere");
}

static void put_every_host_exactly(DBusMessageIter *dict)
{
  put_place(dict);
  bus_dict_put_string(dict, "host", "");
  bus_dict_put_string(dict, "scope", "exact");
}

static void put_string_for_octets(DBusMessageIter *dict)
{
  put_place(dict);
  bus_dict_put_string(dict, "digest", "abc");
}

static void put_string_for_chain(DBusMessageIter *dict)
{
  put_place(dict);
  bus_dict_put_string(dict, "chain", "abc");
}

static void put_long_chain(DBusMessageIter *dict)
{
  struct bus_nest nest;

  put_place(dict);
  bus_dict_open_dicts(dict, "chain", &nest);
  for (int i = 0; i <= ENTRY_CHAIN_MAX; i++)
    put_seen(&nest.array, "server");
  bus_dict_close_dicts(dict, &nest);
}

static void put_wrong_chain(DBusMessageIter *dict)
{
  DBusMessageIter inner;
  struct bus_nest nest;

  put_place(dict);
  bus_dict_open_dicts(dict, "chain", &nest);
  bus_dict_open(&nest.array, &inner);
  bus_dict_put_string(&inner, "not-after", "never");
  bus_dict_close(&nest.array, &inner);
  bus_dict_close_dicts(dict, &nest);
}

/* Names that are none of a documented one, but stand in the list of those. */
static void put_strange_names(DBusMessageIter *dict)
{
  static const char *const names[] = {" host", "port ", " ", "", "host protocol", "os"};

  put_peer(dict);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    bus_dict_put_number(dict, names[i], DBUS_TYPE_UINT32, 5);
}

static void test_strange_names(void **state)
{
  tlspin_entry_t *entry;

  (void)state;
  assert_int_equal(make(put_strange_names, &entry), TLSPIN_OK);
  assert_int_equal(tlspin_entry_number(entry, " host"), 5);
  assert_int_equal(tlspin_entry_number(entry, "host protocol"), 5);
  assert_string_equal(tlspin_entry_host(entry), "www.example");
  tlspin_entry_free(entry);
}

static void test_wrong_dictionaries(void **state)
{
  static void (*const wrong[])(DBusMessageIter *) = {put_nothing,
                                                     put_no_port,
                                                     put_port_zero,
                                                     put_wide_port,
                                                     put_number_for_string,
                                                     put_upper_case,
                                                     put_address,
                                                     put_other_protocol,
                                                     put_many,
                                                     put_huge,
                                                     put_wild_scope,
                                                     put_every_host_exactly,
                                                     put_string_for_octets,
                                                     put_string_for_chain,
                                                     put_long_chain,
                                                     put_wrong_chain};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    tlspin_entry_t *entry = (tlspin_entry_t *)octets;

    last_clear();
    assert_int_equal(make(wrong[i], &entry), TLSPIN_UNAVAILABLE);
    assert_null(entry);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_entry_of_a_lookup),
      cmocka_unit_test(test_wrong_matches),
      cmocka_unit_test(test_every_lock),
      cmocka_unit_test(test_entry_of_a_dictionary),
      cmocka_unit_test(test_last_of_two_keys_counts),
      cmocka_unit_test(test_entry_of_a_record),
      cmocka_unit_test(test_what_is_not_there),
      cmocka_unit_test(test_other_things_have_no_place),
      cmocka_unit_test(test_putting),
      cmocka_unit_test(test_wrong_dictionaries),
      cmocka_unit_test(test_strange_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

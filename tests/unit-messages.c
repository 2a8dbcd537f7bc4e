/* Messages of org.tlspin.Pins1 as structs, there and back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/messages.h"

#include "dbus/check.h"
#include "dbus/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The message as it arrives at the other end; the first one is gone. */
static DBusMessage *send(DBusMessage *message)
{
  char *octets = NULL;
  int size = 0;
  DBusMessage *arrived;

  dbus_message_set_serial(message, 1);
  assert_true(dbus_message_marshal(message, &octets, &size));
  dbus_message_unref(message);
  arrived = dbus_message_demarshal(octets, size, NULL);
  assert_non_null(arrived);
  dbus_free(octets);
  return arrived;
}

static DBusMessage *new_message(void)
{
  DBusMessage *message = dbus_message_new_signal("/a", "a.b", "C");

  assert_non_null(message);
  return message;
}

static const struct bus_peer peer = {"a.example", "tls", 443};

static void expect_peer(const struct bus_peer *got)
{
  assert_string_equal(got->host, peer.host);
  assert_string_equal(got->protocol, peer.protocol);
  assert_int_equal(got->port, peer.port);
}

static void test_call(void **state)
{
  DBusMessage *pins = bus_call(BUS_PINS, "Lookup"), *admin = bus_call(BUS_ADMIN, "List");

  (void)state;
  assert_int_equal(dbus_message_get_type(pins), DBUS_MESSAGE_TYPE_METHOD_CALL);
  assert_string_equal(dbus_message_get_destination(pins), "org.tlspin.Pins1");
  assert_string_equal(dbus_message_get_path(pins), "/org/tlspin/Pins1");
  assert_string_equal(dbus_message_get_interface(pins), "org.tlspin.Pins1");
  assert_string_equal(dbus_message_get_member(pins), "Lookup");
  assert_string_equal(dbus_message_get_destination(admin), "org.tlspin.Admin1");
  assert_string_equal(dbus_message_get_path(admin), "/org/tlspin/Admin1");
  assert_string_equal(dbus_message_get_interface(admin), "org.tlspin.Admin1");
  assert_string_equal(dbus_message_get_member(admin), "List");
  dbus_message_unref(pins);
  dbus_message_unref(admin);
}

static void test_peer(void **state)
{
  DBusMessage *message = new_message();
  struct bus_peer got;

  (void)state;
  assert_true(bus_append_peer(message, &peer));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "ssq");
  assert_true(bus_read_peer(message, &got));
  expect_peer(&got);
  dbus_message_unref(message);
}

/* What tells the keys of a reply apart; unit-bus-keys.c looks at the rest. */
static void check_keys(DBusMessage *message, const struct bus_lookup_reply *reply)
{
  struct bus_key keys[3];

  assert_true(reply->key_count <= 2);
  memset(keys, 0x5a, sizeof keys);
  bus_read_lookup_keys(message, keys, reply->key_count);
  for (size_t i = 0; i < reply->key_count; i++) {
    assert_string_equal(keys[i].host, reply->keys[i].host);
    assert_true(span_equal(keys[i].digest, reply->keys[i].digest));
    assert_int_equal(keys[i].layer, reply->keys[i].layer);
  }
  assert_int_equal(keys[reply->key_count].layer, 0x5a5a5a5a); /* and no more was written */
}

static void check_lookup(const struct bus_lookup_reply *reply)
{
  DBusMessage *message = new_message();
  struct bus_lookup_reply got;

  assert_true(bus_append_lookup_reply(message, reply));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "sssayaystts" BUS_KEYS_TYPE "u");
  assert_true(bus_read_lookup_reply(message, &got));
  assert_string_equal(got.answer, reply->answer);
  assert_string_equal(got.reason, reply->reason);
  assert_string_equal(got.layer, reply->layer);
  assert_true(span_equal(got.ticket, reply->ticket));
  assert_true(span_equal(got.secret, reply->secret));
  assert_string_equal(got.hash, reply->hash);
  assert_true(got.series == reply->series && got.expires == reply->expires);
  assert_string_equal(got.lock, reply->lock);
  assert_null(got.keys);
  assert_true(got.key_count == reply->key_count && got.policy == reply->policy);
  check_keys(message, reply);
  dbus_message_unref(message);
}

static void test_lookup_reply(void **state)
{
  uint8_t *octets = calloc(1, BUS_TICKET_MAX);
  const struct bus_key keys[] = {{"a.example",
                                  "exact",
                                  "tls",
                                  443,
                                  "pin",
                                  "active",
                                  "tofu",
                                  "leaf",
                                  1,
                                  1,
                                  {octets, 32},
                                  1,
                                  2,
                                  3,
                                  4,
                                  {octets, 32},
                                  0},
                                 {"",
                                  "subtree",
                                  "",
                                  0,
                                  "mode",
                                  "off",
                                  "policy",
                                  "leaf",
                                  1,
                                  1,
                                  {NULL, 0},
                                  0,
                                  0,
                                  0,
                                  0,
                                  {NULL, 0},
                                  UINT32_MAX}};
  struct bus_lookup_reply reply = {.answer = "match",
                                   .reason = "found",
                                   .layer = "user",
                                   .ticket = {octets, BUS_TICKET_MAX},
                                   .secret = {octets + 1, 48},
                                   .hash = "sha384",
                                   .series = UINT64_MAX,
                                   .expires = 1700000000,
                                   .lock = "enforce",
                                   .keys = keys,
                                   .key_count = 2,
                                   .policy = UINT32_MAX};

  (void)state;
  for (size_t i = 0; i < BUS_TICKET_MAX; i++)
    octets[i] = (uint8_t)(i * 7);
  check_lookup(&reply);
  reply = (struct bus_lookup_reply){
      .answer = "no-pin", .reason = "none", .layer = "", .hash = "", .lock = "none"};
  check_lookup(&reply);
  free(octets);
}

static void check_store(const struct bus_store_call *call)
{
  DBusMessage *message = new_message();
  struct bus_store_call got;

  assert_true(bus_append_store_call(message, call));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "ssqayaysutay");
  assert_true(bus_read_store_call(message, &got));
  expect_peer(&got.peer);
  assert_true(span_equal(got.ticket, call->ticket));
  assert_true(span_equal(got.secret, call->secret));
  assert_string_equal(got.hash, call->hash);
  assert_int_equal(got.lifetime, call->lifetime);
  assert_true(got.series == call->series);
  assert_true(span_equal(got.anchor, call->anchor));
  dbus_message_unref(message);
}

static void test_store_call(void **state)
{
  static const uint8_t octets[48] = {1, 2, 3};
  struct bus_store_call call = {.peer = peer,
                                .ticket = {octets, 1},
                                .secret = {octets, 48},
                                .hash = "sha384",
                                .lifetime = UINT32_MAX,
                                .series = UINT64_MAX - 1,
                                .anchor = {octets, BUS_ANCHOR_SIZE}};

  (void)state;
  check_store(&call);
  call.ticket = call.secret = call.anchor = (struct span){NULL, 0};
  call.lifetime = 0;
  call.series = 0;
  check_store(&call);
}

static void test_store_reply(void **state)
{
  struct bus_store_reply reply = {"superseded", 1700000000}, got;
  DBusMessage *message = new_message();

  (void)state;
  assert_true(bus_append_store_reply(message, &reply));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "st");
  assert_true(bus_read_store_reply(message, &got));
  assert_string_equal(got.outcome, "superseded");
  assert_true(got.expires == 1700000000);
  dbus_message_unref(message);
}

static void test_failure_call(void **state)
{
  struct bus_failure_call call = {peer, "proof-wrong"}, got;
  DBusMessage *message = new_message();

  (void)state;
  assert_true(bus_append_failure_call(message, &call));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "ssqs");
  assert_true(bus_read_failure_call(message, &got));
  expect_peer(&got.peer);
  assert_string_equal(got.reason, "proof-wrong");
  dbus_message_unref(message);
}

static void test_undo_reply(void **state)
{
  struct bus_undo_reply reply = {1, UINT64_MAX, 3}, got;
  DBusMessage *message = new_message();

  (void)state;
  assert_true(bus_append_undo_reply(message, &reply));
  message = send(message);
  assert_string_equal(dbus_message_get_signature(message), "ttt");
  assert_true(bus_read_undo_reply(message, &got));
  assert_true(got.operation == 1 && got.count == UINT64_MAX && got.replaced == 3);
  dbus_message_unref(message);
}

/* A reply of an older or newer daemon, or of another program. */
static void test_other_types(void **state)
{
  const char *text = "text";
  dbus_uint32_t number = 443;
  DBusMessage *strings = new_message(), *empty = new_message();
  struct bus_peer p;
  struct bus_lookup_reply lookup;
  struct bus_store_call store;
  struct bus_store_reply stored;
  struct bus_failure_call failure;
  struct bus_undo_reply undo;
  struct bus_check_call check;
  struct bus_check_reply checked;
  struct bus_note_call note;
  struct bus_note_reply noted;
  struct bus_fault fault;

  (void)state;
  assert_true(dbus_message_append_args(strings, DBUS_TYPE_STRING, &text, DBUS_TYPE_STRING, &text,
                                       DBUS_TYPE_UINT32, &number, DBUS_TYPE_INVALID));
  for (int i = 0; i < 2; i++) {
    DBusMessage *message = i == 0 ? strings : empty;

    assert_false(bus_read_peer(message, &p));
    assert_false(bus_read_lookup_reply(message, &lookup));
    assert_false(bus_read_check_call(message, &check, &fault));
    assert_null(fault.key);
    assert_false(bus_read_check_reply(message, &checked));
    assert_false(bus_read_note_call(message, &note));
    assert_false(bus_read_note_reply(message, &noted));
    assert_false(bus_read_store_call(message, &store));
    assert_false(bus_read_store_reply(message, &stored));
    assert_false(bus_read_failure_call(message, &failure));
    assert_false(bus_read_undo_reply(message, &undo));
  }
  dbus_message_unref(strings);
  dbus_message_unref(empty);
}

/* The reply of a daemon that knows of no keys is not taken for one without keys. */
static void test_lookup_reply_of_old(void **state)
{
  static const uint8_t octets[1], *first = octets;
  const char *text = "";
  uint64_t number = 0;
  DBusMessage *message = new_message();
  struct bus_lookup_reply got;

  (void)state;
  assert_true(dbus_message_append_args(
      message, DBUS_TYPE_STRING, &text, DBUS_TYPE_STRING, &text, DBUS_TYPE_STRING, &text,
      DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &first, 0, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &first, 0,
      DBUS_TYPE_STRING, &text, DBUS_TYPE_UINT64, &number, DBUS_TYPE_UINT64, &number,
      DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID));
  assert_string_equal(dbus_message_get_signature(message), "sssayaystts");
  assert_false(bus_read_lookup_reply(message, &got));
  dbus_message_unref(message);
}

static const char *left_by(const char *member, const char *sender, const char *after)
{
  static char found[64];
  DBusMessage *message = dbus_message_new_signal(DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, member);
  const char *name = ":1.7", *before = ":1.7", *left;

  assert_true(dbus_message_set_sender(message, sender));
  assert_true(dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &before,
                                       after != NULL ? DBUS_TYPE_STRING : DBUS_TYPE_INVALID, &after,
                                       DBUS_TYPE_INVALID));
  left = bus_read_left(message);
  if (left != NULL)
    strcpy(found, left);
  dbus_message_unref(message);
  return left != NULL ? found : NULL;
}

/* Nobody but the bus can say that somebody has left it. */
static void test_left(void **state)
{
  DBusMessage *call = new_message();

  (void)state;
  assert_string_equal(left_by("NameOwnerChanged", DBUS_SERVICE_DBUS, ""), ":1.7");
  assert_null(left_by("NameOwnerChanged", DBUS_SERVICE_DBUS, ":1.8"));
  assert_null(left_by("NameOwnerChanged", DBUS_SERVICE_DBUS, NULL));
  assert_null(left_by("NameOwnerChanged", ":1.9", ""));
  assert_null(left_by("NameAcquired", DBUS_SERVICE_DBUS, ""));
  assert_null(bus_read_left(call));
  dbus_message_unref(call);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_call),
      cmocka_unit_test(test_peer),
      cmocka_unit_test(test_lookup_reply),
      cmocka_unit_test(test_store_call),
      cmocka_unit_test(test_store_reply),
      cmocka_unit_test(test_failure_call),
      cmocka_unit_test(test_undo_reply),
      cmocka_unit_test(test_other_types),
      cmocka_unit_test(test_lookup_reply_of_old),
      cmocka_unit_test(test_left),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

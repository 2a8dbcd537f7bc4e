/* Messages of D-Bus as structs: what came over the bus, and replies whose arguments are hostile.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first octet: 0 to 127, the rest is a message as it goes over the wire; else the arguments of
 * one of the messages below are made of the rest. */
#include "config.h"

#include "fuzz/fuzz.h"

#include "dbus/check.h"
#include "dbus/dict.h"
#include "dbus/keys.h"
#include "dbus/messages.h"
#include "dbus/record.h"
#include "tests/marshal.h"

#include <glib.h>
#include <string.h>

enum { WIRE = 128, KEYS = 64 };

static DBusMessage *message_new(void)
{
  DBusMessage *message = dbus_message_new_method_call(NULL, "/a", "a.b", "C");

  require(message != NULL);
  return message;
}

/* What was read, written and read again, is written the same. */
static void require_same(DBusMessage *one, DBusMessage *two)
{
  char *octets[2];
  int sizes[2];

  dbus_message_set_serial(one, 1);
  dbus_message_set_serial(two, 1);
  require(dbus_message_marshal(one, &octets[0], &sizes[0]));
  require(dbus_message_marshal(two, &octets[1], &sizes[1]));
  require(sizes[0] == sizes[1] && memcmp(octets[0], octets[1], (size_t)sizes[0]) == 0);
  dbus_free(octets[0]);
  dbus_free(octets[1]);
  dbus_message_unref(one);
  dbus_message_unref(two);
}

/* READ and APPEND of one struct. */
#define TRY(type, read, append)                                                                    \
  do {                                                                                             \
    struct type first, second;                                                                     \
    DBusMessage *one, *two;                                                                        \
                                                                                                   \
    if (!read(message, &first))                                                                    \
      break;                                                                                       \
    one = message_new();                                                                           \
    require(append(one, &first));                                                                  \
    require(read(one, &second));                                                                   \
    two = message_new();                                                                           \
    require(append(two, &second));                                                                 \
    require_same(one, two);                                                                        \
  } while (0)

static bool read_check_call(DBusMessage *message, struct bus_check_call *call)
{
  struct bus_fault fault;
  bool fine = bus_read_check_call(message, call, &fault);

  require(!fine || call->chain.count <= BUS_CHAIN_READ);
  require(fine || fault.key == NULL || fault.type != NULL);
  return fine;
}

/* A key that is one is handed out again as it came. */
static void try_key(const struct bus_key *key)
{
  struct keypin pin;
  uint8_t octets[32];
  struct bus_key again;

  if (!bus_key_to_pin(key, &pin))
    return;
  require(keypin_is_valid(&pin));
  again = bus_key_of_pin(&pin, key->layer, octets);
  require(strcmp(again.host, key->host) == 0 && strcmp(again.status, key->status) == 0);
  require(again.port == key->port && span_equal(again.digest, key->digest));
  require(again.enforce_until == key->enforce_until && again.errors == key->errors);
  keypin_clear(&pin);
}

static void try_lookup(DBusMessage *message)
{
  struct bus_lookup_reply reply;
  struct bus_key keys[KEYS];
  DBusMessage *one, *two;

  if (!bus_read_lookup_reply(message, &reply))
    return;
  bus_read_lookup_keys(message, keys, MIN(reply.key_count, KEYS));
  for (size_t i = 0; i < MIN(reply.key_count, KEYS); i++)
    try_key(&keys[i]);
  if (reply.key_count > KEYS)
    return;
  one = message_new();
  reply.keys = keys;
  require(bus_append_lookup_reply(one, &reply));
  require(bus_read_lookup_reply(one, &reply));
  bus_read_lookup_keys(one, keys, reply.key_count);
  reply.keys = keys;
  two = message_new();
  require(bus_append_lookup_reply(two, &reply));
  require_same(one, two);
}

static void try_dict(DBusMessageIter *iter)
{
  struct bus_record record = {.host = "", .note = ""};
  struct bus_seen seen = {.subject = "", .key = ""};
  struct bus_fault fault = {.key = NULL};
  uint32_t which = 0;

  if (!bus_dict_read(iter, bus_record_fields, &record, &which, &fault))
    require(fault.key != NULL && fault.type != NULL);
  else
    require(bus_fields_set(bus_record_fields, &record) <= (which | BUS_RECORD_CHAIN));
  bus_dict_read(iter, bus_seen_fields, &seen, &which, NULL);
}

/* Every dictionary and every array of them. */
static void try_dicts(DBusMessageIter *iter, int depth)
{
  for (; dbus_message_iter_get_arg_type(iter) != DBUS_TYPE_INVALID; dbus_message_iter_next(iter)) {
    int type = dbus_message_iter_get_arg_type(iter);
    DBusMessageIter inner;

    bus_type_at(iter);
    if (bus_dict_at(iter))
      try_dict(iter);
    if (dbus_type_is_container(type) && depth > 0 &&
        !(type == DBUS_TYPE_ARRAY &&
          dbus_type_is_fixed(dbus_message_iter_get_element_type(iter)))) {
      dbus_message_iter_recurse(iter, &inner);
      try_dicts(&inner, depth - 1);
    }
  }
}

static void try_message(DBusMessage *message)
{
  DBusMessageIter iter;

  TRY(bus_peer, bus_read_peer, bus_append_peer);
  TRY(bus_store_call, bus_read_store_call, bus_append_store_call);
  TRY(bus_store_reply, bus_read_store_reply, bus_append_store_reply);
  TRY(bus_failure_call, bus_read_failure_call, bus_append_failure_call);
  TRY(bus_undo_reply, bus_read_undo_reply, bus_append_undo_reply);
  TRY(bus_check_call, read_check_call, bus_append_check_call);
  TRY(bus_check_reply, bus_read_check_reply, bus_append_check_reply);
  TRY(bus_note_call, bus_read_note_call, bus_append_note_call);
  TRY(bus_note_reply, bus_read_note_reply, bus_append_note_reply);
  try_lookup(message);
  if (dbus_message_iter_init(message, &iter))
    try_dicts(&iter, 8);
}

static DBusMessage *make(uint8_t which, struct reader rest)
{
  static const char *const signatures[] = {"sssayaystts" BUS_KEYS_TYPE "u",
                                           "ssqayaysutay",
                                           "st",
                                           "ssqs",
                                           "ttt",
                                           "ssqaaya{sv}",
                                           "sssba{sv}",
                                           "ssqaybaay",
                                           "sst",
                                           "a{sv}",
                                           "aa{sv}"};
  struct marshal m = {.source = rest};
  DBusMessage *message = message_new();
  DBusMessageIter iter;

  dbus_message_iter_init_append(message, &iter);
  require(marshal_append(&iter, "entries", signatures[which % G_N_ELEMENTS(signatures)], &m));
  return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct reader r = reader_of((struct span){data, size});
  uint8_t which = reader_u8(&r);
  DBusError error = DBUS_ERROR_INIT;
  DBusMessage *message = which < WIRE
                             ? dbus_message_demarshal((const char *)r.next, (int)r.left, &error)
                             : make(which, r);

  dbus_error_free(&error);
  if (message == NULL)
    return 0;
  try_message(message);
  dbus_message_unref(message);
  return 0;
}

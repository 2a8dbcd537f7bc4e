/* The messages of org.tlspin.Pins1 as structs: see messages.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/messages.h"

#include "dbus/names.h"

#include <string.h>

#define STRING(place)       DBUS_TYPE_STRING, place
#define U16(place)          DBUS_TYPE_UINT16, place
#define U32(place)          DBUS_TYPE_UINT32, place
#define U64(place)          DBUS_TYPE_UINT64, place
#define OCTETS(place, size) DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, place, size

DBusMessage *bus_call(const char *interface, const char *method)
{
  const char *path = strcmp(interface, BUS_ADMIN) == 0 ? BUS_ADMIN_PATH : BUS_PINS_PATH;

  return dbus_message_new_method_call(interface, path, interface, method);
}

bool bus_append_peer(DBusMessage *message, const struct bus_peer *peer)
{
  return dbus_message_append_args(message, STRING(&peer->host), STRING(&peer->protocol),
                                  U16(&peer->port), DBUS_TYPE_INVALID);
}

bool bus_read_peer(DBusMessage *message, struct bus_peer *peer)
{
  return dbus_message_get_args(message, NULL, STRING(&peer->host), STRING(&peer->protocol),
                               U16(&peer->port), DBUS_TYPE_INVALID);
}

/* libdbus wants the address of a pointer and an int, never NULL. */
static const uint8_t *start(struct span span)
{
  static const uint8_t nothing[1];

  return span.data != NULL ? span.data : nothing;
}

static struct span span_of(const uint8_t *data, int size)
{
  return (struct span){data, size > 0 ? (size_t)size : 0};
}

bool bus_append_lookup_reply(DBusMessage *message, const struct bus_lookup_reply *reply)
{
  const uint8_t *ticket = start(reply->ticket), *secret = start(reply->secret);
  DBusMessageIter iter;

  if (!dbus_message_append_args(message, STRING(&reply->answer), STRING(&reply->reason),
                                STRING(&reply->layer), OCTETS(&ticket, (int)reply->ticket.size),
                                OCTETS(&secret, (int)reply->secret.size), STRING(&reply->hash),
                                U64(&reply->series), U64(&reply->expires), STRING(&reply->lock),
                                DBUS_TYPE_INVALID))
    return false;
  dbus_message_iter_init_append(message, &iter);
  return bus_append_keys(&iter, reply->keys, reply->key_count) &&
         dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT32, &reply->policy);
}

/* Puts the iterator at the array of keys, which stands behind the lock. */
static void go_to_keys(DBusMessage *message, DBusMessageIter *iter)
{
  enum { KEYS_ARGUMENT = 9 };

  dbus_message_iter_init(message, iter);
  for (int i = 0; i < KEYS_ARGUMENT; i++)
    dbus_message_iter_next(iter);
}

bool bus_read_lookup_reply(DBusMessage *message, struct bus_lookup_reply *reply)
{
  const uint8_t *ticket, *secret;
  int ticket_size, secret_size;
  DBusMessageIter iter;

  if (!dbus_message_has_signature(message, "sssayaystts" BUS_KEYS_TYPE "u") ||
      !dbus_message_get_args(
          message, NULL, STRING(&reply->answer), STRING(&reply->reason), STRING(&reply->layer),
          OCTETS(&ticket, &ticket_size), OCTETS(&secret, &secret_size), STRING(&reply->hash),
          U64(&reply->series), U64(&reply->expires), STRING(&reply->lock), DBUS_TYPE_INVALID))
    return false;
  reply->ticket = span_of(ticket, ticket_size);
  reply->secret = span_of(secret, secret_size);
  go_to_keys(message, &iter);
  reply->keys = NULL;
  reply->key_count = bus_read_keys(&iter, NULL, 0);
  dbus_message_iter_next(&iter);
  dbus_message_iter_get_basic(&iter, &reply->policy);
  return true;
}

void bus_read_lookup_keys(DBusMessage *message, struct bus_key *keys, size_t count)
{
  DBusMessageIter iter;

  go_to_keys(message, &iter);
  bus_read_keys(&iter, keys, count);
}

bool bus_append_store_call(DBusMessage *message, const struct bus_store_call *call)
{
  const uint8_t *ticket = start(call->ticket), *secret = start(call->secret),
                *anchor = start(call->anchor);

  return bus_append_peer(message, &call->peer) &&
         dbus_message_append_args(message, OCTETS(&ticket, (int)call->ticket.size),
                                  OCTETS(&secret, (int)call->secret.size), STRING(&call->hash),
                                  U32(&call->lifetime), U64(&call->series),
                                  OCTETS(&anchor, (int)call->anchor.size), DBUS_TYPE_INVALID);
}

bool bus_read_store_call(DBusMessage *message, struct bus_store_call *call)
{
  struct bus_peer *peer = &call->peer;
  const uint8_t *ticket, *secret, *anchor;
  int ticket_size, secret_size, anchor_size;

  if (!dbus_message_get_args(message, NULL, STRING(&peer->host), STRING(&peer->protocol),
                             U16(&peer->port), OCTETS(&ticket, &ticket_size),
                             OCTETS(&secret, &secret_size), STRING(&call->hash),
                             U32(&call->lifetime), U64(&call->series),
                             OCTETS(&anchor, &anchor_size), DBUS_TYPE_INVALID))
    return false;
  call->ticket = span_of(ticket, ticket_size);
  call->secret = span_of(secret, secret_size);
  call->anchor = span_of(anchor, anchor_size);
  return true;
}

bool bus_append_store_reply(DBusMessage *message, const struct bus_store_reply *reply)
{
  return dbus_message_append_args(message, STRING(&reply->outcome), U64(&reply->expires),
                                  DBUS_TYPE_INVALID);
}

bool bus_read_store_reply(DBusMessage *message, struct bus_store_reply *reply)
{
  return dbus_message_get_args(message, NULL, STRING(&reply->outcome), U64(&reply->expires),
                               DBUS_TYPE_INVALID);
}

bool bus_append_failure_call(DBusMessage *message, const struct bus_failure_call *call)
{
  return bus_append_peer(message, &call->peer) &&
         dbus_message_append_args(message, STRING(&call->reason), DBUS_TYPE_INVALID);
}

bool bus_read_failure_call(DBusMessage *message, struct bus_failure_call *call)
{
  return dbus_message_get_args(message, NULL, STRING(&call->peer.host),
                               STRING(&call->peer.protocol), U16(&call->peer.port),
                               STRING(&call->reason), DBUS_TYPE_INVALID);
}

bool bus_append_undo_reply(DBusMessage *message, const struct bus_undo_reply *reply)
{
  return dbus_message_append_args(message, U64(&reply->operation), U64(&reply->count),
                                  U64(&reply->replaced), DBUS_TYPE_INVALID);
}

bool bus_read_undo_reply(DBusMessage *message, struct bus_undo_reply *reply)
{
  return dbus_message_get_args(message, NULL, U64(&reply->operation), U64(&reply->count),
                               U64(&reply->replaced), DBUS_TYPE_INVALID);
}

const char *bus_read_left(DBusMessage *message)
{
  const char *name, *before, *after;

  return dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") &&
                 dbus_message_has_sender(message, DBUS_SERVICE_DBUS) &&
                 dbus_message_get_args(message, NULL, STRING(&name), STRING(&before),
                                       STRING(&after), DBUS_TYPE_INVALID) &&
                 after[0] == '\0'
             ? name
             : NULL;
}

/* The signals of org.tlspin.Admin1: see announce.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/announce.h"

#include "dbus/dict.h"
#include "dbus/messages.h"
#include "dbus/names.h"

#include <glib.h>

static struct bus_peer bus_peer_of(const struct peer *peer)
{
  return (struct bus_peer){peer->host, protocol_token(peer->protocol), peer->port};
}

static bool append_struct(DBusMessageIter *array, const struct peer *peer)
{
  struct bus_peer p = bus_peer_of(peer);
  DBusMessageIter item;

  return dbus_message_iter_open_container(array, DBUS_TYPE_STRUCT, NULL, &item) &&
         dbus_message_iter_append_basic(&item, DBUS_TYPE_STRING, &p.host) &&
         dbus_message_iter_append_basic(&item, DBUS_TYPE_STRING, &p.protocol) &&
         dbus_message_iter_append_basic(&item, DBUS_TYPE_UINT16, &p.port) &&
         dbus_message_iter_close_container(array, &item);
}

static bool append_changed(DBusMessage *signal, const char *change, const struct peer *peers,
                           size_t count)
{
  DBusMessageIter iter, array;

  dbus_message_iter_init_append(signal, &iter);
  if (!dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &change) ||
      !dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(ssq)", &array))
    return false;
  for (size_t i = 0; i < count; i++)
    if (!append_struct(&array, &peers[i]))
      return false;
  return dbus_message_iter_close_container(&iter, &array);
}

/* A signal that can't be sent for want of memory is logged and otherwise given up: what it tells
 * about is done, and can be asked for. */
static void send_signal(const struct announce *announce, DBusMessage *signal, bool filled)
{
  if (signal == NULL || !filled || !dbus_connection_send(announce->connection, signal, NULL))
    g_warning("No memory left to announce a change.");
  if (signal != NULL)
    dbus_message_unref(signal);
}

void announce_changed(const struct announce *announce, const char *change, const struct peer *peers,
                      size_t count)
{
  DBusMessage *signal;

  if (announce->connection == NULL)
    return;
  signal = dbus_message_new_signal(BUS_ADMIN_PATH, BUS_ADMIN, "Changed");
  send_signal(announce, signal,
              signal != NULL &&
                  append_changed(signal, change, peers, count <= BUS_CHANGED_MAX ? count : 0));
}

void announce_failed(const struct announce *announce, const struct peer *peer, const char *reason)
{
  DBusMessage *signal;
  struct bus_failure_call failure = {bus_peer_of(peer), reason};

  if (announce->connection == NULL)
    return;
  signal = dbus_message_new_signal(BUS_ADMIN_PATH, BUS_ADMIN, "PinFailed");
  send_signal(announce, signal, signal != NULL && bus_append_failure_call(signal, &failure));
}

bool announce_append_event(DBusMessageIter *parent, const struct event_row *event)
{
  DBusMessageIter dict;

  return bus_dict_open(parent, &dict) &&
         bus_dict_put_number(&dict, "id", DBUS_TYPE_UINT64, event->id) &&
         bus_dict_put_number(&dict, "made", DBUS_TYPE_UINT64, (uint64_t)event->made) &&
         bus_dict_put_number(&dict, "last", DBUS_TYPE_UINT64, (uint64_t)event->last) &&
         bus_dict_put_number(&dict, "count", DBUS_TYPE_UINT32, event->count) &&
         bus_dict_put_string(&dict, "kind", event->kind) &&
         bus_dict_put_string(&dict, "host", event->peer.host) &&
         bus_dict_put_string(&dict, "protocol", protocol_token(event->peer.protocol)) &&
         bus_dict_put_number(&dict, "port", DBUS_TYPE_UINT16, event->peer.port) &&
         bus_dict_put_string(&dict, "reason", event->reason) &&
         bus_dict_put_string(&dict, "layer", event->layer) &&
         bus_dict_put_string(&dict, "key", event->key) &&
         bus_dict_put_string(&dict, "report", event->report) &&
         bus_dict_put_string(&dict, "program", event->program) &&
         bus_dict_put_number(&dict, "operation", DBUS_TYPE_UINT64, event->operation) &&
         bus_dict_close(parent, &dict);
}

void announce_logged(const struct announce *announce, const struct event_row *event)
{
  DBusMessageIter iter;
  DBusMessage *signal;

  if (announce->connection == NULL)
    return;
  signal = dbus_message_new_signal(BUS_ADMIN_PATH, BUS_ADMIN, "Logged");
  if (signal != NULL)
    dbus_message_iter_init_append(signal, &iter);
  send_signal(announce, signal, signal != NULL && announce_append_event(&iter, event));
}

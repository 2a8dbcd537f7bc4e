/* Bare calls to the daemon on a bus: see asker.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/asker.h"

#include "dbus/messages.h"
#include "dbus/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { REPLY_MS = 60000 };

static void need(bool fine, const char *what)
{
  if (fine)
    return;
  fprintf(stderr, "asker.c: %s\n", what);
  exit(EXIT_FAILURE);
}

DBusConnection *asker_connect(const char *address)
{
  DBusConnection *connection = address != NULL ? dbus_connection_open_private(address, NULL)
                                               : dbus_bus_get_private(DBUS_BUS_SESSION, NULL);

  need(connection != NULL && (address == NULL || dbus_bus_register(connection, NULL)), "no bus");
  return connection;
}

void asker_disconnect(DBusConnection *connection)
{
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

static DBusMessage *send_it(DBusConnection *connection, DBusMessage *message)
{
  DBusMessage *reply =
      dbus_connection_send_with_reply_and_block(connection, message, REPLY_MS, NULL);

  dbus_message_unref(message);
  return reply;
}

DBusMessage *asker_ask(DBusConnection *connection, DBusMessage *message)
{
  DBusMessage *reply = send_it(connection, message);

  need(reply != NULL, "a call was not answered well");
  return reply;
}

double asker_time(DBusConnection *connection, DBusMessage *message)
{
  double start = sample_now();
  DBusMessage *reply = asker_ask(connection, message);

  start = sample_now() - start;
  dbus_message_unref(reply);
  return start;
}

DBusMessage *asker_ping(const char *name)
{
  DBusMessage *message =
      dbus_message_new_method_call(name, BUS_PINS_PATH, DBUS_INTERFACE_PEER, "Ping");

  need(message != NULL, "no memory");
  return message;
}

DBusMessage *asker_lookup(const char *host)
{
  DBusMessage *message = bus_call(BUS_PINS, "Lookup");
  struct bus_peer peer = {host, "tls", ASKER_PORT};

  need(message != NULL && bus_append_peer(message, &peer), "no memory");
  return message;
}

dbus_uint32_t asker_owner(DBusConnection *connection, const char *name)
{
  DBusMessage *message = dbus_message_new_method_call(
      DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetConnectionUnixProcessID");
  dbus_uint32_t pid = 0;
  DBusMessage *reply;

  need(message != NULL &&
           dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID),
       "no memory");
  reply = send_it(connection, message);
  if (reply == NULL)
    return 0;
  dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &pid, DBUS_TYPE_INVALID);
  dbus_message_unref(reply);
  return pid;
}

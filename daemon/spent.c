/* Messages of the daemon's that held secrets: see spent.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/spent.h"

#include "dbus/wipe.h"

#include <glib.h>
#include <stdbool.h>

enum { LATER_MS = 20 };

struct spent {
  DBusConnection *connection;
  DBusMessage *message;
};

/* Several calls that come at once are rinsed away together. */
static struct {
  DBusConnection *connection; /* NULL: nothing to do */
  size_t size;
} rinse;

static gboolean rinse_later(gpointer data)
{
  DBusConnection *connection = rinse.connection;

  (void)data;
  rinse.connection = NULL;
  if (dbus_connection_get_is_connected(connection))
    bus_rinse(connection, rinse.size + BUS_HEADER_MOST);
  rinse.size = 0;
  dbus_connection_unref(connection);
  return G_SOURCE_REMOVE;
}

/* There are secrets in calls on one of the daemon's connections alone; of two, each has its own. */
void spent_call(DBusConnection *connection, DBusMessage *call)
{
  size_t size = bus_wipe(call);

  if (size == 0 || connection == NULL)
    return;
  if (rinse.connection != NULL && rinse.connection != connection) {
    bus_rinse(connection, size + BUS_HEADER_MOST);
    return;
  }
  rinse.size = MAX(rinse.size, size);
  if (rinse.connection != NULL)
    return;
  rinse.connection = dbus_connection_ref(connection);
  g_timeout_add_full(G_PRIORITY_LOW, LATER_MS, rinse_later, NULL, NULL);
}

static bool is_sent(DBusConnection *connection)
{
  return !dbus_connection_get_is_connected(connection) ||
         !dbus_connection_has_messages_to_send(connection);
}

static gboolean wipe_if_sent(gpointer data)
{
  const struct spent *spent = data;

  if (!is_sent(spent->connection))
    return G_SOURCE_CONTINUE;
  bus_wipe(spent->message);
  return G_SOURCE_REMOVE;
}

static void release(gpointer data)
{
  struct spent *spent = data;

  dbus_message_unref(spent->message);
  dbus_connection_unref(spent->connection);
  g_free(spent);
}

void spent_reply(DBusConnection *connection, DBusMessage *message)
{
  struct spent *spent;

  if (is_sent(connection)) {
    bus_wipe(message);
    return;
  }
  spent = g_new(struct spent, 1);
  *spent = (struct spent){dbus_connection_ref(connection), dbus_message_ref(message)};
  g_timeout_add_full(G_PRIORITY_LOW, LATER_MS, wipe_if_sent, spent, release);
}

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
    bus_rinse(connection, rinse.size + BUS_RINSE_MORE);
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
    bus_rinse(connection, size + BUS_RINSE_MORE);
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

/* Those that aren't sent yet, the oldest first; one timer looks after all of them. There is no end
 * to them while somebody floods the daemon, so that those that have waited for longest are left to
 * libdbus as they are. */
enum { HELD_MOST = 1024 };
static GQueue held = G_QUEUE_INIT;

static void release(struct spent *spent)
{
  dbus_message_unref(spent->message);
  dbus_connection_unref(spent->connection);
  g_free(spent);
}

static gboolean wipe_sent(gpointer data)
{
  (void)data;
  for (GList *link = held.head, *next; link != NULL; link = next) {
    struct spent *spent = link->data;

    next = link->next;
    if (is_sent(spent->connection)) {
      bus_wipe(spent->message);
      release(spent);
      g_queue_delete_link(&held, link);
    }
  }
  return g_queue_is_empty(&held) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static bool has_octets(DBusMessage *message)
{
  DBusMessageIter iter, array;
  const void *at;
  int size = 0;

  if (!dbus_message_iter_init(message, &iter))
    return false;
  do {
    if (dbus_message_iter_get_arg_type(&iter) == DBUS_TYPE_ARRAY &&
        dbus_message_iter_get_element_type(&iter) == DBUS_TYPE_BYTE) {
      dbus_message_iter_recurse(&iter, &array);
      dbus_message_iter_get_fixed_array(&array, &at, &size);
    }
  } while (size == 0 && dbus_message_iter_next(&iter));
  return size > 0;
}

static void hold(DBusConnection *connection, DBusMessage *message)
{
  struct spent *spent = g_new(struct spent, 1);

  *spent = (struct spent){dbus_connection_ref(connection), dbus_message_ref(message)};
  if (g_queue_is_empty(&held))
    g_timeout_add_full(G_PRIORITY_LOW, LATER_MS, wipe_sent, NULL, NULL);
  g_queue_push_tail(&held, spent);
  if (g_queue_get_length(&held) > HELD_MOST)
    release(g_queue_pop_head(&held));
}

void spent_reply(DBusConnection *connection, DBusMessage *message)
{
  if (is_sent(connection))
    bus_wipe(message);
  else if (has_octets(message))
    hold(connection, message);
}

/* Messages of the daemon's that held secrets: see spent.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/spent.h"

#include "dbus/wipe.h"

#include <glib.h>
#include <stdbool.h>

/* Milliseconds, and octets. libdbus reads into one buffer of each connection, by 2,048 octets at
 * most, and takes messages out at its front. It cuts the buffer off then where more than 2,048
 * octets would be unused, but for eight that it always has to spare; the heap (daemon/heap.h) wipes
 * what is cut off. A message that ended further behind leaves that much unused. So what is left of
 * one, however long it was, stands in the first 2,048 + 7 octets, and a rinse, which has a header
 * as well, reaches further. Where the heap doesn't wipe, what is cut off belongs to nobody, and no
 * rinse gets there at all. */
enum { LATER_MS = 20, RINSE = 2048 };

struct spent {
  DBusConnection *connection;
  DBusMessage *message;
};

/* Connections that wait for a rinse: several calls that come at once are rinsed away together. */
static GSList *stained;

static gboolean rinse(gpointer data)
{
  DBusConnection *connection = data;

  stained = g_slist_remove(stained, connection);
  if (dbus_connection_get_is_connected(connection))
    bus_rinse(connection, RINSE);
  dbus_connection_unref(connection);
  return G_SOURCE_REMOVE;
}

void spent_call(DBusConnection *connection, DBusMessage *call)
{
  if (bus_wipe(call) == 0 || connection == NULL || g_slist_find(stained, connection) != NULL)
    return;
  stained = g_slist_prepend(stained, dbus_connection_ref(connection));
  g_timeout_add_full(G_PRIORITY_LOW, LATER_MS, rinse, connection, NULL);
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

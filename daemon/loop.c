/* A libdbus connection in a GLib main loop: see loop.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/loop.h"

#include <glib-unix.h>

enum {
  BATCH = 32,                /* messages dispatched in one iteration */
  CONGESTED_OCTETS = 8 << 20 /* that wait to be sent */
};

/* What can come with one message (SCM_MAX_FD of Linux), and how many can be there before no more
 * messages are read. With libdbus's own figures a message of 17 would cost us the connection, and
 * so would messages that have taken all the descriptors that a process may have. */
enum { MESSAGE_FDS = 253, RECEIVED_FDS = 64 };

/* What libdbus keeps for us with the connection. */
struct loop {
  DBusConnection *connection;
  guint dispatching; /* the source that dispatches, while there is something to dispatch */
};

static dbus_int32_t slot = -1;

static GIOCondition condition_of(unsigned flags)
{
  return (flags & DBUS_WATCH_READABLE ? G_IO_IN : 0) | (flags & DBUS_WATCH_WRITABLE ? G_IO_OUT : 0);
}

static unsigned flags_of(GIOCondition condition)
{
  return (condition & G_IO_IN ? DBUS_WATCH_READABLE : 0u) |
         (condition & G_IO_OUT ? DBUS_WATCH_WRITABLE : 0u) |
         (condition & G_IO_HUP ? DBUS_WATCH_HANGUP : 0u) |
         (condition & G_IO_ERR ? DBUS_WATCH_ERROR : 0u);
}

static gboolean handle_watch(gint fd, GIOCondition condition, gpointer data)
{
  DBusWatch *watch = data;

  (void)fd;
  dbus_watch_handle(watch, flags_of(condition));
  return G_SOURCE_CONTINUE;
}

/* The source of a watch or a time-out is kept, by its number, as libdbus's data for it. */
static void drop_source(void *data)
{
  if (data != NULL)
    g_source_remove(GPOINTER_TO_UINT(data));
}

static dbus_bool_t add_watch(DBusWatch *watch, void *data)
{
  guint source = 0;

  (void)data;
  if (dbus_watch_get_enabled(watch))
    source = g_unix_fd_add(dbus_watch_get_unix_fd(watch), condition_of(dbus_watch_get_flags(watch)),
                           handle_watch, watch);
  dbus_watch_set_data(watch, GUINT_TO_POINTER(source), drop_source);
  return TRUE;
}

static void remove_watch(DBusWatch *watch, void *data)
{
  (void)data;
  dbus_watch_set_data(watch, NULL, NULL);
}

static void toggle_watch(DBusWatch *watch, void *data)
{
  remove_watch(watch, data);
  add_watch(watch, data);
}

static gboolean handle_timeout(gpointer data)
{
  dbus_timeout_handle(data);
  return G_SOURCE_CONTINUE;
}

static dbus_bool_t add_timeout(DBusTimeout *timeout, void *data)
{
  guint source = 0;

  (void)data;
  if (dbus_timeout_get_enabled(timeout))
    source = g_timeout_add((guint)dbus_timeout_get_interval(timeout), handle_timeout, timeout);
  dbus_timeout_set_data(timeout, GUINT_TO_POINTER(source), drop_source);
  return TRUE;
}

static void remove_timeout(DBusTimeout *timeout, void *data)
{
  (void)data;
  dbus_timeout_set_data(timeout, NULL, NULL);
}

static void toggle_timeout(DBusTimeout *timeout, void *data)
{
  remove_timeout(timeout, data);
  add_timeout(timeout, data);
}

bool loop_is_congested(DBusConnection *connection)
{
  return dbus_connection_get_outgoing_size(connection) > CONGESTED_OCTETS;
}

static gboolean dispatch_some(gpointer data);

static gboolean dispatch_later(gpointer data)
{
  struct loop *loop = data;

  loop->dispatching = g_idle_add_full(G_PRIORITY_DEFAULT, dispatch_some, loop, NULL);
  return G_SOURCE_REMOVE;
}

/* Nearly every message is only put into a queue, or answered with few words. */
static gboolean dispatch_some(gpointer data)
{
  struct loop *loop = data;
  DBusConnection *connection = dbus_connection_ref(loop->connection);
  gboolean more = TRUE, congested = FALSE;

  for (int i = 0; i < BATCH && more && !congested; i++) {
    congested = loop_is_congested(connection);
    more = congested || dbus_connection_dispatch(connection) == DBUS_DISPATCH_DATA_REMAINS;
  }
  if (congested)
    loop->dispatching = g_timeout_add(LOOP_CONGESTED_MS, dispatch_later, loop);
  else if (!more)
    loop->dispatching = 0;
  dbus_connection_unref(connection);
  return more && !congested ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* At the priority of the watches: a source that is polled and one that is always ready then take
 * turns. */
static void wake(DBusConnection *connection, DBusDispatchStatus status, void *data)
{
  struct loop *loop = data;

  (void)connection;
  if (status == DBUS_DISPATCH_DATA_REMAINS && loop->dispatching == 0)
    dispatch_later(loop);
}

static void loop_free(void *data)
{
  struct loop *loop = data;

  if (loop->dispatching != 0)
    g_source_remove(loop->dispatching);
  g_free(loop);
}

bool loop_attach(DBusConnection *connection)
{
  struct loop *loop;

  if (!dbus_connection_allocate_data_slot(&slot))
    return false;
  loop = g_new0(struct loop, 1);
  loop->connection = connection;
  if (!dbus_connection_set_data(connection, slot, loop, loop_free)) {
    g_free(loop);
    return false;
  }
  dbus_connection_set_max_message_unix_fds(connection, MESSAGE_FDS);
  dbus_connection_set_max_received_unix_fds(connection, RECEIVED_FDS);
  dbus_connection_set_dispatch_status_function(connection, wake, loop, NULL);
  wake(connection, dbus_connection_get_dispatch_status(connection), loop);
  return dbus_connection_set_watch_functions(connection, add_watch, remove_watch, toggle_watch,
                                             NULL, NULL) &&
         dbus_connection_set_timeout_functions(connection, add_timeout, remove_timeout,
                                               toggle_timeout, NULL, NULL);
}

void loop_detach(DBusConnection *connection)
{
  dbus_connection_set_watch_functions(connection, NULL, NULL, NULL, NULL, NULL);
  dbus_connection_set_timeout_functions(connection, NULL, NULL, NULL, NULL, NULL);
  dbus_connection_set_dispatch_status_function(connection, NULL, NULL, NULL);
  dbus_connection_set_data(connection, slot, NULL, NULL);
  dbus_connection_free_data_slot(&slot);
}

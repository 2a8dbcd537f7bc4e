/* A libdbus connection in a GLib main loop: see loop.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/loop.h"

#include <glib-unix.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
  READS = 32,                 /* of some kilooctets each, in one iteration */
  BATCH = 32,                 /* messages dispatched in one iteration */
  WRITES = 16,                 /* of two kilooctets each, in one iteration */
  CONGESTED_OCTETS = 16 << 10, /* that wait to be sent */
  BLOCKED_OCTETS = 1 << 20,
  FULL_OCTETS = 32 << 20, /* to which not even refusals are added */
  SEND_BUFFER = 32 << 10  /* of the socket: dbus-daemon reads two kilooctets at a time */
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

/* What a source of a watch is for. */
struct watched {
  DBusConnection *connection;
  DBusWatch *watch;
};

/* Of a message that isn't complete yet. */
static bool is_more_to_read(DBusConnection *connection, int fd)
{
  int octets = 0;

  return dbus_connection_get_dispatch_status(connection) == DBUS_DISPATCH_COMPLETE &&
         ioctl(fd, FIONREAD, &octets) == 0 && octets > 0;
}

/* And the other end still takes some of it. */
static bool is_more_to_write(DBusConnection *connection, long before)
{
  long left = dbus_connection_get_outgoing_size(connection);

  return left > 0 && left < before;
}

/* A large message holds up what comes behind it for as long as it takes to read it, and so do many
 * replies. The watch is gone, with its source, where the connection has come to its end. */
static gboolean handle_watch(gint fd, GIOCondition condition, gpointer data)
{
  const struct watched *watched = data;
  DBusConnection *connection = dbus_connection_ref(watched->connection);
  bool more = true;

  for (int i = 0; more; i++) {
    long before = dbus_connection_get_outgoing_size(connection);

    dbus_watch_handle(watched->watch, flags_of(condition));
    more = !g_source_is_destroyed(g_main_current_source()) &&
           ((condition == G_IO_IN && i < READS && is_more_to_read(connection, fd)) ||
            (condition == G_IO_OUT && i < WRITES && is_more_to_write(connection, before)));
  }
  dbus_connection_unref(connection);
  return G_SOURCE_CONTINUE;
}

/* It may recurse, as GLib says, which it never does: else GLib would wake itself up by three system
 * calls each time. */
static guint add_source(DBusConnection *connection, DBusWatch *watch)
{
  struct watched *watched = g_new(struct watched, 1);
  GSource *source = g_unix_fd_source_new(dbus_watch_get_unix_fd(watch),
                                         condition_of(dbus_watch_get_flags(watch)));
  guint number;

  *watched = (struct watched){connection, watch};
  g_source_set_callback(source, G_SOURCE_FUNC(handle_watch), watched, g_free);
  g_source_set_can_recurse(source, TRUE);
  number = g_source_attach(source, NULL);
  g_source_unref(source);
  return number;
}

/* The source of a watch or a time-out is kept, by its number, as libdbus's data for it. */
static void drop_source(void *data)
{
  if (data != NULL)
    g_source_remove(GPOINTER_TO_UINT(data));
}

static dbus_bool_t add_watch(DBusWatch *watch, void *data)
{
  guint source = dbus_watch_get_enabled(watch) ? add_source(data, watch) : 0;

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

/* What is left of a connection that has ended will never be sent. */
static bool has_to_send(DBusConnection *connection, long octets)
{
  return dbus_connection_get_is_connected(connection) &&
         dbus_connection_get_outgoing_size(connection) > octets;
}

enum loop_backlog loop_backlog(DBusConnection *connection)
{
  if (has_to_send(connection, BLOCKED_OCTETS))
    return LOOP_BLOCKED;
  return has_to_send(connection, CONGESTED_OCTETS) ? LOOP_CONGESTED : LOOP_FREE;
}

static gboolean dispatch_some(gpointer data);

static gboolean dispatch_later(gpointer data)
{
  struct loop *loop = data;

  loop->dispatching = g_idle_add_full(G_PRIORITY_DEFAULT, dispatch_some, loop, NULL);
  return G_SOURCE_REMOVE;
}

/* Nearly every message is only put into a queue, or answered with few words: that goes on where the
 * connection is congested, since unanswered calls make dbus-daemon slow for everybody. */
static gboolean dispatch_some(gpointer data)
{
  struct loop *loop = data;
  DBusConnection *connection = dbus_connection_ref(loop->connection);
  gboolean more = TRUE, full = FALSE;

  for (int i = 0; i < BATCH && more && !full; i++) {
    full = has_to_send(connection, FULL_OCTETS);
    more = full || dbus_connection_dispatch(connection) == DBUS_DISPATCH_DATA_REMAINS;
  }
  if (full)
    loop->dispatching = g_timeout_add(LOOP_LATER_MS, dispatch_later, loop);
  else if (!more)
    loop->dispatching = 0;
  dbus_connection_unref(connection);
  return more && !full ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
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

/* Under a flood of calls a large buffer is full, and each reply has to wait until all of it has been
 * read. */
static void shorten_buffer(DBusConnection *connection)
{
  int fd, octets = SEND_BUFFER;

  if (dbus_connection_get_socket(connection, &fd))
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
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
  shorten_buffer(connection);
  wake(connection, dbus_connection_get_dispatch_status(connection), loop);
  return dbus_connection_set_watch_functions(connection, add_watch, remove_watch, toggle_watch,
                                             connection, NULL) &&
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

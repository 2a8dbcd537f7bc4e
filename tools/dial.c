/* A TCP connection to a server: see dial.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/dial.h"

#include "common/text.h"

struct call {
  GCancellable *over;
  GSocketConnection *connection;
  GError *error;
  gboolean done;
};

static void on_connected(GObject *client, GAsyncResult *result, gpointer data)
{
  struct call *call = data;

  call->connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &call->error);
  call->done = TRUE;
}

static gboolean on_deadline(gpointer data)
{
  struct call *call = data;

  g_cancellable_cancel(call->over);
  return G_SOURCE_REMOVE;
}

static GSource *alarm_new(gint64 deadline, struct call *call, GMainContext *context)
{
  GSource *source = g_timeout_source_new(0);

  g_source_set_ready_time(source, deadline);
  g_source_set_callback(source, on_deadline, call, NULL);
  g_source_attach(source, context);
  return source;
}

static void wait_for_connection(GSocketConnectable *address, gint64 deadline, struct call *call)
{
  g_autoptr(GMainContext) context = g_main_context_new();
  g_autoptr(GSocketClient) client = g_socket_client_new();
  GSource *alarm;

  g_main_context_push_thread_default(context);
  alarm = alarm_new(deadline, call, context);
  g_socket_client_set_enable_proxy(client, FALSE);
  g_socket_client_connect_async(client, address, call->over, on_connected, call);
  while (!call->done)
    g_main_context_iteration(context, TRUE);
  g_source_destroy(alarm);
  g_source_unref(alarm);
  g_main_context_pop_thread_default(context);
}

GSocketConnection *dial(const char *host, guint16 port, gint64 deadline, GError **error)
{
  g_autoptr(GSocketConnectable) address = g_network_address_new(host, port);
  g_autoptr(GCancellable) over = g_cancellable_new();
  struct call call = {.over = over};

  wait_for_connection(address, deadline, &call);
  if (call.connection == NULL && g_cancellable_is_cancelled(over)) {
    g_clear_error(&call.error);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s", _("there was no answer in time"));
  } else if (call.connection == NULL) {
    g_propagate_error(error, call.error);
  }
  return call.connection;
}

char *dial_address(GSocketConnection *connection)
{
  g_autoptr(GSocketAddress) address = g_socket_connection_get_remote_address(connection, NULL);

  if (address == NULL || !G_IS_INET_SOCKET_ADDRESS(address))
    return NULL;
  return g_inet_address_to_string(
      g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
}

/* The daemon's names on the bus: see presence.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/presence.h"

#include "dbus/names.h"

#include <glib.h>

struct presence {
  DBusConnection *pins, *admin;
  presence_over over;
  void *data;
  bool touched;     /* since the timer last fired */
  bool kept;        /* whatever the timer says */
  bool leaving;     /* the names are being given back */
  unsigned waiting; /* requests and releases without a reply yet */
  guint timer;
};

static void finish(struct presence *presence, const char *why)
{
  presence_over over = presence->over;

  presence->over = NULL;
  if (over != NULL)
    over(presence->data, why);
}

static DBusMessage *bus_method(const char *method)
{
  return dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                      method);
}

/* Sends a call to the bus; takes the message, which may be NULL without memory. */
static void ask(struct presence *presence, DBusConnection *connection, DBusMessage *call,
                DBusPendingCallNotifyFunction replied)
{
  DBusPendingCall *pending = NULL;
  bool sent = call != NULL && dbus_connection_send_with_reply(connection, call, &pending, -1) &&
              pending != NULL && dbus_pending_call_set_notify(pending, replied, presence, NULL);

  if (sent)
    presence->waiting++;
  else
    finish(presence, "the bus can't be asked for a name");
  if (pending != NULL)
    dbus_pending_call_unref(pending);
  if (call != NULL)
    dbus_message_unref(call);
}

static uint32_t result_of(DBusPendingCall *pending)
{
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);
  dbus_uint32_t result = 0;

  dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT32, &result, DBUS_TYPE_INVALID);
  dbus_message_unref(reply);
  return result;
}

/* The bus answers in order: when the last release is answered, every call that was meant for us has
 * arrived, and whatever comes now starts the daemon anew. */
static void on_released(DBusPendingCall *pending, void *data)
{
  struct presence *presence = data;

  (void)pending;
  if (--presence->waiting == 0)
    finish(presence, "its names are given back");
}

static void request(struct presence *presence, DBusConnection *connection, const char *name,
                    dbus_uint32_t flags, DBusPendingCallNotifyFunction replied)
{
  DBusMessage *call = bus_method("RequestName");

  if (call != NULL)
    dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_UINT32, &flags,
                             DBUS_TYPE_INVALID);
  ask(presence, connection, call, replied);
}

static void release(struct presence *presence, DBusConnection *connection, const char *name)
{
  DBusMessage *call = bus_method("ReleaseName");

  if (call != NULL)
    dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
  ask(presence, connection, call, on_released);
}

static void on_second(DBusPendingCall *pending, void *data)
{
  struct presence *presence = data;
  uint32_t result = result_of(pending);

  presence->waiting--;
  if (result != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER && result != DBUS_REQUEST_NAME_REPLY_IN_QUEUE)
    finish(presence, "the bus refuses a name");
}

/* Calls to both names at once start two daemons. The first name alone decides between them: if each
 * asked for both, either could win one, and both would leave. The winner may have to queue for the
 * second name, while a daemon that is leaving has not given it back. */
static void on_first(DBusPendingCall *pending, void *data)
{
  struct presence *presence = data;
  uint32_t result = result_of(pending);

  presence->waiting--;
  if (result != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    finish(presence, "another daemon serves this bus already");
  else if (!presence->leaving)
    request(presence, presence->admin, BUS_ADMIN, 0, on_second);
}

void presence_leave(struct presence *presence)
{
  if (presence->leaving) {
    finish(presence, "told so twice");
    return;
  }
  presence->leaving = true;
  release(presence, presence->pins, BUS_PINS);
  release(presence, presence->admin, BUS_ADMIN);
}

/* Between one and two idle_timeouts after the last call. */
static gboolean on_timer(gpointer data)
{
  struct presence *presence = data;

  if (presence->touched || presence->kept || presence->waiting > 0) {
    presence->touched = false;
    return G_SOURCE_CONTINUE;
  }
  presence->timer = 0;
  presence_leave(presence);
  return G_SOURCE_REMOVE;
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct presence *presence = data;

  (void)connection;
  if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected"))
    finish(presence, "the bus is gone");
  else if (dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameLost") &&
           dbus_message_has_sender(message, DBUS_SERVICE_DBUS) && !presence->leaving)
    finish(presence, "a name was taken away");
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

struct presence *presence_new(DBusConnection *pins, DBusConnection *admin, uint32_t idle_timeout,
                              presence_over over, void *data)
{
  struct presence *presence = g_new0(struct presence, 1);

  presence->pins = pins;
  presence->admin = admin;
  presence->over = over;
  presence->data = data;
  dbus_connection_add_filter(pins, on_message, presence, NULL);
  dbus_connection_add_filter(admin, on_message, presence, NULL);
  request(presence, pins, BUS_PINS, DBUS_NAME_FLAG_DO_NOT_QUEUE, on_first);
  if (idle_timeout > 0)
    presence->timer = g_timeout_add_seconds(idle_timeout, on_timer, presence);
  return presence;
}

void presence_free(struct presence *presence)
{
  if (presence->timer != 0)
    g_source_remove(presence->timer);
  dbus_connection_remove_filter(presence->pins, on_message, presence);
  dbus_connection_remove_filter(presence->admin, on_message, presence);
  g_free(presence);
}

void presence_keep(struct presence *presence, bool keep)
{
  presence->kept = keep;
}

void presence_touch(struct presence *presence)
{
  presence->touched = true;
}

/* Making a connection to the session bus: see connect.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/connect.h"

#include "common/text.h"
#include "common/tlspin-error.h"
#include "libclient/address.h"
#include "libclient/last.h"

#include <string.h>
#include <sys/eventfd.h>

static dbus_bool_t add_watch(DBusWatch *watch, void *data)
{
  struct bus *bus = data;

  for (int i = 0; i < BUS_WATCHES; i++)
    if (bus->watches[i] == NULL) {
      bus->watches[i] = watch;
      return TRUE;
    }
  return FALSE;
}

static void remove_watch(DBusWatch *watch, void *data)
{
  struct bus *bus = data;

  for (int i = 0; i < BUS_WATCHES; i++)
    if (bus->watches[i] == watch)
      bus->watches[i] = NULL;
}

/* Says Hello. Not dbus_bus_register, which waits for up to 25 seconds. */
static int say_hello(struct bus *bus)
{
  DBusMessage *hello =
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "Hello");
  int code;

  if (hello != NULL) {
    code = bus_send(bus, hello, &bus->hello);
    dbus_message_unref(hello);
  } else {
    code = last_code(TLSPIN_E_MEMORY);
  }
  if (code != TLSPIN_OK)
    bus_discard(bus);
  return code;
}

/* Of libdbus's habits, ending the program when the bus goes does not suit a library. (SIGPIPE it
 * leaves alone: it sends with MSG_NOSIGNAL.) */
static int open_connection(struct bus *bus, const struct address *address)
{
  DBusError error = DBUS_ERROR_INIT;

  bus->connection = dbus_connection_open_private(address->text, &error);
  if (bus->connection == NULL) {
    last_say(0, _("The session bus can't be reached (%s): %s."), address->text, error.message);
    dbus_error_free(&error);
    return TLSPIN_UNAVAILABLE;
  }
  dbus_connection_set_exit_on_disconnect(bus->connection, FALSE);
  if (!dbus_connection_set_watch_functions(bus->connection, add_watch, remove_watch, NULL, bus,
                                           NULL)) {
    bus_discard(bus);
    return last_code(TLSPIN_E_MEMORY);
  }
  return say_hello(bus);
}

/* The lock is released meanwhile; `probing` keeps the others from doing the same. */
static const struct address *probe(struct bus *bus, const struct address *list, size_t count,
                                   int64_t deadline)
{
  const struct address *alive;

  bus->probing = true;
  pthread_mutex_unlock(&bus->mutex);
  alive = address_probe(list, count, deadline);
  pthread_mutex_lock(&bus->mutex);
  bus->probing = false;
  pthread_cond_broadcast(&bus->changed);
  return alive;
}

static int make_connection(struct bus *bus, int64_t deadline)
{
  struct address list[ADDRESS_MAX];
  const struct address *alive;
  size_t count = address_list(bus->address, list);

  if (count == 0)
    return TLSPIN_UNAVAILABLE;
  if (bus->wake < 0)
    bus->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bus->wake < 0)
    return last_say(TLSPIN_UNAVAILABLE, _("The program has too many files open."));
  alive = probe(bus, list, count, deadline);
  return alive != NULL ? open_connection(bus, alive) : TLSPIN_UNAVAILABLE;
}

static bool take_name(struct bus *bus, DBusMessage *reply)
{
  const char *name;

  return dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN &&
         dbus_message_has_sender(reply, DBUS_SERVICE_DBUS) &&
         dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID) &&
         dbus_bus_set_unique_name(bus->connection, name);
}

static int finish_hello(struct bus *bus)
{
  DBusMessage *reply = dbus_pending_call_steal_reply(bus->hello);
  bool welcome = reply != NULL && take_name(bus, reply);

  if (reply != NULL)
    dbus_message_unref(reply);
  dbus_pending_call_unref(bus->hello);
  bus->hello = NULL;
  if (welcome)
    return TLSPIN_OK;
  bus_discard(bus);
  return last_say(TLSPIN_UNAVAILABLE, _("The session bus refused the connection."));
}

int bus_connect(struct bus *bus, int64_t deadline)
{
  bool tried = false;

  for (;;) {
    int code = TLSPIN_OK;

    if (bus->connection == NULL && !bus->probing) {
      if (tried)
        return last_say(TLSPIN_UNAVAILABLE, _("The session bus closed the connection."));
      tried = true;
      code = make_connection(bus, deadline);
    } else if (bus->connection != NULL && bus->hello == NULL) {
      return TLSPIN_OK;
    } else if (bus->hello != NULL && dbus_pending_call_get_completed(bus->hello)) {
      code = finish_hello(bus);
    } else if (!bus_wait(bus, deadline)) {
      code = last_say(TLSPIN_UNAVAILABLE, _("The session bus does not answer."));
    }
    if (code != TLSPIN_OK)
      return code;
  }
}

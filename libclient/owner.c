/* Which connection owns the daemon's name: see owner.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/owner.h"

#include "common/tlspin-error.h"
#include "dbus/names.h"

#include <string.h>

static struct bus_owner *place(struct bus *bus, const char *name)
{
  return strcmp(name, BUS_ADMIN) == 0 ? &bus->admin : &bus->pins;
}

static DBusPendingCall *send_question(struct bus *bus, const char *name)
{
  DBusMessage *message = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                      DBUS_INTERFACE_DBUS, "GetNameOwner");
  DBusPendingCall *pending = NULL;

  if (message == NULL)
    return NULL;
  if (dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID))
    bus_send(bus, message, &pending);
  dbus_message_unref(message);
  return pending;
}

static bool is_done(DBusPendingCall *pending)
{
  return pending != NULL && dbus_pending_call_get_completed(pending);
}

/* Only the bus itself can put its own name into the sender's place. */
static enum owner read_answer(DBusMessage *reply, struct bus_owner *owner)
{
  const char *unique;

  if (!dbus_message_has_sender(reply, DBUS_SERVICE_DBUS))
    return OWNER_UNKNOWN;
  if (dbus_message_is_error(reply, DBUS_ERROR_NAME_HAS_NO_OWNER))
    return OWNER_NONE;
  if (dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_METHOD_RETURN ||
      !dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &unique, DBUS_TYPE_INVALID) ||
      strlen(unique) >= sizeof owner->unique)
    return OWNER_UNKNOWN;
  strcpy(owner->unique, unique);
  return OWNER_THERE;
}

enum owner owner_ask(struct bus *bus, const char *name, DBusPendingCall *other, int64_t deadline)
{
  unsigned generation = bus->generation;
  enum owner owner = OWNER_UNKNOWN;
  DBusPendingCall *pending;

  if (bus->connection == NULL || (pending = send_question(bus, name)) == NULL)
    return owner;
  while (bus->generation == generation && !is_done(pending) && !is_done(other))
    if (!bus_wait(bus, deadline))
      break;
  if (is_done(pending)) {
    DBusMessage *reply = dbus_pending_call_steal_reply(pending);

    if (bus->generation == generation) /* another bus may use the same unique names */
      owner = read_answer(reply, place(bus, name));
    dbus_message_unref(reply);
  } else {
    dbus_pending_call_cancel(pending);
  }
  dbus_pending_call_unref(pending);
  return owner;
}

bool owner_is(struct bus *bus, const char *name, const char *sender, int64_t deadline)
{
  const struct bus_owner *owner = place(bus, name);

  if (owner->unique[0] != '\0' && strcmp(owner->unique, sender) == 0)
    return true;
  return owner_ask(bus, name, NULL, deadline) == OWNER_THERE && strcmp(owner->unique, sender) == 0;
}

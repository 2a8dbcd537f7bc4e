/* Messages in which there were secrets: see wipe.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/wipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INTERFACE "org.tlspin.Rinse"
#define MEMBER    "Rinsed"

/* What libdbus hands out as constant stands in the message itself. */
static size_t wipe_octets(DBusMessageIter *argument)
{
  const uint8_t *octets = NULL;
  DBusMessageIter array;
  int size = 0;

  dbus_message_iter_recurse(argument, &array);
  dbus_message_iter_get_fixed_array(&array, &octets, &size);
  if (octets == NULL || size <= 0)
    return 0;
  explicit_bzero((void *)(uintptr_t)octets, (size_t)size);
  return (size_t)size;
}

size_t bus_wipe(DBusMessage *message)
{
  DBusMessageIter iter;
  size_t count = 0;

  if (!dbus_message_iter_init(message, &iter))
    return 0;
  do {
    if (dbus_message_iter_get_arg_type(&iter) == DBUS_TYPE_ARRAY &&
        dbus_message_iter_get_element_type(&iter) == DBUS_TYPE_BYTE)
      count += wipe_octets(&iter);
  } while (dbus_message_iter_next(&iter));
  return count;
}

bool bus_is_rinse(DBusMessage *message)
{
  return dbus_message_is_signal(message, INTERFACE, MEMBER);
}

static bool append_zeros(DBusMessage *message, size_t size)
{
  uint8_t *zeros = calloc(1, size);
  bool done = zeros != NULL && dbus_message_append_args(message, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE,
                                                        &zeros, (int)size, DBUS_TYPE_INVALID);

  free(zeros);
  return done;
}

bool bus_rinse(DBusConnection *connection, size_t size)
{
  const char *name = dbus_bus_get_unique_name(connection);
  DBusMessage *message = dbus_message_new_signal("/", INTERFACE, MEMBER);
  bool sent = message != NULL && name != NULL && dbus_message_set_destination(message, name) &&
              append_zeros(message, size) && dbus_connection_send(connection, message, NULL);

  if (message != NULL)
    dbus_message_unref(message);
  return sent;
}

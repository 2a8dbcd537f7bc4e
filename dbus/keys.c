/* The keys in messages: see keys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/keys.h"

#include "dbus/fields.h"

#define FIELD(type, member) BUS_FIELD(bus_key, #member, type, member)

static const struct bus_field members[] = {
    FIELD(DBUS_TYPE_STRING, host),
    FIELD(DBUS_TYPE_STRING, scope),
    FIELD(DBUS_TYPE_STRING, protocol),
    FIELD(DBUS_TYPE_UINT16, port),
    FIELD(DBUS_TYPE_STRING, kind),
    FIELD(DBUS_TYPE_STRING, status),
    FIELD(DBUS_TYPE_STRING, origin),
    FIELD(DBUS_TYPE_STRING, level),
    FIELD(DBUS_TYPE_BYTE, selector),
    FIELD(DBUS_TYPE_BYTE, matching),
    FIELD(BUS_OCTETS, digest),
    FIELD(DBUS_TYPE_UINT32, flags),
    FIELD(DBUS_TYPE_UINT64, enforce_until),
    FIELD(DBUS_TYPE_UINT64, report_until),
    FIELD(DBUS_TYPE_UINT32, errors),
    FIELD(BUS_OCTETS, seen),
    FIELD(DBUS_TYPE_UINT32, layer),
};

static const struct bus_fields fields = BUS_FIELDS(members);

bool bus_append_keys(DBusMessageIter *iter, const struct bus_key *keys, size_t count)
{
  DBusMessageIter array;

  if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, BUS_KEYS_TYPE + 1, &array))
    return false;
  for (size_t i = 0; i < count; i++)
    if (!bus_append_struct(&array, fields, &keys[i]))
      return false;
  return dbus_message_iter_close_container(iter, &array);
}

size_t bus_read_keys(DBusMessageIter *iter, struct bus_key *keys, size_t size)
{
  size_t count = 0;
  DBusMessageIter array;

  dbus_message_iter_recurse(iter, &array);
  for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT; count++) {
    if (count < size)
      bus_read_struct(&array, fields, &keys[count]);
    dbus_message_iter_next(&array);
  }
  return count;
}

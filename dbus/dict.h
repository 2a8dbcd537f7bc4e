/* Dictionaries a{sv}, and arrays of them, in messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_DICT_H
#define BUS_DICT_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

/* A value of one of the types s, b, q, u, t. */
struct bus_value {
  int type; /* DBUS_TYPE_... */
  const char *string;
  uint64_t number; /* of b, q, u, t */
};

/* Opens a dictionary in `parent` (a message's or an array's iterator). False without memory. */
bool bus_dict_open(DBusMessageIter *parent, DBusMessageIter *dict);
bool bus_dict_put_string(DBusMessageIter *dict, const char *key, const char *value);
/* type: DBUS_TYPE_BOOLEAN, UINT16, UINT32 or UINT64. */
bool bus_dict_put_number(DBusMessageIter *dict, const char *key, int type, uint64_t value);
bool bus_dict_close(DBusMessageIter *parent, DBusMessageIter *dict);

/* Opens an array of dictionaries in `parent`; closed by dbus_message_iter_close_container. */
bool bus_dicts_open(DBusMessageIter *parent, DBusMessageIter *array);

/* Reads the next pair of a dictionary and steps on. `dict` comes from dbus_message_iter_recurse.
 * False at the end. A value of any other type has type DBUS_TYPE_INVALID. */
bool bus_dict_next(DBusMessageIter *dict, const char **key, struct bus_value *value);

#endif

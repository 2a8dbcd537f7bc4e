/* Dictionaries a{sv}, and arrays of them, in messages.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_DICT_H
#define BUS_DICT_H

#include "common/bytes.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

/* A value of one of the types of dbus/fields.h. */
struct bus_value {
  int type; /* DBUS_TYPE_..., BUS_OCTETS or BUS_DICTS */
  const char *string;
  uint64_t number;       /* of y, b, q, u, t */
  struct span octets;    /* of ay */
  DBusMessageIter dicts; /* of aa{sv}: stands at the first dictionary: bus_dict_at */
};

/* Opens a dictionary in `parent` (a message's or an array's iterator). False without memory. */
bool bus_dict_open(DBusMessageIter *parent, DBusMessageIter *dict);
bool bus_dict_put_string(DBusMessageIter *dict, const char *key, const char *value);
/* type: DBUS_TYPE_BYTE, BOOLEAN, UINT16, UINT32 or UINT64. */
bool bus_dict_put_number(DBusMessageIter *dict, const char *key, int type, uint64_t value);
bool bus_dict_put_octets(DBusMessageIter *dict, const char *key, struct span value);
/* A member of dbus/fields.h. */
bool bus_dict_put(DBusMessageIter *dict, const char *key, int type, const void *member);
bool bus_dict_close(DBusMessageIter *parent, DBusMessageIter *dict);

/* A value that is an array of dictionaries: each is opened in `nest->array` by bus_dict_open. */
struct bus_nest {
  DBusMessageIter pair, variant, array;
};
bool bus_dict_open_dicts(DBusMessageIter *dict, const char *key, struct bus_nest *nest);
bool bus_dict_close_dicts(DBusMessageIter *dict, struct bus_nest *nest);

/* Opens an array of dictionaries in `parent`; closed by dbus_message_iter_close_container. */
bool bus_dicts_open(DBusMessageIter *parent, DBusMessageIter *array);

/* Whether the iterator stands at a dictionary a{sv}. */
bool bus_dict_at(DBusMessageIter *iter);

/* Reads the next pair of a dictionary and steps on. `dict` comes from dbus_message_iter_recurse.
 * False at the end. A value of any other type has type DBUS_TYPE_INVALID. */
bool bus_dict_next(DBusMessageIter *dict, const char **key, struct bus_value *value);

#endif

/* Dictionaries a{sv} in messages: see dict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/dict.h"

#include "dbus/fields.h"

#include <string.h>

bool bus_dict_open(DBusMessageIter *parent, DBusMessageIter *dict)
{
  return dbus_message_iter_open_container(parent, DBUS_TYPE_ARRAY, "{sv}", dict);
}

bool bus_dicts_open(DBusMessageIter *parent, DBusMessageIter *array)
{
  return dbus_message_iter_open_container(parent, DBUS_TYPE_ARRAY, "a{sv}", array);
}

bool bus_dict_close(DBusMessageIter *parent, DBusMessageIter *dict)
{
  return dbus_message_iter_close_container(parent, dict);
}

static bool open_pair(DBusMessageIter *dict, const char *key, int type, DBusMessageIter *pair,
                      DBusMessageIter *variant)
{
  return dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, pair) &&
         dbus_message_iter_append_basic(pair, DBUS_TYPE_STRING, &key) &&
         dbus_message_iter_open_container(pair, DBUS_TYPE_VARIANT, bus_type_text(type), variant);
}

static bool close_pair(DBusMessageIter *dict, DBusMessageIter *pair, DBusMessageIter *variant)
{
  return dbus_message_iter_close_container(pair, variant) &&
         dbus_message_iter_close_container(dict, pair);
}

bool bus_dict_put(DBusMessageIter *dict, const char *key, int type, const void *member)
{
  DBusMessageIter pair, variant;

  return open_pair(dict, key, type, &pair, &variant) && bus_append_member(&variant, type, member) &&
         close_pair(dict, &pair, &variant);
}

bool bus_dict_put_string(DBusMessageIter *dict, const char *key, const char *value)
{
  return bus_dict_put(dict, key, DBUS_TYPE_STRING, &value);
}

bool bus_dict_put_octets(DBusMessageIter *dict, const char *key, struct span value)
{
  return bus_dict_put(dict, key, BUS_OCTETS, &value);
}

bool bus_dict_put_number(DBusMessageIter *dict, const char *key, int type, uint64_t value)
{
  const uint8_t octet = (uint8_t)value;
  const bool truth = value != 0;
  const uint16_t half = (uint16_t)value;
  const uint32_t word = (uint32_t)value;
  const void *member = &value;

  if (type == DBUS_TYPE_BYTE)
    member = &octet;
  else if (type == DBUS_TYPE_BOOLEAN)
    member = &truth;
  else if (type == DBUS_TYPE_UINT16)
    member = &half;
  else if (type == DBUS_TYPE_UINT32)
    member = &word;
  return bus_dict_put(dict, key, type, member);
}

bool bus_dict_open_dicts(DBusMessageIter *dict, const char *key, struct bus_nest *nest)
{
  return open_pair(dict, key, BUS_DICTS, &nest->pair, &nest->variant) &&
         bus_dicts_open(&nest->variant, &nest->array);
}

bool bus_dict_close_dicts(DBusMessageIter *dict, struct bus_nest *nest)
{
  return dbus_message_iter_close_container(&nest->variant, &nest->array) &&
         close_pair(dict, &nest->pair, &nest->variant);
}

/* At the end of an array the signature is still that of its elements. */
bool bus_dict_at(DBusMessageIter *iter)
{
  char *signature;
  bool same;

  if (dbus_message_iter_get_arg_type(iter) != DBUS_TYPE_ARRAY)
    return false;
  signature = dbus_message_iter_get_signature(iter);
  same = signature != NULL && strcmp(signature, "a{sv}") == 0;
  dbus_free(signature);
  return same;
}

/* D-Bus numbers of all sizes. */
static uint64_t number_at(DBusMessageIter *variant, int type)
{
  DBusBasicValue basic = {.u64 = 0};

  dbus_message_iter_get_basic(variant, &basic);
  switch (type) {
  case DBUS_TYPE_BYTE:
    return basic.byt;
  case DBUS_TYPE_BOOLEAN:
    return basic.bool_val;
  case DBUS_TYPE_UINT16:
    return basic.u16;
  case DBUS_TYPE_UINT32:
    return basic.u32;
  default:
    return basic.u64;
  }
}

static struct bus_value read_value(DBusMessageIter *variant)
{
  struct bus_value value = {.type = bus_type_at(variant)};

  switch (value.type) {
  case DBUS_TYPE_INVALID:
    break;
  case BUS_CHAIN: /* it is only in fields */
    value.type = DBUS_TYPE_INVALID;
    break;
  case DBUS_TYPE_STRING:
    bus_read_member(variant, value.type, &value.string);
    break;
  case BUS_OCTETS:
    bus_read_member(variant, value.type, &value.octets);
    break;
  case BUS_DICTS:
    dbus_message_iter_recurse(variant, &value.dicts);
    break;
  default:
    value.number = number_at(variant, value.type);
    break;
  }
  return value;
}

bool bus_dict_next(DBusMessageIter *dict, const char **key, struct bus_value *value)
{
  DBusMessageIter pair, variant;

  if (dbus_message_iter_get_arg_type(dict) != DBUS_TYPE_DICT_ENTRY)
    return false;
  dbus_message_iter_recurse(dict, &pair);
  dbus_message_iter_get_basic(&pair, key);
  dbus_message_iter_next(&pair);
  dbus_message_iter_recurse(&pair, &variant);
  *value = read_value(&variant);
  dbus_message_iter_next(dict);
  return true;
}

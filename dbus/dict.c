/* Dictionaries a{sv} in messages: see dict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/dict.h"

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

static bool put(DBusMessageIter *dict, const char *key, int type, const void *value)
{
  const char signature[2] = {(char)type, '\0'};
  DBusMessageIter pair, variant;

  return dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &pair) &&
         dbus_message_iter_append_basic(&pair, DBUS_TYPE_STRING, &key) &&
         dbus_message_iter_open_container(&pair, DBUS_TYPE_VARIANT, signature, &variant) &&
         dbus_message_iter_append_basic(&variant, type, value) &&
         dbus_message_iter_close_container(&pair, &variant) &&
         dbus_message_iter_close_container(dict, &pair);
}

bool bus_dict_put_string(DBusMessageIter *dict, const char *key, const char *value)
{
  return put(dict, key, DBUS_TYPE_STRING, &value);
}

bool bus_dict_put_number(DBusMessageIter *dict, const char *key, int type, uint64_t value)
{
  DBusBasicValue basic = {.u64 = 0};

  switch (type) {
  case DBUS_TYPE_BOOLEAN:
    basic.bool_val = value != 0;
    break;
  case DBUS_TYPE_UINT16:
    basic.u16 = (uint16_t)value;
    break;
  case DBUS_TYPE_UINT32:
    basic.u32 = (uint32_t)value;
    break;
  default:
    basic.u64 = value;
    break;
  }
  return put(dict, key, type, &basic);
}

static struct bus_value read_value(DBusMessageIter *variant)
{
  struct bus_value value = {dbus_message_iter_get_arg_type(variant), NULL, 0};
  DBusBasicValue basic = {.u64 = 0};

  switch (value.type) {
  case DBUS_TYPE_STRING:
    dbus_message_iter_get_basic(variant, &value.string);
    break;
  case DBUS_TYPE_BOOLEAN:
    dbus_message_iter_get_basic(variant, &basic);
    value.number = basic.bool_val;
    break;
  case DBUS_TYPE_UINT16:
    dbus_message_iter_get_basic(variant, &basic);
    value.number = basic.u16;
    break;
  case DBUS_TYPE_UINT32:
    dbus_message_iter_get_basic(variant, &basic);
    value.number = basic.u32;
    break;
  case DBUS_TYPE_UINT64:
    dbus_message_iter_get_basic(variant, &value.number);
    break;
  default:
    value.type = DBUS_TYPE_INVALID;
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

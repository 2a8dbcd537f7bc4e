/* Members of structs as values in messages: see fields.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/fields.h"

#include "dbus/dict.h"

#include <string.h>

const char *bus_type_text(int type)
{
  static const struct {
    int type;
    const char *text;
  } texts[] = {{DBUS_TYPE_STRING, "s"}, {DBUS_TYPE_BYTE, "y"},   {DBUS_TYPE_BOOLEAN, "b"},
               {DBUS_TYPE_UINT16, "q"}, {DBUS_TYPE_UINT32, "u"}, {DBUS_TYPE_UINT64, "t"},
               {BUS_OCTETS, "ay"},      {BUS_CHAIN, "aay"},      {BUS_DICTS, "aa{sv}"}};

  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (texts[i].type == type)
      return texts[i].text;
  return "";
}

static bool has_signature(DBusMessageIter *iter, const char *expected)
{
  char *signature = dbus_message_iter_get_signature(iter);
  bool same = signature != NULL && strcmp(signature, expected) == 0;

  dbus_free(signature);
  return same;
}

int bus_type_at(DBusMessageIter *iter)
{
  int type = dbus_message_iter_get_arg_type(iter);

  switch (type) {
  case DBUS_TYPE_STRING:
  case DBUS_TYPE_BYTE:
  case DBUS_TYPE_BOOLEAN:
  case DBUS_TYPE_UINT16:
  case DBUS_TYPE_UINT32:
  case DBUS_TYPE_UINT64:
    return type;
  case DBUS_TYPE_ARRAY:
    if (dbus_message_iter_get_element_type(iter) == DBUS_TYPE_BYTE)
      return BUS_OCTETS;
    if (has_signature(iter, "aay"))
      return BUS_CHAIN;
    return has_signature(iter, "aa{sv}") ? BUS_DICTS : DBUS_TYPE_INVALID;
  default:
    return DBUS_TYPE_INVALID;
  }
}

/* libdbus wants the address of a pointer that is never NULL, and an int. */
static bool append_octets(DBusMessageIter *iter, struct span octets)
{
  const uint8_t *data = octets.size != 0 ? octets.data : (const uint8_t *)"";
  DBusMessageIter array;

  return dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "y", &array) &&
         dbus_message_iter_append_fixed_array(&array, DBUS_TYPE_BYTE, &data, (int)octets.size) &&
         dbus_message_iter_close_container(iter, &array);
}

static bool append_chain(DBusMessageIter *iter, const struct bus_chain *chain)
{
  DBusMessageIter array;

  if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "ay", &array))
    return false;
  for (size_t i = 0; i < chain->count; i++)
    if (!append_octets(&array, chain->at[i]))
      return false;
  return dbus_message_iter_close_container(iter, &array);
}

bool bus_append_member(DBusMessageIter *iter, int type, const void *member)
{
  dbus_bool_t truth;

  if (type == BUS_OCTETS)
    return append_octets(iter, *(const struct span *)member);
  if (type == BUS_CHAIN)
    return append_chain(iter, member);
  if (type != DBUS_TYPE_BOOLEAN)
    return dbus_message_iter_append_basic(iter, type, member);
  truth = *(const bool *)member;
  return dbus_message_iter_append_basic(iter, type, &truth);
}

static struct span octets_at(DBusMessageIter *iter)
{
  const uint8_t *data = NULL;
  DBusMessageIter array;
  int size = 0;

  dbus_message_iter_recurse(iter, &array);
  dbus_message_iter_get_fixed_array(&array, &data, &size);
  return (struct span){data, size > 0 ? (size_t)size : 0};
}

static void read_chain(DBusMessageIter *iter, struct bus_chain *chain)
{
  DBusMessageIter array;

  chain->count = 0;
  dbus_message_iter_recurse(iter, &array);
  for (;
       chain->count < BUS_CHAIN_READ && dbus_message_iter_get_arg_type(&array) != DBUS_TYPE_INVALID;
       dbus_message_iter_next(&array))
    chain->at[chain->count++] = octets_at(&array);
}

bool bus_read_member(DBusMessageIter *iter, int type, void *member)
{
  dbus_bool_t truth;

  if (bus_type_at(iter) != type)
    return false;
  if (type == BUS_OCTETS) {
    *(struct span *)member = octets_at(iter);
  } else if (type == BUS_CHAIN) {
    read_chain(iter, member);
  } else if (type == BUS_DICTS) {
    dbus_message_iter_recurse(iter, member);
  } else if (type == DBUS_TYPE_BOOLEAN) {
    dbus_message_iter_get_basic(iter, &truth);
    *(bool *)member = truth;
  } else {
    dbus_message_iter_get_basic(iter, member);
  }
  return true;
}

static const void *member_of(const void *members, const struct bus_field *field)
{
  return (const char *)members + field->offset;
}

static void *place_of(void *members, const struct bus_field *field)
{
  return (char *)members + field->offset;
}

bool bus_append_struct(DBusMessageIter *parent, struct bus_fields fields, const void *members)
{
  DBusMessageIter item;

  if (!dbus_message_iter_open_container(parent, DBUS_TYPE_STRUCT, NULL, &item))
    return false;
  for (size_t i = 0; i < fields.count; i++)
    if (!bus_append_member(&item, fields.at[i].type, member_of(members, &fields.at[i])))
      return false;
  return dbus_message_iter_close_container(parent, &item);
}

bool bus_read_struct(DBusMessageIter *iter, struct bus_fields fields, void *members)
{
  DBusMessageIter item;

  if (dbus_message_iter_get_arg_type(iter) != DBUS_TYPE_STRUCT)
    return false;
  dbus_message_iter_recurse(iter, &item);
  for (size_t i = 0; i < fields.count; i++) {
    if (!bus_read_member(&item, fields.at[i].type, place_of(members, &fields.at[i])))
      return false;
    dbus_message_iter_next(&item);
  }
  return dbus_message_iter_get_arg_type(&item) == DBUS_TYPE_INVALID;
}

static bool is_set(const struct bus_field *field, const void *member)
{
  switch (field->type) {
  case DBUS_TYPE_STRING:
    return *(const char *const *)member != NULL && **(const char *const *)member != '\0';
  case BUS_OCTETS:
    return ((const struct span *)member)->size != 0;
  case BUS_CHAIN:
    return ((const struct bus_chain *)member)->count != 0;
  case BUS_DICTS:
    return false; /* it is only read */
  case DBUS_TYPE_BYTE:
    return *(const uint8_t *)member != 0;
  case DBUS_TYPE_BOOLEAN:
    return *(const bool *)member;
  case DBUS_TYPE_UINT16:
    return *(const uint16_t *)member != 0;
  case DBUS_TYPE_UINT32:
    return *(const uint32_t *)member != 0;
  default:
    return *(const uint64_t *)member != 0;
  }
}

uint32_t bus_fields_set(struct bus_fields fields, const void *members)
{
  uint32_t which = 0;

  for (size_t i = 0; i < fields.count; i++)
    if (is_set(&fields.at[i], member_of(members, &fields.at[i])))
      which |= UINT32_C(1) << i;
  return which;
}

bool bus_dict_put_fields(DBusMessageIter *dict, struct bus_fields fields, const void *members,
                         uint32_t which)
{
  for (size_t i = 0; i < fields.count; i++)
    if ((which & UINT32_C(1) << i) != 0 &&
        !bus_dict_put(dict, fields.at[i].key, fields.at[i].type, member_of(members, &fields.at[i])))
      return false;
  return true;
}

/* The index of the field; fields.count where there is none of that name. */
static size_t find(struct bus_fields fields, const char *key)
{
  size_t i = 0;

  while (i < fields.count && strcmp(fields.at[i].key, key) != 0)
    i++;
  return i;
}

static bool strange(struct bus_fault *fault, int kind, const char *key, int type)
{
  if (fault != NULL) {
    fault->kind = kind;
    fault->key = key;
    fault->type = bus_type_text(type);
  }
  return false;
}

static bool read_pair(DBusMessageIter *pair, struct bus_fields fields, void *members,
                      uint32_t *which, struct bus_fault *fault)
{
  DBusMessageIter variant;
  const char *key;
  size_t i;

  dbus_message_iter_get_basic(pair, &key);
  i = find(fields, key);
  if (i == fields.count)
    return fault == NULL || strange(fault, BUS_KEY_UNKNOWN, key, DBUS_TYPE_INVALID);
  dbus_message_iter_next(pair);
  dbus_message_iter_recurse(pair, &variant);
  if (!bus_read_member(&variant, fields.at[i].type, place_of(members, &fields.at[i])))
    return strange(fault, BUS_KEY_TYPE, key, fields.at[i].type);
  if ((*which & UINT32_C(1) << i) != 0)
    return strange(fault, BUS_KEY_TWICE, key, fields.at[i].type);
  *which |= UINT32_C(1) << i;
  return true;
}

bool bus_dict_read(DBusMessageIter *iter, struct bus_fields fields, void *members, uint32_t *which,
                   struct bus_fault *fault)
{
  DBusMessageIter dict, pair;
  uint32_t found = 0;
  bool fine = bus_dict_at(iter);

  if (!fine)
    return strange(fault, BUS_KEY_UNKNOWN, "", DBUS_TYPE_INVALID);
  dbus_message_iter_recurse(iter, &dict);
  for (; fine && dbus_message_iter_get_arg_type(&dict) == DBUS_TYPE_DICT_ENTRY;
       dbus_message_iter_next(&dict)) {
    dbus_message_iter_recurse(&dict, &pair);
    fine = read_pair(&pair, fields, members, &found, fault);
  }
  if (which != NULL)
    *which = found;
  return fine;
}

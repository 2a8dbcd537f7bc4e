/* Members of structs as values in messages: one table names them for both ends of the bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A field's type is s, y, b, q, u, t, BUS_OCTETS or BUS_CHAIN; its member is a const char *,
 * uint8_t, bool, uint16_t, uint32_t, uint64_t, struct span or struct bus_chain. One of the type
 * BUS_DICTS, which is only read, is a DBusMessageIter at the first dictionary. What was read points
 * into the message.
 */
#ifndef BUS_FIELDS_H
#define BUS_FIELDS_H

#include "common/bytes.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  BUS_OCTETS = 'A', /* "ay" */
  BUS_CHAIN = 'C',  /* "aay" */
  BUS_DICTS = 'D'   /* "aa{sv}" */
};

enum { BUS_CHAIN_READ = 17 }; /* one more than a chain may have, so that it shows */

struct bus_chain {
  size_t count; /* certificates, as far as they were read */
  struct span at[BUS_CHAIN_READ];
};

struct bus_field {
  const char *key;
  int type;
  size_t offset; /* of the member */
};

struct bus_fields {
  const struct bus_field *at;
  size_t count; /* at most 32 */
};

/* Initialisers: of the field of a member of that struct, and of all fields of a table. */
#define BUS_FIELD(record, key, type, member)                                                       \
  {                                                                                                \
    key, type, offsetof(struct record, member)                                                     \
  }
#define BUS_FIELDS(table)                                                                          \
  {                                                                                                \
    table, sizeof table / sizeof table[0]                                                          \
  }

/* The signature of a type ("ay"); static. */
const char *bus_type_text(int type);

/* The type of the value at which the iterator stands; DBUS_TYPE_INVALID for any other. */
int bus_type_at(DBusMessageIter *iter);

/* One value. Appending: false without memory. Reading: false for a value of another type. */
bool bus_append_member(DBusMessageIter *iter, int type, const void *member);
bool bus_read_member(DBusMessageIter *iter, int type, void *member);

/* All fields as a struct "(...)", in their order. */
bool bus_append_struct(DBusMessageIter *parent, struct bus_fields fields, const void *members);
bool bus_read_struct(DBusMessageIter *iter, struct bus_fields fields, void *members);

/* A bit for each field, 1 << its index, whose member is not 0 or empty. */
uint32_t bus_fields_set(struct bus_fields fields, const void *members);

/* Puts the fields whose bits are set into a dictionary that is open. */
bool bus_dict_put_fields(DBusMessageIter *dict, struct bus_fields fields, const void *members,
                         uint32_t which);

struct bus_fault {
  enum { BUS_KEY_UNKNOWN, BUS_KEY_TYPE, BUS_KEY_TWICE } kind;
  const char *key;
  const char *type; /* that it must have; "" where it isn't known */
};

/* Reads a dictionary into members, which keep what they were where their keys are not there.
 * iter: stands at the dictionary. which: the bits of the keys that were there; or NULL.
 * False where a key is strange: *fault says which. fault: NULL where keys that aren't known are
 * passed over, since a later daemon may have more to say. */
bool bus_dict_read(DBusMessageIter *iter, struct bus_fields fields, void *members, uint32_t *which,
                   struct bus_fault *fault);

#endif

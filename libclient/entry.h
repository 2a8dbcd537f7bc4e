/* What tlspin_entry_t holds, and where it comes from. What comes over the bus is not believed
 * before it is checked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_ENTRY_H
#define CLIENT_ENTRY_H

#include "common/bytes.h"
#include "common/host.h"
#include "dbus/messages.h"
#include "libclient/tlspin.h"

struct entry_list {
  tlspin_entry_t **at;
  size_t count;
};

/* A named value; its type is one of dbus/fields.h. Everything is ours. */
struct entry_value {
  char *name;
  int type;
  char *string;
  uint64_t number;
  uint8_t *octets; /* or NULL where there are none */
  size_t size;
  struct entry_list list;
};

struct tlspin_entry {
  struct entry_value *values;
  size_t count;
};

enum {
  ENTRY_VALUES_MAX = 64, /* of an entry */
  ENTRY_CHAIN_MAX = 16   /* entries in a value of an entry */
};

/* Makes the entry of a lookup that was answered "match". Returns TLSPIN_OK; TLSPIN_UNAVAILABLE
 * where the reply is not as org.tlspin.Pins1 wants it, with a last message; or TLSPIN_E_MEMORY. */
int entry_of_lookup(const struct peer *peer, const struct bus_lookup_reply *reply,
                    tlspin_entry_t **entry);

enum entry_kind {
  ENTRY_STORED, /* as List and Get of org.tlspin.Admin1 return them: it names a peer or a place */
  ENTRY_OTHER   /* an event, a layer... */
};

/* Makes an entry of a dictionary. Values of a type that isn't known are passed over, those of
 * another type than they are documented to have are not. dict: from dbus_message_iter_recurse.
 * Returns the same codes. */
int entry_of_dict(DBusMessageIter *dict, enum entry_kind kind, tlspin_entry_t **entry);

/* Reads the array of dictionaries at `iter`, on which it steps, to the end of a list of at most
 * `max`. Returns the same codes; the list is to be cleared in any case. */
int entry_list_read(DBusMessageIter *iter, enum entry_kind kind, size_t max,
                    struct entry_list *list);
void entry_list_clear(struct entry_list *list);

/* An entry without values, and one more in it; for what the library itself has to say. False, or
 * NULL, without memory. */
tlspin_entry_t *entry_new(void);
bool entry_put_string(tlspin_entry_t *entry, const char *name, const char *string);
bool entry_put_number(tlspin_entry_t *entry, const char *name, int type, uint64_t number);
bool entry_put_octets(tlspin_entry_t *entry, const char *name, struct span octets);

/* The value, or NULL. */
const struct entry_value *entry_find(const tlspin_entry_t *entry, const char *name);

/* TLSPIN_UNAVAILABLE, with a last message: the daemon's reply was not understood. */
int entry_garbled(void);

#endif

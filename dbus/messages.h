/* The messages of org.tlspin.Pins1 as structs, for both ends of the bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Strings and spans of a struct that was read point into the message. Strings to be appended must
 * be UTF-8: libdbus ends the process over anything else.
 */
#ifndef BUS_MESSAGES_H
#define BUS_MESSAGES_H

#include "common/bytes.h"
#include "dbus/keys.h"

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

/* A peer as it stands in a message, not yet normalised. */
struct bus_peer {
  const char *host;
  const char *protocol;
  uint16_t port;
};

struct bus_lookup_reply {
  const char *answer;
  const char *reason;
  const char *layer;
  struct span ticket;
  struct span secret;
  const char *hash;
  uint64_t series;
  uint64_t expires; /* seconds since 1970 */
  const char *lock;
  const struct bus_key *keys; /* to be appended; of a reply that was read NULL: see below */
  size_t key_count;
  uint32_t policy; /* bits of enum bus_policy */
};

struct bus_store_call {
  struct bus_peer peer;
  struct span ticket;
  struct span secret;
  const char *hash;
  uint32_t lifetime; /* seconds */
  uint64_t series;
  struct span anchor; /* SHA-256 of the certificate in which the path ends, or empty */
};

struct bus_store_reply {
  const char *outcome;
  uint64_t expires; /* seconds since 1970 */
};

struct bus_failure_call {
  struct bus_peer peer;
  const char *reason;
};

struct bus_undo_reply {
  uint64_t operation;
  uint64_t count;
  uint64_t replaced;
};

/* A call to a method of Pins1 or Admin1 (`interface` is the name, too), or NULL without memory. */
DBusMessage *bus_call(const char *interface, const char *method);

/* Appending: false without memory. Reading: false where the arguments are of other types. */
bool bus_append_peer(DBusMessage *message, const struct bus_peer *peer);
bool bus_read_peer(DBusMessage *message, struct bus_peer *peer);
bool bus_append_lookup_reply(DBusMessage *message, const struct bus_lookup_reply *reply);
bool bus_read_lookup_reply(DBusMessage *message, struct bus_lookup_reply *reply);
/* The keys of such a reply, of which there are `count`. */
void bus_read_lookup_keys(DBusMessage *message, struct bus_key *keys, size_t count);
bool bus_append_store_call(DBusMessage *message, const struct bus_store_call *call);
bool bus_read_store_call(DBusMessage *message, struct bus_store_call *call);
bool bus_append_store_reply(DBusMessage *message, const struct bus_store_reply *reply);
bool bus_read_store_reply(DBusMessage *message, struct bus_store_reply *reply);
bool bus_append_failure_call(DBusMessage *message, const struct bus_failure_call *call);
bool bus_read_failure_call(DBusMessage *message, struct bus_failure_call *call);
bool bus_append_undo_reply(DBusMessage *message, const struct bus_undo_reply *reply);
bool bus_read_undo_reply(DBusMessage *message, struct bus_undo_reply *reply);

/* Who has left the bus, where that is what the bus says by its signal; NULL: the message is none. */
const char *bus_read_left(DBusMessage *message);

#endif

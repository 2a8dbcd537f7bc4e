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

/* Strings are ours or NULL. */
struct tlspin_entry {
  char *host;
  char *protocol;
  char *kind;
  char *layer;
  char *lock;
  char *hash;
  char *state;
  char *failure_reason;
  uint64_t port;
  uint64_t expires;
  uint64_t series;
  uint64_t ticket_size;
  uint64_t first_seen;
  uint64_t issued;
  uint64_t failures;
  uint64_t failed;
  uint8_t *ticket; /* of a lookup; of ticket_size octets */
  uint8_t *secret; /* of a lookup */
  size_t secret_size;
};

/* Makes the entry of a lookup that was answered "match". Returns TLSPIN_OK; TLSPIN_UNAVAILABLE
 * where the reply is not as org.tlspin.Pins1 wants it, with a last message; or TLSPIN_E_MEMORY. */
int entry_of_lookup(const struct peer *peer, const struct bus_lookup_reply *reply,
                    tlspin_entry_t **entry);

/* Makes an entry of a dictionary as List and Get of org.tlspin.Admin1 return them; keys that are
 * not known are passed over. dict: from dbus_message_iter_recurse. Returns the same codes. */
int entry_of_dict(DBusMessageIter *dict, tlspin_entry_t **entry);

/* TLSPIN_UNAVAILABLE, with a last message: the daemon's reply was not understood. */
int entry_garbled(void);

#endif

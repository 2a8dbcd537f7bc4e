/* The records that a lookup brought: what a program needs to judge by itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_KEYSET_H
#define CLIENT_KEYSET_H

#include "common/host.h"
#include "dbus/messages.h"
#include "pinning/verdict.h"

struct keyset {
  bool known;                    /* the daemon answered; else there is nothing else in it */
  struct keypin *pins;           /* or NULL */
  struct verdict_entry *entries; /* of the pins, in the same order */
  size_t count;
  unsigned policy; /* enum bus_policy */
};

/* Reads the records of a reply that was read. Of more than BUS_KEYS_MAX none is read: then `policy`
 * says BUS_POLICY_CROWDED, as the daemon should have. Returns TLSPIN_OK; TLSPIN_UNAVAILABLE, with a
 * last message, where one is not as org.tlspin.Pins1 wants it or is none of the peer's; or
 * TLSPIN_E_MEMORY. The keyset is to be cleared. */
int keyset_read(DBusMessage *message, const struct bus_lookup_reply *reply, const struct peer *peer,
                struct keyset *keys);
void keyset_clear(struct keyset *keys);

/* Whether the peer has records that the lookup didn't bring: only the daemon can judge by them. */
bool keyset_is_crowded(const struct keyset *keys);

/* Whether some layer could not be read, or none was. */
bool keyset_is_unreadable(const struct keyset *keys);

/* Whether any record is about more than the server's own certificate, or may be. */
bool keyset_wants_path(const struct keyset *keys);

#endif

/* A lookup that is under way: sent at once, so that it overlaps with what the program does next,
 * and waited for later.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_LOOKUP_H
#define CLIENT_LOOKUP_H

#include "common/host.h"
#include "libclient/keyset.h"
#include "libclient/tlspin.h"

enum { LOOKUP_PATIENCE = 20 }; /* milliseconds that lookup_start waits for a connection, at most */

struct lookup;

/* Sends the question. Waits for nothing, but for the first connection of a context, which takes
 * less than a millisecond where the bus is well. The budget counts from now on. peer: as
 * argument_peer makes it. *lookup: to be ended by lookup_wait or lookup_cancel, from any one thread
 * at a time. Returns TLSPIN_OK, also where the bus can't be reached (lookup_wait tries again and
 * tells), or TLSPIN_E_MEMORY. Leaves the last message alone. */
int lookup_start(tlspin_t *context, const struct peer *peer, struct lookup **lookup);

/* Waits for the answer, within what is left of the budget, and frees the lookup. Returns what
 * tlspin_lookup returns. keys: what else is known of the peer, to be cleared by keyset_clear; or
 * NULL. After fork, also a child may do so (it asks again). After tlspin_free of its context:
 * TLSPIN_UNAVAILABLE. */
int lookup_wait(struct lookup *lookup, tlspin_entry_t **entry, struct keyset *keys);

/* Frees the lookup without waiting. NULL is fine. */
void lookup_cancel(struct lookup *lookup);

/* For tlspin_free: cancels all lookups of the context, which their owners still have to end. The
 * bus must be locked. */
void lookup_orphan_all(tlspin_t *context);

#endif

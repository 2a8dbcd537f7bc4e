/* What a user's store knows of itself: a name, and octets that mean something to its file only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows have digests and are counted like all others, so that none can get lost unseen. They are
 * not in the journal. Names: "damage" (damage.h), "clock" (clock.h), "torn" (torn.h), "restored"
 * (restored.h), "rewrite" and "set-aside" (owed.h).
 */
#ifndef STATE_H
#define STATE_H

#include "daemon/cell.h"
#include "daemon/store.h"

enum { STATE_VALUE_MAX = 4096 }; /* octets */

/* No row of a system layer is. */
bool state_is_valid(const struct cell *cells, enum store_kind kind);

/* The value under a name; *size: how many octets of `value`, which has room for STATE_VALUE_MAX.
 * TLSPIN_E_NOT_FOUND is said only of a file that can be trusted. */
enum tlspin_code state_get(struct store *store, const char *name, uint8_t *value, size_t *size);

/* Puts a value under a name, or drops what is there where it is empty: then nothing need be there.
 * One transaction. */
enum tlspin_code state_put(struct store *store, const char *name, struct span value);

#endif

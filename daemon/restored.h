/* What a restore leaves in the store, so that nothing of the time before it comes back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * To put a backup in the place of a store (recovery_restore) is no operation of its journal, and
 * may take some of them away: a backup that was made before knows what the user wanted to be rid
 * of. So the restored store goes on from a number that is higher than that of every backup, by
 * RESTORED_APART, and its row "restored" of the state (state.h) holds it: 8 octets in network
 * order.
 */
#ifndef RESTORED_H
#define RESTORED_H

#include "daemon/rebuild.h"

#define RESTORED_ROW "restored"

/* That many operations without a trace in the journal are one restore, where the row is lost. */
enum { RESTORED_APART = 100 };

/* By that much a number may be higher that isn't known, of a backup that can't be read now and can
 * be later: far more operations than a store sees between two backups that are kept. */
enum { RESTORED_UNKNOWN = 1000000 };

/* Puts the row, in place of the one that is there. highest: the number of the last operation of all
 * backups and of the old store. */
bool restored_put(struct rebuild *rebuild, uint64_t highest);

/* Whether a backup was put in the place of the store after the operation of this number, which was
 * the last of another backup; or may have been, where the row isn't there. TLSPIN_E_NOT_FOUND: none
 * was; TLSPIN_UNAVAILABLE: it can't be told now. The new store won't give a lower number again than
 * the row says. */
enum tlspin_code restored_since(struct rebuild *rebuild, uint64_t operation);

#endif

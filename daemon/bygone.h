/* Hosts that the journal forgets: what was logged of those of which nothing else is left goes, too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BYGONE_H
#define BYGONE_H

#include "daemon/store-private.h"

struct bygone;

struct bygone *bygone_new(void);

/* NULL is fine. */
void bygone_free(struct bygone *bygone);

/* An image of the host was dropped, which an operation of that time had made. */
void bygone_note(struct bygone *bygone, const char *host, int64_t made);

/* The same of hosts that nobody knows any more: images were lost with a damaged file, of operations
 * that were made up to this time. */
void bygone_note_lost(struct bygone *bygone, int64_t made);

/* For those of which there is neither a ticket, a record nor an image any more: drops what was
 * reported and logged about them up to that time; what came after is none of the operation's. *any:
 * there are such hosts, or may be. */
enum tlspin_code bygone_drop(struct bygone *bygone, struct store *store, struct transaction *change,
                             bool *any);

#endif

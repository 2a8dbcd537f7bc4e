/* The command that clears some of the entries that were judged, or the ticket.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLEARING_H
#define CLEARING_H

#include "daemon/policy.h"

/* "tlspin clear ..." for these entries of the user's (meant_find), quoted for a shell; several
 * commands have && between them. It says no more than where they stand, as long as nothing else of
 * the user's would go with them but what was learned there; and of blocked keys, just these. To be
 * freed. */
char *clearing_command(const struct policy_judged *judged, const GPtrArray *meant);

/* Whether that leaves something else to decide: the ticket, or one of the others. */
bool clearing_leaves(const struct policy_judged *judged, const GPtrArray *meant,
                     const GPtrArray *others);

/* The same for the user's ticket. */
char *clearing_of_ticket(const struct policy_judged *judged);
bool clearing_of_ticket_leaves(const struct policy_judged *judged, const GPtrArray *others);

#endif

/* How an entry stands among the others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STANDING_H
#define STANDING_H

#include "daemon/catalogue.h"

/* Judges the pins of a peer alone: nothing was shown. */
void standing_judge(struct policy *policy, const struct peer *peer, int64_t now,
                    struct policy_judged *judged);

/* Some peer that the place covers, in the name of all of them. False where there is none. */
bool standing_peer(const struct place *place, struct peer *peer);

/* The role of a record of a layer; VERDICT_ELSEWHERE where it wasn't looked at. *from: 0 at first;
 * where the search begins, which is then behind the record: a list has those of a place in the
 * order in which they were judged, and they may be many. */
enum verdict_role standing_of_record(struct policy *policy, const struct policy_judged *judged,
                                     const struct layer *layer, const struct keypin *pin,
                                     size_t *from);

/* The role of a ticket of a layer. */
enum verdict_role standing_of_ticket(const struct policy_judged *judged, const struct layer *layer,
                                     const struct ticket_row *row, int64_t now);

/* Whether it was the ticket that decided. */
bool standing_ticket_decided(const struct policy_judged *judged);

/* A ticket that is locked "off" speaks as a mode, too, which is in no store: how many of the
 * entries, from the first, are records. */
size_t standing_records(const struct policy_judged *judged);

/* The states of struct policy_entry. */
const char *standing_record_state(const struct keypin *pin, enum verdict_role role, int64_t now);
const char *standing_ticket_state(const struct ticket_row *row, enum verdict_role role,
                                  int64_t now);

#endif

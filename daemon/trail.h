/* Which operations of the journal touched a record, and what it is without those that were taken
 * back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Several operations may have touched one record, and any of them may be taken back, in any order.
 * So what stood before an operation need not be what should stand there once it is undone: an
 * earlier operation may have put it there that is undone as well.
 */
#ifndef TRAIL_H
#define TRAIL_H

#include "daemon/journal.h"

struct trail;

/* Reads what there is of the operations before `operation`, in the state that they have in the
 * transaction that is under way. *trail: to be freed by trail_free; NULL after an error. */
enum tlspin_code trail_read(struct store *store, uint64_t operation, struct trail **trail);

/* NULL is fine. */
void trail_free(struct trail *trail);

/* What the record of an image should be once the image's operation, the one before which the trail
 * ends, is undone: see the rules in trail.c. *state: only `present` and `pin` count; to be cleared
 * by keypin_clear. */
enum tlspin_code trail_follow(const struct trail *trail, const struct pin_image *image,
                              struct pin_image *state);

#endif

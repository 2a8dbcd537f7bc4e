/* Records that were met again, counted in memory and written in batches: a connection must not cost
 * a write.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TALLY_H
#define TALLY_H

#include "daemon/store.h"

enum { TALLY_MAX = 256 }; /* records; at so many it is full */

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally *tally); /* what was not written is lost */

/* Counts a record of the user's store. True where it is full now, and should be written. A record
 * more than TALLY_MAX, whose writing failed, is not counted. */
bool tally_count(struct tally *tally, const struct keypin *pin, int64_t now);

/* Writes what was counted. What can't be written is kept for the next time. */
enum tlspin_code tally_write(struct tally *tally, struct store *store);

#endif

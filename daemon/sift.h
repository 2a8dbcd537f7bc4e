/* Takes rows out of a store that is being rebuilt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SIFT_H
#define SIFT_H

#include "daemon/rebuild.h"

/* So many keys are held at once: the daemon's memory is limited, and a store's size is not. */
enum { SIFT_AT_ONCE = 50000 };

/* Whether a row is to go. It is asked of some rows more than once, and always with the same
 * database; it may read that, with the statements that get a row. */
typedef bool (*sift_unwanted)(enum table_id table, const struct cell *cells,
                              const struct digest *digest, void *data);

/* Drops the rows that are unwanted; *count: how many. False: one could not be read, or not
 * dropped. */
bool sift_drop(struct rebuild *rebuild, sift_unwanted unwanted, void *data, uint64_t *count);

#endif

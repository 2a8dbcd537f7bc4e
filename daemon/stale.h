/* Rows that an operation of the journal took away or changed, and that are as they were before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk may lose the write of a page, and give the old one: each row there is sound, and was
 * outlived by what the user did. The journal stands on other pages.
 */
#ifndef STALE_H
#define STALE_H

#include "daemon/rebuild.h"
#include "daemon/touched.h"

/* Drops them; *count: how many. touched: of the same store. False: one could not be read, or not
 * dropped. */
bool stale_drop(struct rebuild *rebuild, const struct touched *touched, uint64_t *count);

#endif

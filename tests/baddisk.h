/* A disk that doesn't give a file, or not all of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BADDISK_H
#define BADDISK_H

#include "daemon/database.h"
#include "tests/misfire.h"

/* Which reads of the file fail from now on, and which questions for its size, while it is on such a
 * disk: one file at a time. */
extern struct misfire baddisk_read, baddisk_size;

void baddisk_begin(struct database *db);
void baddisk_end(struct database *db);

#endif

/* Stores to be recovered while something fails, and what became of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One is chosen, and then each life begins with a copy of it. */
#ifndef WRECK_H
#define WRECK_H

#include "tests/stores.h"

enum { WRECK_ROWS = 24, WRECK_SOME = 12, WRECK_NONE = 0, WRECK_LATER = STORES_NOW + 1000 };

enum wreck_state {
  WRECK_WHOLE,
  WRECK_SPOILT, /* some names of hosts are overwritten */
  WRECK_CUT,    /* the second half is missing */
  WRECK_MISSING,
  WRECK_FORGOTTEN, /* and its lock file is missing, too */
  WRECK_UNDONE     /* missing, with a journal that would undo its successor */
};

/* What becomes of it without a fault. */
struct wreck_end {
  int rows;        /* that are there, of the first WRECK_ROWS */
  int64_t missing; /* as the store says */
};

/* What the lives begin with from now on: WRECK_ROWS rows, of which so many are in a backup, or
 * there is none (WRECK_NONE); and what becomes of it. */
void wreck_choose(enum wreck_state state, int saved);
int wreck_saved(void);

/* What was chosen; which is removed, once nothing comes after it. */
void wreck_prepare(struct stores *stores);
void wreck_leave(void);

/* Opens the store as the daemon does, which recovers one that is damaged. */
enum tlspin_code wreck_open(const struct stores *stores, struct store **store, char **problem);

/* Once nothing fails any more: recovers the store if it has to be. The damaged file must be there,
 * and none if there was none. If rows are missing the store must say so, until it is told that the
 * user has seen it. */
struct wreck_end wreck_conclude(struct stores *stores);

/* That, and it must be what becomes of it without a fault. */
void wreck_expect_end(struct stores *stores);

/* That, and it must be all of the backup, or all that a recovery finds: either way not all that was
 * there, as the store must say. */
void wreck_expect_part(struct stores *stores);

#endif

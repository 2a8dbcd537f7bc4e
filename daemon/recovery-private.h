/* A recovery at work: recovery.c, and recovery-merge.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RECOVERY_PRIVATE_H
#define RECOVERY_PRIVATE_H

#include "daemon/damage.h"
#include "daemon/recovery.h"
#include "daemon/salvage.h"
#include "daemon/successor.h"
#include "daemon/touched.h"

struct recovery {
  struct successor successor;
  struct salvage_found found;
  struct store *backup; /* NULL: there is none that can be used */
  uint64_t backup_operation;
  bool unchanged; /* there was no operation since it was made */
  bool newer;     /* the file has what the backup has not */
  bool same;      /* it has just the rows of the backup */
  bool journal;   /* it has all that the backup has of the journal */
  struct touched *touched;
  bool torn;          /* a part of the journal may be lost (torn.h) */
  bool told;          /* which rows each operation touched since the backup was made */
  uint64_t backed;    /* rows of the backup */
  uint64_t common;    /* rows that are in the backup as well */
  GHashTable *beside; /* digests of its rows that aren't merged beside records of their places */
  struct damage damage;
  bool failed; /* a row could not be written, or read */
};

/* Visits all rows of the backup, if there is one. */
void recovery_walk_backup(struct recovery *recovery, contents_visit visit);

/* The sum of two numbers of rows that are missing. */
int64_t recovery_add(int64_t a, int64_t b);

/* Rules 3, 4 and 5 of recovery.c: what is kept and what is merged where nothing proves it. */
void recovery_merge(struct recovery *recovery);

#endif

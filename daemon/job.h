/* One thing that the keeper does, in a thread of its own: see keeper.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef JOB_H
#define JOB_H

#include "daemon/keeper.h"

enum task {
  TASK_TIDY,   /* with no backup made before */
  TASK_MAKE,   /* a backup by itself, */
  TASK_BACKUP, /* or for the user */
  TASK_ERASE,
  TASK_LIST
};

/* The thread's until that has ended. */
struct job {
  enum task task;
  struct keeper_terms terms;
  struct erasure *erasure;
  bool found;
  union {
    keeper_told made;
    keeper_erased erased;
    keeper_listed listed;
  } tell; /* whoever asked for it */
  void *data;
  struct traces traces;
  enum tlspin_code code; /* of what was to be done, or of tidying up */
  char *problem;
  struct backup *made;
  GPtrArray *list;
  bool known;               /* what follows is */
  bool any;                 /* there is one that is whole, */
  struct backup_sum newest; /* and this is what it holds */
  guint count;
};

/* Does what the task says, and looks at what there is after it. store, owner: as in backups.h. */
void job_do(struct job *job, const char *store, uid_t owner);

/* Tells whoever asked for it what was done. */
void job_tell(const struct job *job);

/* Tells him that it isn't done: TLSPIN_UNAVAILABLE, with a problem. What was done is told as little
 * as what wasn't begun: nobody would see to the rest. Then as job_clear. */
void job_give_up(struct job *job);

/* Frees what it has come to have. */
void job_clear(struct job *job);

#endif

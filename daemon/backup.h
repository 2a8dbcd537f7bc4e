/* One backup of a user's store: a file of the same form, with the same rows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A backup is only ever read in its place. What is to be changed in it is changed in a copy, which
 * takes its place when it has been read through. So there is never a journal beside a backup, and
 * it is opened without a lock.
 */
#ifndef BACKUP_H
#define BACKUP_H

#include "daemon/store.h"

/* What a store holds, as one number: two that are equal hold the same rows. But for that of the
 * clock, which goes on by itself. */
struct backup_sum {
  uint64_t rows; /* in all tables, the journal and the log among them */
  uint64_t last_operation;
  uint8_t all[32];
};

enum tlspin_code backup_sum(struct store *store, struct backup_sum *sum);
bool backup_sum_equal(const struct backup_sum *a, const struct backup_sum *b);

enum backup_state {
  BACKUP_UNREAD,   /* nobody looked, or it must not be opened: it isn't known what is in it */
  BACKUP_HINDERED, /* the same, and what keeps it from being read may be over the next time */
  BACKUP_WHOLE,
  BACKUP_DAMAGED
};

struct backup {
  char *path;
  int64_t made;
  unsigned turn; /* of those made in the same second: 1 and up */
  off_t size;
  enum backup_state state;
  struct backup_sum sum; /* with BACKUP_WHOLE */
  char *problem;         /* why it can't be used; NULL where it can, or was not read */
};

void backup_free(void *backup);

/* Opens a backup and reads it through, as store_open does. With BACKUP_WHOLE *store is to be closed
 * by store_close; it can only be read. Otherwise it is NULL, and *problem (to be freed by g_free)
 * says in the user's language which file it is, what is wrong with it, and what to do. A file that
 * others may read or write to is not opened. */
enum backup_state backup_open(const char *path, uid_t owner, struct store **store, char **problem);

/* The same, and fills in state, sum and problem of the backup. *opened: NULL unless it is whole. */
void backup_look(struct backup *backup, uid_t owner, struct store **opened);

/* A higher number of a last operation is not believed: no store gets there, and whoever went on
 * from it might have none left (OPERATION_LAST). */
#define BACKUP_OPERATION_MAX ((uint64_t)1 << 60)

/* The number of the last operation, by the word of the backup's sum: BACKUP_WHOLE says no more than
 * that this could be read, and is believed. Otherwise as backup_open. */
enum backup_state backup_last_operation(const char *path, uid_t owner, uint64_t *number,
                                        char **problem);

/* Whether a copy that is to become a backup can be read through, and holds what it is to hold; sum:
 * NULL where that isn't known. TLSPIN_UNAVAILABLE with a *problem. */
enum tlspin_code backup_check(const char *path, uid_t owner, const struct backup_sum *sum,
                              char **problem);

/* Removes it, with what another program may have left beside it. The same. */
enum tlspin_code backup_remove(const struct backup *backup, char **problem);

#endif

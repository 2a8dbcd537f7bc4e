/* The backups of a user's store: the folder `backups` beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A backup is named by the time in UTC when it was made, so that names sort:
 * pins-20261123T062500Z.db, and pins-20261123T062500Z_02.db for the second one of that second. A
 * file gets such a name only when all of it is on the disk and was read through; what a crash
 * leaves has other names, and is removed by whoever makes the next one. Whoever changes anything in
 * the folder holds the lock file pins.lock in it.
 *
 * store: the path of the user's store. owner: who must own the store, the folder and the backups.
 * Nobody else may read them. TLSPIN_UNAVAILABLE comes with a *problem, to be freed by g_free, in
 * the user's language; then nothing was changed unless it is said. Any thread; one call at a time.
 */
#ifndef BACKUPS_H
#define BACKUPS_H

#include "daemon/backup-copy.h"
#include "daemon/rotation.h"

#include <glib.h>

/* Makes a backup of the store, which was opened before by store_open. The copy is read through, and
 * compared with what it was made of. *made: to be freed by backup_free. TLSPIN_E_BUSY with a
 * problem: see backup_copy_store. */
enum tlspin_code backups_make(const char *store, uid_t owner, int64_t now,
                              const struct backup_terms *terms, struct backup **made,
                              char **problem);

/* All of them (struct backup; freed with the array), the newest first: see rotation_compare. read:
 * each is read through; otherwise only names and sizes are looked at. An absent folder is empty. */
enum tlspin_code backups_list(const char *store, uid_t owner, int64_t now, bool read,
                              GPtrArray **list, char **problem);

/* The newest that is whole, which store_close closes; TLSPIN_E_NOT_FOUND where there is none.
 * *passed (struct backup): those that are newer and can't be used, with their problems; and last
 * the one that is opened. */
enum tlspin_code backups_open_newest(const char *store, uid_t owner, int64_t now,
                                     struct store **opened, GPtrArray **passed, char **problem);

/* The highest number of an operation that the sum of any of them knows, be the rest damaged; 0: of
 * none. *unknown: that of another can't be told now, which a warning names; it may be higher. */
enum tlspin_code backups_last_operation(const char *store, uid_t owner, uint64_t *last,
                                        bool *unknown, char **problem);

/* Removes those that are to go: see rotation_choose. The newest that is whole is found by reading.
 */
enum tlspin_code backups_rotate(const char *store, uid_t owner, const struct rotation_rules *rules,
                                char **problem);

/* What is done to each backup. */
struct backups_work {
  /* Whether a backup, which can only be read here, is concerned at all; NULL: each is. */
  bool (*concerns)(struct store *store, void *data);
  /* Changes a copy of it, which is a user's store like any other. With TLSPIN_OK the copy takes the
   * backup's place; with TLSPIN_E_NOT_FOUND there was nothing to be changed. */
  enum tlspin_code (*change)(struct store *store, void *data);
  void *data;
  /* Removes those that are damaged, since it can't be told what is in them, and rows can be saved
   * even from such a file. Otherwise they are left alone. */
  bool remove_damaged;
};

struct backups_done {
  unsigned changed;
  unsigned removed; /* damaged ones */
  unsigned left;    /* that were left as they are, since they can't be used */
};

/* Does it to all of them, one after the other; drafts in them are dropped. What fails for one
 * doesn't keep the others from their turn; the code and the problem are those of the first. One
 * that can't be opened at all (see BACKUP_UNREAD) is such a failure where damaged ones are to be
 * removed.
 */
enum tlspin_code backups_each_open(const char *store, uid_t owner, const struct backups_work *work,
                                   struct backups_done *done, char **problem);

/* Removes what the making of a backup that was cut off has left; one that is being made now is
 * waited for. */
enum tlspin_code backups_sweep(const char *store, uid_t owner, char **problem);

/* store_forget in each, with no bound but the time. */
enum tlspin_code backups_forget(const char *store, uid_t owner, int64_t before, char **problem);

#endif

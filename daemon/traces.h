/* What is left of hosts in the files beside a user's store: backups, what was set aside, what a
 * crash has left.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TRACES_H
#define TRACES_H

#include "common/tlspin-error.h"
#include "daemon/erasure.h"
#include "daemon/lockfile.h"

#include <sys/types.h>

struct traces {
  struct lockfile lock; /* as long as it is open no daemon makes a backup, nor recovers the store */
  unsigned backups;     /* that were written anew without it */
  unsigned removed;     /* damaged backups, */
  unsigned asides;      /* and files that were set aside: nobody can tell what is in them */
};

/* Erases what is meant in these files. Each backup is written anew, since what was deleted before
 * may stand in it yet; each damaged one, and each file that was set aside, is removed: in a row
 * that is damaged not even the host's name need be right. found: something of it is, or was, in the
 * store. Where it isn't, and no backup holds it, and no octets of the other files name it, nothing
 * is removed for what may be a slip of the pen: TLSPIN_E_NOT_FOUND. But what is unfinished, of
 * which nobody has any use, is removed in any case. TLSPIN_UNAVAILABLE with a *problem, to be freed
 * by g_free: some of it may have been done. TLSPIN_E_BUSY, too: another daemon is erasing. store,
 * owner: as in backups.h. Any thread. *done: traces_end once the store itself has been seen to, so
 * that no backup is made of it before. */
enum tlspin_code traces_erase(const char *store, uid_t owner, struct erasure *erasure, bool found,
                              struct traces *done, char **problem);

/* Fine for traces that are empty, and after an error. */
void traces_end(struct traces *done);

/* Removes the files that were set aside, *removed: how many, and what a recovery that was cut off
 * has left. The store must be open. (What is left of backups is removed as they are seen to.) */
enum tlspin_code traces_remove_asides(const char *store, unsigned *removed, char **problem);

#endif

/* Copying a user's store, for a backup.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BACKUP_COPY_H
#define BACKUP_COPY_H

#include "daemon/backup.h"

/* How a store is copied. */
struct backup_terms {
  bool asked; /* by the user: so it is done even while pins are lost from the store (damage.h) */
};

/* Copies the user's store at `path`, a name without symbolic links, which others may have open and
 * write to, in this process as well, and which must have been opened by store_open: what is copied
 * is what it held at one moment. Lookups and writes go on, but for a moment now and then; nobody
 * puts another store in its place meanwhile. owner: as of store_open. to: an empty file. *sum: of
 * the copy, which isn't read through yet.
 *
 * TLSPIN_E_BUSY while an operation is being applied (store_apply): the half of an import is nothing
 * to come back to. TLSPIN_UNAVAILABLE where it can't be read or written, and for want of `asked`.
 * With a *problem in any case. */
enum tlspin_code backup_copy_store(const char *path, uid_t owner, const char *to,
                                   const struct backup_terms *terms, struct backup_sum *sum,
                                   char **problem);

/* Copies one that was opened by backup_open. */
enum tlspin_code backup_copy(struct store *from, const char *to, char **problem);

#endif

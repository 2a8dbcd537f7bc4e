/* From a damaged or lost store to one that can be used again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RECOVERY_H
#define RECOVERY_H

#include "daemon/backup.h"

#include <stdint.h>
#include <sys/types.h>

/* For a user's store of which store_open said TLSPIN_STORE_DAMAGED: makes a new one beside it of
 * what can be saved, sets the damaged file aside, and puts the new one in its place; the rules are
 * in recovery.c. What was lost stands in the new one (damage.h).
 * path, owner: as of store_open. now: in seconds since 1970. TLSPIN_OK also where the store is
 * whole by now, since somebody else was faster. Otherwise TLSPIN_UNAVAILABLE with *problem, to be
 * freed by g_free: then nothing was changed. A crash leaves what this can begin anew with. */
enum tlspin_code recovery_run(const char *path, uid_t owner, int64_t now, char **problem);

/* Puts a copy of a backup, which must be whole, in the place of a user's store, which nobody may
 * have open. A damaged one is set aside, and stands as lost in the new one; what a whole one holds
 * is gone, but what was lost from it and not seen still stands. before: of a backup of the whole
 * store that was just made; NULL: it could not be read. Where it isn't so any more, TLSPIN_E_BUSY
 * with *problem. Otherwise as recovery_run. */
enum tlspin_code recovery_restore(const char *path, uid_t owner, const struct backup *backup,
                                  const struct backup_sum *before, int64_t now, char **problem);

#endif

/* The folder `backups` beside a user's store: its lock, and the names in it (see backups.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BACKUP_FOLDER_H
#define BACKUP_FOLDER_H

#include "daemon/backup.h"
#include "daemon/lockfile.h"

#include <glib.h>

struct backup_folder {
  char *path;      /* without symbolic links */
  char *store;     /* of the user, beside it; the same */
  char *temporary; /* the name of a file that is no backup yet */
  uid_t owner;
  struct lockfile lock;
};

/* To change something in it: makes it where it is missing, takes its lock, for which it waits at
 * most 2 seconds, and removes what a crash has left there. */
enum tlspin_code backup_folder_enter(const char *store, uid_t owner, struct backup_folder *folder,
                                     char **problem);

/* Removes what has the temporary name, and what SQLite and the store put beside it. Fine after a
 * failed backup_folder_enter. */
void backup_folder_leave(struct backup_folder *folder);

/* Where a backup is made that isn't one yet; to be freed by g_free. */
char *backup_folder_unfinished(const char *store);

/* Removes it in between. */
enum tlspin_code backup_folder_clear(const struct backup_folder *folder, char **problem);

/* A backup of this time with a name that is free. TLSPIN_UNAVAILABLE: there are too many of this
 * second. */
enum tlspin_code backup_folder_name(const struct backup_folder *folder, int64_t made,
                                    struct backup **backup, char **problem);

/* The backups in it, of which only names and sizes are looked at: see backups_list. */
enum tlspin_code backup_folder_list(const char *store, uid_t owner, int64_t now, GPtrArray **list,
                                    char **problem);

/* To change what is in it: both. Where there is no folder none is made, and the list is empty. */
enum tlspin_code backup_folder_enter_listed(const char *store, uid_t owner, int64_t now,
                                            struct backup_folder *folder, GPtrArray **list,
                                            char **problem);

#endif

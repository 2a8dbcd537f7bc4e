/* The file of a store, before SQLite sees it: where it is, whose it is, who may touch it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All checks are done on a descriptor of ours that is closed before SQLite opens the file: closing
 * another descriptor of an open database would drop SQLite's locks (POSIX fcntl locks).
 */
#ifndef FILE_H
#define FILE_H

#include "daemon/store.h"

/* What a file is held to. */
struct file_rule {
  enum store_kind kind;
  uid_t owner;
};

/* *resolved (to be freed by g_free) is the file's path with a folder free of symbolic links; the
 * file itself isn't followed. Makes the folder of a user store where it is missing, and checks
 * whose it is. */
enum tlspin_code file_resolve(const char *path, struct file_rule rule, char **resolved,
                              char **problem);

/* True where anything is at the path, a dangling link as well. */
bool file_exists(const char *path);

/* True where a file of at least one octet is at the path, or it can't be told. */
bool file_has_content(const char *path);

/* The folder of a store's backups, beside it. */
#define FILE_BACKUPS "backups"

/* True where backups of a store at `path` are beside it, or it can't be told. */
bool file_has_backups(const char *path);

/* Makes an empty file of mode 0600 where there is none, and makes its name last. */
enum tlspin_code file_create(const char *path, char **problem);

/* Gives a file of ours its mode and its name, in place of what has that, once all of it is on the
 * disk; after an error both may be as before. */
enum tlspin_code file_publish(const char *temporary, const char *path, mode_t mode, char **problem);

/* Opens a file that must be there: not followed if it is a link, never waited for if it is a FIFO,
 * a regular file of the owner with the right mode. That of a user is opened to be written, too,
 * unless its file system is mounted read-only. *fd is to be closed. */
enum tlspin_code file_open(const char *path, struct file_rule rule, int *fd, char **problem);

/* The same, and looks at the first octets: a database in WAL mode is refused. Those of a user store
 * with an unfinished write are SQLite's to put back first. */
enum tlspin_code file_check(const char *path, struct file_rule rule, char **problem);

/* What follows the name of a store in that of a file that is to take its place: see successor.h. */
#define FILE_UNFINISHED ".new"

/* Removes such a file, which a crash has left, and what is beside it. To be called only by who has
 * the store's lock (lockfile.h), shared at least: who works at one has it alone. False, and errno,
 * where something is left. */
bool file_remove_unfinished(const char *path);

/* What is said of a file on a file system that is mounted read-only: one could be read, but not
 * what is asked for. */
enum tlspin_code file_say_fixed(const char *path, char **problem);

/* fsync(2) on the folder that holds path, after which a name in it survives a loss of power. */
bool file_sync_folder(const char *path);

/* Removes SQLite's temporary files from the folder that holds path (names.h), and what
 * file_remove_unfinished removes, by its rules; as far as that goes. */
void file_sweep(const char *path);

#endif

/* What the parts of powerloss.h share: powerloss-calls.c tells powerloss.c what is done, of which
 * powerloss-disk.c makes states.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef POWERLOSS_RECORD_H
#define POWERLOSS_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* File and folder are numbers of files; RECORD_ROOT is the folder that is watched. */
enum { RECORD_ROOT = 0, RECORD_UNKNOWN = -1 };

enum call_kind { CALL_NAME, CALL_RENAME, CALL_REMOVE, CALL_WRITE, CALL_SIZE, CALL_SYNC };

struct call {
  enum call_kind kind;
  int file;
  int folder;       /* that the name is in */
  char *name, *old; /* below the watched one */
  size_t offset;    /* of a write; or the new size */
  GBytes *octets;
};

/* What is recorded, for powerloss-disk.c. */
const char *record_root(void);
const struct call *record_call(size_t i);
size_t record_files(void);
bool record_is_folder(int file);

/* Whether anything is watched now, and whether the path is of it. */
bool record_is_on(void);
bool record_has(const char *path);

/* A name was made for a new file or folder; another for a file that has one; one given in place of
 * another; removed. */
void record_name(const char *path, const struct stat *status);
void record_link(const char *path, const struct stat *status);
void record_rename(const char *from, const char *to);
void record_remove(const char *path);

/* A file was written, or cut or grown to a size; file or folder was synced. What isn't watched is
 * passed over. */
void record_write(const struct stat *status, off_t offset, const void *octets, size_t size);
void record_size(const struct stat *status, off_t size);
void record_sync(const struct stat *status);

/* Fails where the folder isn't as all calls together have made it. */
void disk_compare(void);

#endif

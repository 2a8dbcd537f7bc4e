/* The file beside a user store that keeps its users apart and remembers that there was one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is empty until the database is on the disk, then it holds "1\n". So a missing database beside
 * a lock file with content means lost pins, and any crash in between leaves an empty one, with
 * which the making starts again. Whoever uses the store holds flock(2) LOCK_SH, whoever makes or
 * migrates it LOCK_EX. Apart from that, whoever works at something that has a number holds the
 * octet of that number, with a lock of fcntl(2) that ends with its process (F_OFD_SETLK).
 */
#ifndef LOCKFILE_H
#define LOCKFILE_H

#include "common/tlspin-error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* For how long one waits for other processes, and for other threads: at most 2 seconds, which is
 * for whoever has nothing else to do; or not at all. */
enum lockfile_wait { LOCKFILE_PATIENT, LOCKFILE_AT_ONCE };

/* The number of an erasure, of which there is one at a time: no operation has it. */
#define LOCKFILE_ERASURE 0

struct lockfile {
  char *path; /* NULL: not open */
  int fd;
  enum lockfile_wait wait;
  bool exclusive;
  bool remembers;
  bool fixed; /* on a file system that is mounted read-only: no number can be held */
};

/* Opens the lock file of the store at `path`, an absolute one; makes it where it is missing. Shared
 * where it remembers a store, else exclusive; one that can't be written must remember one. */
enum tlspin_code lockfile_open(const char *path, uid_t owner, enum lockfile_wait wait,
                               struct lockfile *lock, char **problem);

/* Whether one is there that remembers the store at `path`, without a wait for anybody. */
bool lockfile_remembers(const char *path);

/* Once nobody else uses the store. */
enum tlspin_code lockfile_exclude(struct lockfile *lock, char **problem);

/* After the database is on the disk: remembers it, and shares the lock again. Whoever gets it in
 * between is waited for. */
enum tlspin_code lockfile_settle(struct lockfile *lock, char **problem);

/* Holds a number until it is let go of or the file is closed. False where another one holds it, or
 * that can't be found out. One that is held already stays so. */
bool lockfile_hold(const struct lockfile *lock, uint64_t number);
void lockfile_let_go(const struct lockfile *lock, uint64_t number);

/* Whether another one holds it; true where that can't be found out. */
bool lockfile_is_held(const struct lockfile *lock, uint64_t number);

/* Fine for one that isn't open. */
void lockfile_close(struct lockfile *lock);

#endif

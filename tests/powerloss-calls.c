/* The calls of the C library by which files are changed, recorded: see powerloss.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They stand in front of those of the C library for the whole program, the shared libraries that it
 * uses too: the linker exports what these ask for. Each is called by an assembler name, since the
 * headers may already say of the plain one what doesn't fit (or make it another's, with large
 * files). Nothing is really synced: the record is what counts, and the test is faster. */
#include "config.h"

#include "tests/powerloss-record.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define CALL(type, name, parameters)                                                               \
  __attribute__((visibility("default"))) type called_##name parameters __asm__(#name);             \
  type called_##name parameters

/* The C library's own. */
#define REAL(name) ((__typeof__(&called_##name))real_call(#name))

static void *real_call(const char *name)
{
  return dlsym(RTLD_NEXT, name);
}

static bool look(int fd, struct stat *status)
{
  int saved = errno;
  bool looked = record_is_on() && fstat(fd, status) == 0;

  errno = saved;
  return looked;
}

static bool is_there(const char *path)
{
  struct stat status;
  int saved = errno;
  bool there = lstat(path, &status) == 0;

  errno = saved;
  return there;
}

/* A file that was opened: made by that, or emptied. */
static int note_open(int fd, const char *path, int flags, bool was_there)
{
  struct stat status;

  if (fd < 0 || !record_has(path) || !look(fd, &status))
    return fd;
  if (!was_there)
    record_name(path, &status);
  else if ((flags & O_TRUNC) != 0)
    record_size(&status, 0);
  return fd;
}

static mode_t mode_of(int flags, va_list list)
{
  return (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
  CALL(int, name, (const char *path, int flags, ...))                                              \
  {                                                                                                \
    bool was_there = !record_is_on() || is_there(path);                                            \
    va_list list;                                                                                  \
    mode_t mode;                                                                                   \
                                                                                                   \
    va_start(list, flags);                                                                         \
    mode = mode_of(flags, list);                                                                   \
    va_end(list);                                                                                  \
    return note_open(REAL(name)(path, flags, mode), path, flags, was_there);                       \
  }

OPEN(open)
OPEN(open64)

#define PWRITE(name)                                                                               \
  CALL(ssize_t, name, (int fd, const void *octets, size_t size, off_t offset))                     \
  {                                                                                                \
    ssize_t written = REAL(name)(fd, octets, size, offset);                                        \
    struct stat status;                                                                            \
                                                                                                   \
    if (written > 0 && look(fd, &status))                                                          \
      record_write(&status, offset, octets, (size_t)written);                                      \
    return written;                                                                                \
  }

PWRITE(pwrite)
PWRITE(pwrite64)

/* A file that is written at its end has moved on by what was written. */
CALL(ssize_t, write, (int fd, const void *octets, size_t size))
{
  ssize_t written = REAL(write)(fd, octets, size);
  struct stat status;

  if (written > 0 && look(fd, &status) && S_ISREG(status.st_mode))
    record_write(&status, lseek(fd, 0, SEEK_CUR) - written, octets, (size_t)written);
  return written;
}

#define FTRUNCATE(name)                                                                            \
  CALL(int, name, (int fd, off_t size))                                                            \
  {                                                                                                \
    int done = REAL(name)(fd, size);                                                               \
    struct stat status;                                                                            \
                                                                                                   \
    if (done == 0 && look(fd, &status))                                                            \
      record_size(&status, size);                                                                  \
    return done;                                                                                   \
  }

FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define SYNC(name)                                                                                 \
  CALL(int, name, (int fd))                                                                        \
  {                                                                                                \
    struct stat status;                                                                            \
                                                                                                   \
    if (look(fd, &status))                                                                         \
      record_sync(&status);                                                                        \
    return 0;                                                                                      \
  }

SYNC(fsync)
SYNC(fdatasync)

CALL(int, mkdir, (const char *path, mode_t mode))
{
  int done = REAL(mkdir)(path, mode);
  struct stat status;

  if (done == 0 && record_is_on() && record_has(path) && stat(path, &status) == 0)
    record_name(path, &status);
  return done;
}

CALL(int, rename, (const char *from, const char *to))
{
  int done = REAL(rename)(from, to);

  if (done == 0 && record_is_on() && (record_has(from) || record_has(to)))
    record_rename(from, to);
  return done;
}

CALL(int, link, (const char *from, const char *to))
{
  int done = REAL(link)(from, to);
  struct stat status;

  if (done == 0 && record_is_on() && record_has(to) && lstat(to, &status) == 0)
    record_link(to, &status);
  return done;
}

#define REMOVE(name)                                                                               \
  CALL(int, name, (const char *path))                                                              \
  {                                                                                                \
    int done = REAL(name)(path);                                                                   \
                                                                                                   \
    if (done == 0 && record_is_on() && record_has(path))                                           \
      record_remove(path);                                                                         \
    return done;                                                                                   \
  }

REMOVE(unlink)
REMOVE(rmdir)

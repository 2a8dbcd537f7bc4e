/* The file beside a user store: see lockfile.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lockfile.h"

#include "common/text.h"
#include "daemon/file.h"
#include "daemon/problem.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_TRIES = 1000, WAIT_USEC = 2000 };

static char *path_beside(const char *path)
{
  size_t size = strlen(path);

  if (g_str_has_suffix(path, ".db"))
    size -= strlen(".db");
  return g_strdup_printf("%.*s.lock", (int)size, path);
}

/* flock(2) drops a shared lock before it takes the exclusive one, so that what was read before has
 * to be read again afterwards. */
static bool acquire(struct lockfile *lock, int operation, enum lockfile_wait wait)
{
  struct stat status;
  int tries = wait == LOCKFILE_PATIENT ? WAIT_TRIES : 0;

  while (flock(lock->fd, operation | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || tries-- == 0)
      return false;
    g_usleep(WAIT_USEC);
  }
  lock->exclusive = operation == LOCK_EX;
  if (fstat(lock->fd, &status) != 0)
    return false;
  lock->remembers = status.st_size > 0;
  return true;
}

static enum tlspin_code say_busy(const struct lockfile *lock, char **problem)
{
  return problem_set(problem,
                     _("%s is locked by another process: %s. End the other tlspind and try again."),
                     lock->path, g_strerror(errno));
}

bool lockfile_remembers(const char *path)
{
  g_autofree char *beside = path_beside(path);

  return file_has_content(beside);
}

enum tlspin_code lockfile_exclude(struct lockfile *lock, char **problem)
{
  return acquire(lock, LOCK_EX, lock->wait) ? TLSPIN_OK : say_busy(lock, problem);
}

/* Exclusive for the maker, and also for who waited for another one to make it: lockfile_settle ends
 * that. */
static enum tlspin_code lock_first(struct lockfile *lock, char **problem)
{
  lock->fixed = (fcntl(lock->fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
  if (!acquire(lock, LOCK_SH, lock->wait))
    return say_busy(lock, problem);
  if (lock->remembers)
    return TLSPIN_OK;
  if (lock->fixed)
    return file_say_fixed(lock->path, problem);
  return acquire(lock, LOCK_EX, lock->wait) ? TLSPIN_OK : say_busy(lock, problem);
}

enum tlspin_code lockfile_open(const char *path, uid_t owner, enum lockfile_wait wait,
                               struct lockfile *lock, char **problem)
{
  enum tlspin_code code = TLSPIN_OK;

  *lock = (struct lockfile){.path = path_beside(path), .fd = -1, .wait = wait};
  if (!file_exists(lock->path))
    code = file_create(lock->path, problem);
  if (code == TLSPIN_OK)
    code = file_open(lock->path, (struct file_rule){STORE_USER, owner}, &lock->fd, problem);
  if (code == TLSPIN_OK)
    code = lock_first(lock, problem);
  if (code != TLSPIN_OK)
    lockfile_close(lock);
  return code;
}

static bool remember(struct lockfile *lock)
{
  static const char content[] = {'1', '\n'};

  return pwrite(lock->fd, content, sizeof content, 0) == sizeof content && fsync(lock->fd) == 0;
}

enum tlspin_code lockfile_settle(struct lockfile *lock, char **problem)
{
  if (!lock->remembers && !remember(lock))
    return problem_set(problem, _("%s can't be written: %s. Make room on the disk."), lock->path,
                       g_strerror(errno));
  return acquire(lock, LOCK_SH, LOCKFILE_PATIENT) ? TLSPIN_OK : say_busy(lock, problem);
}

static struct flock octet(uint64_t number, short type)
{
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)number, .l_len = 1};
}

static bool set_octet(const struct lockfile *lock, uint64_t number, short type)
{
  struct flock range = octet(number, type);

  return number <= INT64_MAX && fcntl(lock->fd, F_OFD_SETLK, &range) == 0;
}

bool lockfile_hold(const struct lockfile *lock, uint64_t number)
{
  return set_octet(lock, number, F_WRLCK);
}

void lockfile_let_go(const struct lockfile *lock, uint64_t number)
{
  set_octet(lock, number, F_UNLCK);
}

bool lockfile_is_held(const struct lockfile *lock, uint64_t number)
{
  struct flock range = octet(number, F_WRLCK);

  return number > INT64_MAX || fcntl(lock->fd, F_OFD_GETLK, &range) != 0 || range.l_type != F_UNLCK;
}

void lockfile_close(struct lockfile *lock)
{
  if (lock->path == NULL)
    return;
  if (lock->fd >= 0)
    close(lock->fd);
  g_free(lock->path);
  *lock = (struct lockfile){.fd = -1};
}

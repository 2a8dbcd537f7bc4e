/* A file that can't be read now: see hinder.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/hinder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static struct stat hindered;
static atomic_bool any; /* others read in threads */
static atomic_int left; /* reads that don't fail */

void hinder(const char *path, unsigned reads)
{
  atomic_store(&any, false);
  atomic_store(&left, (int)reads);
  if (path == NULL)
    return;
  assert_int_equal(stat(path, &hindered), 0);
  atomic_store(&any, true);
}

static bool is_hindered(int fd)
{
  struct stat status;

  return atomic_load(&any) && fstat(fd, &status) == 0 && status.st_dev == hindered.st_dev &&
         status.st_ino == hindered.st_ino && atomic_fetch_sub(&left, 1) <= 0;
}

ssize_t __real_pread(int fd, void *octets, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *octets, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *octets, size_t size, off_t offset)
{
  if (!is_hindered(fd))
    return __real_pread(fd, octets, size, offset);
  errno = EIO;
  return -1;
}

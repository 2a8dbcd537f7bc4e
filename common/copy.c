/* The octets of one file in another: see copy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/copy.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { OCTETS = 32 << 10 };

/* A write that stops in the middle, at a full disk say, doesn't tell why; the one after it does. */
static bool write_all(int to, const char *octets, size_t size)
{
  while (size > 0) {
    ssize_t written = write(to, octets, size);

    if (written <= 0)
      return false;
    octets += written;
    size -= (size_t)written;
  }
  return true;
}

bool copy_octets(int from, int to)
{
  char octets[OCTETS];
  ssize_t size;
  bool written = true;
  int fault;

  while (written && (size = read(from, octets, sizeof octets)) > 0)
    written = write_all(to, octets, (size_t)size);
  written = written && size == 0 && fsync(to) == 0;
  fault = errno;
  explicit_bzero(octets, sizeof octets);
  errno = fault;
  return written;
}

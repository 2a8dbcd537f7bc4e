/* Whose text may be compiled: see trust.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/trust.h"

#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_trusted(const struct stat *status)
{
  return (status->st_uid == 0 || status->st_uid == geteuid()) && (status->st_mode & 022) == 0;
}

bool trust_check(const char *path, const struct stat *status, enum trust trust, struct spot spot,
                 const char *key, struct findings *findings)
{
  if (is_trusted(status))
    return true;
  findings_add_named(
      findings, trust == TRUST_SYSTEM ? FINDING_FILE : FINDING_OWNER, spot, key,
      _("%s belongs to another user, or others may write to it, so that it is not compiled. "
        "Run 'chown %lu %s' and 'chmod go-w %s'."),
      path, (unsigned long)geteuid(), path, path);
  return trust != TRUST_SYSTEM;
}

bool trust_open(const char *path, enum trust trust, struct spot spot, const char *key,
                struct findings *findings, int *descriptor)
{
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  *descriptor = fd;
  if (fd < 0 || fstat(fd, &status) != 0)
    findings_add_named(findings, FINDING_FILE, spot, key,
                       _("%s can't be read: %s. Correct the name, or make it readable."), path,
                       g_strerror(errno));
  else if (!S_ISREG(status.st_mode))
    findings_add_named(findings, FINDING_FILE, spot, key,
                       _("%s is not a regular file. Move it away, or put a file in its place."),
                       path);
  else if (trust_check(path, &status, trust, spot, key, findings))
    return true;
  if (fd >= 0)
    close(fd);
  return false;
}

/* The running test program, once more: see again.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/again.h"

#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int again(const char *argument)
{
  char path[PATH_MAX] = "", copy[64];
  char *const arguments[] = {path, copy, NULL};
  int status = -1;
  pid_t pid;

  /* Not "/proc/self/exe" itself, which is another program under valgrind. */
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0)
    return -1;
  snprintf(copy, sizeof copy, "%s", argument);
  if (posix_spawn(&pid, path, NULL, NULL, arguments, environ) != 0 ||
      waitpid(pid, &status, 0) != pid)
    return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

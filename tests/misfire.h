/* A function that fails when it is called for the n-th time, by the linker's --wrap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MISFIRE_H
#define MISFIRE_H

#include <errno.h>
#include <stdbool.h>

/* Before a call that is to fail: NAME_misfire = (struct misfire){.call = 1, .error = EIO}. */
struct misfire {
  unsigned call; /* which one from here on; 0: none */
  int error;     /* for errno */
  bool ever;     /* and all that come after it */
  unsigned done; /* how many have failed */
};

static inline bool misfire_now(struct misfire *misfire)
{
  if (misfire->call == 0)
    return false;
  if (misfire->call > 1) {
    misfire->call--;
    return false;
  }
  misfire->call = misfire->ever ? 1 : 0;
  misfire->done++;
  errno = misfire->error;
  return true;
}

/* To stand in the test whose LDFLAGS have -Wl,--wrap,NAME. */
#define MISFIRE(type, name, parameters, arguments, value)                                          \
  static struct misfire name##_misfire;                                                            \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters                                                                    \
  {                                                                                                \
    return misfire_now(&name##_misfire) ? value : __real_##name arguments;                         \
  }

#endif

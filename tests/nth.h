/* Functions of which one call fails, by the linker's --wrap: of all calls of all of them the n-th.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A deed is done again and again: the first, second, third ... call in it fails, until there is no
 * such call any more. */
#ifndef NTH_H
#define NTH_H

#include <errno.h>
#include <stdbool.h>

static bool nth_armed;
static unsigned nth_calls, nth_failing; /* counted since the deed began; which one fails */

static inline bool nth_fails(void)
{
  return nth_armed && ++nth_calls == nth_failing;
}

static inline void nth_arm(unsigned which)
{
  nth_failing = which;
  nth_calls = 0;
  nth_armed = true;
}

/* True where the call that was to fail was not made any more: the deed is through. */
static inline bool nth_disarm(void)
{
  nth_armed = false;
  return nth_calls < nth_failing;
}

/* To stand in the test whose LDFLAGS have -Wl,--wrap,NAME. */
#define NTH(type, name, parameters, arguments, error, failure)                                     \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters                                                                    \
  {                                                                                                \
    if (!nth_fails())                                                                              \
      return __real_##name arguments;                                                              \
    errno = error;                                                                                 \
    return failure;                                                                                \
  }

#endif

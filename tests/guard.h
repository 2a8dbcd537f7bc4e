/* A guard of the clock, and what it is asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include "daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>

enum { HOUR = 3600, DAY = 86400 };

#define START INT64_C(1900000000)
#define JUMP  ((int64_t)CLOCK_JUMP)

/* The clock was right, in a first start of the computer, an hour after that. */
static inline struct clock_guard guard_at(int64_t mark)
{
  struct clock_guard guard = CLOCK_GUARD_AT(mark);

  guard.boot = 1;
  guard.elapsed = HOUR;
  return guard;
}

/* It says a time, `passed` seconds of running time after it was asked last. */
static inline void ask(struct clock_guard *guard, int64_t now, int64_t passed)
{
  clock_believe(guard, &(struct clock_reading){now, guard->elapsed + passed, guard->boot});
}

/* It says a time, half a minute after the computer was started anew. */
static inline void ask_anew(struct clock_guard *guard, int64_t now)
{
  clock_believe(guard, &(struct clock_reading){now, 30, guard->boot + 1});
}

enum { ANEW = -1 }; /* for `passed`: the computer was started anew */

/* What the clock says, and what is made of it. */
struct asking {
  int64_t now;
  int64_t passed;
  bool suspect;
  int64_t mark;
};

static inline struct clock_guard walk(struct clock_guard guard, const struct asking *steps,
                                      size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (steps[i].passed == ANEW)
      ask_anew(&guard, steps[i].now);
    else
      ask(&guard, steps[i].now, steps[i].passed);
    if (guard.suspect != steps[i].suspect || guard.mark != steps[i].mark)
      fail_msg("step %zu: %s, mark %" PRId64, i, guard.suspect ? "suspect" : "trusted", guard.mark);
  }
  return guard;
}

#define WALK(guard, ...)                                                                           \
  walk(guard, (const struct asking[]){__VA_ARGS__},                                                \
       sizeof((const struct asking[]){__VA_ARGS__}) / sizeof(struct asking))

#endif

/* Which time is believed: a high-water mark of the computer's clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever answers for the time in a network can set the clock. Nobody can set for how long the
 * computer has run. The guard is a pure function of both, whenever they are asked; its rules stand
 * above clock_believe in clock.c. It is kept in the row "clock" of the store's state (state.h),
 * whose octets are, all numbers in network order: form (3), 1; suspect (0 or 1), 1; mark, 8; seen,
 * 8; since, 8; steady, 8; era, 8; boot, 8; elapsed, 8; reckoned, 8; next, 8; between, 8; off, 8.
 * Form 2 ends before the last of them, form 1 with the era.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "daemon/store.h"

enum {
  CLOCK_TOLERANCE = 600,   /* seconds by which a clock may be set back without a word, */
  CLOCK_JUMP = 30 * 86400, /* and by which it may be ahead of what is known to have passed */
  CLOCK_TRIAL = 86400,     /* so long a clock that has jumped must go on steadily; */
  CLOCK_APART = 43200,     /* so much of that may be times of which nothing is known */
  CLOCK_TURN = 43200,      /* after twice so long a running time a step ahead is forgotten */
  CLOCK_VOUCHES = 720,     /* each second of running time vouches for so many of being off; */
  CLOCK_WEEK = 7 * 86400   /* so many wait for that at most, and are a trial, too */
};

#define CLOCK_RELEASED INT64_C(1735689600) /* 2025-01-01: tlspin was never run before that */

/* What the computer says when it is asked. */
struct clock_reading {
  int64_t says;    /* its clock: seconds since 1970 */
  int64_t elapsed; /* seconds since it was started, those of suspension too */
  uint64_t boot;   /* which start that was; never 0. Only within one is `elapsed` one count */
};

struct clock_guard {
  int64_t mark; /* the time that is believed; of a clock that is trusted, the latest */
  int64_t seen; /* what the clock said last */
  bool suspect;
  int64_t since;    /* with suspect: what the clock said when it jumped */
  int64_t steady;   /* seconds of running time since then, or since a turn after it */
  uint64_t era;     /* how often an earlier time was believed again */
  uint64_t boot;    /* of the last reading; 0: there was none, */
  int64_t elapsed;  /* and what it counted */
  int64_t reckoned; /* a mark of before, and the running time since */
  int64_t next;     /* a later one, that takes its place at the next turn */
  int64_t between;  /* with suspect: seconds between two starts, by what the clock said */
  int64_t off; /* the same, but no more than a day of each; without suspect: what waits by rule 3 */
  bool unread; /* the store's row isn't understood: clock_distrust. Not kept */
};

/* Of a time that is believed, without a reading. */
#define CLOCK_GUARD_AT(time)                                                                       \
  ((struct clock_guard){.mark = (time), .seen = (time), .reckoned = (time), .next = (time)})

/* Of a new store, at which no clock was ever asked. */
#define CLOCK_GUARD_NEW CLOCK_GUARD_AT(CLOCK_RELEASED)

/* guard->mark is the time to go by after this reading. */
void clock_believe(struct clock_guard *guard, const struct clock_reading *reading);

/* Where it can't be understood what was believed before: the mark stands, and the clock is suspect,
 * whatever it says. */
void clock_distrust(struct clock_guard *guard, const struct clock_reading *reading);

/* When it will be trusted at the earliest, by its own reckoning; with suspect. */
int64_t clock_trusted_from(const struct clock_guard *guard);

#define CLOCK_ROW "clock"

/* What the store remembers. TLSPIN_E_NOT_FOUND where it is new; TLSPIN_STORE_DAMAGED for octets
 * that are of no form that is known here. *guard is changed only with TLSPIN_OK. */
enum tlspin_code clock_load(struct store *store, struct clock_guard *guard);

/* Takes over what another daemon on this home has written, where that is ahead, and writes what is
 * another than before by as many seconds as are worth it, or in more than a time. What clock_load
 * can't read is not written over. */
enum tlspin_code clock_save(struct store *store, struct clock_guard *guard, int64_t worth);

#endif

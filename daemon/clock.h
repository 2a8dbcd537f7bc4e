/* Which time is believed: a high-water mark of the computer's clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guard is a pure function of what the clock says whenever it is asked; its rules stand above
 * clock_believe in clock.c. It is kept in the row "clock" of the store's state (state.h), whose
 * octets are, all numbers in network order: form (1), 1; suspect (0 or 1), 1; mark, 8; seen, 8;
 * since, 8; steady, 8; era, 8.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include "daemon/store.h"

enum {
  CLOCK_TOLERANCE = 600,   /* seconds by which a clock may be set back without a word, */
  CLOCK_JUMP = 30 * 86400, /* and by which it may go ahead between two askings */
  CLOCK_TRIAL = 86400,     /* so long a clock that has jumped must go on steadily */
  CLOCK_STEP = 43200       /* so much of it can pass between two askings */
};

#define CLOCK_RELEASED INT64_C(1735689600) /* 2025-01-01: tlspin was never run before that */

struct clock_guard {
  int64_t mark; /* the time that is believed; of a clock that is trusted, the latest */
  int64_t seen; /* what the clock said last */
  bool suspect;
  int64_t since;  /* with suspect: what the clock said when it jumped, */
  int64_t steady; /* and for how long it has gone on steadily, in seconds */
  uint64_t era;   /* how often an earlier time was believed again */
};

/* Of a new store, at which no clock was ever asked. */
#define CLOCK_GUARD_NEW ((struct clock_guard){.mark = CLOCK_RELEASED, .seen = CLOCK_RELEASED})

/* The clock says `now`, in seconds since 1970. guard->mark is the time to go by then. */
void clock_believe(struct clock_guard *guard, int64_t now);

/* When it will be trusted at the earliest, by its own reckoning; with suspect. */
int64_t clock_trusted_from(const struct clock_guard *guard);

#define CLOCK_ROW "clock"

/* What the store remembers. TLSPIN_E_NOT_FOUND where it is new; TLSPIN_UNAVAILABLE also for octets
 * that are not of this form. *guard is changed only with TLSPIN_OK. */
enum tlspin_code clock_load(struct store *store, struct clock_guard *guard);

/* Takes over what another daemon on this home has written, where that is ahead, and writes what is
 * another than before by an hour, or in more than a number. */
enum tlspin_code clock_save(struct store *store, struct clock_guard *guard);

#endif

/* Whose turn it is: who has cost the least so far.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where all calls cost the same that is round robin. Where they don't, a caller of long ones gets
 * as much of the time as a caller of short ones, and not as many turns.
 */
#ifndef TURNS_H
#define TURNS_H

#include <glib.h>
#include <stdint.h>

/* A part of whoever waits. */
struct turn {
  uint64_t spent;      /* microseconds, against those of others */
  uint64_t number;     /* of the order in which turns begin */
  int64_t rests_until; /* has no turn before, of those that are asked for with a time */
  guint place;         /* among those that wait */
};

struct turns {
  GPtrArray *waiting; /* struct turn */
  uint64_t spent;     /* by who had the last turn, as it began */
  uint64_t number;
};

void turns_init(struct turns *turns);
void turns_clear(struct turns *turns);

/* It waits for a turn from now on. What it didn't use up to now isn't saved for it. */
void turns_join(struct turns *turns, struct turn *turn);

/* It doesn't wait any more. */
void turns_leave(struct turns *turns, struct turn *turn);

/* Who is next; of equals who has waited longest. now: on the clock of rests_until; INT64_MAX: who
 * rests is as good as others. NULL: nobody waits, or all rest. */
struct turn *turns_next(const struct turns *turns, int64_t now);

/* It had a turn, which took so many microseconds, and waits for another. */
void turns_charge(struct turns *turns, struct turn *turn, uint64_t cost);

#endif

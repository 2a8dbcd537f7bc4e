/* The time that the daemon goes by: what the computer's clock says, as far as it is believed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clock.h says which time is believed. Here the clock is asked for it, the layers are told, and the
 * user's store remembers.
 */
#ifndef TIMEKEEPER_H
#define TIMEKEEPER_H

#include "daemon/clock.h"
#include "daemon/layers.h"

struct timekeeper {
  struct layers *layers;
  struct clock_reading (*read)(void); /* the computer's clock, and for how long it has run */
  struct clock_guard guard;
  bool known; /* what the store remembers was read, or there is nothing */
};

/* The time to go by. The layers are told of the clock (layers_tell_clock). */
int64_t timekeeper_now(struct timekeeper *keeper);

/* Lets the store remember: at the start, and now and then, as often as it is worth a write. What
 * fails is tried again the next time. */
void timekeeper_save(struct timekeeper *keeper);

/* The same before the daemon leaves: how long it has run is not to be lost. */
void timekeeper_leave(struct timekeeper *keeper);

#endif

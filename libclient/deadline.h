/* Points of time at which waiting ends, in microseconds of CLOCK_MONOTONIC: whoever sets the clock
 * doesn't move them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <stdint.h>
#include <time.h>

int64_t deadline_now(void);

/* So many milliseconds after `start`. */
int64_t deadline_after(int64_t start, unsigned milliseconds);

int64_t deadline_later(int64_t a, int64_t b);

/* What is left, in milliseconds for poll(2): never negative, and rounded up, so that a wait doesn't
 * end before the deadline. */
int deadline_poll(int64_t deadline);

struct timespec deadline_timespec(int64_t deadline);

#endif

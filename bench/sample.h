/* Times of things that are done in turns, so that a noisy machine is noisy for all of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct sample {
  double *times; /* microseconds */
  size_t count, room;
};

void sample_add(struct sample *sample, double microseconds);

/* The value below which this part (0 to 1) of the times lies. Sorts. */
double sample_quantile(struct sample *sample, double part);
void sample_clear(struct sample *sample);

/* Microseconds of a clock; of CLOCK_MONOTONIC; and of CPU time that the calling thread has used. */
double sample_clock(clockid_t id);
double sample_now(void);
double sample_cpu(void);

/* Prints a line: the name, the median of both, their ratio, and what is aimed at. */
void sample_compare(const char *name, struct sample *ours, struct sample *theirs, double aim);

#endif

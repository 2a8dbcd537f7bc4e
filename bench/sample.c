/* Times of things that are done in turns: see sample.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/sample.h"

#include <stdio.h>
#include <stdlib.h>

void sample_add(struct sample *sample, double microseconds)
{
  if (sample->count == sample->room) {
    sample->room = sample->room * 2 + 64;
    sample->times = realloc(sample->times, sample->room * sizeof *sample->times);
    if (sample->times == NULL)
      abort();
  }
  sample->times[sample->count++] = microseconds;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

double sample_quantile(struct sample *sample, double part)
{
  if (sample->count == 0)
    return 0;
  qsort(sample->times, sample->count, sizeof *sample->times, compare);
  return sample->times[(size_t)(part * (double)(sample->count - 1))];
}

void sample_clear(struct sample *sample)
{
  free(sample->times);
  *sample = (struct sample){NULL, 0, 0};
}

double sample_clock(clockid_t id)
{
  struct timespec t;

  clock_gettime(id, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double sample_now(void)
{
  return sample_clock(CLOCK_MONOTONIC);
}

double sample_cpu(void)
{
  return sample_clock(CLOCK_THREAD_CPUTIME_ID);
}

void sample_compare(const char *name, struct sample *ours, struct sample *theirs, double aim)
{
  double a = sample_quantile(ours, 0.5), b = sample_quantile(theirs, 0.5);

  printf("%-44s %9.1f us %9.1f us   %5.2f   (aim %.2f)\n", name, a, b, a / b, aim);
  fflush(stdout);
}

/* Points of time at which waiting ends: see deadline.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/deadline.h"

#include <limits.h>

int64_t deadline_now(void)
{
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t deadline_after(int64_t start, unsigned milliseconds)
{
  return start + (int64_t)milliseconds * 1000;
}

int64_t deadline_later(int64_t a, int64_t b)
{
  return a > b ? a : b;
}

int deadline_poll(int64_t deadline)
{
  int64_t left = deadline - deadline_now();

  if (left <= 0)
    return 0;
  return left < (int64_t)INT_MAX * 1000 ? (int)((left + 999) / 1000) : INT_MAX;
}

struct timespec deadline_timespec(int64_t deadline)
{
  return (struct timespec){.tv_sec = deadline / 1000000, .tv_nsec = deadline % 1000000 * 1000};
}

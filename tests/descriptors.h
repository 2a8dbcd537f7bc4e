/* Descriptors: 0 is as good as any, and none is left open.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * descriptors_begin is for tests of what opens files by itself: SQLite keeps none below 3 free. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

/* Before the first test: the first file that is opened gets 0 from now on. */
static inline void descriptors_begin(void)
{
  close(STDIN_FILENO);
}

/* The one that the next file would get. */
static inline int descriptors_lowest(void)
{
  int lowest = dup(STDERR_FILENO);

  close(lowest);
  return lowest;
}

/* In the place of stores_teardown. */
static inline int descriptors_teardown(void **state)
{
  assert_int_equal(descriptors_lowest(), STDIN_FILENO);
  return stores_teardown(state);
}

#endif

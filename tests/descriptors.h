/* Descriptors: 0 is as good as any, and none is left open.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For tests of what opens files by itself: SQLite takes no descriptor below 3. */
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

/* In the place of stores_teardown. */
static inline int descriptors_teardown(void **state)
{
  int lowest = dup(STDERR_FILENO);

  close(lowest);
  assert_int_equal(lowest, STDIN_FILENO);
  return stores_teardown(state);
}

#endif

/* One of a program's tests alone: TESTS_STEP=test_race tests/start
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * To be included after cmocka.h.
 */
#ifndef TESTS_STEP_H
#define TESTS_STEP_H

#include <stdio.h>
#include <stdlib.h>

/* Instead of cmocka_run_group_tests. What failed is called by its name in the output before. */
#define step_run(tests, open, close)                                                               \
  (step_choose(), step_tell(cmocka_run_group_tests(tests, open, close)))

static inline void step_choose(void)
{
  const char *step = getenv("TESTS_STEP");

  if (step != NULL && step[0] != '\0')
    cmocka_set_test_filter(step);
}

static inline int step_tell(int failed)
{
  if (failed != 0)
    fprintf(stderr, "One that FAILED is to be seen again alone with its name in TESTS_STEP\n");
  return failed;
}

#endif

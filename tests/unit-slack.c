/* Tests of daemon/slack.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/slack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 16000, SIZE = 2000 };

/* Kilobytes. */
static long resident(void)
{
  long size = 0, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");

  assert_non_null(file);
  assert_int_equal(fscanf(file, "%ld %ld", &size, &pages), 2);
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Small blocks below one that stays: of itself the C library gives none of that back. What stays is
 * untouched. */
static void test_given_back(void **state)
{
  static char *blocks[BLOCKS];
  long high, low;

  (void)state;
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i] = malloc(SIZE);
    assert_non_null(blocks[i]);
    memset(blocks[i], 'x', SIZE);
  }
  for (int i = 0; i < BLOCKS - 1; i++)
    free(blocks[i]);
  high = resident();
  slack_return();
  low = resident();
  for (int i = 0; i < SIZE; i++)
    assert_int_equal(blocks[BLOCKS - 1][i], 'x');
  free(blocks[BLOCKS - 1]);
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
  assert_in_range(high - low, BLOCKS / 4 * (SIZE / 1000), INT32_MAX);
#else
  print_message("%ld kB before, %ld kB after\n", high, low);
#endif
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_given_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

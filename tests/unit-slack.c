/* Tests of daemon/slack.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/slack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

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

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
static void *take(void *block)
{
  *(void **)block = malloc(SIZE);
  return NULL;
}

/* How many heaps there are by what the C library says of itself. */
static int count_heaps(void)
{
  char *text;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  int count = 0;

  assert_non_null(file);
  assert_int_equal(malloc_info(0, file), 0);
  assert_int_equal(fclose(file), 0);
  for (const char *found = text; (found = strstr(found, "<heap nr=")) != NULL; found++)
    count++;
  free(text);
  return count;
}

/* Of itself the C library would give a thread a heap of its own. */
static void test_shared(void **state)
{
  pthread_t thread;
  void *block = NULL;

  (void)state;
  slack_share();
  assert_int_equal(pthread_create(&thread, NULL, take, &block), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_non_null(block);
  free(block);
  assert_int_equal(count_heaps(), 1);
}
#endif

int main(void)
{
  const struct CMUnitTest tests[] = {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
    cmocka_unit_test(test_shared),
#endif
    cmocka_unit_test(test_given_back),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

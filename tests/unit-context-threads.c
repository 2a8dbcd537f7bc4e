/* Tests of libclient/context.c: threads and fork.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/context.h"

#include "libclient/last.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 200 };

static int look_up_in(tlspin_t *one)
{
  tlspin_entry_t *entry = NULL;
  int code = tlspin_lookup(one, "www.example", "tls", 443, &entry);

  tlspin_entry_free(entry);
  return code;
}

static void *look_up_often(void *data)
{
  (void)data;
  for (int i = 0; i < ROUNDS; i++)
    if (look_up_in(context) != TLSPIN_MATCH)
      return NULL;
  return context;
}

static void start_threads(pthread_t threads[THREADS])
{
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, look_up_often, NULL), 0);
}

static void join_threads(pthread_t threads[THREADS])
{
  void *result;

  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, context);
  }
}

static void test_threads_on_one_context(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  pthread_t threads[THREADS];

  (void)state;
  start_threads(threads);
  join_threads(threads);
  assert_int_equal(test_bus_calls(&world, "Lookup"), THREADS * ROUNDS);
  assert_int_equal(context->bus->generation, 0);
  test_process_end(daemon);
}

/* Forks a child that looks up through the same context; true where it went well. */
static bool fork_and_look_up(void)
{
  pid_t pid = fork();

  if (pid == 0) {
    alarm(30);
    for (int i = 0; i < 3; i++)
      if (look_up_in(context) != TLSPIN_MATCH)
        test_child_end(1);
    tlspin_free(context);
    test_child_end(0);
  }
  return test_child_was_well(pid);
}

static void test_fork_while_threads_look_up(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  pthread_t threads[THREADS];
  int well = 0;

  (void)state;
  start_threads(threads);
  for (int i = 0; i < 20; i++)
    well += fork_and_look_up();
  join_threads(threads);
  assert_int_equal(well, 20);
  assert_int_equal(context->bus->generation, 0); /* the parent's connection stood all the time */
  assert_int_equal(look_up_in(context), TLSPIN_MATCH);
  test_process_end(daemon);
}

static void *look_up_until_unavailable(void *data)
{
  int code = TLSPIN_MATCH;

  (void)data;
  for (int i = 0; i < 1000000 && code == TLSPIN_MATCH; i++)
    code = look_up_in(context);
  return code == TLSPIN_UNAVAILABLE ? context : NULL;
}

static void test_bus_dies_under_threads(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  pthread_t threads[THREADS];

  (void)state;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, look_up_until_unavailable, NULL), 0);
  poll(NULL, 0, 100);
  test_bus_kill(&world);
  join_threads(threads);
  test_process_end(daemon);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_threads_on_one_context),
      WITH(test_fork_while_threads_look_up),
      WITH(test_bus_dies_under_threads),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of libclient/bus.c: fork.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/bus.h"

#include "tests/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

static int set_up(void **state)
{
  (void)state;
  return caller_set_up(NULL);
}

/* Runs in a child: other tests' checks would jump back into the parent's place. */
static int child_asks(void)
{
  alarm(30);
  for (int i = 0; i < 3; i++)
    if (!caller_ask(CALLER_LONG))
      return 1;
  return bus->process == getpid() ? 0 : 2;
}

static void test_fork_leaves_the_parent_its_connection(void **state)
{
  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  for (int i = 0; i < 5; i++) {
    pid_t pid = fork();

    if (pid == 0)
      test_child_end(child_asks());
    assert_true(test_child_was_well(pid));
    assert_true(caller_ask(CALLER_LONG));
  }
  assert_int_equal(bus->generation, 0);
  assert_string_equal(dbus_bus_get_unique_name(bus->connection), ":1.0");
}

static void test_fork_while_threads_ask(void **state)
{
  pthread_t threads[CALLER_THREADS];
  int well = 0;

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  caller_start_threads(threads);
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();

    if (pid == 0)
      test_child_end(child_asks());
    well += test_child_was_well(pid);
  }
  caller_join_threads(threads);
  assert_int_equal(well, 20);
  assert_int_equal(bus->generation, 0);
}

static void test_grandchild(void **state)
{
  pid_t pid;

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  pid = fork();
  if (pid == 0) {
    int code = child_asks();
    pid_t grandchild = fork();

    if (grandchild == 0)
      test_child_end(child_asks());
    if (!test_child_was_well(grandchild))
      code = 3;
    test_child_end(code != 0 ? code : child_asks());
  }
  assert_true(test_child_was_well(pid));
  assert_true(caller_ask(CALLER_LONG));
}

static void test_child_may_free(void **state)
{
  pid_t pid;

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  pid = fork();
  if (pid == 0) {
    bus_free(bus);
    test_child_end(0);
  }
  assert_true(test_child_was_well(pid));
  assert_true(caller_ask(CALLER_LONG));
  assert_int_equal(bus->generation, 0);
}

/* Several, freed in another order than they were made: all of them are locked by each fork. */
static void test_many_buses(void **state)
{
  struct bus *others[5];

  (void)state;
  for (int i = 0; i < 5; i++)
    others[i] = bus_new(NULL);
  for (int i = 0; i < 5; i++) {
    static const int order[] = {2, 0, 4, 1, 3};
    pid_t pid;

    bus_free(others[order[i]]);
    pid = fork();
    if (pid == 0)
      test_child_end(child_asks());
    assert_true(test_child_was_well(pid));
  }
  bus_free(NULL);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, caller_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_fork_leaves_the_parent_its_connection),
      WITH(test_fork_while_threads_ask),
      WITH(test_grandchild),
      WITH(test_child_may_free),
      WITH(test_many_buses),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

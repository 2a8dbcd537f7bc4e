/* Tests of libclient/bus.c: waiting, threads, fork.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/bus.h"

#include "libclient/connect.h"
#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/tlspin.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 200, LONG = 10000 /* milliseconds */ };

static struct test_bus world;
static struct bus *bus;

static int set_up(void **state)
{
  (void)state;
  test_bus_start(&world, NULL);
  bus = bus_new(world.address);
  assert_non_null(bus);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  bus_free(bus);
  test_bus_free(&world);
  return 0;
}

static int64_t in(unsigned milliseconds)
{
  return deadline_after(deadline_now(), milliseconds);
}

/* A call that the bus itself answers. */
static DBusMessage *question(void)
{
  return dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS,
                                      "GetId");
}

static bool ask_locked(unsigned milliseconds)
{
  int64_t deadline = in(milliseconds);
  DBusPendingCall *pending = NULL;
  DBusMessage *message = question();
  unsigned generation;
  bool answered;

  if (bus_connect(bus, deadline) != TLSPIN_OK) {
    dbus_message_unref(message);
    return false;
  }
  generation = bus->generation;
  bus_send(bus, message, &pending);
  dbus_message_unref(message);
  while (bus->generation == generation && !dbus_pending_call_get_completed(pending))
    if (!bus_wait(bus, deadline))
      break;
  if (pending == NULL)
    return false;
  answered = bus->generation == generation && dbus_pending_call_get_completed(pending);
  dbus_pending_call_cancel(pending);
  dbus_pending_call_unref(pending);
  return answered;
}

static bool ask(unsigned milliseconds)
{
  bool answered;

  bus_lock(bus);
  answered = ask_locked(milliseconds);
  bus_unlock(bus);
  return answered;
}

static void test_wait_ends_at_the_deadline(void **state)
{
  int64_t deadline;

  (void)state;
  assert_true(ask(LONG));
  bus_lock(bus);
  assert_false(bus_wait(bus, deadline_now()));
  deadline = in(100);
  while (bus_wait(bus, deadline))
    continue;
  bus_unlock(bus);
  assert_true(deadline_now() >= deadline);
  assert_true(deadline_now() < deadline + LONG * 1000);
}

static void test_wait_without_a_connection(void **state)
{
  int64_t deadline = in(50);

  (void)state;
  bus_lock(bus);
  while (bus_wait(bus, deadline))
    continue;
  assert_true(deadline_now() >= deadline);
  bus_unlock(bus);
}

static void *ask_often(void *data)
{
  (void)data;
  for (int i = 0; i < ROUNDS; i++)
    if (!ask(LONG))
      return NULL;
  return bus;
}

static void start_threads(pthread_t threads[THREADS])
{
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
}

static void join_threads(pthread_t threads[THREADS])
{
  void *result;

  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_ptr_equal(result, bus);
  }
}

static void test_threads_share(void **state)
{
  pthread_t threads[THREADS];

  (void)state;
  start_threads(threads);
  join_threads(threads);
  assert_int_equal(bus->generation, 0);
  assert_false(bus->leading);
}

static void *wait_for_nothing(void *data)
{
  int64_t *deadline = data;

  bus_lock(bus);
  while (bus_wait(bus, *deadline))
    continue;
  bus_unlock(bus);
  return bus;
}

/* Locks when another thread leads. */
static void lock_behind_leader(void)
{
  bus_lock(bus);
  while (!bus->leading) {
    bus_unlock(bus);
    usleep(1000);
    bus_lock(bus);
  }
}

/* A follower's reply is read by the leader, and it takes over when the leader goes. */
static void test_follower_takes_over(void **state)
{
  int64_t deadline;
  pthread_t leader;

  (void)state;
  assert_true(ask(LONG));
  deadline = in(100);
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &deadline), 0);
  while (deadline_now() < deadline + 100000)
    assert_true(ask(LONG));
  pthread_join(leader, NULL);
  assert_true(ask(LONG));
}

/* More than the socket takes is written by the leader, who has to be told that there is something.
 */
static void test_leader_writes_what_others_sent(void **state)
{
  static uint8_t octets[4000000];
  const uint8_t *data = octets;
  int64_t deadline = in(LONG), leaders = in(2000);
  DBusMessage *message = question();
  pthread_t leader;

  (void)state;
  dbus_message_set_no_reply(message, TRUE);
  dbus_message_append_args(message, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &data, (int)sizeof octets,
                           DBUS_TYPE_INVALID);
  assert_true(ask(LONG));
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &leaders), 0);
  lock_behind_leader();
  assert_int_equal(bus_send(bus, message, NULL), TLSPIN_OK);
  dbus_message_unref(message);
  assert_true(bus_sending(bus));
  while (bus_sending(bus) && bus_wait(bus, deadline))
    continue;
  assert_false(bus_sending(bus));
  bus_unlock(bus);
  assert_true(deadline_now() < leaders); /* so it was the leader who wrote, until now */
  pthread_join(leader, NULL);
}

static void test_stopped_bus(void **state)
{
  long before = test_now();

  (void)state;
  assert_true(ask(LONG));
  test_process_stop(world.pid);
  assert_false(ask(100));
  assert_true(test_now() - before < LONG / 2);
  test_process_go(world.pid);
  assert_true(ask(LONG));
  assert_int_equal(bus->generation, 0);
}

/* The write into the dead socket shows it. */
static void test_bus_died_between_calls(void **state)
{
  (void)state;
  signal(SIGPIPE, SIG_DFL);
  assert_true(ask(LONG));
  test_bus_kill(&world);
  assert_false(ask(LONG));
  assert_int_equal(bus->generation, 1);
  assert_false(ask(LONG));
  test_bus_restart(&world);
  assert_true(ask(LONG));
}

static void *kill_bus_soon(void *data)
{
  (void)data;
  usleep(100000);
  kill(world.pid, SIGKILL);
  return NULL;
}

static void test_bus_dies_while_waited_for(void **state)
{
  pthread_t killer;
  long before = test_now();

  (void)state;
  assert_true(ask(LONG));
  test_process_stop(world.pid);
  assert_int_equal(pthread_create(&killer, NULL, kill_bus_soon, NULL), 0);
  assert_false(ask(LONG));
  assert_true(test_now() - before < LONG / 2);
  pthread_join(killer, NULL);
  test_bus_kill(&world);
  assert_int_equal(bus->generation, 1);
}

static void test_discard_wakes_everybody(void **state)
{
  int64_t deadline = in(LONG), leaders = in(2000);
  pthread_t leader;

  (void)state;
  assert_true(ask(LONG));
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &leaders), 0);
  lock_behind_leader();
  bus_discard(bus);
  assert_int_equal(bus->generation, 1);
  while (bus->leading && bus_wait(bus, deadline))
    continue;
  bus_unlock(bus);
  assert_true(deadline_now() < leaders);
  assert_true(ask(LONG));
  pthread_join(leader, NULL);
}

static void *be_cancelled(void *data)
{
  wait_for_nothing(data);
  pthread_testcancel();
  return NULL;
}

/* A thread is cancelled once it has unlocked, and not while the others depend on it. */
static void test_cancelled_leader(void **state)
{
  int64_t leaders;
  pthread_t leader;
  void *result = NULL;

  (void)state;
  assert_true(ask(LONG));
  leaders = in(300);
  assert_int_equal(pthread_create(&leader, NULL, be_cancelled, &leaders), 0);
  lock_behind_leader();
  bus_unlock(bus);
  assert_int_equal(pthread_cancel(leader), 0);
  assert_true(ask(LONG));
  assert_int_equal(pthread_join(leader, &result), 0);
  assert_ptr_equal(result, PTHREAD_CANCELED);
  assert_true(ask(LONG));
}

/* Runs in a child: other tests' checks would jump back into the parent's place. */
static int child_asks(void)
{
  alarm(30);
  for (int i = 0; i < 3; i++)
    if (!ask(LONG))
      return 1;
  return bus->process == getpid() ? 0 : 2;
}

static void test_fork_leaves_the_parent_its_connection(void **state)
{
  (void)state;
  assert_true(ask(LONG));
  for (int i = 0; i < 5; i++) {
    pid_t pid = fork();

    if (pid == 0)
      test_child_end(child_asks());
    assert_true(test_child_was_well(pid));
    assert_true(ask(LONG));
  }
  assert_int_equal(bus->generation, 0);
  assert_string_equal(dbus_bus_get_unique_name(bus->connection), ":1.0");
}

static void test_fork_while_threads_ask(void **state)
{
  pthread_t threads[THREADS];
  int well = 0;

  (void)state;
  assert_true(ask(LONG));
  start_threads(threads);
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();

    if (pid == 0)
      test_child_end(child_asks());
    well += test_child_was_well(pid);
  }
  join_threads(threads);
  assert_int_equal(well, 20);
  assert_int_equal(bus->generation, 0);
}

static void test_grandchild(void **state)
{
  pid_t pid;

  (void)state;
  assert_true(ask(LONG));
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
  assert_true(ask(LONG));
}

static void test_child_may_free(void **state)
{
  pid_t pid;

  (void)state;
  assert_true(ask(LONG));
  pid = fork();
  if (pid == 0) {
    bus_free(bus);
    test_child_end(0);
  }
  assert_true(test_child_was_well(pid));
  assert_true(ask(LONG));
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_wait_ends_at_the_deadline, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_wait_without_a_connection, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_threads_share, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_follower_takes_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_leader_writes_what_others_sent, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_stopped_bus, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_bus_died_between_calls, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_bus_dies_while_waited_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_discard_wakes_everybody, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_cancelled_leader, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_fork_leaves_the_parent_its_connection, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(test_fork_while_threads_ask, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_grandchild, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_child_may_free, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_many_buses, set_up, tear_down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

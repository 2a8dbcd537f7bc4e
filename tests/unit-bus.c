/* Tests of libclient/bus.c: waiting, and threads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/bus.h"

#include "libclient/deadline.h"
#include "libclient/tlspin.h"
#include "tests/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static int set_up(void **state)
{
  (void)state;
  return caller_set_up(NULL);
}

static int64_t in(unsigned milliseconds)
{
  return deadline_after(deadline_now(), milliseconds);
}

static void test_wait_ends_at_the_deadline(void **state)
{
  int64_t deadline;

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  bus_lock(bus);
  assert_false(bus_wait(bus, deadline_now()));
  deadline = in(100);
  while (bus_wait(bus, deadline))
    continue;
  bus_unlock(bus);
  assert_true(deadline_now() >= deadline);
  assert_true(deadline_now() < deadline + CALLER_LONG * 1000);
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

static void test_threads_share(void **state)
{
  pthread_t threads[CALLER_THREADS];

  (void)state;
  caller_start_threads(threads);
  caller_join_threads(threads);
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

/* Ends that before its time; to be called with the lock, which holds the deadline, too. */
static void stop_waiting(int64_t *deadline)
{
  *deadline = 0;
  pthread_cond_broadcast(&bus->changed);
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
  assert_true(caller_ask(CALLER_LONG));
  deadline = in(100);
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &deadline), 0);
  while (deadline_now() < deadline + 100000)
    assert_true(caller_ask(CALLER_LONG));
  pthread_join(leader, NULL);
  assert_true(caller_ask(CALLER_LONG));
}

/* More than the socket takes is written by the leader, who has to be told that there is something.
 */
static void test_leader_writes_what_others_sent(void **state)
{
  static uint8_t octets[4000000];
  const uint8_t *data = octets;
  int64_t deadline = in(3 * CALLER_LONG), leaders = in(2 * CALLER_LONG);
  DBusMessage *message = caller_question();
  pthread_t leader;

  (void)state;
  dbus_message_set_no_reply(message, TRUE);
  dbus_message_append_args(message, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &data, (int)sizeof octets,
                           DBUS_TYPE_INVALID);
  assert_true(caller_ask(CALLER_LONG));
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &leaders), 0);
  lock_behind_leader();
  assert_int_equal(bus_send(bus, message, NULL), TLSPIN_OK);
  dbus_message_unref(message);
  assert_true(bus_sending(bus));
  while (bus_sending(bus) && bus_wait(bus, deadline))
    continue;
  assert_false(bus_sending(bus));
  assert_true(deadline_now() < leaders); /* so it was the leader who wrote, until now */
  bus_discard(bus);
  stop_waiting(&leaders);
  bus_unlock(bus);
  pthread_join(leader, NULL);
}

static void test_stopped_bus(void **state)
{
  long before = test_now();

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  test_process_stop(world.pid);
  assert_false(caller_ask(100));
  assert_true(test_now() - before < CALLER_LONG / 2);
  test_process_go(world.pid);
  assert_true(caller_ask(CALLER_LONG));
  assert_int_equal(bus->generation, 0);
}

/* The write into the dead socket shows it. */
static void test_bus_died_between_calls(void **state)
{
  (void)state;
  signal(SIGPIPE, SIG_DFL);
  assert_true(caller_ask(CALLER_LONG));
  test_bus_kill(&world);
  assert_false(caller_ask(CALLER_LONG));
  assert_int_equal(bus->generation, 1);
  assert_false(caller_ask(CALLER_LONG));
  test_bus_restart(&world);
  assert_true(caller_ask(CALLER_LONG));
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
  assert_true(caller_ask(CALLER_LONG));
  test_process_stop(world.pid);
  assert_int_equal(pthread_create(&killer, NULL, kill_bus_soon, NULL), 0);
  assert_false(caller_ask(CALLER_LONG));
  assert_true(test_now() - before < CALLER_LONG / 2);
  pthread_join(killer, NULL);
  test_bus_kill(&world);
  assert_int_equal(bus->generation, 1);
}

static void test_discard_wakes_everybody(void **state)
{
  int64_t deadline = in(3 * CALLER_LONG), leaders = in(2 * CALLER_LONG);
  pthread_t leader;

  (void)state;
  assert_true(caller_ask(CALLER_LONG));
  assert_int_equal(pthread_create(&leader, NULL, wait_for_nothing, &leaders), 0);
  lock_behind_leader();
  bus_discard(bus);
  assert_int_equal(bus->generation, 1);
  while (bus->leading && bus_wait(bus, deadline))
    continue;
  assert_true(deadline_now() < leaders);
  stop_waiting(&leaders);
  bus_unlock(bus);
  assert_true(caller_ask(CALLER_LONG));
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
  assert_true(caller_ask(CALLER_LONG));
  leaders = in(1000);
  assert_int_equal(pthread_create(&leader, NULL, be_cancelled, &leaders), 0);
  lock_behind_leader();
  bus_unlock(bus);
  assert_int_equal(pthread_cancel(leader), 0);
  assert_true(caller_ask(CALLER_LONG));
  assert_int_equal(pthread_join(leader, &result), 0);
  assert_ptr_equal(result, PTHREAD_CANCELED);
  assert_true(caller_ask(CALLER_LONG));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, caller_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_wait_ends_at_the_deadline),
      WITH(test_wait_without_a_connection),
      WITH(test_threads_share),
      WITH(test_follower_takes_over),
      WITH(test_leader_writes_what_others_sent),
      WITH(test_stopped_bus),
      WITH(test_bus_died_between_calls),
      WITH(test_bus_dies_while_waited_for),
      WITH(test_discard_wakes_everybody),
      WITH(test_cancelled_leader),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of libclient/call.c: budgets and the retry.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/call.h"

#include "libclient/deadline.h"
#include "libclient/tlspin.h"
#include "tests/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

static int set_up(void **state)
{
  (void)state;
  return caller_set_up(NULL);
}

static void test_reply(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  for (int i = 0; i < 3; i++)
    assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "Lookup www.example tls 443"), 3);
  assert_int_equal(bus->generation, 0);
  test_process_end(daemon);
}

static void test_no_memory_for_the_message(void **state)
{
  DBusMessage *reply = NULL;
  struct call call;

  (void)state;
  bus_lock(bus);
  call_init(&call, bus, NULL, &caller_ample, true);
  assert_int_equal(call_send(&call, deadline_after(deadline_now(), 1000)), TLSPIN_E_MEMORY);
  assert_int_equal(call_wait(&call, &reply), TLSPIN_E_MEMORY);
  assert_int_equal(call_post(&call), TLSPIN_E_MEMORY);
  call_clear(&call);
  bus_unlock(bus);
  assert_null(reply);
}

static void test_no_bus(void **state)
{
  (void)state;
  test_bus_kill(&world);
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
}

static void test_no_daemon_and_none_to_start(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  assert_non_null(strstr(tlspin_last_message(), "doesn't know the pin store's daemon, tlspind"));
}

/* It runs and is silent: that it gets the warm budget and not the cold one shows in the time. */
static void test_stopped_daemon(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_stop(daemon);
  assert_int_equal(caller_lookup(&caller_short_warm, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() >= 200);
  assert_true(caller_elapsed() < CALLER_SOON);
  assert_non_null(strstr(tlspin_last_message(), "tlspind"));
  test_process_go(daemon);
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_end(daemon);
}

static void test_reply_within_the_budget(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300");

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  assert_true(caller_elapsed() >= 300);
  test_process_end(daemon);
}

static int set_up_slow_start(void **state)
{
  (void)state;
  return caller_set_up("start=500 log=%log");
}

/* Later than warm, sooner than cold. */
static void test_slow_start(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_short_warm, true), TLSPIN_OK);
  assert_true(caller_elapsed() >= 500);
  assert_int_equal(test_bus_calls(&world, "start"), 1);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "start"), 1);
}

static int set_up_endless_start(void **state)
{
  (void)state;
  return caller_set_up("start=3000");
}

static void test_start_that_takes_too_long(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_short_both, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() >= 1000);
  assert_true(caller_elapsed() < CALLER_SOON);
}

static int set_up_failing_start(void **state)
{
  (void)state;
  return caller_set_up("start=fail log=%log");
}

static void test_failing_start(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  assert_int_equal(test_bus_calls(&world, "start"), 1); /* and is not tried again */
}

static int set_up_one_death(void **state)
{
  (void)state;
  return caller_set_up("do=die once=%mark log=%log");
}

static void test_daemon_dies_once(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "start"), 2);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
  assert_int_equal(bus->generation, 0);
}

static void test_what_must_not_be_repeated(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, false), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  assert_int_equal(caller_lookup(&caller_ample, false), TLSPIN_OK);
}

static int set_up_deaths(void **state)
{
  (void)state;
  return caller_set_up("do=die log=%log");
}

static void test_daemon_dies_always(void **state)
{
  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
}

static int set_up_leaving(void **state)
{
  (void)state;
  return caller_set_up("leave=1 log=%log");
}

/* The daemon leaves after each call, as one that is idle does: the next call either is lost in it,
 * and repeated, or starts another one. */
static void test_daemon_leaves_between_calls(void **state)
{
  static const int pauses[] = {0, 100, 40, 50, 60};

  (void)state;
  for (unsigned i = 0; i < 5; i++) {
    assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
    poll(NULL, 0, pauses[i]);
  }
  assert_int_equal(test_bus_calls(&world, "start"), 5);
  assert_int_equal(bus->generation, 0);
}

static void test_bus_dies_between_calls(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_bus_kill(&world);
  test_process_end(daemon);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "log=%log");
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  assert_int_equal(bus->generation, 1);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  test_process_end(daemon);
}

static void test_bus_dies_under_the_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_ample);
  test_bus_kill(&world);
  assert_int_equal(caller_finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  test_process_end(daemon);
}

/* And is there again in time for the retry. */
static void test_bus_comes_back_under_the_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_ample);
  test_bus_kill(&world);
  test_process_end(daemon);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "");
  assert_int_equal(caller_finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  test_process_end(daemon);
}

static void test_stopped_bus(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_stop(world.pid);
  assert_int_equal(caller_lookup(&caller_short_warm, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  test_process_go(world.pid);
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_end(daemon);
}

static void test_bus_stopped_before(void **state)
{
  (void)state;
  test_process_stop(world.pid);
  assert_int_equal(caller_lookup(&caller_short_warm, true), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  test_process_go(world.pid);
}

/* Waits until so many octets have come in that nobody has read, for a minute at most. */
static void await_octets(int most)
{
  int fd, there = 0;

  assert_true(dbus_connection_get_unix_fd(bus->connection, &fd));
  for (int i = 0; i < 6000 && there < most; i++) {
    poll(NULL, 0, 10);
    assert_int_equal(ioctl(fd, FIONREAD, &there), 0);
  }
  assert_true(there >= most);
}

/* The program took its time between the two halves: the reply that is there counts all the same. */
static void test_waited_for_late(void **state)
{
  static const struct call_budget tiny = {1, 1};
  pid_t daemon = test_bus_daemon(&world, "ticket=65535");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  caller_start(&call, &tiny);
  await_octets(65535);
  assert_int_equal(caller_finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  test_process_end(daemon);
}

static void test_late_and_silent(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_short_warm);
  poll(NULL, 0, 400);
  caller_count_from_now();
  assert_int_equal(caller_finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
  test_process_end(daemon);
}

static void test_cancelled_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=50 log=%log");
  struct call call;

  (void)state;
  caller_start(&call, &caller_ample);
  bus_lock(bus);
  call_clear(&call);
  bus_unlock(bus);
  test_bus_await_calls(&world, "Lookup", 1);
  assert_int_equal(caller_lookup(&caller_ample, true),
                   TLSPIN_OK); /* its own reply, not the one before */
  test_process_end(daemon);
}

#define WITH(test, set_up_world)                                                                   \
  cmocka_unit_test_setup_teardown(test, set_up_world, caller_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_reply, set_up),
      WITH(test_no_memory_for_the_message, set_up),
      WITH(test_no_bus, set_up),
      WITH(test_no_daemon_and_none_to_start, set_up),
      WITH(test_stopped_daemon, set_up),
      WITH(test_reply_within_the_budget, set_up),
      WITH(test_slow_start, set_up_slow_start),
      WITH(test_start_that_takes_too_long, set_up_endless_start),
      WITH(test_failing_start, set_up_failing_start),
      WITH(test_daemon_dies_once, set_up_one_death),
      WITH(test_what_must_not_be_repeated, set_up_one_death),
      WITH(test_daemon_dies_always, set_up_deaths),
      WITH(test_daemon_leaves_between_calls, set_up_leaving),
      WITH(test_bus_dies_between_calls, set_up),
      WITH(test_bus_dies_under_the_call, set_up),
      WITH(test_bus_comes_back_under_the_call, set_up),
      WITH(test_stopped_bus, set_up),
      WITH(test_bus_stopped_before, set_up),
      WITH(test_waited_for_late, set_up),
      WITH(test_late_and_silent, set_up),
      WITH(test_cancelled_call, set_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of libclient/call.c: budgets, the retry, errors, replies that are not the daemon's.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/call.h"

#include "dbus/messages.h"
#include "dbus/names.h"
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
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { SOON = 5000 /* milliseconds: far less than the budgets that must not be used up */ };

/* Budgets of which one can be told from the other on a busy machine. */
static const struct call_budget ample = {20000, 40000}, short_warm = {200, 20000},
                                short_both = {200, 1000};

static struct test_bus world;
static struct bus *bus;
static long began; /* when the test's call was made */

static int set_up_with(const char *service)
{
  test_bus_start(&world, service);
  bus = bus_new(world.address);
  last_clear();
  began = test_now();
  return 0;
}

static int set_up(void **state)
{
  (void)state;
  return set_up_with(NULL);
}

static int tear_down(void **state)
{
  (void)state;
  bus_free(bus);
  test_bus_free(&world);
  return 0;
}

static long elapsed(void)
{
  return test_now() - began;
}

static DBusMessage *lookup_message(void)
{
  const struct bus_peer peer = {"www.example", "tls", 443};
  DBusMessage *message = bus_call(BUS_PINS, "Lookup");

  assert_true(bus_append_peer(message, &peer));
  return message;
}

/* Makes a call; the answer in a reply of Lookup, or "". */
static int lookup_with(const struct call_budget *budget, bool repeatable, char answer[32])
{
  struct bus_lookup_reply lookup;
  DBusMessage *reply = NULL;
  struct call call;
  int code;

  began = test_now();
  answer[0] = '\0';
  bus_lock(bus);
  call_init(&call, bus, lookup_message(), budget, repeatable);
  code = call_wait(&call, &reply);
  if (code == TLSPIN_OK && bus_read_lookup_reply(reply, &lookup))
    snprintf(answer, 32, "%s", lookup.answer);
  if (reply != NULL)
    dbus_message_unref(reply);
  call_clear(&call);
  bus_unlock(bus);
  return code;
}

static int lookup(const struct call_budget *budget)
{
  char answer[32];
  int code = lookup_with(budget, true, answer);

  assert_true(code != TLSPIN_OK || strcmp(answer, "match") == 0);
  assert_true((code == TLSPIN_OK) == (tlspin_last_message()[0] == '\0'));
  return code;
}

static void test_reply(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  for (int i = 0; i < 3; i++)
    assert_int_equal(lookup(&ample), TLSPIN_OK);
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
  call_init(&call, bus, NULL, &ample, true);
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
  assert_int_equal(lookup(&ample), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
}

static void test_no_daemon_and_none_to_start(void **state)
{
  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  assert_non_null(strstr(tlspin_last_message(), "org.tlspin.Pins1"));
}

/* It runs and is silent: that it gets the warm budget and not the cold one shows in the time. */
static void test_stopped_daemon(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_stop(daemon);
  assert_int_equal(lookup(&short_warm), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() >= 200);
  assert_true(elapsed() < SOON);
  assert_non_null(strstr(tlspin_last_message(), "tlspind"));
  test_process_go(daemon);
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_end(daemon);
}

static void test_reply_within_the_budget(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  assert_true(elapsed() >= 300);
  test_process_end(daemon);
}

static int set_up_slow_start(void **state)
{
  (void)state;
  return set_up_with("start=500 log=%log");
}

/* Later than warm, sooner than cold. */
static void test_slow_start(void **state)
{
  (void)state;
  assert_int_equal(lookup(&short_warm), TLSPIN_OK);
  assert_true(elapsed() >= 500);
  assert_int_equal(test_bus_calls(&world, "start"), 1);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  assert_int_equal(lookup(&short_warm), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "start"), 1);
}

static int set_up_endless_start(void **state)
{
  (void)state;
  return set_up_with("start=3000");
}

static void test_start_that_takes_too_long(void **state)
{
  (void)state;
  assert_int_equal(lookup(&short_both), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() >= 1000);
  assert_true(elapsed() < SOON);
}

static int set_up_failing_start(void **state)
{
  (void)state;
  return set_up_with("start=fail log=%log");
}

static void test_failing_start(void **state)
{
  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  assert_int_equal(test_bus_calls(&world, "start"), 1); /* and is not tried again */
}

static int set_up_one_death(void **state)
{
  (void)state;
  return set_up_with("do=die once=%mark log=%log");
}

static void test_daemon_dies_once(void **state)
{
  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "start"), 2);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
  assert_int_equal(bus->generation, 0);
}

static void test_what_must_not_be_repeated(void **state)
{
  char answer[32];

  (void)state;
  assert_int_equal(lookup_with(&ample, false, answer), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  assert_int_equal(lookup_with(&ample, false, answer), TLSPIN_OK);
}

static int set_up_deaths(void **state)
{
  (void)state;
  return set_up_with("do=die log=%log");
}

static void test_daemon_dies_always(void **state)
{
  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
}

static int set_up_leaving(void **state)
{
  (void)state;
  return set_up_with("leave=1 log=%log");
}

/* The daemon leaves after each call, as one that is idle does: the next call either is lost in it,
 * and repeated, or starts another one. */
static void test_daemon_leaves_between_calls(void **state)
{
  static const int pauses[] = {0, 100, 40, 50, 60};

  (void)state;
  for (unsigned i = 0; i < 5; i++) {
    assert_int_equal(lookup(&ample), TLSPIN_OK);
    poll(NULL, 0, pauses[i]);
  }
  assert_int_equal(test_bus_calls(&world, "start"), 5);
  assert_int_equal(bus->generation, 0);
}

static void test_bus_dies_between_calls(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_bus_kill(&world);
  test_process_end(daemon);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "log=%log");
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  assert_int_equal(bus->generation, 1);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 1);
  test_process_end(daemon);
}

/* Starts a call and leaves it to the test what happens then. */
static void start(struct call *call, const struct call_budget *budget)
{
  began = test_now();
  bus_lock(bus);
  call_init(call, bus, lookup_message(), budget, true);
  assert_int_equal(call_send(call, deadline_after(deadline_now(), 10000)), TLSPIN_OK);
  assert_int_equal(call_send(call, 0), TLSPIN_OK); /* is sent already */
  bus_unlock(bus);
}

static int finish(struct call *call, char answer[32])
{
  struct bus_lookup_reply lookup_reply;
  DBusMessage *reply = NULL;
  int code;

  answer[0] = '\0';
  bus_lock(bus);
  code = call_wait(call, &reply);
  if (code == TLSPIN_OK && bus_read_lookup_reply(reply, &lookup_reply))
    snprintf(answer, 32, "%s", lookup_reply.answer);
  if (reply != NULL)
    dbus_message_unref(reply);
  call_clear(call);
  bus_unlock(bus);
  return code;
}

static void test_bus_dies_under_the_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &ample);
  test_bus_kill(&world);
  assert_int_equal(finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  test_process_end(daemon);
}

/* And is there again in time for the retry. */
static void test_bus_comes_back_under_the_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &ample);
  test_bus_kill(&world);
  test_process_end(daemon);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "");
  assert_int_equal(finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  test_process_end(daemon);
}

static void test_stopped_bus(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_stop(world.pid);
  assert_int_equal(lookup(&short_warm), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  test_process_go(world.pid);
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_end(daemon);
}

static void test_bus_stopped_before(void **state)
{
  (void)state;
  test_process_stop(world.pid);
  assert_int_equal(lookup(&short_warm), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  test_process_go(world.pid);
}

/* The program took its time between the two halves: the reply that is there counts all the same. */
static void test_waited_for_late(void **state)
{
  static const struct call_budget tiny = {1, 1};
  pid_t daemon = test_bus_daemon(&world, "ticket=65535 log=%log");
  struct call call;
  char answer[32];

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  start(&call, &tiny);
  test_bus_await_calls(&world, "Lookup", 2);
  poll(NULL, 0, 100);
  assert_int_equal(finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  test_process_end(daemon);
}

static void test_late_and_silent(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &short_warm);
  poll(NULL, 0, 400);
  began = test_now();
  assert_int_equal(finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
  test_process_end(daemon);
}

static void test_cancelled_call(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=50 log=%log");
  struct call call;

  (void)state;
  start(&call, &ample);
  bus_lock(bus);
  call_clear(&call);
  bus_unlock(bus);
  test_bus_await_calls(&world, "Lookup", 1);
  assert_int_equal(lookup(&ample), TLSPIN_OK); /* its own reply, not the one before */
  test_process_end(daemon);
}

/* The daemon's errors by name, and what they become. */
static void test_errors(void **state)
{
  static const struct {
    const char *name;
    int code;
  } errors[] = {
      {"org.tlspin.Error.InvalidArgument", TLSPIN_E_ARGUMENT},
      {"org.tlspin.Error.UnknownMethod", TLSPIN_E_UNKNOWN_METHOD},
      {"org.tlspin.Error.CannotBePinned", TLSPIN_CANNOT_BE_PINNED},
      {"org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.NotFound", TLSPIN_E_NOT_FOUND},
      {"org.tlspin.Error.NothingToUndo", TLSPIN_E_NOTHING_TO_UNDO},
      {"org.tlspin.Error.AccessDenied", TLSPIN_E_DENIED},
      {"org.freedesktop.DBus.Error.AccessDenied", TLSPIN_UNAVAILABLE},
      {"org.freedesktop.DBus.Error.NoMemory", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.NoMemory", TLSPIN_UNAVAILABLE}, /* the daemon's, not ours */
      /* Names that must not turn an error into an answer. */
      {"org.tlspin.Error.None", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.Match", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.NoPin", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.OptedOut", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.Mismatch", TLSPIN_UNAVAILABLE},
  };

  (void)state;
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    char arguments[128];
    pid_t daemon;

    snprintf(arguments, sizeof arguments, "do=error error=%s message=m%zu", errors[i].name, i);
    daemon = test_bus_daemon(&world, arguments);
    assert_int_equal(lookup(&ample), errors[i].code);
    snprintf(arguments, sizeof arguments, "m%zu", i);
    assert_string_equal(tlspin_last_message(), arguments);
    test_process_end(daemon);
  }
}

static void test_error_without_text(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=error error=org.example.Sad message=");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_UNAVAILABLE);
  assert_string_equal(tlspin_last_message(), "org.example.Sad");
  test_process_end(daemon);
}

/* dbus-daemon delivers replies that nobody asked their sender for. */
static void forge(const struct call *call, int type)
{
  static const struct bus_lookup_reply no_pin = {
      .answer = "no-pin", .reason = "none", .layer = "", .hash = "", .lock = "none"};
  DBusConnection *forger = dbus_connection_open_private(world.address, NULL);
  DBusMessage *message = dbus_message_new(type);

  assert_non_null(forger);
  dbus_connection_set_exit_on_disconnect(forger, FALSE);
  assert_true(dbus_bus_register(forger, NULL));
  dbus_message_set_destination(message, dbus_bus_get_unique_name(bus->connection));
  dbus_message_set_reply_serial(message, dbus_message_get_serial(call->message));
  if (type == DBUS_MESSAGE_TYPE_ERROR)
    dbus_message_set_error_name(message, "org.tlspin.Error.NotFound");
  else
    bus_append_lookup_reply(message, &no_pin);
  dbus_connection_send(forger, message, NULL);
  dbus_connection_flush(forger);
  dbus_message_unref(message);
  dbus_connection_close(forger);
  dbus_connection_unref(forger);
}

static void test_forged_reply(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300 log=%log");
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &ample);
  forge(&call, DBUS_MESSAGE_TYPE_METHOD_RETURN);
  assert_int_equal(finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2); /* so the forged one did arrive */
  test_process_end(daemon);
}

static void test_forged_error(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300 log=%log");
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &ample);
  forge(&call, DBUS_MESSAGE_TYPE_ERROR);
  assert_int_equal(finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
  test_process_end(daemon);
}

/* Nobody owns the name, so there is nobody whose reply it could be. */
static int set_up_silent_start(void **state)
{
  (void)state;
  return set_up_with("start=3000 log=%log");
}

static void test_forged_while_the_daemon_starts(void **state)
{
  struct call call;
  char answer[32];

  (void)state;
  start(&call, &short_both);
  forge(&call, DBUS_MESSAGE_TYPE_METHOD_RETURN);
  assert_int_equal(finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_string_equal(answer, "");
}

static int post(DBusMessage *message, const struct call_budget *budget)
{
  struct call call;
  int code;

  began = test_now();
  dbus_message_set_no_reply(message, TRUE);
  bus_lock(bus);
  call_init(&call, bus, message, budget, true);
  code = call_post(&call);
  call_clear(&call);
  bus_unlock(bus);
  return code;
}

static void test_post(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  assert_int_equal(post(lookup_message(), &ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 1);
  assert_int_equal(post(lookup_message(), &ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 2);
  test_process_end(daemon);
}

static void test_post_without_a_bus(void **state)
{
  (void)state;
  test_bus_kill(&world);
  assert_int_equal(post(lookup_message(), &ample), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() < SOON);
}

static void test_post_after_the_bus_died(void **state)
{
  pid_t daemon;

  (void)state;
  assert_int_equal(post(lookup_message(), &ample), TLSPIN_OK);
  test_bus_kill(&world);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "log=%log");
  assert_int_equal(post(lookup_message(), &ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 1);
  test_process_end(daemon);
}

/* A message that the kernel has no room for, because the bus doesn't read. */
static DBusMessage *big_message(void)
{
  static uint8_t octets[4000000];
  const uint8_t *data = octets;
  DBusMessage *message = bus_call(BUS_PINS, "Big");

  assert_true(dbus_message_append_args(message, DBUS_TYPE_ARRAY, DBUS_TYPE_BYTE, &data,
                                       (int)sizeof octets, DBUS_TYPE_INVALID));
  return message;
}

static void test_post_waits_for_the_kernel(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_stop(world.pid);
  assert_int_equal(post(big_message(), &short_warm), TLSPIN_UNAVAILABLE);
  assert_true(elapsed() >= 200);
  assert_true(elapsed() < SOON);
  test_process_go(world.pid);
  assert_int_equal(post(big_message(), &ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Big", 2);
  assert_int_equal(lookup(&ample), TLSPIN_OK);
  test_process_end(daemon);
}

#define WITH(test, set_up_world) cmocka_unit_test_setup_teardown(test, set_up_world, tear_down)

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
      WITH(test_errors, set_up),
      WITH(test_error_without_text, set_up),
      WITH(test_forged_reply, set_up),
      WITH(test_forged_error, set_up),
      WITH(test_forged_while_the_daemon_starts, set_up_silent_start),
      WITH(test_post, set_up),
      WITH(test_post_without_a_bus, set_up),
      WITH(test_post_after_the_bus_died, set_up),
      WITH(test_post_waits_for_the_kernel, set_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

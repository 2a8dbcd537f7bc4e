/* Tests of libclient/call.c: errors, replies that are not the daemon's, calls without a reply.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/call.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/tlspin.h"
#include "tests/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static int set_up(void **state)
{
  (void)state;
  return caller_set_up(NULL);
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
      {"org.tlspin.Error.LimitsExceeded", TLSPIN_E_LIMIT},
      {"org.tlspin.Error.Busy", TLSPIN_E_BUSY},
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
    assert_int_equal(caller_lookup(&caller_ample, true), errors[i].code);
    snprintf(arguments, sizeof arguments, "m%zu", i);
    assert_string_equal(tlspin_last_message(), arguments);
    test_process_end(daemon);
  }
}

static void test_error_without_text(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=error error=org.example.Sad message=");

  (void)state;
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_UNAVAILABLE);
  assert_string_equal(tlspin_last_message(), "org.example.Sad");
  test_process_end(daemon);
  daemon = test_bus_daemon(&world, "do=error error=org.tlspin.Error.LimitsExceeded message=");
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_E_LIMIT);
  assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_LIMIT));
  test_process_end(daemon);
}

/* dbus-daemon delivers replies that nobody asked their sender for. */
static void forge(const struct call *call, int type)
{
  static const struct bus_lookup_reply no_pin = {
      .answer = "no-pin", .reason = "none", .layer = "", .hash = "", .lock = "none"};
  DBusConnection *forger = test_bus_join(&world);
  DBusMessage *message = dbus_message_new(type);

  dbus_message_set_destination(message, dbus_bus_get_unique_name(bus->connection));
  dbus_message_set_reply_serial(message, dbus_message_get_serial(call->message));
  if (type == DBUS_MESSAGE_TYPE_ERROR)
    dbus_message_set_error_name(message, "org.tlspin.Error.NotFound");
  else
    bus_append_lookup_reply(message, &no_pin);
  dbus_connection_send(forger, message, NULL);
  dbus_connection_flush(forger);
  dbus_message_unref(message);
  test_bus_leave(forger);
}

static void test_forged_reply(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300 log=%log");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_ample);
  forge(&call, DBUS_MESSAGE_TYPE_METHOD_RETURN);
  assert_int_equal(caller_finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2); /* so the forged one did arrive */
  test_process_end(daemon);
}

static void test_forged_error(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300 log=%log");
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_ample);
  forge(&call, DBUS_MESSAGE_TYPE_ERROR);
  assert_int_equal(caller_finish(&call, answer), TLSPIN_OK);
  assert_string_equal(answer, "match");
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
  test_process_end(daemon);
}

/* Nobody owns the name, so there is nobody whose reply it could be. */
static int set_up_silent_start(void **state)
{
  (void)state;
  return caller_set_up("start=3000 log=%log");
}

static void test_forged_while_the_daemon_starts(void **state)
{
  struct call call;
  char answer[CALLER_ANSWER];

  (void)state;
  caller_start(&call, &caller_short_both);
  forge(&call, DBUS_MESSAGE_TYPE_METHOD_RETURN);
  assert_int_equal(caller_finish(&call, answer), TLSPIN_UNAVAILABLE);
  assert_string_equal(answer, "");
}

static int post(DBusMessage *message, const struct call_budget *budget)
{
  struct call call;
  int code;

  caller_count_from_now();
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
  assert_int_equal(post(caller_message(), &caller_ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 1);
  assert_int_equal(post(caller_message(), &caller_ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 2);
  test_process_end(daemon);
}

static void test_post_without_a_bus(void **state)
{
  (void)state;
  test_bus_kill(&world);
  assert_int_equal(post(caller_message(), &caller_ample), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() < CALLER_SOON);
}

static void test_post_after_the_bus_died(void **state)
{
  pid_t daemon;

  (void)state;
  assert_int_equal(post(caller_message(), &caller_ample), TLSPIN_OK);
  test_bus_kill(&world);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "log=%log");
  assert_int_equal(post(caller_message(), &caller_ample), TLSPIN_OK);
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
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_stop(world.pid);
  assert_int_equal(post(big_message(), &caller_short_warm), TLSPIN_UNAVAILABLE);
  assert_true(caller_elapsed() >= 200);
  assert_true(caller_elapsed() < CALLER_SOON);
  test_process_go(world.pid);
  assert_int_equal(post(big_message(), &caller_ample), TLSPIN_OK);
  test_bus_await_calls(&world, "Big", 2);
  assert_int_equal(caller_lookup(&caller_ample, true), TLSPIN_OK);
  test_process_end(daemon);
}

#define WITH(test, set_up_world)                                                                   \
  cmocka_unit_test_setup_teardown(test, set_up_world, caller_tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
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

/* Tests of libclient/owner.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/owner.h"

#include "dbus/names.h"
#include "libclient/connect.h"
#include "libclient/deadline.h"
#include "libclient/tlspin.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { LONG = 10000 /* milliseconds */ };

static struct test_bus world;
static struct bus *bus;

static int64_t in(unsigned milliseconds)
{
  return deadline_after(deadline_now(), milliseconds);
}

static int set_up(void **state)
{
  int code;

  (void)state;
  test_bus_start(&world, NULL);
  bus = bus_new(world.address);
  bus_lock(bus);
  code = bus_connect(bus, in(LONG));
  bus_unlock(bus);
  return code;
}

static enum owner ask(const char *name, DBusPendingCall *other, unsigned milliseconds)
{
  enum owner owner;

  bus_lock(bus);
  owner = owner_ask(bus, name, other, in(milliseconds));
  bus_unlock(bus);
  return owner;
}

static bool is(const char *name, const char *sender, unsigned milliseconds)
{
  bool owns;

  bus_lock(bus);
  owns = owner_is(bus, name, sender, in(milliseconds));
  bus_unlock(bus);
  return owns;
}

static int tear_down(void **state)
{
  (void)state;
  bus_free(bus);
  test_bus_free(&world);
  return 0;
}

static void test_nobody_owns_it(void **state)
{
  (void)state;
  assert_int_equal(ask(BUS_PINS, NULL, LONG), OWNER_NONE);
  assert_string_equal(bus->pins.unique, "");
  assert_false(is(BUS_PINS, ":1.0", LONG));
  assert_false(is(BUS_PINS, "", LONG));
}

static void test_somebody_owns_it(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_int_equal(ask(BUS_ADMIN, NULL, LONG), OWNER_THERE);
  assert_string_equal(bus->admin.unique, ":1.1");
  assert_string_equal(bus->pins.unique, "");
  assert_true(is(BUS_PINS, ":1.1", LONG));
  assert_string_equal(bus->pins.unique, ":1.1");
  assert_false(is(BUS_PINS, ":1.0", LONG));
  assert_false(is(BUS_PINS, DBUS_SERVICE_DBUS, LONG));
  test_process_end(daemon);
}

/* A stopped bus can't have been asked. */
static void test_owner_is_asked_for_once(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_true(is(BUS_PINS, ":1.1", LONG));
  test_process_stop(world.pid);
  assert_true(is(BUS_PINS, ":1.1", LONG));
  assert_false(is(BUS_PINS, ":1.2", 50));
  assert_false(is(BUS_ADMIN, ":1.1", 50));
  test_process_go(world.pid);
  test_process_end(daemon);
}

static void test_next_daemon_is_found(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_true(is(BUS_PINS, ":1.1", LONG));
  test_process_end(daemon);
  while (ask(BUS_PINS, NULL, LONG) != OWNER_NONE)
    continue;
  daemon = test_bus_daemon(&world, "");
  assert_true(is(BUS_PINS, ":1.2", LONG));
  assert_false(is(BUS_PINS, ":1.1", LONG));
  test_process_end(daemon);
}

static void test_silent_bus(void **state)
{
  long before = test_now();

  (void)state;
  test_process_stop(world.pid);
  assert_int_equal(ask(BUS_PINS, NULL, 100), OWNER_UNKNOWN);
  assert_true(test_now() - before >= 100);
  assert_true(test_now() - before < LONG / 2);
  test_process_go(world.pid);
  assert_int_equal(ask(BUS_PINS, NULL, LONG), OWNER_NONE);
}

/* Another bus may use the same unique names for other programs. */
static void test_lost_connection(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");

  (void)state;
  assert_true(is(BUS_PINS, ":1.1", LONG));
  test_bus_kill(&world);
  assert_int_equal(ask(BUS_PINS, NULL, LONG), OWNER_UNKNOWN);
  assert_string_equal(bus->pins.unique, "");
  assert_int_equal(ask(BUS_PINS, NULL, LONG), OWNER_UNKNOWN);
  test_process_end(daemon);
}

static void test_other_reply_ends_the_wait(void **state)
{
  DBusMessage *message =
      dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId");
  DBusPendingCall *other = NULL;
  long before = test_now();

  (void)state;
  bus_lock(bus);
  assert_int_equal(bus_send(bus, message, &other), TLSPIN_OK);
  dbus_message_unref(message);
  while (!dbus_pending_call_get_completed(other))
    assert_true(bus_wait(bus, in(LONG)));
  bus_unlock(bus);
  test_process_stop(world.pid);
  assert_int_equal(ask(BUS_PINS, other, LONG), OWNER_UNKNOWN);
  assert_true(test_now() - before < LONG / 2);
  test_process_go(world.pid);
  dbus_pending_call_unref(other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_nobody_owns_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_somebody_owns_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_owner_is_asked_for_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_next_daemon_is_found, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_silent_bus, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_lost_connection, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_other_reply_ends_the_wait, set_up, tear_down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

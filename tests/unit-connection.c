/* Connections to a bus.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/connection.h"

#include "daemon/loop.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

static void expect_open(const char *address)
{
  DBusConnection *connection = connection_open(address);

  assert_non_null(connection);
  assert_non_null(dbus_bus_get_unique_name(connection));
  assert_true(loop_attach(connection));
  connection_close(connection);
}

/* libdbus reads the address of the session bus once: it is the same for all tests. */
static struct test_bus bus;

static int start_bus(void **state)
{
  (void)state;
  test_bus_start(&bus, NULL);
  setenv("DBUS_SESSION_BUS_ADDRESS", bus.address, 1);
  return 0;
}

static int end_bus(void **state)
{
  (void)state;
  test_bus_free(&bus);
  return 0;
}

/* Each is one of its own, of a bus that is named and of the session's. */
static void test_open(void **state)
{
  DBusConnection *a, *b;

  (void)state;
  expect_open(bus.address);
  expect_open(NULL);
  a = connection_open(NULL);
  b = connection_open(bus.address);
  assert_string_not_equal(dbus_bus_get_unique_name(a), dbus_bus_get_unique_name(b));
  assert_true(loop_attach(a) && loop_attach(b));
  connection_close(a);
  connection_close(b);
}

/* The program goes on when the bus ends, whichever way it was reached. */
static void test_bus_ends(void **state)
{
  DBusConnection *a = connection_open(NULL), *b = connection_open(bus.address);

  (void)state;
  test_bus_kill(&bus);
  while (dbus_connection_read_write_dispatch(a, 100) | dbus_connection_read_write_dispatch(b, 100))
    continue;
  assert_true(loop_attach(a) && loop_attach(b));
  connection_close(a);
  connection_close(b);
  test_bus_restart(&bus);
}

static void test_no_bus(void **state)
{
  (void)state;
  test_bus_kill(&bus);
  assert_null(connection_open(NULL));
  assert_null(connection_open(bus.address));
  assert_null(connection_open("nonsense"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open),
      cmocka_unit_test(test_bus_ends),
      cmocka_unit_test(test_no_bus),
  };

  return cmocka_run_group_tests(tests, start_bus, end_bus);
}

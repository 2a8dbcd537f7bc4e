/* Connections that are in the main loop, as the daemon's are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LOOPED_H
#define LOOPED_H

#include "daemon/loop.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* To be ended by looped_leave. */
static inline DBusConnection *looped_join(const struct test_bus *bus)
{
  DBusConnection *connection = test_bus_join(bus);

  assert_true(loop_attach(connection));
  return connection;
}

static inline void looped_leave(DBusConnection *connection)
{
  loop_detach(connection);
  test_bus_leave(connection);
}

#endif

/* The smallest service there can be on libdbus: what cold activation is measured against.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <dbus/dbus.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
  DBusConnection *connection = dbus_bus_get(DBUS_BUS_SESSION, NULL);

  if (argc != 2 || connection == NULL || dbus_bus_request_name(connection, argv[1], 0, NULL) < 0)
    return EXIT_FAILURE;
  while (dbus_connection_read_write_dispatch(connection, -1)) /* libdbus answers Ping by itself */
    continue;
  return EXIT_SUCCESS;
}

/* A connection to the bus: see connection.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/connection.h"

#include "common/text.h"
#include "daemon/loop.h"

#include <glib.h>

DBusConnection *connection_open(const char *address)
{
  DBusError error = DBUS_ERROR_INIT;
  DBusConnection *connection = address != NULL ? dbus_connection_open_private(address, &error)
                                               : dbus_bus_get_private(DBUS_BUS_SESSION, &error);

  if (connection != NULL)
    dbus_connection_set_exit_on_disconnect(connection, FALSE);
  if (connection != NULL && address != NULL && !dbus_bus_register(connection, &error)) {
    dbus_connection_close(connection);
    dbus_connection_unref(connection);
    connection = NULL;
  }
  if (connection == NULL)
    g_printerr(_("tlspind: the session bus can't be reached: %s\n"), error.message);
  dbus_error_free(&error);
  return connection;
}

void connection_close(DBusConnection *connection)
{
  loop_detach(connection);
  dbus_connection_close(connection);
  dbus_connection_unref(connection);
}

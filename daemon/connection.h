/* A connection to the bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon has one for each of its names. A proxy that filters the bus for a sandbox lets it hear
 * the signals of every connection that owns a name which the sandbox may call: with one connection
 * for both names, those of org.tlspin.Admin1 would be heard, and the unique name would stand for
 * both.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <dbus/dbus.h>

/* address: of the bus; NULL: the session bus. NULL, with a line on the standard error, where it
 * can't be reached. */
DBusConnection *connection_open(const char *address);

/* It must have been attached to the main loop. */
void connection_close(DBusConnection *connection);

#endif

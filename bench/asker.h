/* Bare calls to the daemon on a bus, and how long they take.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BENCH_ASKER_H
#define BENCH_ASKER_H

#include "bench/sample.h"

#include <dbus/dbus.h>

enum { ASKER_PORT = 443 };

/* A connection of its own to the bus of this address; NULL: to the session bus. What can't be done
 * here ends the program. */
DBusConnection *asker_connect(const char *address);
void asker_disconnect(DBusConnection *connection);

/* Sends a message and returns the reply; frees the message. */
DBusMessage *asker_ask(DBusConnection *connection, DBusMessage *message);

/* The same, forgets the reply, and returns the microseconds from sending to receiving. */
double asker_time(DBusConnection *connection, DBusMessage *message);

/* An empty call to a name, and a lookup of a host. */
DBusMessage *asker_ping(const char *name);
DBusMessage *asker_lookup(const char *host);

/* The process that owns a name; 0: nobody does. */
dbus_uint32_t asker_owner(DBusConnection *connection, const char *name);

#endif

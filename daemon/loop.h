/* A libdbus connection in a GLib main loop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LOOP_H
#define LOOP_H

#include <dbus/dbus.h>
#include <stdbool.h>

/* Lets the default main context serve the connection: its watches and time-outs become sources, and
 * some messages are dispatched an iteration, so that nothing else starves. None are while far too
 * much waits to be sent. File descriptors that come with messages are bounded. False without
 * memory. */
bool loop_attach(DBusConnection *connection);

/* Whether the other end doesn't take in what is sent: then no long reply is to be added, and it is
 * to be looked again after a while. */
bool loop_is_congested(DBusConnection *connection);

enum { LOOP_CONGESTED_MS = 10 };

/* Takes the connection out again; to be called before it is closed. */
void loop_detach(DBusConnection *connection);

#endif

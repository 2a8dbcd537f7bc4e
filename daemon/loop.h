/* A libdbus connection in a GLib main loop.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LOOP_H
#define LOOP_H

#include <dbus/dbus.h>
#include <stdbool.h>

/* Lets the default main context serve the connection: its watches and time-outs become sources, and
 * one message is dispatched an iteration, so that nothing else starves. False without memory. */
bool loop_attach(DBusConnection *connection);

/* Takes the connection out again; to be called before it is closed. */
void loop_detach(DBusConnection *connection);

#endif

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

/* How much has to wait until the other end has taken in what was sent before. It is to be looked
 * again after a while. */
enum loop_backlog {
  LOOP_FREE,
  LOOP_CONGESTED, /* what is added is late: everybody is to have as little of it as others */
  LOOP_BLOCKED    /* no reply is to be added but a refusal, which is short */
};
enum loop_backlog loop_backlog(DBusConnection *connection);

enum { LOOP_LATER_MS = 1 };

/* Takes the connection out again; to be called before it is closed. */
void loop_detach(DBusConnection *connection);

#endif

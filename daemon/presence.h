/* The daemon's names on the bus: taken at the start, given back when it has been idle.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PRESENCE_H
#define PRESENCE_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdint.h>

struct presence;

/* Told once when the daemon is to end: the names are taken by another daemon, were given back after
 * idling, or the bus is gone. */
typedef void (*presence_over)(void *data, const char *why);

/* Asks for org.tlspin.Pins1 on the one connection and org.tlspin.Admin1 on the other, without
 * waiting; `over` may be told before this returns. idle_timeout: seconds without a call after which
 * they are given back; 0: never. The connections must be attached to the main loop. */
struct presence *presence_new(DBusConnection *pins, DBusConnection *admin, uint32_t idle_timeout,
                              presence_over over, void *data);

/* The connections must not be dispatched any more. */
void presence_free(struct presence *presence);

/* A call was served: idling begins anew. */
void presence_touch(struct presence *presence);

/* While it is kept, it doesn't leave for idleness: there is something under way for a caller. */
void presence_keep(struct presence *presence, bool keep);

/* Gives the names back; `over` is told when the calls that came before have arrived, or at once
 * where this is said again. */
void presence_leave(struct presence *presence);

#endif

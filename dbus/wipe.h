/* Messages in which there were secrets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_WIPE_H
#define BUS_WIPE_H

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stddef.h>

/* Overwrites the octets of all arguments of the type "ay": libdbus frees and reuses the memory of
 * messages as it is. To be called once nobody reads the message any more, and after it was sent.
 * Returns how many octets they were. */
size_t bus_wipe(DBusMessage *message);

/* What libdbus reads from the socket stays in a buffer of the connection's, which nobody can reach,
 * until another message comes that is as long. This sends such a one, of zeros, by way of the bus
 * to the connection itself: a signal, which there is no filter for. size: octets; how many are
 * needed, BUS_RINSE_MORE tells. False without memory, or where the connection has no name. */
bool bus_rinse(DBusConnection *connection, size_t size);

/* Whether a message is what bus_rinse sends: libdbus has read it by now. */
bool bus_is_rinse(DBusMessage *message);

/* How much longer, in octets, a rinse has to be than what bus_wipe has counted of a message: by what
 * else the message had, 1,024 at most, and by what libdbus read at once with it, 2,048. Other
 * messages may have stood before it there, and its octets stay where they were. */
enum { BUS_RINSE_MORE = 1024 + 2048 };

#endif

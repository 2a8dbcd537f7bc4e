/* How much a message brings, so that it can be bounded: libdbus doesn't tell.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BUS_WEIGHT_H
#define BUS_WEIGHT_H

#include <dbus/dbus.h>
#include <stddef.h>

/* No fewer than the octets of the arguments, in which each value counts for 16 at least. Whatever
 * is above the limit is not looked at any more: then it is some number above the limit. */
size_t bus_weight(DBusMessage *message, size_t limit);

#endif

/* Which connection owns the daemon's name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libdbus matches replies by their serial number alone, and a session bus as dbus-daemon is
 * configured by default (eavesdrop="true") delivers a reply that nobody asked its sender for (seen
 * with 1.14.10). So the sender of each reply is compared with the owner of the name, who is asked
 * for once a connection and a daemon: a unique name is never used again.
 */
#ifndef CLIENT_OWNER_H
#define CLIENT_OWNER_H

#include "libclient/bus.h"

enum owner {
  OWNER_NONE,   /* nobody owns the name */
  OWNER_THERE,  /* somebody does */
  OWNER_UNKNOWN /* the bus did not say in time, or `other` was answered first */
};

/* Asks the bus for the owner of the name and notes it, until the deadline, until `other` (NULL:
 * nothing) has a reply or until the connection is lost. name: BUS_PINS or BUS_ADMIN. */
enum owner owner_ask(struct bus *bus, const char *name, DBusPendingCall *other, int64_t deadline);

/* True where `sender` owns the name; asks the bus where that is not known. */
bool owner_is(struct bus *bus, const char *name, const char *sender, int64_t deadline);

#endif

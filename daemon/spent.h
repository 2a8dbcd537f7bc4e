/* Messages of the daemon's that held secrets.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SPENT_H
#define SPENT_H

#include <dbus/dbus.h>

/* Wipes the octets of a call that nobody reads any more, and what libdbus keeps of it, a little
 * later. */
void spent_call(DBusConnection *connection, DBusMessage *call);

/* Wipes the octets of a message that was handed to libdbus to be sent, once it was: now, as a rule,
 * or a little later. Until then the message is held. */
void spent_reply(DBusConnection *connection, DBusMessage *message);

#endif

/* The signals of org.tlspin.Admin1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "common/host.h"
#include "daemon/store.h"

#include <dbus/dbus.h>
#include <stddef.h>

struct announce {
  DBusConnection *connection; /* NULL: nobody is told */
};

/* Changed. peers: `count` of them; 0 means "ask again". */
void announce_changed(const struct announce *announce, const char *change, const struct peer *peers,
                      size_t count);

/* PinFailed. */
void announce_failed(const struct announce *announce, const struct peer *peer, const char *reason);

/* Logged. */
void announce_logged(const struct announce *announce, const struct event_row *event);

/* The dictionary of Logged and Events. False without memory. */
bool announce_append_event(DBusMessageIter *parent, const struct event_row *event);

#endif

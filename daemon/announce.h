/* The signals of org.tlspin.Admin1.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "common/host.h"

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

#endif

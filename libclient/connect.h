/* Making a connection to the session bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_CONNECT_H
#define CLIENT_CONNECT_H

#include "libclient/bus.h"

#include <stdint.h>

/* Makes sure of a connection to which the bus has said Hello. To be called with the bus locked;
 * other threads may use it meanwhile. Waits until the deadline at most. A bus is never started.
 * Returns TLSPIN_OK, TLSPIN_UNAVAILABLE or TLSPIN_E_MEMORY. */
int bus_connect(struct bus *bus, int64_t deadline);

#endif

/* Can the GnuTLS at hand be used at all?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef HANDSHAKE_PROBE_H
#define HANDSHAKE_PROBE_H

#include <stdbool.h>

/* Runs a handshake in memory, once a process, and tells whether both ends found the same secrets;
 * so that a GnuTLS whose Handshake Secret can't be found is noticed before a pin is stored. About a
 * millisecond, at the first call. Any thread. */
bool handshake_supported(void);

#endif

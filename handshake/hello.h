/* What can be read out of a ClientHello.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HANDSHAKE_HELLO_H
#define HANDSHAKE_HELLO_H

#include "common/bytes.h"

#include <stdbool.h>

/* The host name in the server_name extension (RFC 6066 section 3) of a ClientHello. body: without
 * the 4-octet header. *name points into it. False: there is none. */
bool hello_server_name(struct span body, struct span *name);

#endif

/* Digests by GLib, for the daemon; programs have GnuTLS's (pinning/digest.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DIGEST_GLIB_H
#define DIGEST_GLIB_H

#include "pinning/chain.h"

/* A chain_digest. */
bool digest_glib(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX]);

#endif

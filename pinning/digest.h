/* Digests by GnuTLS, for programs; the daemon has GLib's (daemon/digest.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DIGEST_GNUTLS_H
#define DIGEST_GNUTLS_H

#include "pinning/chain.h"

/* A chain_digest. */
bool digest_gnutls(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX]);

#endif

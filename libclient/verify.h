/* The check of the server's certificate with TLSPIN_VERIFY: PKI, exceptions, pinned anchors, and
 * raw public keys by their pins alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_VERIFY_H
#define CLIENT_VERIFY_H

#include <gnutls/gnutls.h>

/* A gnutls_certificate_verify_function. */
int verify_peer(gnutls_session_t session);

#endif

/* The Handshake Secret of a GnuTLS session, found and proved.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 8672 derives its secrets from TLS 1.3's Handshake Secret, and no public function of GnuTLS
 * returns that. What GnuTLS does hand out, to its key-log function, are the two secrets that are
 * derived from it; and the datum for the client's points into the session object itself, a little
 * above the place where the Handshake Secret lies (132 octets in every version tried). So the
 * secret is searched for, downwards from that pointer and never outside the session object, and a
 * candidate counts only if both traffic secrets follow from it (RFC 8446 section 7.1). What is
 * found is therefore right, whatever the layout; where the layout changes, nothing is found and
 * nothing is claimed.
 *
 * This file is all that needs replacing on the day GnuTLS offers an accessor.
 */
#ifndef HANDSHAKE_SECRET_H
#define HANDSHAKE_SECRET_H

#include "common/bytes.h"
#include "pinning/ticket.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

/* What the key-log function was told. */
struct traffic_secrets {
  const uint8_t *inside;       /* where the client's secret stands in the session object */
  struct ticket_secret client; /* CLIENT_HANDSHAKE_TRAFFIC_SECRET */
  struct ticket_secret server; /* SERVER_HANDSHAKE_TRAFFIC_SECRET */
};

/* To be called inside the key-log function, with each label and secret. True once both are there:
 * then, still inside the key-log function, secret_find may be called. */
bool traffic_secrets_note(struct traffic_secrets *traffic, const char *label,
                          const gnutls_datum_t *secret);

/* The Handshake Secret of the session. transcript_hash: of ClientHello...ServerHello.
 * False: not found. Any thread; the offset found first is remembered and proved again each time. */
bool secret_find(gnutls_session_t session, const struct traffic_secrets *traffic,
                 enum ticket_hash hash, struct span transcript_hash, struct ticket_secret *secret);

#endif

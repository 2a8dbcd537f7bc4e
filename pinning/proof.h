/* Secrets and proofs of pinning tickets (RFC 8672).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure functions over GnuTLS's HMAC and hashes. Any thread.
 */
#ifndef PROOF_H
#define PROOF_H

#include "pinning/ticket.h"

/* HKDF-Expand-Label with an output as long as the hash's (RFC 8446 section 7.1); "tls13 " is put in
 * front of the label. False where GnuTLS refuses, as it does for a key of another length. */
bool ticket_expand_label(enum ticket_hash hash, struct span secret, const char *label,
                         struct span context, struct ticket_secret *out);

/* pinning_secret and pinning_proof_secret (RFC 8672 sections 4.1 and 4.4) from the Handshake Secret
 * and Transcript-Hash(ClientHello...ServerHello). */
bool ticket_derive(enum ticket_hash hash, struct span handshake_secret, struct span transcript_hash,
                   struct ticket_secret *pinning_secret, struct ticket_secret *proof_secret);

/* proof = HMAC(original_pinning_secret, "pinning proof 2" || proof_secret || Hash(spki))
 * (section 4.4). hash: that of this connection; the original secret may come from another one's.
 * spki: the DER of the server's SubjectPublicKeyInfo.
 * False, and no proof: an original secret of 0 octets (anybody could prove that), a proof secret of
 * another hash. */
bool ticket_proof(enum ticket_hash hash, struct span original_secret,
                  const struct ticket_secret *proof_secret, struct span spki,
                  struct ticket_secret *proof);

#endif

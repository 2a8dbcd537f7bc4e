/* Keys out of files: certificates and public keys, their digests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_KEY_H
#define FORMATS_KEY_H

#include "pinning/keypin.h"

/* Fills selector, matching and digest of the record with the SHA-256 of this public key (its SPKI,
 * DER), of the key of this certificate (DER), and of the whole certificate. False where it is no
 * such thing. */
bool key_of_spki(struct span spki, struct keypin *pin);
bool key_of_certificate(struct span certificate, struct keypin *pin);
bool key_of_whole_certificate(struct span certificate, struct keypin *pin);

/* Whether this is a digest that somebody else made of the octets. */
enum key_digest { KEY_MD5, KEY_SHA1 };
bool key_has_digest(struct span octets, enum key_digest algorithm, struct span digest);

/* Strict Base64 (RFC 4648 section 4) of anything. False: none. To be freed by g_free. */
bool key_read_base64(struct span text, uint8_t **octets, size_t *size);

/* The octets of a PEM block, from its BEGIN to its END line. To be freed by g_free. */
bool key_read_pem(struct span block, uint8_t **octets, size_t *size);

#endif

/* The SubjectPublicKeyInfo of a certificate or a raw key, and the textual form of a key pin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SPKI_H
#define SPKI_H

#include "common/bytes.h"

#include <stdbool.h>

enum { SPKI_PIN_TEXT_SIZE = 8 + 44 + 1 }; /* "sha256//", Base64 of 32 octets, NUL */

/* The SPKI exactly as it stands in an X.509 certificate (RFC 5280 section 4.1), not re-encoded:
 * proofs are over these octets. certificate: DER. *spki points into it. False: not a certificate.
 */
bool spki_of_certificate(struct span certificate, struct span *spki);

/* True where the octets are one DER SEQUENCE of a SEQUENCE and a BIT STRING and nothing else
 * (RFC 5280 section 4.1.2.7), as a raw public key is (RFC 7250 section 3). */
bool spki_is_whole(struct span spki);

/* "sha256//BASE64" of the SPKI, the form of HPKP and curl (RFC 7469 section 2.4). False where the
 * hash fails. */
bool spki_pin_text(struct span spki, char text[SPKI_PIN_TEXT_SIZE]);

#endif

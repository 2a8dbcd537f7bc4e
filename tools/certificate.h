/* What is shown of a server's certificate.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include "common/spki.h"

#include <gnutls/gnutls.h>

struct certificate {
  char *subject; /* RFC 4514; NULL where there is none */
  char *issuer;
  uint64_t not_before, not_after; /* seconds since 1970 */
  char key[SPKI_PIN_TEXT_SIZE];   /* "sha256//...", or "" */
};

/* Reads the certificate that the server sent in this session, be it valid or not. False: it sent
 * none that can be read. To be cleared in any case. */
bool certificate_read(gnutls_session_t session, struct certificate *certificate);
void certificate_clear(struct certificate *certificate);

#endif

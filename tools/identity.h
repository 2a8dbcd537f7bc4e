/* What is shown of a server's certificate, or of its raw public key (RFC 7250).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "common/spki.h"

#include <gnutls/gnutls.h>

struct identity {
  bool raw;      /* there is nothing but a key */
  char *subject; /* RFC 4514; NULL where there is none */
  char *issuer;
  uint64_t not_before, not_after; /* seconds since 1970 */
  char key[SPKI_PIN_TEXT_SIZE];   /* "sha256//...", or "" */
};

/* Reads what the server sent in this session, be it valid or not. False: it sent nothing that can
 * be read. To be cleared in any case. */
bool identity_read(gnutls_session_t session, struct identity *certificate);
void identity_clear(struct identity *certificate);

#endif

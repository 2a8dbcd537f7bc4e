/* What the PKI says of a server's certificates, and the path that it found.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GnuTLS tells whether a chain is good, and not which path made it so. So it is asked once more,
 * with a function that is told of each step. Superfluous certificates that the server sent are in
 * no path, whatever keys they carry.
 */
#ifndef CLIENT_PATH_H
#define CLIENT_PATH_H

#include "pinning/chain.h"
#include "pinning/verdict.h"

#include <gnutls/gnutls.h>

struct path {
  enum pki_status pki;          /* PKI_UNCHECKED: nothing could be asked */
  unsigned errors;              /* enum pki_error, with PKI_FAILED */
  size_t count;                 /* 0: no path is known */
  gnutls_datum_t at[CHAIN_MAX]; /* DER, the server's own first, the anchor last */
};

/* What is verified, and whom to trust. */
struct path_question {
  gnutls_certificate_credentials_t credentials;
  const gnutls_datum_t *sent; /* certificates in DER, the server's own first */
  unsigned count;
  const char *host; /* the name that the first must be for */
};

/* Verifies certificates of a TLS server. Where no more stands against them than names, dates and
 * purposes, there still is a path. *path: to be cleared. */
void path_find(const struct path_question *question, struct path *path);

/* The same with this certificate, in DER, as the only anchor. */
void path_find_by(const struct path_question *question, struct span anchor, struct path *path);

void path_clear(struct path *path);

/* The PKI's errors, enum pki_error, of a gnutls_certificate_status_t about a server whose own
 * certificate this is; 0 where it found none. */
unsigned path_errors(const gnutls_datum_t *certificate, unsigned status);

#endif

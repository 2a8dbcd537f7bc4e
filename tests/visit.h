/* A client program: one pinned connection to a stand, as a user of the library would make it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef VISIT_H
#define VISIT_H

#include "libclient/tlspin-gnutls.h"

#include <stdbool.h>
#include <stdint.h>

enum { VISIT_PORT = 443 }; /* of the entry's key; stands get theirs from the kernel */

struct visit_request {
  tlspin_t *context;
  const char *host;      /* that the certificate is checked for, and that is pinned */
  const char *verify_as; /* the name for certificate and SNI where nothing is to be pinned */
  const char *priority;  /* default: TLS 1.2 and 1.3 */
  unsigned init_flags;   /* more flags for gnutls_init */
  unsigned flags;        /* enum tlspin_gnutls_flags */
  unsigned finish_flags; /* default: TLSPIN_WAIT */
  gnutls_certificate_credentials_t credentials;
  const gnutls_datum_t *session_data; /* a session to be resumed, or NULL */
  gnutls_datum_t
      *new_session_data; /* receives the session, or NULL; to be freed with gnutls_free */
  void (*before)(gnutls_session_t session); /* what a clumsy program does after attach; or NULL */
  void (*after)(gnutls_session_t session);  /* what it does once it is finished; or NULL */
  bool unverified;                          /* raw public keys: nothing checks them but the pin */
};

struct visit {
  int attached; /* codes */
  int finished;
  int handshake; /* of gnutls_handshake */
  int alert;     /* that the server sent, or -1 */
  int answer, kept;
  char reason[32], change[32], layer[64];
  unsigned rule;
  bool asked, sent, proved, resumed, may_resume;
  uint32_t lifetime;
  uint64_t stored;
  char message[1024];
  bool conversed; /* a byte went there and back */
};

/* A connected socket. */
int visit_dial(uint16_t port);

void visit(const struct visit_request *request, uint16_t port, struct visit *visit);

#endif

/* A client of RFC 8672 for tests of servers: sends what it is told to, keeps what it gets, judges
 * nothing by itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct pinner pinner = {0};
 *   pinner_attach(&pinner, session);       // before gnutls_handshake
 *   ...
 *   if (pinner.answered && pinner_proved(&pinner, session, &original))
 *
 * The pinner has to outlive its session. What goes wrong in the test itself is printed and the
 * program is aborted.
 */
#ifndef PINNER_H
#define PINNER_H

#include "common/bytes.h"
#include "pinning/ticket.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

enum { PINNER_BODY_MAX = 2048 };

struct pinner {
  /* What to send: a body as it is, or else a ticket, or else the question for one. */
  struct span body;
  struct span ticket;

  /* What came. */
  unsigned asked;              /* how many ClientHellos carried the extension */
  bool answered;               /* the extension was there */
  struct ticket_answer answer; /* its spans point into `octets` */
  bool malformed;              /* `answer` could not be read */
  uint8_t octets[PINNER_BODY_MAX];
  size_t size;

  enum ticket_hash hash;
  struct ticket_secret pinning; /* to be kept with the ticket; size 0 where it was not found */
  struct ticket_secret proof;
};

void pinner_attach(struct pinner *pinner, gnutls_session_t session);

/* True where the answer proves that the server knows the original secret. To be called after the
 * handshake. */
bool pinner_proved(const struct pinner *pinner, gnutls_session_t session,
                   const struct ticket_secret *original);

#endif

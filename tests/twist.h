/* A server of RFC 8672 that answers as it is told to, and so may break every rule.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its tickets are no secrets: a ticket is the pinning secret itself, in front of as much filling as
 * is asked for.
 */
#ifndef TWIST_H
#define TWIST_H

#include "handshake/session.h"

#include <stdbool.h>

enum twist_kind {
  TWIST_NONE, /* keeps the rules */
  TWIST_MISSING,
  TWIST_EMPTY,     /* an extension of zero octets */
  TWIST_TRUNCATED, /* the last octet is missing */
  TWIST_TRAILING,  /* one octet too many */
  TWIST_TWICE,
  TWIST_TWO_TICKETS,
  TWIST_NO_PROOF,
  TWIST_WRONG_PROOF,
  TWIST_SHORT_PROOF,
  TWIST_RELAYED, /* a proof made for another server's key */
  TWIST_NO_TICKET,
  TWIST_UNASKED_PROOF /* a proof although no ticket came */
};

struct twist {
  enum twist_kind kind;
  uint32_t lifetime;  /* seconds */
  size_t ticket_size; /* octets with the filling; 0: 32 or 48; see empty_ticket */
  bool empty_ticket;  /* a ticket of zero octets */
  /* What it saw. */
  bool asked;
  bool ticket_came;
  struct ticket_secret original;
};

/* The twist must outlive the session. Aborts the test where GnuTLS refuses. */
void twist_attach(struct twist *twist, gnutls_session_t session);

#endif

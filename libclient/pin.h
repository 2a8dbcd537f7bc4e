/* What the client knows about one pinned handshake: kept with the GnuTLS session.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PIN_H
#define PIN_H

#include "common/host.h"
#include "handshake/session.h"
#include "libclient/context.h"
#include "libclient/tlspin-gnutls.h"
#include "pinning/refusal.h"

struct pin {
  tlspin_t *context;
  struct peer peer;
  unsigned flags;        /* enum tlspin_gnutls_flags */
  struct lookup *lookup; /* the question to the daemon, until it is answered */
  int answer;            /* the daemon's */
  tlspin_entry_t *entry; /* with TLSPIN_MATCH */
  struct ticket_evidence evidence;
  struct ticket_secret proof;       /* that came */
  struct handshake_secrets secrets; /* of this connection */
  bool judged;
  enum refusal refusal;
  bool refused;    /* and the handshake was ended for it */
  uint8_t *ticket; /* that came */
  size_t ticket_size;
  bool has_ticket;   /* a ticket of zero octets is one, too */
  uint32_t lifetime; /* seconds */
  bool finished;
  int outcome;     /* what finish returned */
  int kept;        /* what became of the ticket */
  uint64_t stored; /* when the stored ticket ends */
  char message[1024];
};

/* The pin of a session, or NULL. */
struct pin *pin_of(gnutls_session_t session);

#endif

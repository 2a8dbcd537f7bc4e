/* What the client knows about one pinned handshake: kept with the GnuTLS session.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PIN_H
#define PIN_H

#include "common/host.h"
#include "handshake/session.h"
#include "libclient/check.h"
#include "libclient/context.h"
#include "libclient/keyset.h"
#include "libclient/shown.h"
#include "libclient/tlspin-gnutls.h"
#include "pinning/refusal.h"

struct pin {
  tlspin_t *context;
  struct peer peer;
  unsigned flags;        /* enum tlspin_gnutls_flags */
  struct lookup *lookup; /* the question to the daemon, until it is answered */
  int answer;            /* the daemon's */
  tlspin_entry_t *entry; /* with TLSPIN_MATCH */
  struct keyset keys;
  struct ticket_evidence evidence;
  struct ticket_secret proof;       /* that came */
  struct handshake_secrets secrets; /* of this connection */
  bool judged;                      /* the ticket's part was */
  enum refusal refusal;
  bool verified; /* the PKI was asked by TLSPIN_VERIFY, and said: */
  enum pki_status pki;
  unsigned errors; /* enum pki_error */
  size_t anchor;   /* the certificate sent that a pin makes the anchor; 0: none */
  struct shown_path path;
  bool decided; /* there is a verdict over all */
  struct tlspin_verdict verdict;
  bool vouched;    /* by our own verdict a pin says whose raw key it is */
  bool known;      /* and a learned key came in the certificate that it came in last */
  bool refused;    /* and the handshake was ended for it */
  bool unsettled;  /* the daemon was told of the key, and whether it kept it isn't known, or it let
                      it be for the anchor that the path ends in */
  uint8_t *ticket; /* that came */
  size_t ticket_size;
  bool has_ticket;   /* a ticket of zero octets is one, too */
  uint32_t lifetime; /* seconds */
  bool finished;
  int outcome;     /* what finish returned */
  int kept;        /* what became of the ticket */
  uint64_t stored; /* when the stored ticket ends */
  char message[2048];
};

/* The pin of a session, or NULL. */
struct pin *pin_of(gnutls_session_t session);

/* Waits for the lookup's answer. Whether the handshake may go on, as far as is known: to be asked
 * first at every step, since GnuTLS writes no extension at all where its priorities say so and a
 * program may take our hook away, but the answer counts all the same. */
bool pin_may_go_on(struct pin *pin);

/* Judges what the server did with the ticket, once. */
void pin_judge_ticket(gnutls_session_t session, struct pin *pin);

/* Makes the verdict over everything and reports a ticket that was not met. Whether the handshake
 * may go on. */
bool pin_decide(gnutls_session_t session, struct pin *pin);

/* Ends the handshake, for good, with the alert handshake_failure. */
void pin_refuse(gnutls_session_t session, struct pin *pin);

/* Counts the refusal at the daemon, but in private. */
void pin_tell_failure(const struct pin *pin);

#endif

/* The verdict over all that the server of a session showed: its proof, its key, its path.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The library judges by itself, with the records that the lookup brought. What it can't let pass so
 * is asked of the daemon, which knows the history of the server's keys and which anchors were added
 * to the system, and whose word counts. Where it can't be asked our own verdict stands.
 */
#ifndef CLIENT_DECISION_H
#define CLIENT_DECISION_H

#include "dbus/names.h"
#include "libclient/pin.h"

/* Makes the verdict, once; the ticket must have been judged. */
void decision_make(gnutls_session_t session, struct pin *pin);

/* Whether the program may go on: the table of tlspin-gnutls.h, with what the administrator says. */
bool decision_permits(const struct pin *pin, int answer, bool enforced);

/* The same for a ticket that was not met before there could be a verdict. */
bool decision_permits_refusal(const struct pin *pin);

/* After a handshake that is accepted: has the daemon learn or count the key, where there is
 * anything to learn. wait: until that is done; if the daemon then says mismatch, that is the
 * verdict. */
void decision_learn(gnutls_session_t session, struct pin *pin, bool wait);

/* SHA-256 of the certificate in which the server's validated path ends. */
struct decision_anchor {
  uint8_t digest[BUS_ANCHOR_SIZE];
  bool known; /* false: there is no path, since the program trusts for reasons of its own */
};

/* False: there may be one, but what was shown can't be read. */
bool decision_anchor(gnutls_session_t session, struct pin *pin, struct decision_anchor *anchor);

#endif

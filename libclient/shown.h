/* What the server of a session showed of itself, as the verdict and the daemon want it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLIENT_SHOWN_H
#define CLIENT_SHOWN_H

#include "libclient/path.h"
#include "pinning/chain.h"

#include <gnutls/gnutls.h>

struct shown {
  bool there;         /* there is a chain */
  bool partly;        /* and there was more than could be read: GnuTLS takes what is no DER outside
                         of what is signed, so that anybody can make that of a certificate */
  bool validated;     /* the path was looked for */
  struct chain chain; /* points into the session or the path */
  struct path path;
  struct span sent[CHAIN_MAX]; /* every certificate, in the server's order, as far as a report wants
                                  it; of a raw key none */
  size_t sent_count;
};

/* What was sent: a raw key, or certificates of which only the first is known to count. Those that
 * can't be used, behind the first, are left out, and `partly` tells of it. *shown: to be cleared.
 */
void shown_of(const gnutls_datum_t *sent, unsigned count, bool raw, struct shown *shown);

/* Verifies the certificates that it was made of, and puts the validated path in their place, where
 * there is one that can be read. */
void shown_find_path(const struct path_question *question, struct shown *shown);

/* The same for the peer of a session. */
void shown_read(gnutls_session_t session, struct shown *shown);

/* The path of a session's peer, which is looked for once. All zero: it was not yet. */
struct shown_path {
  bool known;
  struct path path; /* to be cleared */
};

/* shown_read with the path where it is known, and shown_clear that leaves it where it came from. */
void shown_open(gnutls_session_t session, struct shown_path *known, struct shown *shown);
void shown_close(struct shown *shown, struct shown_path *known);

/* What a session's peer sent, and whom its credentials trust. False: one of them is missing. */
bool shown_question(gnutls_session_t session, const char *host, struct path_question *question);

/* anchor: the index in the chain of the certificate that is to be the only anchor; 0: those of the
 * session's credentials. Only the first call has an effect. */
void shown_validate(gnutls_session_t session, const char *host, size_t anchor, struct shown *shown);

void shown_clear(struct shown *shown);

#endif

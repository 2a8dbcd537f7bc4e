/* What both ends of RFC 8672 do inside a GnuTLS session: carry the extension, record the
 * transcript, find the secrets, and refuse with the right alert at the right place.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GnuTLS's own rules for threads hold: one session, one thread at a time.
 */
#ifndef HANDSHAKE_SESSION_H
#define HANDSHAKE_SESSION_H

#include "common/bytes.h"
#include "pinning/proof.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct handshake;

enum handshake_step {
  HANDSHAKE_GO_ON,
  HANDSHAKE_OMIT,  /* send only: leave the extension out of this message */
  HANDSHAKE_REFUSE /* send handshake_failure and end the handshake */
};

/* What a client or a server does with the extension. Each function may be called at the moments
 * that it names, never after it has refused once: from then on session.c refuses by itself. */
struct handshake_role {
  /* The extension is about to be written into ClientHello (client) or EncryptedExtensions (server).
   */
  enum handshake_step (*send)(struct handshake *h, struct writer *body);
  /* The extension was read from EncryptedExtensions (client) or ClientHello (server). `body` is
   * valid for the call. */
  enum handshake_step (*receive)(struct handshake *h, struct span body);
  /* A handshake message is about to be sent, or was received and is about to be processed. type:
   * enum gnutls_handshake_description_t; body: without the 4-octet header. */
  enum handshake_step (*message)(struct handshake *h, unsigned type, bool incoming,
                                 struct span body);
  /* gnutls_deinit: frees the user data. */
  void (*destroy)(void *user);
};

/* Registers the extension with the session, and takes the handshake hook and the key-log function,
 * which is chained to the one that was set before (SSLKEYLOGFILE goes on working). To be called
 * once a session, before gnutls_handshake. user: belongs to the session from now on, on success.
 * False: GnuTLS refused; nothing has changed. */
bool handshake_attach(gnutls_session_t session, const struct handshake_role *role, void *user);

/* What was attached to the session in this role, or NULL. */
struct handshake *handshake_of(gnutls_session_t session, const struct handshake_role *role);
void *handshake_user(const struct handshake *h);
gnutls_session_t handshake_gnutls(const struct handshake *h);

/* Sends the fatal alert handshake_failure and returns the error with which a callback of GnuTLS
 * ends the handshake: GNUTLS_E_INSUFFICIENT_CREDENTIALS, which maps to that alert too. Sticky:
 * every later message is refused as well. */
int handshake_refuse(struct handshake *h);

/* The secrets of RFC 8672 section 4 for this connection, once ServerHello is processed. */
struct handshake_secrets {
  enum ticket_hash hash;
  struct ticket_secret pinning;
  struct ticket_secret proof;
};

/* False where they could not be found (the GnuTLS at hand keeps its Handshake Secret where we can't
 * prove it, or the program took our hooks away): then no proof can be made or checked. To be wiped
 * by the caller. */
bool handshake_secrets(struct handshake *h, struct handshake_secrets *secrets);

/* The SubjectPublicKeyInfo of the server's current key, from its certificate or raw key. Points
 * into the session. `own`: on the server. False: there is none. */
bool handshake_spki(gnutls_session_t session, bool own, struct span *spki);

#endif

/* A GnuTLS client and server joined by two queues in memory, for tests.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both ends run in the calling thread, in turns. Nothing here returns an error of its own: a test
 * that can't have its sessions can't run, so what goes wrong while they are set up is printed and
 * the program is aborted.
 *
 *   struct wire wire;
 *   wire_open(&wire, &(struct wire_request){.server_credentials = credentials});
 *   assert_true(handshake_attach(wire.client.session, &role, user));
 *   wire_shake(&wire);
 *   assert_int_equal(wire.client.result, 0);
 *   wire_close(&wire);
 */
#ifndef WIRE_H
#define WIRE_H

#include "common/bytes.h"

#include <gnutls/gnutls.h>

struct wire_end {
  gnutls_session_t session;
  struct wire_end *peer;
  uint8_t *inbox; /* what the peer has sent and this end has not read yet */
  size_t unread;
  int result; /* of the last gnutls_handshake: 0, GNUTLS_E_AGAIN where it is stuck, or what broke it
               */
};

struct wire {
  struct wire_end client, server;
  gnutls_certificate_credentials_t unused; /* where an end was given no credentials */
};

/* Each may be left out. Credentials stay the caller's. */
struct wire_request {
  const char *client_priority; /* default: TLS 1.3 only, the rest as in NORMAL */
  const char *server_priority;
  unsigned flags; /* more flags for gnutls_init, both ends */
  gnutls_certificate_credentials_t client_credentials;
  gnutls_certificate_credentials_t server_credentials;
};

#define WIRE_PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* The sessions; nothing is sent yet. The address of *wire must not change afterwards. */
void wire_open(struct wire *wire, const struct wire_request *request);

/* Runs both handshakes until each is done, broken or waiting in vain. An end whose peer is broken
 * and has nothing more to say reads the end of the connection, so that an alert and its absence are
 * told apart. */
void wire_shake(struct wire *wire);

/* The alert that broke this end's handshake, or -1 where it was not an alert. */
int wire_alert(const struct wire_end *end);

void wire_close(struct wire *wire);

#endif

/* One connection of tlspin-server serve: handshake, request, reply.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TLSPIN_SERVER_CONNECTION_H
#define TLSPIN_SERVER_CONNECTION_H

#include "libserver/tlspin-server.h"
#include "tools/tlspin-server-listener.h"

#include <stdbool.h>

/* What all connections share; doesn't change while there are any. */
struct service {
  tlspin_server_t *pins;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  gnutls_datum_t ticket_key; /* of session tickets, for resumption */
  bool asks_certificate;     /* of clients */
};

struct connection {
  const struct service *service;
  char address[ADDRESS_TEXT_SIZE]; /* of the client */
};

/* Serves a connection until its end, which takes no longer than a slow client may make it last, and
 * prints a line about it. work: a struct connection, which is freed. */
void connection_serve(int fd, void *work);

/* A log function for the library: puts the client's address before the message. */
void connection_log(void *user, gnutls_session_t session, int priority, const char *message);

#endif

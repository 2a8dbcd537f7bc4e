/* A TLS server that stands on a real socket of the loopback for one connection, in a thread of its
 * own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   struct stand stand;
 *   stand_open(&stand, &(struct stand_request){.credentials = credentials, .pinning = server});
 *   ...a client connects to stand.port...
 *   stand_close(&stand);
 *   assert_int_equal(stand.alert, GNUTLS_A_HANDSHAKE_FAILURE);
 */
#ifndef STAND_H
#define STAND_H

#include "libserver/tlspin-server.h"
#include "tests/twist.h"

#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct stand_request {
  const char *priority; /* default: TLS 1.3 only */
  unsigned flags;       /* more flags for gnutls_init */
  gnutls_certificate_credentials_t credentials;
  tlspin_server_t *pinning;         /* the server's half as shipped, or NULL */
  struct twist *twist;              /* or one that sends what it should not, or NULL */
  const gnutls_datum_t *resumption; /* the key of its session tickets, or NULL: none are given */
  bool ask_certificate;             /* of the client */
};

struct stand {
  struct stand_request request;
  uint16_t port;
  int listener;
  pthread_t thread;
  /* What it saw; valid after stand_close. */
  int result;      /* of gnutls_handshake */
  int alert;       /* that the client sent, or -1 */
  size_t received; /* octets of application data */
  bool resumed;
  bool certificate; /* the client showed one */
  enum tlspin_server_result pinned;
};

void stand_open(struct stand *stand, const struct stand_request *request);
void stand_close(struct stand *stand);

#endif

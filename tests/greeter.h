/* A TLS server at the other end of a pair of sockets, in a thread of its own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can't be had ends the test program.
 */
#ifndef GREETER_H
#define GREETER_H

#include <gio/gio.h>
#include <gnutls/gnutls.h>

enum greeter_manner {
  GREETER_POLITE,  /* shakes hands, and answers a farewell */
  GREETER_RAW,     /* the same with a raw public key (RFC 7250), for clients that take one */
  GREETER_RUDE,    /* shakes hands, and says nothing any more */
  GREETER_REFUSES, /* with handshake_failure */
  GREETER_SILENT,  /* says nothing at all */
  GREETER_GARBLED  /* does not speak TLS */
};

struct greeter {
  enum greeter_manner manner;
  gnutls_certificate_credentials_t credentials;
  GSocket *socket; /* the client's end */
  int fd;          /* the server's */
  GThread *thread;
  /* Valid after greeter_end. */
  int handshake;  /* what gnutls_handshake returned */
  char name[256]; /* that the client sent as SNI, or "" */
  int farewell;   /* what gnutls_record_recv returned after it: 0 for close_notify */
};

/* credentials: must outlive the greeter. */
void greeter_begin(struct greeter *greeter, enum greeter_manner manner,
                   gnutls_certificate_credentials_t credentials);

/* Closes the client's end, and waits for the thread. */
void greeter_end(struct greeter *greeter);

#endif

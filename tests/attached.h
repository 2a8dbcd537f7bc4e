/* A server that pins, and clients to try it with: what the tests of libserver/attachment.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For CMocka: what goes wrong fails the running test. Tests are listed with ATTACHED(), the group
 * is run with attached_make_identity and attached_free_identity.
 */
#ifndef ATTACHED_H
#define ATTACHED_H

#include "libserver/seal.h"
#include "libserver/tlspin-server.h"
#include "tests/pinner.h"
#include "tests/pki.h"
#include "tests/wire.h"

#define HOST       "www.example.org"
#define OTHER_HOST "other.example.org"
#define NOW        INT64_C(1795366800) /* what the server's clock says */

enum { KEYS_TEXT_MAX = 4096 };

struct attached {
  gnutls_certificate_credentials_t credentials;
  struct pki_identity identity;    /* what is in them */
  tlspin_server_t *server;         /* has one key for every name */
  char log[8192];                  /* each message and a line feed */
  gnutls_session_t logged_session; /* of the last message */
};

extern struct attached attached;

/* What a client keeps of a connection. */
struct pin {
  uint8_t octets[SEAL_MAX];
  size_t size;
  struct ticket_secret secret;
};

int attached_make_identity(void **state);
int attached_free_identity(void **state);
int attached_start(void **state);
int attached_stop(void **state);
#define ATTACHED(test) cmocka_unit_test_setup_teardown(test, attached_start, attached_stop)

/* The text of a key file with a key for each name; the one with a higher index is activated later,
 * all of them before NOW. Returns the size; a NUL follows. */
size_t write_keys(char text[KEYS_TEXT_MAX], const char *const *names, size_t count);
void load_keys(const char *const *names, size_t count);

/* Both sessions, ready to shake. host: NULL for no server name. pinner: NULL for a client that
 * doesn't pin. */
void connect_with(struct wire *wire, const struct wire_request *request, const char *host,
                  struct pinner *pinner);

/* The same with defaults, and shaken. */
void shake(struct wire *wire, const char *host, struct pinner *pinner);

void expect_done(const struct wire *wire, enum tlspin_server_result result);

/* The client got handshake_failure, and the message is in the log. */
void expect_refused(const struct wire *wire, const char *message);

void keep(struct pin *pin, const struct pinner *pinner);
struct span ticket_of(const struct pin *pin);

/* A first connection. */
void get_pin(struct pin *pin, const char *host);

/* A later connection: the proof is right, and the pin is renewed. */
void renew_pin(struct pin *pin, const char *host);

#endif

/* What every test of the matrix needs: a desk (a private bus with the real daemon), a CA, servers
 * certified by it, and the server's protection keys.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   static void test_something(void **state)
 *   {
 *     struct stage *stage = *state;
 *     struct stand_request server = stage_server(stage);
 *     struct visit_request client = stage_client(stage);
 *     struct meeting met;
 *
 *     meet(&client, &server, &met);
 *     assert_int_equal(met.visit.finished, TLSPIN_OK);
 *   }
 */
#ifndef STAGE_H
#define STAGE_H

#include "tests/desk.h"
#include "tests/pki.h"
#include "tests/stand.h"
#include "tests/visit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define STAGE_HOST "pinned.example"

struct stage {
  struct desk desk;
  tlspin_t *context;
  struct pki_identity ca;
  struct pki_identity servers[PKI_ALGORITHMS]; /* for STAGE_HOST */
  gnutls_certificate_credentials_t credentials[PKI_ALGORITHMS];
  gnutls_certificate_credentials_t raw;    /* the ECDSA key without a certificate */
  gnutls_certificate_credentials_t trust;  /* a client that trusts the CA */
  gnutls_certificate_credentials_t nobody; /* a client that trusts nobody */
  tlspin_server_t *pinning;
};

/* For cmocka_run_group_tests, and for each test: forgets all pins. */
int stage_open(void **state);
int stage_close(void **state);
int stage_clear(void **state);

/* A pinning server with an ECDSA certificate, and a client that trusts its CA. */
struct stand_request stage_server(struct stage *stage);
struct visit_request stage_client(struct stage *stage);

/* One connection between the two, as both saw it. */
struct meeting {
  struct stand stand;
  struct visit visit;
};
void meet(const struct visit_request *client, const struct stand_request *server,
          struct meeting *meeting);

/* Fails the test unless the first meeting pins, and the next one proves. */
void meet_first(const struct visit_request *client, const struct stand_request *server);
void meet_again(const struct visit_request *client, const struct stand_request *server);

/* Fails the test unless the meeting ends for the reason, the server sees handshake_failure and not
 * an octet of data, and the stored pin stays what it was. */
void meet_refused(struct stage *stage, const struct visit_request *client,
                  const struct stand_request *server, const char *reason, struct meeting *meeting);

/* A server's half with one fresh key of its own for all names. To be freed with tlspin_server_free.
 */
tlspin_server_t *stage_pinning(void);

/* The stored entry of STAGE_HOST, to be freed by tlspin_entry_free; NULL: no pin. Any other answer
 * fails the test. */
tlspin_entry_t *stage_entry(struct stage *stage);

#define STAGE_TEST(function) cmocka_unit_test_setup(function, stage_clear)

#endif

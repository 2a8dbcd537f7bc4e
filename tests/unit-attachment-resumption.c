/* Tests of libserver/attachment.c with pre-shared keys, in whole handshakes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of a session that is to be resumed: the server's ticket key, and the client's data. */
struct resumption {
  gnutls_datum_t key;
  gnutls_datum_t data;
};

static void connect_resumable(struct wire *wire, struct resumption *resumption,
                              struct pinner *pinner)
{
  connect_with(wire, &(struct wire_request){0}, HOST, pinner);
  assert_int_equal(gnutls_session_ticket_enable_server(wire->server.session, &resumption->key), 0);
  if (resumption->data.data != NULL)
    assert_int_equal(
        gnutls_session_set_data(wire->client.session, resumption->data.data, resumption->data.size),
        0);
  wire_shake(wire);
}

static void a_resumed_session_carries_nothing(void **state)
{
  struct pinner asking = {0}, pinned = {0};
  struct resumption resumption = {{NULL, 0}, {NULL, 0}};
  struct wire wire;
  struct pin pin;
  char octet;

  (void)state;
  assert_int_equal(gnutls_session_ticket_key_generate(&resumption.key), 0);
  connect_resumable(&wire, &resumption, &asking);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  keep(&pin, &asking);
  assert_int_equal(gnutls_record_recv(wire.client.session, &octet, 1), GNUTLS_E_AGAIN);
  assert_int_equal(gnutls_session_get_data2(wire.client.session, &resumption.data), 0);
  wire_close(&wire);
  pinned.ticket = ticket_of(&pin); /* sent beside the offer of a pre-shared key */
  connect_resumable(&wire, &resumption, &pinned);
  assert_int_not_equal(gnutls_session_is_resumed(wire.client.session), 0);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_int_equal(pinned.asked, 1);
  assert_false(pinned.answered);
  assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session), 0);
  wire_close(&wire);
  gnutls_free(resumption.key.data);
  gnutls_free(resumption.data.data);
}

/* The resumption is offered, but the server has lost its key: a full handshake with proof. */
static void a_declined_resumption_is_proved(void **state)
{
  struct pinner asking = {0}, pinned = {0};
  struct resumption resumption = {{NULL, 0}, {NULL, 0}};
  struct wire wire;
  struct pin pin;
  char octet;

  (void)state;
  assert_int_equal(gnutls_session_ticket_key_generate(&resumption.key), 0);
  connect_resumable(&wire, &resumption, &asking);
  keep(&pin, &asking);
  assert_int_equal(gnutls_record_recv(wire.client.session, &octet, 1), GNUTLS_E_AGAIN);
  assert_int_equal(gnutls_session_get_data2(wire.client.session, &resumption.data), 0);
  wire_close(&wire);
  gnutls_free(resumption.key.data);
  assert_int_equal(gnutls_session_ticket_key_generate(&resumption.key), 0);
  pinned.ticket = ticket_of(&pin);
  connect_resumable(&wire, &resumption, &pinned);
  assert_int_equal(gnutls_session_is_resumed(wire.client.session), 0);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_true(pinner_proved(&pinned, wire.client.session, &pin.secret));
  wire_close(&wire);
  gnutls_free(resumption.key.data);
  gnutls_free(resumption.data.data);
}

static int give_psk(gnutls_session_t session, const char *username, gnutls_datum_t *key)
{
  (void)session;
  (void)username;
  key->data = gnutls_malloc(16);
  key->size = 16;
  memset(key->data, 0x42, 16);
  return 0;
}

/* A pre-shared key that doesn't come from a former session. */
static void an_external_pre_shared_key_carries_nothing(void **state)
{
  struct wire_request request = {.client_priority = WIRE_PRIORITY ":+ECDHE-PSK:+PSK",
                                 .server_priority = WIRE_PRIORITY ":+ECDHE-PSK:+PSK"};
  const gnutls_datum_t raw = {(unsigned char *)"BBBBBBBBBBBBBBBB", 16};
  gnutls_psk_client_credentials_t client;
  gnutls_psk_server_credentials_t psk_server;
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  gnutls_psk_allocate_client_credentials(&client);
  gnutls_psk_allocate_server_credentials(&psk_server);
  gnutls_psk_set_client_credentials(client, "user", &raw, GNUTLS_PSK_KEY_RAW);
  gnutls_psk_set_server_credentials_function(psk_server, give_psk);
  connect_with(&wire, &request, HOST, &pinner);
  gnutls_credentials_set(wire.client.session, GNUTLS_CRD_PSK, client);
  gnutls_credentials_set(wire.server.session, GNUTLS_CRD_PSK, psk_server);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_int_equal(gnutls_auth_get_type(wire.server.session), GNUTLS_CRD_PSK);
  assert_false(pinner.answered);
  wire_close(&wire);
  gnutls_psk_free_client_credentials(client);
  gnutls_psk_free_server_credentials(psk_server);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      ATTACHED(a_resumed_session_carries_nothing),
      ATTACHED(a_declined_resumption_is_proved),
      ATTACHED(an_external_pre_shared_key_carries_nothing),
  };

  return cmocka_run_group_tests(tests, attached_make_identity, attached_free_identity);
}

/* Tests of libserver/attachment.c: what a client is given, in whole handshakes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_first_connection_gets_a_ticket_and_no_proof(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  shake(&wire, HOST, &pinner);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  assert_true(pinner.answered && !pinner.malformed);
  assert_false(pinner.answer.has_proof);
  assert_true(pinner.answer.has_ticket);
  assert_int_equal(pinner.answer.lifetime, TLSPIN_SERVER_LIFETIME_DEFAULT);
  assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session), pinner.answer.lifetime);
  assert_string_equal(tlspin_server_name(wire.server.session), HOST);
  assert_string_equal(attached.log, "");
  wire_close(&wire);
}

static void later_connections_get_proof_and_fresh_ticket(void **state)
{
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  for (int i = 0; i < 3; i++)
    renew_pin(&pin, HOST);
  assert_string_equal(attached.log, "");
}

static void a_proof_is_of_no_use_for_another_secret(void **state)
{
  struct pinner pinner = {0};
  struct pin pin, other;
  struct wire wire;

  (void)state;
  get_pin(&pin, HOST);
  get_pin(&other, HOST);
  pinner.ticket = ticket_of(&pin);
  shake(&wire, HOST, &pinner);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_false(pinner_proved(&pinner, wire.client.session, &other.secret));
  assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
  wire_close(&wire);
}

/* Each combination of the hash that a ticket was made under and the one that it is used under. */
static void tickets_work_across_hashes(void **state)
{
  static const char *const priorities[] = {WIRE_PRIORITY ":-CIPHER-ALL:+AES-128-GCM",
                                           WIRE_PRIORITY ":-CIPHER-ALL:+AES-256-GCM"};

  (void)state;
  for (int first = 0; first < 2; first++)
    for (int second = 0; second < 2; second++) {
      struct pinner asking = {0}, pinned = {0};
      struct wire wire;
      struct pin pin;

      connect_with(&wire, &(struct wire_request){.client_priority = priorities[first]}, HOST,
                   &asking);
      wire_shake(&wire);
      expect_done(&wire, TLSPIN_SERVER_PINNED);
      keep(&pin, &asking);
      assert_int_equal(pin.secret.size, first == 0 ? 32 : 48);
      wire_close(&wire);
      pinned.ticket = ticket_of(&pin);
      connect_with(&wire, &(struct wire_request){.client_priority = priorities[second]}, HOST,
                   &pinned);
      wire_shake(&wire);
      expect_done(&wire, TLSPIN_SERVER_PROVED);
      assert_int_equal(pinned.answer.proof.size, second == 0 ? 32 : 48);
      assert_true(pinner_proved(&pinned, wire.client.session, &pin.secret));
      wire_close(&wire);
    }
}

static void proves_with_every_kind_of_key(void **state)
{
  (void)state;
  for (int algorithm = 0; algorithm < PKI_ALGORITHMS; algorithm++) {
    struct pki_identity other = {0};
    const struct pki_identity *chain[] = {&other};
    struct wire_request request = {0};
    struct pinner pinner = {0};
    struct wire wire;
    struct pin pin;

    get_pin(&pin, HOST);
    pki_make(&other, NULL,
             &(struct pki_request){
                 .algorithm = (enum pki_algorithm)algorithm, .purpose = PKI_SERVER, .name = HOST});
    request.server_credentials = pki_credentials(chain, 1);
    pinner.ticket = ticket_of(&pin);
    connect_with(&wire, &request, HOST,
                 &pinner); /* a renewed certificate: the pin holds (section 5.3) */
    wire_shake(&wire);
    expect_done(&wire, TLSPIN_SERVER_PROVED);
    assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
    wire_close(&wire);
    gnutls_certificate_free_credentials(request.server_credentials);
    pki_free(&other);
  }
}

static void proves_with_a_raw_public_key(void **state)
{
  struct wire_request request = {
      .client_priority = WIRE_PRIORITY ":-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK",
      .server_priority = WIRE_PRIORITY ":-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK",
      .flags = GNUTLS_ENABLE_RAWPK,
      .server_credentials = pki_raw_credentials(&attached.identity),
  };
  struct pinner pinner = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  pinner.ticket = ticket_of(&pin);
  connect_with(&wire, &request, HOST, &pinner);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_true(pinner_proved(&pinner, wire.client.session, &pin.secret));
  wire_close(&wire);
  gnutls_certificate_free_credentials(request.server_credentials);
}

/* The client offers a key share for a group that the server doesn't take. */
static void works_after_a_hello_retry_request(void **state)
{
  struct wire_request request = {
      .client_priority = WIRE_PRIORITY ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1",
      .server_priority = WIRE_PRIORITY ":-GROUP-ALL:+GROUP-SECP384R1",
      .flags = GNUTLS_KEY_SHARE_TOP,
  };
  struct pinner asking = {0}, pinned = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  connect_with(&wire, &request, HOST, &asking);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  assert_int_equal(asking.asked, 2); /* there was one */
  keep(&pin, &asking);
  wire_close(&wire);
  pinned.ticket = ticket_of(&pin);
  connect_with(&wire, &request, HOST, &pinned);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PROVED);
  assert_true(pinner_proved(&pinned, wire.client.session, &pin.secret));
  wire_close(&wire);
}

static void a_client_that_does_not_pin_is_served(void **state)
{
  struct wire wire;

  (void)state;
  shake(&wire, HOST, NULL);
  expect_done(&wire, TLSPIN_SERVER_NOT_ASKED);
  assert_string_equal(tlspin_server_name(wire.server.session), "");
  assert_string_equal(attached.log, "");
  wire_close(&wire);
}

static void a_client_of_tls_1_2_is_served_unpinned(void **state)
{
  struct wire_request request = {.client_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                 .server_priority = "NORMAL"};
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  connect_with(&wire, &request, HOST, &pinner);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(pinner.answered);
  wire_close(&wire);
}

static void without_a_server_name_nothing_is_pinned(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  shake(&wire, NULL, &pinner);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(pinner.answered);
  assert_string_equal(tlspin_server_name(wire.server.session), "");
  assert_string_equal(attached.log, "");
  wire_close(&wire);
}

static void an_address_is_no_server_name(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  shake(&wire, "192.0.2.1", &pinner);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(pinner.answered);
  wire_close(&wire);
}

/* The same name, written in another way. */
static void names_are_compared_in_their_normal_form(void **state)
{
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  renew_pin(&pin, "WWW.Example.ORG");
  renew_pin(&pin, HOST);
}

static int send_nothing(gnutls_session_t session, gnutls_buffer_t extension)
{
  (void)session;
  (void)extension;
  return GNUTLS_E_INT_RET_0;
}

static size_t seen_by_raw_client;

static int receive_raw(gnutls_session_t session, const unsigned char *data, size_t size)
{
  (void)session;
  (void)data;
  seen_by_raw_client = size;
  return 0;
}

/* "As a server take zero octets as well": a client that has nothing of tlspin in it. */
static void zero_octets_ask_for_a_ticket(void **state)
{
  struct wire wire;

  (void)state;
  seen_by_raw_client = 0;
  connect_with(&wire, &(struct wire_request){0}, HOST, NULL);
  assert_int_equal(gnutls_session_ext_register(
                       wire.client.session, "raw", TICKET_EXTENSION, GNUTLS_EXT_TLS, receive_raw,
                       send_nothing, NULL, NULL, NULL,
                       GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE | GNUTLS_EXT_FLAG_TLS),
                   0);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  assert_true(seen_by_raw_client > 1 + 2 + 2 + SEAL_HEAD_SIZE + 4);
  wire_close(&wire);
}

static void the_lifetime_is_told(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  assert_int_equal(tlspin_server_set_lifetime(attached.server, TLSPIN_SERVER_LIFETIME_LEAST),
                   TLSPIN_OK);
  shake(&wire, HOST, &pinner);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  assert_int_equal(pinner.answer.lifetime, TLSPIN_SERVER_LIFETIME_LEAST);
  assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session),
                   TLSPIN_SERVER_LIFETIME_LEAST);
  assert_string_equal(attached.log, "");
  wire_close(&wire);
}

static void a_session_without_attachment_was_not_asked(void **state)
{
  struct wire wire;

  (void)state;
  wire_open(&wire, &(struct wire_request){0});
  assert_int_equal(tlspin_server_result(wire.server.session), TLSPIN_SERVER_NOT_ASKED);
  assert_string_equal(tlspin_server_name(wire.server.session), "");
  assert_int_equal(tlspin_server_ticket_lifetime(wire.server.session), 0);
  assert_int_equal(tlspin_server_result(NULL), TLSPIN_SERVER_NOT_ASKED);
  wire_close(&wire);
}

static void each_result_has_its_word(void **state)
{
  (void)state;
  for (int i = TLSPIN_SERVER_NOT_ASKED; i <= TLSPIN_SERVER_REFUSED + 1; i++)
    for (int k = TLSPIN_SERVER_NOT_ASKED; k < i; k++)
      assert_string_not_equal(tlspin_server_result_token((enum tlspin_server_result)i),
                              tlspin_server_result_token((enum tlspin_server_result)k));
  assert_string_equal(tlspin_server_result_token((enum tlspin_server_result) - 1), "unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      ATTACHED(a_first_connection_gets_a_ticket_and_no_proof),
      ATTACHED(later_connections_get_proof_and_fresh_ticket),
      ATTACHED(a_proof_is_of_no_use_for_another_secret),
      ATTACHED(tickets_work_across_hashes),
      ATTACHED(proves_with_every_kind_of_key),
      ATTACHED(proves_with_a_raw_public_key),
      ATTACHED(works_after_a_hello_retry_request),
      ATTACHED(a_client_that_does_not_pin_is_served),
      ATTACHED(a_client_of_tls_1_2_is_served_unpinned),
      ATTACHED(without_a_server_name_nothing_is_pinned),
      ATTACHED(an_address_is_no_server_name),
      ATTACHED(names_are_compared_in_their_normal_form),
      ATTACHED(zero_octets_ask_for_a_ticket),
      ATTACHED(the_lifetime_is_told),
      ATTACHED(a_session_without_attachment_was_not_asked),
      ATTACHED(each_result_has_its_word),
  };

  return cmocka_run_group_tests(tests, attached_make_identity, attached_free_identity);
}

/* Tests of libserver/attachment.c: whom it refuses, in whole handshakes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/attached.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_ticket_without_a_server_name_is_refused(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  pinner.ticket = ticket_of(&pin);
  shake(&wire, NULL, &pinner);
  expect_refused(&wire, "no server name");
  wire_close(&wire);
}

static void a_ticket_for_another_name_is_refused(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  pinner.ticket = ticket_of(&pin);
  shake(&wire, OTHER_HOST, &pinner);
  expect_refused(&wire, "pinning ticket for " OTHER_HOST " was refused");
  assert_non_null(strstr(attached.log, "posed as this server"));
  wire_close(&wire);
}

static void a_changed_ticket_is_refused(void **state)
{
  static const size_t places[] = {0, 1, 9, 41, 100};
  struct pin pin;

  (void)state;
  get_pin(&pin, HOST);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    struct pinner pinner = {.ticket = ticket_of(&pin)};
    struct wire wire;

    pin.octets[places[i]] ^= 0x10;
    shake(&wire, HOST, &pinner);
    expect_refused(&wire, "was refused: ");
    assert_false(pinner.answered);
    wire_close(&wire);
    pin.octets[places[i]] ^= 0x10;
  }
  renew_pin(&pin, HOST);
}

static void tickets_of_somebody_else_are_refused(void **state)
{
  static uint8_t octets[TICKET_MAX / 8];
  static const size_t sizes[] = {1, 8, 32, 120, 1000, sizeof octets};

  (void)state;
  memset(octets, 0x01, sizeof octets);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct pinner pinner = {.ticket = {octets, sizes[i]}};
    struct wire wire;

    shake(&wire, HOST, &pinner);
    expect_refused(&wire, "was refused: ");
    wire_close(&wire);
  }
}

static void malformed_extensions_are_refused(void **state)
{
  static const struct {
    uint8_t octets[8];
    size_t size;
  } bodies[] = {
      {{0x00}, 1},                                           /* no whole length */
      {{0x00, 0x01, 0x00}, 3},                               /* no whole ticket */
      {{0x00, 0x02, 0x00, 0x01}, 4},                         /* an overrun inside */
      {{0x00, 0x04, 0x00, 0x01, 0xaa}, 5},                   /* an overrun outside */
      {{0x00, 0x00, 0x00}, 3},                               /* something behind it */
      {{0x00, 0x06, 0x00, 0x01, 0xaa, 0x00, 0x01, 0xbb}, 8}, /* two tickets */
      {{0xff, 0xff}, 2},
  };

  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
    struct pinner pinner = {.body = {bodies[i].octets, bodies[i].size}};
    struct wire wire;

    shake(&wire, HOST, &pinner);
    expect_refused(&wire, "malformed");
    wire_close(&wire);
  }
}

static void expect_no_proof(void (*displace)(gnutls_session_t))
{
  struct pinner asking = {0}, pinned = {0};
  struct wire wire;
  struct pin pin;

  get_pin(&pin, HOST);
  connect_with(&wire, &(struct wire_request){0}, HOST, &asking);
  displace(wire.server.session);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_LEFT_OUT);
  assert_false(asking.answered);
  wire_close(&wire);
  pinned.ticket = ticket_of(&pin);
  connect_with(&wire, &(struct wire_request){0}, HOST, &pinned);
  displace(wire.server.session);
  wire_shake(&wire);
  assert_int_equal(tlspin_server_result(wire.server.session), TLSPIN_SERVER_REFUSED);
  assert_int_equal(wire.server.result, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  assert_true(gnutls_error_is_fatal(wire.client.result));
  assert_false(pinned.answered);
  assert_non_null(strstr(attached.log, "could not be made"));
  wire_close(&wire);
}

static void displace_hook(gnutls_session_t session)
{
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
}

static void displace_key_log(gnutls_session_t session)
{
  gnutls_session_set_keylog_function(session, NULL);
}

/* The program took away what a proof is made with: never fail open. */
static void without_transcript_a_pinned_client_is_refused(void **state)
{
  (void)state;
  expect_no_proof(displace_hook);
}

static void without_secrets_a_pinned_client_is_refused(void **state)
{
  (void)state;
  expect_no_proof(displace_key_log);
}

static void attaching_twice_is_refused(void **state)
{
  struct pinner pinner = {0};
  struct wire wire;

  (void)state;
  connect_with(&wire, &(struct wire_request){0}, HOST, &pinner);
  assert_int_equal(tlspin_server_attach(attached.server, wire.server.session), TLSPIN_E_TLS);
  wire_shake(&wire);
  expect_done(&wire, TLSPIN_SERVER_PINNED);
  wire_close(&wire);
}

static void attaching_needs_server_session_and_keys(void **state)
{
  tlspin_server_t *empty;
  struct wire wire;

  (void)state;
  wire_open(&wire, &(struct wire_request){0});
  assert_int_equal(tlspin_server_attach(NULL, wire.server.session), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_attach(attached.server, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_server_new(&empty), TLSPIN_OK);
  assert_int_equal(tlspin_server_attach(empty, wire.server.session), TLSPIN_E_KEYS);
  tlspin_server_free(empty);
  wire_close(&wire);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      ATTACHED(a_ticket_without_a_server_name_is_refused),
      ATTACHED(a_ticket_for_another_name_is_refused),
      ATTACHED(a_changed_ticket_is_refused),
      ATTACHED(tickets_of_somebody_else_are_refused),
      ATTACHED(malformed_extensions_are_refused),
      ATTACHED(without_transcript_a_pinned_client_is_refused),
      ATTACHED(without_secrets_a_pinned_client_is_refused),
      ATTACHED(attaching_twice_is_refused),
      ATTACHED(attaching_needs_server_session_and_keys),
  };

  return cmocka_run_group_tests(tests, attached_make_identity, attached_free_identity);
}

/* What both ends do inside a GnuTLS session: the extension, the secrets, the server's key.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refusals: unit-session-refuse.c. Key logs and other functions of the program:
 * unit-session-program.c. */
#include "config.h"

#include "handshake/session.h"

#include "tests/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION ((struct span){(const uint8_t *)"\x00\x06question", 8})
#define ANSWER   ((struct span){(const uint8_t *)"an answer\x00\xff", 11})

static void expect_done(const struct scene *scene)
{
  assert_int_equal(scene->wire.client.result, 0);
  assert_int_equal(scene->wire.server.result, 0);
}

static void test_extension(void **state)
{
  struct scene scene = {.client = {.body = QUESTION}, .server = {.body = ANSWER}};

  (void)state;
  scene_open(&scene, &(struct wire_request){0});
  wire_shake(&scene.wire);
  expect_done(&scene);
  assert_true(span_equal(actor_received(&scene.server), QUESTION));
  assert_true(span_equal(actor_received(&scene.client), ANSWER));
  assert_int_equal(scene.client.sends, 1);
  assert_int_equal(scene.client.receives, 1);
  assert_int_equal(scene.server.sends, 1);
  assert_int_equal(scene.server.receives, 1);
  scene_close(&scene);
}

/* The largest body that still fits into a ClientHello beside the rest, and one of no octets. */
static void test_sizes_of_the_extension(void **state)
{
  static uint8_t octets[60000];
  struct scene large = {.client = {.body = {octets, sizeof octets}},
                        .server = {.body = {octets, sizeof octets}}};
  struct scene empty = {.client = {.send_empty = true}, .server = {.send_empty = true}};

  (void)state;
  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] = (uint8_t)(i * 7);
  scene_open(&large, &(struct wire_request){0});
  wire_shake(&large.wire);
  expect_done(&large);
  assert_true(span_equal(actor_received(&large.server), large.client.body));
  assert_true(span_equal(actor_received(&large.client), large.server.body));
  assert_true(scene_agrees(&large));
  scene_close(&large);
  scene_open(&empty, &(struct wire_request){0});
  wire_shake(&empty.wire);
  expect_done(&empty);
  assert_int_equal(empty.server.receives, 1);
  assert_int_equal(empty.server.received_size, 0);
  assert_int_equal(empty.client.receives, 1);
  assert_int_equal(empty.client.received_size, 0);
  scene_close(&empty);
}

/* A server may only answer what a client has sent (RFC 8446 section 4.2). */
static void test_extension_left_out(void **state)
{
  struct scene silent = {.client = {.body = QUESTION, .send = HANDSHAKE_OMIT},
                         .server = {.body = ANSWER}};
  struct scene unanswered = {.client = {.body = QUESTION},
                             .server = {.body = ANSWER, .send = HANDSHAKE_OMIT}};
  struct scene alone = {.client = {.body = QUESTION}, .server = {.detached = true}};

  (void)state;
  scene_open(&silent, &(struct wire_request){0});
  wire_shake(&silent.wire);
  expect_done(&silent);
  assert_int_equal(silent.server.receives + silent.client.receives, 0);
  assert_true(scene_agrees(&silent));
  scene_close(&silent);
  scene_open(&unanswered, &(struct wire_request){0});
  wire_shake(&unanswered.wire);
  expect_done(&unanswered);
  assert_int_equal(unanswered.server.receives, 1);
  assert_int_equal(unanswered.client.receives, 0);
  scene_close(&unanswered);
  scene_open(&alone, &(struct wire_request){0});
  wire_shake(&alone.wire);
  expect_done(&alone);
  assert_int_equal(alone.client.receives, 0);
  scene_close(&alone);
}

static void check_secrets(const char *priority, enum ticket_hash hash)
{
  struct scene scene = {.client = {.body = QUESTION}, .server = {.body = ANSWER}};
  struct handshake_secrets secrets;

  scene_open(&scene, &(struct wire_request){.client_priority = priority});
  assert_false(scene_secrets(&scene.wire.client, &secrets));
  wire_shake(&scene.wire);
  expect_done(&scene);
  assert_true(scene_agrees(&scene));
  assert_true(scene_secrets(&scene.wire.client, &secrets));
  assert_int_equal(secrets.hash, hash);
  assert_false(
      span_equal(ticket_secret_span(&secrets.pinning), ticket_secret_span(&secrets.proof)));
  /* A server makes its proof while it writes EncryptedExtensions, a client may check it from there
   * on. */
  assert_false(scene.client.secrets_at_send || scene.server.secrets_at_receive);
  assert_true(scene.server.secrets_at_send && scene.client.secrets_at_receive);
  scene_close(&scene);
}

static void test_secrets(void **state)
{
  (void)state;
  check_secrets(WIRE_PRIORITY ":-CIPHER-ALL:+AES-128-GCM", TICKET_SHA256);
  check_secrets(WIRE_PRIORITY ":-CIPHER-ALL:+AES-256-GCM", TICKET_SHA384);
  check_secrets(WIRE_PRIORITY ":-CIPHER-ALL:+CHACHA20-POLY1305", TICKET_SHA256);
}

static void test_secrets_are_of_one_connection(void **state)
{
  struct handshake_secrets first = {.hash = TICKET_SHA256}, second = {.hash = TICKET_SHA256};
  struct handshake_secrets *each[] = {&first, &second};

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct scene scene = {.client = {.body = QUESTION}};

    scene_open(&scene, &(struct wire_request){0});
    wire_shake(&scene.wire);
    assert_true(scene_secrets(&scene.wire.client, each[i]));
    scene_close(&scene);
  }
  assert_false(span_equal(ticket_secret_span(&first.pinning), ticket_secret_span(&second.pinning)));
  assert_false(span_equal(ticket_secret_span(&first.proof), ticket_secret_span(&second.proof)));
}

/* The client's only key share is of a group that the server doesn't have. */
static void check_retry(const char *cipher)
{
  struct scene scene = {.client = {.body = QUESTION}, .server = {.body = ANSWER}};
  char client[200] = WIRE_PRIORITY ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519";
  char server[200] = WIRE_PRIORITY ":-GROUP-ALL:+GROUP-X25519";

  strcat(client, cipher);
  scene_open(&scene, &(struct wire_request){.client_priority = client,
                                            .server_priority = server,
                                            .flags = GNUTLS_KEY_SHARE_TOP});
  wire_shake(&scene.wire);
  expect_done(&scene);
  assert_true(actor_saw(&scene.client, GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST, true));
  assert_true(actor_saw(&scene.server, GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST, false));
  assert_int_equal(scene.client.sends, 2);
  assert_int_equal(scene.server.receives, 2);
  assert_int_equal(scene.server.sends, 1); /* nothing in HelloRetryRequest */
  assert_true(span_equal(actor_received(&scene.server), QUESTION));
  assert_true(span_equal(actor_received(&scene.client), ANSWER));
  assert_true(scene_agrees(&scene));
  scene_close(&scene);
}

static void test_hello_retry_request(void **state)
{
  (void)state;
  check_retry(":-CIPHER-ALL:+AES-128-GCM");
  check_retry(":-CIPHER-ALL:+AES-256-GCM");
}

/* GnuTLS chooses TLS 1.2: there is no Handshake Secret, and no EncryptedExtensions to answer in. */
static void test_tls12(void **state)
{
  struct scene scene = {.client = {.body = QUESTION}, .server = {.body = ANSWER}};
  struct handshake_secrets secrets;

  (void)state;
  scene_open(&scene, &(struct wire_request){.client_priority = "NORMAL",
                                            .server_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"});
  wire_shake(&scene.wire);
  expect_done(&scene);
  assert_int_equal(gnutls_protocol_get_version(scene.wire.client.session), GNUTLS_TLS1_2);
  assert_int_equal(scene.client.sends, 1);
  assert_int_equal(scene.server.sends, 0);
  assert_int_equal(scene.client.receives, 0);
  assert_false(scene_secrets(&scene.wire.client, &secrets));
  assert_false(scene_secrets(&scene.wire.server, &secrets));
  assert_true(actor_saw(&scene.client, GNUTLS_HANDSHAKE_FINISHED, false));
  scene_close(&scene);
}

static void open_again(struct scene *scene, const struct wire_request *request,
                       const gnutls_datum_t *key, const gnutls_datum_t *session)
{
  scene_open(scene, request);
  assert_int_equal(gnutls_session_ticket_enable_server(scene->wire.server.session, key), 0);
  if (session != NULL)
    assert_int_equal(
        gnutls_session_set_data(scene->wire.client.session, session->data, session->size), 0);
  wire_shake(&scene->wire);
  expect_done(scene);
}

/* pre_shared_key must stay the last extension (RFC 8446 section 4.2.11), or the server refuses its
 * binder. */
static void test_resumption(void **state)
{
  struct scene first = {.client = {.body = QUESTION}}, second = {.client = {.body = QUESTION}};
  gnutls_datum_t key, session;
  char octet;

  (void)state;
  assert_int_equal(gnutls_session_ticket_key_generate(&key), 0);
  open_again(&first, &(struct wire_request){0}, &key, NULL);
  assert_int_equal(gnutls_record_recv(first.wire.client.session, &octet, 1), GNUTLS_E_AGAIN);
  assert_int_equal(gnutls_session_get_data2(first.wire.client.session, &session), 0);
  open_again(&second, &(struct wire_request){.server_credentials = first.credentials}, &key,
             &session);
  assert_true(gnutls_session_is_resumed(second.wire.client.session) != 0);
  assert_true(span_equal(actor_received(&second.server), QUESTION));
  assert_true(scene_agrees(&second));
  scene_close(&second);
  scene_close(&first);
  gnutls_free(session.data);
  gnutls_free(key.data);
}

static void expect_spki(const struct scene *scene, const struct pki_identity *identity)
{
  gnutls_datum_t expected = pki_spki_der(identity);
  struct span own, theirs, right = {expected.data, expected.size};

  expect_done(scene);
  assert_true(handshake_spki(scene->wire.server.session, true, &own));
  assert_true(handshake_spki(scene->wire.client.session, false, &theirs));
  assert_true(span_equal(own, right));
  assert_true(span_equal(theirs, right));
  gnutls_free(expected.data);
}

static void test_spki_of_certificates(void **state)
{
  (void)state;
  for (int i = 0; i < PKI_ALGORITHMS; i++) {
    struct pki_identity ca = {NULL, NULL}, server = {NULL, NULL};
    const struct pki_identity *chain[] = {&server, &ca};
    struct scene scene = {.client = {.body = QUESTION}};
    gnutls_certificate_credentials_t credentials;
    struct span spki;

    pki_make(&ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Test CA"});
    pki_make(&server, &ca,
             &(struct pki_request){
                 .algorithm = (enum pki_algorithm)i, .purpose = PKI_SERVER, .name = "x.example"});
    credentials = pki_credentials(chain, 2);
    scene_open(&scene, &(struct wire_request){.server_credentials = credentials});
    assert_false(handshake_spki(scene.wire.client.session, false, &spki));
    assert_false(handshake_spki(scene.wire.server.session, true, &spki));
    wire_shake(&scene.wire);
    expect_spki(&scene, &server);
    scene_close(&scene);
    gnutls_certificate_free_credentials(credentials);
    pki_free(&server);
    pki_free(&ca);
  }
}

static void test_spki_of_raw_keys(void **state)
{
  static const char priority[] = WIRE_PRIORITY ":+CTYPE-SRV-RAWPK";
  struct pki_identity identity = {NULL, NULL};
  struct scene scene = {.client = {.body = QUESTION}};
  gnutls_certificate_credentials_t credentials;

  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "x.example"});
  credentials = pki_raw_credentials(&identity);
  scene_open(&scene, &(struct wire_request){.client_priority = priority,
                                            .server_priority = priority,
                                            .flags = GNUTLS_ENABLE_RAWPK,
                                            .server_credentials = credentials});
  wire_shake(&scene.wire);
  assert_int_equal(gnutls_certificate_type_get2(scene.wire.client.session, GNUTLS_CTYPE_SERVER),
                   GNUTLS_CRT_RAWPK);
  expect_spki(&scene, &identity);
  assert_true(scene_agrees(&scene));
  scene_close(&scene);
  gnutls_certificate_free_credentials(credentials);
  pki_free(&identity);
}

static const struct handshake_role another_role;

static void test_attach_twice(void **state)
{
  struct scene scene = {.client = {.body = QUESTION}, .server = {.body = ANSWER}};
  struct actor second = {.body = ANSWER};

  (void)state;
  scene_open(&scene, &(struct wire_request){0});
  assert_false(handshake_attach(scene.wire.client.session, &actor_role, &second));
  assert_false(handshake_attach(scene.wire.client.session, &another_role, &second));
  wire_shake(&scene.wire);
  expect_done(&scene);
  assert_false(handshake_attach(scene.wire.client.session, &actor_role, &second));
  assert_true(span_equal(actor_received(&scene.server), QUESTION));
  assert_true(scene_agrees(&scene));
  scene_close(&scene);
  assert_int_equal(second.destroyed + second.sends, 0);
}

static void test_what_is_attached(void **state)
{
  struct scene scene = {.server = {.detached = true}};
  struct handshake *h;

  (void)state;
  scene_open(&scene, &(struct wire_request){0});
  h = handshake_of(scene.wire.client.session, &actor_role);
  assert_non_null(h);
  assert_ptr_equal(handshake_user(h), &scene.client);
  assert_ptr_equal(handshake_gnutls(h), scene.wire.client.session);
  assert_null(handshake_of(scene.wire.client.session, &another_role));
  assert_null(handshake_of(scene.wire.server.session, &actor_role));
  scene_close(&scene); /* destroyed without a handshake, too */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_extension),
      cmocka_unit_test(test_sizes_of_the_extension),
      cmocka_unit_test(test_extension_left_out),
      cmocka_unit_test(test_secrets),
      cmocka_unit_test(test_secrets_are_of_one_connection),
      cmocka_unit_test(test_hello_retry_request),
      cmocka_unit_test(test_tls12),
      cmocka_unit_test(test_resumption),
      cmocka_unit_test(test_spki_of_certificates),
      cmocka_unit_test(test_spki_of_raw_keys),
      cmocka_unit_test(test_attach_twice),
      cmocka_unit_test(test_what_is_attached),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

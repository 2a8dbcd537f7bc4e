/* Refusals: at every moment the other end gets handshake_failure, and no second try gets around it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
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

#define BODY ((struct span){(const uint8_t *)"body", 4})

enum {
  CH = GNUTLS_HANDSHAKE_CLIENT_HELLO,
  HRR = GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST,
  SH = GNUTLS_HANDSHAKE_SERVER_HELLO,
  EE = GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS,
  CERT = GNUTLS_HANDSHAKE_CERTIFICATE_PKT,
  VERIFY = GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY,
  FINISHED = GNUTLS_HANDSHAKE_FINISHED
};

static const uint8_t alert_record[] = {21, 3, 3, 0, 2, 2, GNUTLS_A_HANDSHAKE_FAILURE};

/* A program that doesn't take no for an answer. */
static void expect_stays_refused(const struct wire_end *end)
{
  char octet;

  assert_int_equal(end->result, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  for (int i = 0; i < 3; i++) {
    int again = gnutls_handshake(end->session);

    assert_true(again < 0 && gnutls_error_is_fatal(again));
    assert_true(gnutls_record_send(end->session, "x", 1) < 0);
    assert_true(gnutls_record_recv(end->session, &octet, 1) < 0);
  }
}

static void expect_broken(const struct wire_end *end)
{
  assert_true(end->result < 0 && gnutls_error_is_fatal(end->result));
}

static void expect_alert(const struct wire_end *end)
{
  assert_int_equal(wire_alert(end), GNUTLS_A_HANDSHAKE_FAILURE);
}

static void open_bodies(struct scene *scene, const char *client, const char *server)
{
  scene->client.body = BODY;
  scene->server.body = BODY;
  scene_open(scene, &(struct wire_request){.client_priority = client,
                                           .server_priority = server,
                                           .flags = GNUTLS_KEY_SHARE_TOP});
}

static void refuse_at(struct actor *actor, unsigned type, bool incoming)
{
  actor->refuse = true;
  actor->refuse_type = type;
  actor->refuse_incoming = incoming;
}

/* One end refuses at a message, the other one is told. */
static void check_message(bool by_client, unsigned type, bool incoming, const char *priority)
{
  struct scene scene = {0};
  struct wire_end *refuses = by_client ? &scene.wire.client : &scene.wire.server;

  refuse_at(by_client ? &scene.client : &scene.server, type, incoming);
  open_bodies(&scene, priority, priority);
  wire_shake(&scene.wire);
  expect_alert(refuses->peer);
  expect_stays_refused(refuses);
  scene_close(&scene);
}

static void test_client_at_each_message(void **state)
{
  static const unsigned incoming[] = {EE, CERT, VERIFY, FINISHED};

  (void)state;
  for (size_t i = 0; i < sizeof incoming / sizeof incoming[0]; i++) {
    check_message(true, incoming[i], true, WIRE_PRIORITY);
    check_message(true, incoming[i], true, WIRE_PRIORITY ":%DISABLE_TLS13_COMPAT_MODE");
  }
  check_message(true, FINISHED, false, WIRE_PRIORITY);
  check_message(true, FINISHED, false, WIRE_PRIORITY ":%DISABLE_TLS13_COMPAT_MODE");
}

static void test_server_at_each_message(void **state)
{
  static const unsigned outgoing[] = {SH, EE, CERT, VERIFY, FINISHED};

  (void)state;
  check_message(false, CH, true, WIRE_PRIORITY);
  check_message(false, CH, true, WIRE_PRIORITY ":%DISABLE_TLS13_COMPAT_MODE");
  for (size_t i = 0; i < sizeof outgoing / sizeof outgoing[0]; i++)
    check_message(false, outgoing[i], false, WIRE_PRIORITY);
}

static void test_tls12_messages(void **state)
{
  static const char tls12[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

  (void)state;
  check_message(true, SH, true, tls12);
  check_message(true, CERT, true, tls12);
  check_message(true, GNUTLS_HANDSHAKE_SERVER_HELLO_DONE, true, tls12);
  check_message(false, CH, true, tls12);
  check_message(false, SH, false, tls12);
  check_message(false, FINISHED, true, tls12);
}

/* Without the compatibility mode GnuTLS holds ServerHello back, so that an alert behind it can't be
 * read: the client ends, but doesn't learn why. Servers should refuse when they receive the
 * extension. */
static void test_server_without_compatibility(void **state)
{
  static const char priority[] = WIRE_PRIORITY ":%DISABLE_TLS13_COMPAT_MODE";
  static const unsigned outgoing[] = {EE, CERT, VERIFY, FINISHED};

  (void)state;
  for (size_t i = 0; i < sizeof outgoing / sizeof outgoing[0]; i++) {
    struct scene scene = {0};

    refuse_at(&scene.server, outgoing[i], false);
    open_bodies(&scene, priority, priority);
    wire_shake(&scene.wire);
    expect_broken(&scene.wire.client);
    expect_stays_refused(&scene.wire.server);
    scene_close(&scene);
  }
}

/* The client is done by then, and learns it with its first read. */
static void test_server_at_the_last_message(void **state)
{
  struct scene scene = {0};
  char octet;

  (void)state;
  refuse_at(&scene.server, FINISHED, true);
  open_bodies(&scene, NULL, NULL);
  wire_shake(&scene.wire);
  assert_int_equal(scene.wire.client.result, 0);
  assert_int_equal(gnutls_record_recv(scene.wire.client.session, &octet, 1),
                   GNUTLS_E_FATAL_ALERT_RECEIVED);
  assert_int_equal(gnutls_alert_get(scene.wire.client.session), GNUTLS_A_HANDSHAKE_FAILURE);
  expect_stays_refused(&scene.wire.server);
  scene_close(&scene);
}

/* The client has no keys yet, so its alert goes out in clear (RFC 8446 section 6). A GnuTLS server
 * expects it encrypted and gives up without understanding it, hence the look at the wire. */
static void test_client_at_server_hello(void **state)
{
  struct scene scene = {0};
  struct wire_end *client = &scene.wire.client, *server = &scene.wire.server;

  (void)state;
  refuse_at(&scene.client, SH, true);
  open_bodies(&scene, NULL, NULL);
  client->result = gnutls_handshake(client->session);
  server->result = gnutls_handshake(server->session);
  client->result = gnutls_handshake(client->session);
  assert_true(server->unread >= sizeof alert_record);
  assert_memory_equal(server->inbox + server->unread - sizeof alert_record, alert_record,
                      sizeof alert_record);
  wire_shake(&scene.wire);
  expect_broken(server);
  expect_stays_refused(client);
  scene_close(&scene);
}

static void test_client_at_retry(void **state)
{
  struct scene scene = {0};

  (void)state;
  refuse_at(&scene.client, HRR, true);
  open_bodies(&scene, WIRE_PRIORITY ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519",
              WIRE_PRIORITY ":-GROUP-ALL:+GROUP-X25519");
  wire_shake(&scene.wire);
  expect_alert(&scene.wire.server);
  expect_stays_refused(&scene.wire.client);
  scene_close(&scene);
}

/* Before ClientHello there is nobody to be told. */
static void test_client_sends_nothing(void **state)
{
  struct scene refusing = {.client = {.send = HANDSHAKE_REFUSE}};
  struct scene overflowing = {.client = {.overflow = true}};
  struct scene *scenes[] = {&refusing, &overflowing};

  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct wire_end *client = &scenes[i]->wire.client;

    open_bodies(scenes[i], NULL, NULL);
    client->result = gnutls_handshake(client->session);
    assert_int_equal(client->peer->unread, 0);
    expect_stays_refused(client);
    assert_int_equal(client->peer->unread, 0);
    wire_shake(&scenes[i]->wire);
    expect_broken(client->peer);
    scene_close(scenes[i]);
  }
}

static void test_client_at_client_hello(void **state)
{
  struct scene scene = {0};

  (void)state;
  refuse_at(&scene.client, CH, false);
  open_bodies(&scene, NULL, NULL);
  scene.wire.client.result = gnutls_handshake(scene.wire.client.session);
  assert_int_equal(scene.wire.server.unread, 0);
  wire_shake(&scene.wire);
  expect_broken(&scene.wire.server);
  assert_int_equal(scene.server.receives, 0);
  expect_stays_refused(&scene.wire.client);
  scene_close(&scene);
}

static void test_extension(void **state)
{
  struct scene client = {.client = {.receive = HANDSHAKE_REFUSE}};
  struct scene server = {.server = {.receive = HANDSHAKE_REFUSE}};
  struct scene late = {.server = {.send = HANDSHAKE_REFUSE}};
  struct scene overflow = {.server = {.overflow = true}};
  struct scene *scenes[] = {&client, &server, &late, &overflow};

  (void)state;
  for (size_t i = 0; i < 4; i++) {
    struct wire_end *refuses = i == 0 ? &client.wire.client : &scenes[i]->wire.server;

    open_bodies(scenes[i], NULL, NULL);
    wire_shake(&scenes[i]->wire);
    expect_alert(refuses->peer);
    expect_stays_refused(refuses);
    scene_close(scenes[i]);
  }
}

/* Also where the program's own function has taken the place of ours: data doesn't flow. */
static int keep_quiet(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
  (void)session, (void)label, (void)secret;
  return 0;
}

static void test_key_log_taken_away(void **state)
{
  struct scene scene = {0};
  struct wire_end *client = &scene.wire.client;
  char octet;

  (void)state;
  refuse_at(&scene.client, FINISHED, false);
  open_bodies(&scene, NULL, NULL);
  gnutls_session_set_keylog_function(client->session, keep_quiet);
  wire_shake(&scene.wire);
  assert_int_equal(client->result, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  expect_alert(&scene.wire.server);
  for (int i = 0; i < 3; i++) {
    gnutls_handshake(client->session);
    assert_true(gnutls_record_send(client->session, "x", 1) < 0);
    assert_true(gnutls_record_recv(client->session, &octet, 1) < 0);
  }
  scene_close(&scene);
}

static int look_on(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                   const gnutls_datum_t *message)
{
  (void)session, (void)type, (void)when, (void)incoming, (void)message;
  return 0;
}

/* From outside of the callbacks; one alert, however often. */
static void test_refuse_by_hand(void **state)
{
  struct scene scene = {0};
  struct wire_end *client = &scene.wire.client;
  struct handshake *h;
  size_t sent;

  (void)state;
  open_bodies(&scene, NULL, NULL);
  h = handshake_of(client->session, &actor_role);
  client->result = gnutls_handshake(client->session);
  assert_int_equal(client->result, GNUTLS_E_AGAIN);
  sent = scene.wire.server.unread;
  assert_int_equal(handshake_refuse(h), GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  assert_int_equal(scene.wire.server.unread, sent + sizeof alert_record);
  assert_int_equal(handshake_refuse(h), GNUTLS_E_INSUFFICIENT_CREDENTIALS);
  assert_int_equal(scene.wire.server.unread, sent + sizeof alert_record);
  scene.client.refused = true;
  wire_shake(&scene.wire);
  assert_true(client->result < 0);
  expect_broken(&scene.wire.server);
  scene_close(&scene);
}

/* Before anything was said: the role is not asked any more. */
static void test_refuse_before_the_first_message(void **state)
{
  struct scene client = {.client = {.refused = true}}, server = {.server = {.refused = true}};

  (void)state;
  open_bodies(&client, NULL, NULL);
  handshake_refuse(handshake_of(client.wire.client.session, &actor_role));
  assert_int_equal(client.wire.server.unread, 0);
  client.wire.client.result = gnutls_handshake(client.wire.client.session);
  assert_int_equal(client.wire.server.unread, 0);
  expect_stays_refused(&client.wire.client);
  assert_int_equal(client.client.sends, 0);
  scene_close(&client);
  open_bodies(&server, NULL, NULL);
  handshake_refuse(handshake_of(server.wire.server.session, &actor_role));
  gnutls_handshake_set_hook_function(server.wire.server.session, GNUTLS_HANDSHAKE_ANY,
                                     GNUTLS_HOOK_PRE, look_on);
  wire_shake(&server.wire);
  expect_broken(&server.wire.client);
  expect_stays_refused(&server.wire.server);
  assert_int_equal(server.server.receives, 0);
  scene_close(&server);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_client_at_each_message),
      cmocka_unit_test(test_server_at_each_message),
      cmocka_unit_test(test_tls12_messages),
      cmocka_unit_test(test_server_without_compatibility),
      cmocka_unit_test(test_server_at_the_last_message),
      cmocka_unit_test(test_client_at_server_hello),
      cmocka_unit_test(test_client_at_retry),
      cmocka_unit_test(test_client_sends_nothing),
      cmocka_unit_test(test_client_at_client_hello),
      cmocka_unit_test(test_extension),
      cmocka_unit_test(test_key_log_taken_away),
      cmocka_unit_test(test_refuse_by_hand),
      cmocka_unit_test(test_refuse_before_the_first_message),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

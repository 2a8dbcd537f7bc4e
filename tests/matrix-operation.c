/* RFC 8672 through the life of a server: renewal, rotation, ramp-down, resumption.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stage.h"

#include <stdio.h>
#include <string.h>

/* The proof is over the key in use: another certificate and another key are fine, as long as the
 * server knows the pinning secret. */
static void test_certificate_renewed(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);

  meet_first(&client, &server);
  server.credentials = stage->credentials[PKI_RSA];
  meet_again(&client, &server);
  server.credentials = stage->credentials[PKI_ED25519];
  meet_again(&client, &server);
}

/* What the PKI refuses is refused, whatever the ticket says (RFC 8672 section 2.2). */
static void test_certificate_expired(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct pki_identity expired = {0};
  struct meeting met;

  pki_make(&expired, &stage->ca,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = STAGE_HOST,
                                 .not_before = time(NULL) - 20 * 86400,
                                 .not_after = time(NULL) - 86400});
  meet_first(&client, &server);
  server.credentials = pki_credentials((const struct pki_identity *[]){&expired}, 1);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.handshake, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
  assert_int_equal(met.visit.finished, TLSPIN_E_TLS);
  assert_string_equal(met.visit.reason, "");
  assert_int_equal(met.stand.received, 0);
  assert_int_not_equal(met.visit.kept, TLSPIN_OK);
  gnutls_certificate_free_credentials(server.credentials);
  pki_free(&expired);
  server = stage_server(stage);
  meet_again(&client, &server);
}

static void test_client_certificate(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct pki_identity user = {0};
  struct meeting met;

  pki_make(&user, &stage->ca, &(struct pki_request){.purpose = PKI_CLIENT, .name = "user"});
  client.credentials = pki_credentials((const struct pki_identity *[]){&user}, 1);
  pki_trust(client.credentials, &stage->ca);
  server.ask_certificate = true;
  meet_first(&client, &server);
  meet_again(&client, &server);
  meet(&client, &server, &met);
  assert_true(met.stand.certificate);

  /* An impostor doesn't even learn who the client is. */
  server.pinning = NULL;
  meet_refused(stage, &client, &server, "extension-missing", &met);
  assert_false(met.stand.certificate);
  gnutls_certificate_free_credentials(client.credentials);
  pki_free(&user);
}

static void test_early_start(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  server.flags = GNUTLS_ENABLE_EARLY_START;
  meet_first(&client, &server);
  meet_again(&client, &server);
  server.pinning = NULL; /* the server is done before it hears the alert */
  meet_refused(stage, &client, &server, "extension-missing", &met);
}

static void test_ramp_down(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  tlspin_entry_t *before, *after;
  struct meeting met;

  meet_first(&client, &server);
  before = stage_entry(stage);
  tlspin_server_set_ramp_down(stage->pinning, 1);
  meet(&client, &server, &met);
  tlspin_server_set_ramp_down(stage->pinning, 0);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_true(met.visit.proved);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_int_equal(met.stand.pinned, TLSPIN_SERVER_RAMP_DOWN);
  after = stage_entry(stage); /* the old one stays until it expires */
  assert_int_equal(tlspin_entry_expires(before), tlspin_entry_expires(after));
  assert_int_equal(tlspin_entry_series(before), tlspin_entry_series(after));
  tlspin_entry_free(before);
  tlspin_entry_free(after);
}

static void test_ramp_down_first(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  tlspin_server_set_ramp_down(stage->pinning, 1);
  meet(&client, &server, &met);
  tlspin_server_set_ramp_down(stage->pinning, 0);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_null(stage_entry(stage));
}

#define OLD_KEY                                                                                    \
  "key 00000000000000aa * 2026-01-01T00:00:00Z 2026-01-01T00:00:00Z "                              \
  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
#define NEW_KEY                                                                                    \
  "key 00000000000000bb * 2026-02-01T00:00:00Z 2026-02-01T01:00:00Z "                              \
  "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"
#define HEAD "tlspin-keys 1\nramp-down no\n"

static void load(tlspin_server_t *pinning, const char *text)
{
  assert_int_equal(tlspin_server_load_keys_from_memory(pinning, text, strlen(text)), TLSPIN_OK);
}

static void test_rotation(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  assert_int_equal(tlspin_server_new(&server.pinning), TLSPIN_OK);
  load(server.pinning, HEAD OLD_KEY);
  meet_first(&client, &server);
  load(server.pinning, HEAD OLD_KEY NEW_KEY);
  meet_again(&client, &server); /* the old ticket is taken, the new one is under the new key */
  load(server.pinning, HEAD NEW_KEY);
  meet_again(&client, &server);
  load(server.pinning, HEAD OLD_KEY);
  meet_refused(stage, &client, &server, "ticket-refused", &met);
  tlspin_server_free(server.pinning);
}

/* The impostor of the story: a certificate that the PKI takes, but other protection keys. */
static void test_wrong_protection_key(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct meeting met;

  meet_first(&client, &server);
  server.pinning = stage_pinning();
  server.credentials = stage->credentials[PKI_RSA];
  meet_refused(stage, &client, &server, "ticket-refused", &met);
  assert_int_equal(met.stand.pinned, TLSPIN_SERVER_REFUSED);
  assert_non_null(strstr(met.visit.message, "tlspin clear " STAGE_HOST ":443"));
  tlspin_server_free(server.pinning);
  server = stage_server(stage);
  meet_again(&client, &server);
}

struct resumption {
  gnutls_datum_t key;  /* of the server's session tickets */
  gnutls_datum_t data; /* the client's session */
};

static void begin(struct visit_request *client, struct stand_request *server,
                  struct resumption *resumption)
{
  assert_int_equal(gnutls_session_ticket_key_generate(&resumption->key), 0);
  server->resumption = &resumption->key;
  client->new_session_data = &resumption->data;
  meet_first(client, server);
  client->new_session_data = NULL;
  assert_true(resumption->data.size > 0);
  client->session_data = &resumption->data;
}

static void end(struct resumption *resumption)
{
  gnutls_free(resumption->key.data);
  gnutls_free(resumption->data.data);
}

static void test_resumption_accepted(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct resumption resumption = {{NULL, 0}, {NULL, 0}};
  struct meeting met;

  begin(&client, &server, &resumption);
  client.flags = TLSPIN_RESUMING;
  meet(&client, &server, &met);
  assert_true(met.visit.may_resume);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_true(met.visit.resumed);
  assert_false(met.visit.asked); /* PSK handshakes don't carry the extension */
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_true(met.visit.conversed);
  end(&resumption);
}

/* The same by a program that forgot to tell: the extension's absence is fine only with the PSK. */
static void test_resumption_untold(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct resumption resumption = {{NULL, 0}, {NULL, 0}};
  struct meeting met;

  begin(&client, &server, &resumption);
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_true(met.visit.resumed);
  assert_false(met.visit.may_resume); /* nobody promised where the session came from */
  assert_true(met.visit.sent);
  assert_int_equal(met.visit.kept, TLSPIN_NO_PIN);
  assert_true(met.visit.conversed);
  end(&resumption);
}

/* Declining the PSK must not be a way around the pin. */
static void test_resumption_declined(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = stage_server(stage);
  struct resumption resumption = {{NULL, 0}, {NULL, 0}};
  struct meeting met;

  begin(&client, &server, &resumption);
  server.resumption = NULL;
  client.flags = TLSPIN_RESUMING;
  meet_refused(stage, &client, &server, "resumption-declined", &met);
  client.flags = 0; /* told or not: the ticket goes along, and the full handshake proves it */
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_false(met.visit.resumed);
  assert_true(met.visit.proved);
  client.session_data = NULL; /* what the library tells the program to do */
  meet_again(&client, &server);
  server.pinning = NULL;
  client.session_data = &resumption.data;
  meet_refused(stage, &client, &server, "extension-missing", &met);
  end(&resumption);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_certificate_renewed),
      STAGE_TEST(test_certificate_expired),
      STAGE_TEST(test_client_certificate),
      STAGE_TEST(test_early_start),
      STAGE_TEST(test_ramp_down),
      STAGE_TEST(test_ramp_down_first),
      STAGE_TEST(test_rotation),
      STAGE_TEST(test_wrong_protection_key),
      STAGE_TEST(test_resumption_accepted),
      STAGE_TEST(test_resumption_untold),
      STAGE_TEST(test_resumption_declined),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}

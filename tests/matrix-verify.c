/* TLSPIN_VERIFY: tlspin checks the certificate. What no authority vouches for gets through by an
 * exception, or as a raw key by its pin, and not otherwise.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400 };

#define RAW_CLIENT "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK"
#define RAW_SERVER "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK"

/* A client that has tlspin look at the certificate, and trusts nobody; and a server that nobody
 * vouches for. */
static struct visit_request lone_client(struct stage *stage)
{
  struct visit_request client = stage_client(stage);

  client.credentials = stage->nobody;
  client.flags = TLSPIN_VERIFY;
  client.unverified = true;
  return client;
}

static struct stand_request plain_server(struct stage *stage)
{
  return (struct stand_request){.credentials = stage->credentials[PKI_ECDSA]};
}

static struct visit go(const struct visit_request *client, const struct stand_request *server)
{
  struct meeting met;

  meet(client, server, &met);
  assert_int_equal(met.stand.received, met.visit.conversed);
  return met.visit;
}

static void expect_fine(const struct visit_request *client, const struct stand_request *server)
{
  struct visit visit = go(client, server);

  if (visit.finished != TLSPIN_OK)
    print_error("%s\n", visit.message);
  assert_int_equal(visit.handshake, GNUTLS_E_SUCCESS);
  assert_int_equal(visit.finished, TLSPIN_OK);
  assert_true(visit.conversed);
}

/* finished: TLSPIN_E_TLS where no pin is the cause. */
static void expect_refused(const struct visit_request *client, const struct stand_request *server,
                           int finished)
{
  struct visit visit = go(client, server);

  assert_int_equal(visit.handshake, GNUTLS_E_CERTIFICATE_ERROR);
  assert_int_equal(visit.finished, finished);
  assert_false(visit.conversed || visit.may_resume);
  assert_non_null(strstr(visit.message, "No data was sent"));
}

static void except(struct stage *stage, const struct pki_identity *identity, const char *level,
                   unsigned errors)
{
  struct tlspin_record record = pinned_record("excepted", identity);

  record.level = level;
  record.errors = errors;
  pinned_put(stage, &record);
}

static void test_an_authority_vouches(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = stage_client(stage);
  struct stand_request server = plain_server(stage), other = server;
  struct visit visit;

  client.flags = TLSPIN_VERIFY;
  client.unverified = true;
  expect_fine(&client, &server);
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  other.credentials = stage->credentials[PKI_RSA];
  visit = go(&client, &other);
  assert_int_equal(visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(visit.reason, "changed");
  assert_false(visit.conversed);
}

static void test_nobody_vouches(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = plain_server(stage);
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT, TLSPIN_ADVISORY};

  for (size_t i = 0; i < 3; i++) {
    client.flags = TLSPIN_VERIFY | levels[i];
    expect_refused(&client, &server, TLSPIN_E_TLS);
    assert_non_null(
        strstr(go(&client, &server).message, "tlspin except " STAGE_HOST ":443 --key "));
  }
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  client.credentials = stage->trust;
  client.host = "other.example"; /* the certificate is for another name */
  expect_refused(&client, &server, TLSPIN_E_TLS);
}

/* Neither a pin nor an opt-out takes the place of an exception. */
static void test_a_pin_is_no_exception(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = plain_server(stage);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"};

  pinned_put(stage, &pin);
  expect_refused(&client, &server, TLSPIN_MISMATCH);
  stage_clear(state);
  pinned_put(stage, &off);
  expect_refused(&client, &server, TLSPIN_E_TLS);
}

static void test_exception(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = plain_server(stage), other = server;
  struct visit visit;

  except(stage, &stage->servers[PKI_ECDSA], "leaf", TLSPIN_PKI_UNKNOWN_ISSUER);
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_OK);
  assert_true(visit.conversed);
  assert_false(visit.may_resume);
  assert_int_equal(pinned_count(stage, "tofu", NULL), 0);
  assert_int_equal(pinned_events(stage, "exception", NULL), 1);
  other.credentials = stage->credentials[PKI_RSA];
  expect_refused(&client, &other, TLSPIN_E_TLS);
  client.host = "other.example";
  expect_refused(&client, &server, TLSPIN_E_TLS);
}

/* An exception for one error doesn't excuse the others. */
static void test_each_error_must_be_named(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = {.credentials = NULL};
  time_t now = time(NULL);
  struct pki_identity late, early;
  const struct pki_identity *late_chain[] = {&late, &stage->ca}, *early_chain[] = {&early};

  pki_make(&late, &stage->ca,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = STAGE_HOST,
                                 .not_before = now - 9 * DAY,
                                 .not_after = now - DAY});
  pki_make(&early, &stage->ca,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = STAGE_HOST,
                                 .not_before = now + DAY,
                                 .not_after = now + 9 * DAY});
  except(stage, &late, "leaf", TLSPIN_PKI_UNKNOWN_ISSUER);
  except(stage, &early, "leaf", TLSPIN_PKI_UNKNOWN_ISSUER | TLSPIN_PKI_EXPIRED);
  for (size_t size = 1; size <= 2; size++) { /* with the authority's certificate, too */
    server.credentials = pki_credentials_as_given(late_chain, size);
    expect_refused(&client, &server, TLSPIN_E_TLS);
    gnutls_certificate_free_credentials(server.credentials);
  }
  server.credentials = pki_credentials(early_chain, 1);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  except(stage, &early, "leaf", TLSPIN_PKI_UNKNOWN_ISSUER | TLSPIN_PKI_NOT_YET_VALID);
  expect_fine(&client, &server);
  gnutls_certificate_free_credentials(server.credentials);
  server.credentials = pki_credentials(late_chain, 1);
  except(stage, &late, "leaf", TLSPIN_PKI_UNKNOWN_ISSUER | TLSPIN_PKI_EXPIRED);
  expect_fine(&client, &server);
  client.credentials = stage->trust; /* now the authority is known, and the date alone is wrong */
  expect_fine(&client, &server);
  gnutls_certificate_free_credentials(server.credentials);
  pki_free(&late);
  pki_free(&early);
}

static void test_a_blocked_key_has_no_exceptions(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = plain_server(stage);
  struct tlspin_record blocked = pinned_record("rejected", &stage->servers[PKI_ECDSA]);
  struct visit visit;

  except(stage, &stage->servers[PKI_ECDSA], "leaf", TLSPIN_PKI_UNKNOWN_ISSUER);
  expect_fine(&client, &server);
  pinned_put(stage, &blocked);
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(visit.reason, "key-rejected");
  assert_int_equal(pinned_events(stage, "mismatch", "key-rejected"), 1);
}

/* An authority that the computer doesn't know is excepted, as with a TLSA record of usage 2: it has
 * to be sent along, and the chain has to lead there. */
static void test_pinned_anchor(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request whole = {.credentials = NULL}, fraud = whole, bare = plain_server(stage);
  struct pki_identity other_ca, other, late;
  const struct pki_identity *chain[] = {&stage->servers[PKI_ECDSA], &stage->ca},
                            *late_chain[] = {&late, &stage->ca},
                            *fraud_chain[] = {&other, &other_ca, &stage->ca};
  struct tlspin_record pin = pinned_record("critical", &stage->ca);
  time_t now = time(NULL);

  pki_make(&other_ca, NULL, &(struct pki_request){.purpose = PKI_CA, .name = "Other CA"});
  pki_make(&other, &other_ca, &(struct pki_request){.purpose = PKI_SERVER, .name = STAGE_HOST});
  pki_make(&late, &stage->ca,
           &(struct pki_request){.purpose = PKI_SERVER,
                                 .name = STAGE_HOST,
                                 .not_before = now - 9 * DAY,
                                 .not_after = now - DAY});
  pin.level = "authority";
  pinned_put(stage, &pin);
  except(stage, &stage->ca, "authority", TLSPIN_PKI_UNKNOWN_ISSUER);
  whole.credentials = pki_credentials_as_given(chain, 2);
  expect_fine(&client, &whole);
  expect_refused(&client, &bare, TLSPIN_MISMATCH);
  fraud.credentials = pki_credentials_as_given(fraud_chain, 3);
  expect_refused(&client, &fraud, TLSPIN_MISMATCH);
  gnutls_certificate_free_credentials(fraud.credentials);
  fraud.credentials = pki_credentials_as_given(late_chain, 2);
  expect_refused(&client, &fraud, TLSPIN_MISMATCH);
  gnutls_certificate_free_credentials(fraud.credentials);
  gnutls_certificate_free_credentials(whole.credentials);
  pki_free(&other);
  pki_free(&other_ca);
  pki_free(&late);
}

static struct visit_request raw_client(struct stage *stage)
{
  struct visit_request client = lone_client(stage);

  client.priority = RAW_CLIENT;
  client.init_flags = GNUTLS_ENABLE_RAWPK;
  return client;
}

static struct stand_request raw_server(gnutls_certificate_credentials_t credentials)
{
  return (struct stand_request){
      .credentials = credentials, .priority = RAW_SERVER, .flags = GNUTLS_ENABLE_RAWPK};
}

static void test_raw_key(void **state)
{
  static const unsigned levels[] = {TLSPIN_TOFU, TLSPIN_STRICT, TLSPIN_ADVISORY};
  struct stage *stage = *state;
  struct visit_request client = raw_client(stage);
  struct stand_request server = raw_server(stage->raw), other;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"};
  struct visit visit;

  other = raw_server(pki_raw_credentials(&stage->servers[PKI_RSA]));
  for (size_t i = 0; i < 3; i++) {
    client.flags = TLSPIN_VERIFY | levels[i];
    expect_refused(&client, &server, TLSPIN_E_TLS);
  }
  assert_int_equal(pinned_count(stage, NULL, NULL), 0);
  pinned_put(stage, &off);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  stage_clear(state);
  client.flags = TLSPIN_VERIFY;
  pinned_put(stage, &pin);
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_OK);
  assert_int_equal(visit.answer, TLSPIN_MATCH);
  assert_true(visit.conversed);
  assert_false(visit.may_resume);
  expect_refused(&client, &other, TLSPIN_MISMATCH);
  client.flags = TLSPIN_VERIFY | TLSPIN_ADVISORY;
  expect_refused(&client, &other, TLSPIN_MISMATCH);
  assert_int_equal(pinned_count(stage, NULL, NULL), 1);
  gnutls_certificate_free_credentials(other.credentials);
}

/* What a program was told by its user: the raw key is right. */
static void accept_raw_key(struct stage *stage, const struct pki_identity *identity)
{
  gnutls_datum_t der = pki_spki_der(identity);
  struct tlspin_octets key = {der.data, der.size};
  struct tlspin_check check = {.chain = &key,
                               .chain_size = 1,
                               .flags = TLSPIN_CHECK_RAW_KEY | TLSPIN_CHECK_LEARN |
                                        TLSPIN_CHECK_ACCEPTED};

  assert_int_equal(tlspin_check_chain(stage->context, STAGE_HOST, "tls", VISIT_PORT, &check, NULL),
                   TLSPIN_MATCH);
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  gnutls_free(der.data);
}

static char *base64_of(const struct pki_identity *identity, char text[64])
{
  struct tlspin_octets digest = pinned_digest(identity, SELECTOR_SPKI);
  gnutls_datum_t octets = {(unsigned char *)(uintptr_t)digest.data, (unsigned)digest.size}, base64;

  assert_int_equal(gnutls_base64_encode2(&octets, &base64), 0);
  snprintf(text, 64, "%.*s", (int)base64.size, base64.data);
  gnutls_free(base64.data);
  return text;
}

/* What any program may say of a header that it met, or did not meet. */
static void note_header(struct stage *stage, const struct pki_identity *identity)
{
  gnutls_datum_t own = pki_certificate_der(identity), above = pki_certificate_der(&stage->ca);
  const struct tlspin_octets chain[] = {{own.data, own.size}, {above.data, above.size}};
  char text[256], key[64], backup[64];
  const char *outcome;

  snprintf(text, sizeof text, "pin-sha256=\"%s\"; pin-sha256=\"%s\"; max-age=10000",
           base64_of(identity, key), base64_of(&stage->servers[PKI_RSA], backup));
  assert_int_equal(tlspin_note_hpkp(stage->context, STAGE_HOST, "tls", VISIT_PORT,
                                    (struct tlspin_octets){text, strlen(text)}, 0, chain, 2,
                                    &outcome),
                   TLSPIN_OK);
  assert_string_equal(outcome, "note");
  gnutls_free(own.data);
  gnutls_free(above.data);
}

/* A raw key is as good as who says whose it is. */
static void test_raw_key_without_a_word(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = raw_client(stage);
  struct stand_request server = raw_server(stage->raw);
  struct pki_identity *identity = &stage->servers[PKI_ECDSA];
  struct tlspin_record reported = pinned_record("critical", identity),
                       active = pinned_record("active", identity);

  reported.enforced_until = active.enforced_until = 1;
  pinned_put(stage, &reported);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  stage_clear(state);
  pinned_put(stage, &active);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  stage_clear(state);
  accept_raw_key(stage, identity);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  note_header(stage, identity);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  stage_clear(state);
  note_header(stage, identity);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  pinned_put(stage, &reported);
  expect_refused(&client, &server, TLSPIN_E_TLS);
  reported.enforced_until = 0; /* the user's own word beside it */
  pinned_put(stage, &reported);
  expect_fine(&client, &server);
}

static void test_raw_key_with_a_word(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = raw_client(stage), usual = stage_client(stage);
  struct stand_request server = raw_server(stage->raw), other, certified = plain_server(stage);
  struct pki_identity *identity = &stage->servers[PKI_ECDSA];
  struct tlspin_record record = pinned_record("active", identity);
  struct keypin locked = pinned_locked(identity);

  other = raw_server(pki_raw_credentials(&stage->servers[PKI_RSA]));
  pinned_put(stage, &record);
  expect_fine(&client, &server);
  expect_refused(&client, &other, TLSPIN_E_TLS);
  stage_clear(state);
  record.origin = "import";
  pinned_put(stage, &record);
  expect_fine(&client, &server);
  stage_clear(state);
  expect_fine(&usual, &certified); /* the key was learned in a certificate */
  assert_int_equal(pinned_count(stage, "tofu", "active"), 1);
  expect_fine(&client, &server);
  expect_refused(&client, &other, TLSPIN_MISMATCH);
  stage_clear(state);
  pinned_layer(stage, "70-raw.db", &locked, 1);
  expect_fine(&client, &server);
  expect_refused(&client, &other, TLSPIN_MISMATCH);
  pinned_layer_remove(stage, "70-raw.db");
  gnutls_certificate_free_credentials(other.credentials);
}

/* Without TLSPIN_VERIFY the program vouches for the key, and pins are judged all the same. */
static void test_raw_key_of_the_program(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = raw_client(stage);
  struct stand_request server = raw_server(stage->raw);
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_RSA]);
  struct visit visit;

  client.flags = TLSPIN_TOFU;
  expect_fine(&client, &server);
  pinned_put(stage, &pin);
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(visit.reason, "critical-differs");
  assert_false(visit.conversed);
}

static int say_yes(gnutls_session_t session)
{
  (void)session;
  return 0;
}

static void displace_function(gnutls_session_t session)
{
  gnutls_session_set_verify_function(session, say_yes);
}

static void displace_all(gnutls_session_t session)
{
  displace_function(session);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, NULL);
}

/* A program that asks tlspin to look at the certificate, and then keeps it from doing so. */
static void test_displaced(void **state)
{
  struct stage *stage = *state;
  struct visit_request client = lone_client(stage);
  struct stand_request server = plain_server(stage);
  struct visit visit;

  client.before = displace_function;
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(visit.reason, "hooks-displaced");
  assert_true(visit.handshake < 0 && !visit.conversed);
  client.before = displace_all;
  visit = go(&client, &server);
  assert_int_equal(visit.finished, TLSPIN_MISMATCH);
  assert_string_equal(visit.reason, "hooks-displaced");
  assert_false(visit.conversed);
}

/* A program that calls gnutls_handshake again, whatever came of it. */
static void test_obstinate_program(void **state)
{
  struct stage *stage = *state;
  struct stand stand;
  gnutls_session_t session;
  struct stand_request server = plain_server(stage);
  int fd, rc = 0;

  stand_open(&stand, &server);
  fd = visit_dial(stand.port);
  assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
  assert_int_equal(gnutls_set_default_priority(session), 0);
  assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, stage->nobody), 0);
  assert_int_equal(
      tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, VISIT_PORT, TLSPIN_VERIFY),
      TLSPIN_OK);
  gnutls_transport_set_int(session, fd);
  for (int i = 0; i < 10; i++) {
    rc = gnutls_handshake(session);
    assert_true(rc < 0);
  }
  assert_true(gnutls_record_send(session, "x", 1) < 0);
  assert_int_equal(tlspin_gnutls_finish(session, 0, 0), TLSPIN_E_TLS);
  gnutls_deinit(session);
  close(fd);
  stand_close(&stand);
  assert_int_equal(stand.received, 0);
}

static void test_wrong_flags(void **state)
{
  struct stage *stage = *state;
  gnutls_session_t session;

  assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, VISIT_PORT,
                                             TLSPIN_PRIVATE << 1),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_attach_with(session, stage->context, STAGE_HOST, VISIT_PORT,
                                             TLSPIN_STRICT | TLSPIN_ADVISORY | TLSPIN_VERIFY),
                   TLSPIN_E_ARGUMENT);
  gnutls_deinit(session);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_an_authority_vouches),
      STAGE_TEST(test_nobody_vouches),
      STAGE_TEST(test_a_pin_is_no_exception),
      STAGE_TEST(test_exception),
      STAGE_TEST(test_each_error_must_be_named),
      STAGE_TEST(test_a_blocked_key_has_no_exceptions),
      STAGE_TEST(test_pinned_anchor),
      STAGE_TEST(test_raw_key),
      STAGE_TEST(test_raw_key_without_a_word),
      STAGE_TEST(test_raw_key_with_a_word),
      STAGE_TEST(test_raw_key_of_the_program),
      STAGE_TEST(test_displaced),
      STAGE_TEST(test_obstinate_program),
      STAGE_TEST(test_wrong_flags),
  };

  return cmocka_run_group_tests(tests, stage_open, stage_close);
}

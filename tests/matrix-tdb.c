/* gnutls_verify_stored_pubkey and gnutls_store_pubkey with the pin store behind them, as programs
 * use them that know nothing of tlspin. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/pinned.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static gnutls_tdb_t tofu, strict;
static gnutls_datum_t key, other, certificate;

static int open_all(void **state)
{
  struct stage *stage;

  stage_open(state);
  stage = *state;
  setenv("DBUS_SESSION_BUS_ADDRESS", stage->desk.bus.address, 1);
  tlspin_set_budget(tlspin_default(), 20000, 20000);
  assert_int_equal(gnutls_tdb_init(&tofu), 0);
  assert_int_equal(gnutls_tdb_init(&strict), 0);
  assert_int_equal(tlspin_gnutls_tdb(tofu, TLSPIN_TOFU), TLSPIN_OK);
  assert_int_equal(tlspin_gnutls_tdb(strict, TLSPIN_STRICT), TLSPIN_OK);
  key = pki_spki_der(&stage->servers[PKI_ECDSA]);
  certificate = pki_certificate_der(&stage->servers[PKI_ECDSA]);
  other = pki_spki_der(&stage->servers[PKI_RSA]);
  return 0;
}

static int close_all(void **state)
{
  gnutls_free(key.data);
  gnutls_free(other.data);
  gnutls_free(certificate.data);
  gnutls_tdb_deinit(tofu);
  gnutls_tdb_deinit(strict);
  return stage_close(state);
}

static int verify_as(gnutls_tdb_t tdb, const char *host, const char *service,
                     const gnutls_datum_t *shown)
{
  return gnutls_verify_stored_pubkey(NULL, tdb, host, service, GNUTLS_CRT_RAWPK, shown, 0);
}

static int verify(const gnutls_datum_t *shown)
{
  int rc = verify_as(tofu, STAGE_HOST, "443", shown);

  assert_int_equal(verify_as(strict, STAGE_HOST, "443", shown), rc);
  return rc;
}

static int store(const gnutls_datum_t *shown, time_t expires)
{
  return gnutls_store_pubkey(NULL, tofu, STAGE_HOST, "443", GNUTLS_CRT_RAWPK, shown, expires, 0);
}

static void test_unknown(void **state)
{
  (void)state;
  assert_int_equal(verify(&key), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

static void test_match_and_mismatch(void **state)
{
  struct stage *stage = *state;

  assert_int_equal(store(&key, 0), 0);
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  assert_int_equal(verify(&key), 0);
  assert_int_equal(
      gnutls_verify_stored_pubkey(NULL, tofu, STAGE_HOST, "443", GNUTLS_CRT_X509, &certificate, 0),
      0);
  assert_int_equal(store(&key, 0), 0); /* once more is no more */
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  assert_int_equal(verify_as(tofu, STAGE_HOST, "https", &key), 0);
  assert_int_equal(verify_as(tofu, STAGE_HOST, "993", &key), GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(verify_as(tofu, "other.example", "443", &key), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

/* A key that was learned in a handshake is known here, too, and the other way round. */
static void test_shared_with_handshakes(void **state)
{
  struct stage *stage = *state;
  struct stand_request server = {.credentials = stage->credentials[PKI_ECDSA]};
  struct visit_request client = stage_client(stage);
  struct meeting met;

  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(verify(&key), 0);
  assert_int_equal(verify(&other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(store(&other, 0), 0);
  assert_int_equal(verify(&other), 0);
  server.credentials = stage->credentials[PKI_RSA];
  meet(&client, &server, &met);
  assert_int_equal(met.visit.finished, TLSPIN_OK);
  assert_int_equal(met.visit.answer, TLSPIN_MATCH);
}

/* The user's word is not enough against a pin that forbids. */
static void test_critical_pin(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);

  pinned_put(stage, &pin);
  assert_int_equal(verify(&key), 0);
  assert_int_equal(verify(&other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(store(&other, 0), GNUTLS_E_DB_ERROR);
  assert_int_equal(verify(&other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  pin.enforced_until = 1;
  pinned_put(stage, &pin);
  assert_int_equal(verify(&other), 0); /* only reported: the program is to go on */
}

/* What GnuTLS doesn't show can't be met; but it is no attack either, and nobody is told of one. */
static void test_pins_above_the_key(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->ca);
  static const char *const levels[] = {"issuer", "anchor", "authority", "any"};
  unsigned events = pinned_events(stage, NULL, NULL);

  for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
    stage_clear(state);
    pin.level = levels[i];
    pinned_put(stage, &pin);
    assert_int_equal(verify(&key), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    assert_int_equal(store(&key, 0), GNUTLS_E_DB_ERROR);
    assert_int_equal(pinned_events(stage, NULL, NULL), events);
  }
}

/* A pin at any level, as those of HPKP and of sha256// are, is met by the key itself. */
static void test_pin_at_any_level(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record pin = pinned_record("critical", &stage->servers[PKI_ECDSA]);
  unsigned events = pinned_events(stage, NULL, NULL);

  pin.level = "any";
  pinned_put(stage, &pin);
  assert_int_equal(verify(&key), 0);
  assert_int_equal(verify(&other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(pinned_events(stage, NULL, NULL), events);
  pin.level = "leaf"; /* another key in this place is what is logged */
  stage_clear(state);
  pinned_put(stage, &pin);
  assert_int_equal(verify(&other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_true(pinned_events(stage, NULL, NULL) > events);
}

/* A blocked authority must not lock the user out of every server; a blocked key is one. */
static void test_blocked_keys(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record authority = pinned_record("rejected", &stage->ca),
                       own = pinned_record("rejected", &stage->servers[PKI_ECDSA]);

  authority.host = ""; /* everywhere */
  authority.scope = "subtree";
  authority.protocol = NULL;
  authority.port = 0;
  assert_int_equal(store(&key, 0), 0);
  pinned_put(stage, &authority);
  assert_int_equal(verify(&key), 0);
  assert_int_equal(store(&other, 0), 0);
  assert_int_equal(verify(&other), 0);
  pinned_put(stage, &own);
  assert_int_equal(verify(&key), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(store(&key, 0), GNUTLS_E_DB_ERROR);
  assert_int_equal(verify(&other), 0);
}

static void test_expired(void **state)
{
  (void)state;
  assert_int_equal(store(&key, time(NULL) - 1), GNUTLS_E_DB_ERROR);
  assert_int_equal(store(&key, time(NULL) + 2), 0);
  assert_int_equal(verify(&key), 0);
  for (int i = 0; i < 100 && verify(&key) == 0; i++)
    usleep(100000);
  assert_int_equal(verify(&key), GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(verify(&other), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

static void test_opted_out(void **state)
{
  struct stage *stage = *state;
  struct tlspin_record off = {.host = STAGE_HOST, .kind = "mode", .status = "off"};

  assert_int_equal(store(&key, 0), 0);
  stage_clear(state);
  pinned_put(stage, &off);
  assert_int_equal(verify(&key), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

/* Only at level strict is it a mismatch that the store can't be asked. */
static void test_without_a_way_to_the_store(void **state)
{
  static const char *const services[] = {NULL, "", "no-such-service", "0", "65536", "443x"};

  (void)state;
  for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
    assert_int_equal(verify_as(tofu, STAGE_HOST, services[i], &key), GNUTLS_E_NO_CERTIFICATE_FOUND);
    assert_int_equal(verify_as(strict, STAGE_HOST, services[i], &key),
                     GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    assert_int_equal(
        gnutls_store_pubkey(NULL, tofu, STAGE_HOST, services[i], GNUTLS_CRT_RAWPK, &key, 0, 0),
        GNUTLS_E_DB_ERROR);
  }
  assert_int_equal(verify_as(strict, NULL, "443", &key), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(verify_as(strict, "192.0.2.1", "443", &key), GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(verify_as(strict, STAGE_HOST, "443", &(gnutls_datum_t){(uint8_t *)"x", 1}),
                   GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
}

static void test_unavailable(void **state)
{
  struct stage *stage = *state;

  assert_int_equal(store(&key, 0), 0);
  test_bus_kill(&stage->desk.bus);
  assert_int_equal(verify_as(tofu, STAGE_HOST, "443", &key), GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(verify_as(strict, STAGE_HOST, "443", &key), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(store(&key, 0), GNUTLS_E_DB_ERROR);
  test_bus_restart(&stage->desk.bus);
  assert_int_equal(verify(&key), 0);
}

/* A hash alone is not taken, and no file of GnuTLS's own is made in its place. */
static void test_commitment(void **state)
{
  uint8_t octets[32] = {1};
  const gnutls_datum_t hash = {octets, sizeof octets};

  (void)state;
  assert_true(
      gnutls_store_commitment(NULL, tofu, STAGE_HOST, "443", GNUTLS_DIG_SHA256, &hash, 0, 0) < 0);
  assert_int_equal(verify(&key), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

static void test_wrong_arguments(void **state)
{
  (void)state;
  assert_int_equal(tlspin_gnutls_tdb(NULL, TLSPIN_TOFU), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_tdb(tofu, TLSPIN_ADVISORY), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_tdb(tofu, TLSPIN_STRICT | TLSPIN_VERIFY), TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_unknown),
      STAGE_TEST(test_match_and_mismatch),
      STAGE_TEST(test_shared_with_handshakes),
      STAGE_TEST(test_critical_pin),
      STAGE_TEST(test_pins_above_the_key),
      STAGE_TEST(test_pin_at_any_level),
      STAGE_TEST(test_blocked_keys),
      STAGE_TEST(test_expired),
      STAGE_TEST(test_opted_out),
      STAGE_TEST(test_without_a_way_to_the_store),
      STAGE_TEST(test_unavailable),
      STAGE_TEST(test_commitment),
      STAGE_TEST(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, open_all, close_all);
}

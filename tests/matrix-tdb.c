/* gnutls_verify_stored_pubkey and gnutls_store_pubkey with the pin store behind them, as programs
 * use them that know nothing of tlspin. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/storedkeys.h"
#include "tests/tamper.h"

#include <signal.h>
#include <unistd.h>

#define DAMAGED "50-site.db"

static void test_unknown(void **state)
{
  (void)state;
  assert_int_equal(storedkeys_verify(&storedkeys_one), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

static void test_match_and_mismatch(void **state)
{
  struct stage *stage = *state;
  gnutls_datum_t certificate = pki_certificate_der(&stage->servers[PKI_ECDSA]);

  assert_int_equal(storedkeys_store(&storedkeys_one, 0), 0);
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  assert_int_equal(storedkeys_verify(&storedkeys_one), 0);
  assert_int_equal(gnutls_verify_stored_pubkey(NULL, storedkeys_tofu, STAGE_HOST, "443",
                                               GNUTLS_CRT_X509, &certificate, 0),
                   0);
  assert_int_equal(storedkeys_store(&storedkeys_one, 0), 0); /* once more is no more */
  assert_int_equal(pinned_count(stage, "program", "active"), 1);
  assert_int_equal(storedkeys_verify_as(storedkeys_tofu, STAGE_HOST, "https", &storedkeys_one), 0);
  assert_int_equal(storedkeys_verify_as(storedkeys_tofu, STAGE_HOST, "993", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(storedkeys_verify_as(storedkeys_tofu, "other.example", "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  gnutls_free(certificate.data);
}

static void test_expired(void **state)
{
  time_t end;
  int found;

  (void)state;
  assert_int_equal(storedkeys_store(&storedkeys_one, time(NULL) - 1), GNUTLS_E_DB_ERROR);
  for (time_t life = 2; life < 100; life *= 2) { /* longer where the machine was busy for so long */
    end = time(NULL) + life;
    assert_int_equal(storedkeys_store(&storedkeys_one, end), 0);
    found = storedkeys_verify(&storedkeys_one);
    if (time(NULL) < end)
      break;
  }
  assert_int_equal(found, 0);
  for (int i = 0; i < 1000 && storedkeys_verify(&storedkeys_one) == 0; i++)
    usleep(100000);
  assert_int_equal(storedkeys_verify(&storedkeys_one), GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(storedkeys_verify(&storedkeys_other), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

/* Only at level strict is it a mismatch that the store can't be asked. */
static void test_without_a_way_to_the_store(void **state)
{
  static const char *const services[] = {NULL, "", "no-such-service", "0", "65536", "443x"};

  (void)state;
  for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
    assert_int_equal(
        storedkeys_verify_as(storedkeys_tofu, STAGE_HOST, services[i], &storedkeys_one),
        GNUTLS_E_NO_CERTIFICATE_FOUND);
    assert_int_equal(
        storedkeys_verify_as(storedkeys_strict, STAGE_HOST, services[i], &storedkeys_one),
        GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
    assert_int_equal(gnutls_store_pubkey(NULL, storedkeys_tofu, STAGE_HOST, services[i],
                                         GNUTLS_CRT_RAWPK, &storedkeys_one, 0, 0),
                     GNUTLS_E_DB_ERROR);
  }
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, NULL, "443", &storedkeys_one),
                   GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, "192.0.2.1", "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, STAGE_HOST, "443",
                                        &(gnutls_datum_t){(uint8_t *)"x", 1}),
                   GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
}

static void test_unavailable(void **state)
{
  struct stage *stage = *state;

  assert_int_equal(storedkeys_store(&storedkeys_one, 0), 0);
  test_bus_kill(&stage->desk.bus);
  assert_int_equal(storedkeys_verify_as(storedkeys_tofu, STAGE_HOST, "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, STAGE_HOST, "443", &storedkeys_one),
                   GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(storedkeys_store(&storedkeys_one, 0), GNUTLS_E_DB_ERROR);
  test_bus_restart(&stage->desk.bus);
  assert_int_equal(storedkeys_verify(&storedkeys_one), 0);
}

/* The daemon answers that it can't know: a layer is damaged. What is known all the same holds. */
static void test_damaged_layer(void **state)
{
  struct stage *stage = *state;
  struct keypin pin = pinned_locked(&stage->servers[PKI_RSA]);

  assert_int_equal(storedkeys_store(&storedkeys_one, 0), 0);
  pinned_layer(stage, DAMAGED, &pin, 1);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, "other.example", "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  tamper_empty(pinned_layer_path(stage, DAMAGED));
  desk_kill(&stage->desk, SIGTERM); /* the next one never saw it whole */
  assert_int_equal(storedkeys_verify_as(storedkeys_tofu, "other.example", "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, "other.example", "443", &storedkeys_one),
                   GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  assert_int_equal(storedkeys_verify(&storedkeys_one), 0);
  assert_int_equal(storedkeys_verify(&storedkeys_other), GNUTLS_E_CERTIFICATE_KEY_MISMATCH);
  storedkeys_refuse(&storedkeys_other, "another key");
  pinned_layer_remove(stage, DAMAGED);
  assert_int_equal(storedkeys_verify_as(storedkeys_strict, "other.example", "443", &storedkeys_one),
                   GNUTLS_E_NO_CERTIFICATE_FOUND);
}

/* A hash alone is not taken, and no file of GnuTLS's own is made in its place. */
static void test_commitment(void **state)
{
  uint8_t octets[32] = {1};
  const gnutls_datum_t hash = {octets, sizeof octets};

  (void)state;
  assert_true(gnutls_store_commitment(NULL, storedkeys_tofu, STAGE_HOST, "443", GNUTLS_DIG_SHA256,
                                      &hash, 0, 0) < 0);
  assert_int_equal(storedkeys_verify(&storedkeys_one), GNUTLS_E_NO_CERTIFICATE_FOUND);
}

static void test_wrong_arguments(void **state)
{
  (void)state;
  assert_int_equal(tlspin_gnutls_tdb(NULL, TLSPIN_TOFU), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_tdb(storedkeys_tofu, TLSPIN_ADVISORY), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_gnutls_tdb(storedkeys_tofu, TLSPIN_STRICT | TLSPIN_VERIFY),
                   TLSPIN_E_ARGUMENT);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      STAGE_TEST(test_unknown),     STAGE_TEST(test_match_and_mismatch),
      STAGE_TEST(test_expired),     STAGE_TEST(test_without_a_way_to_the_store),
      STAGE_TEST(test_unavailable), STAGE_TEST(test_damaged_layer),
      STAGE_TEST(test_commitment),  STAGE_TEST(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, storedkeys_open, storedkeys_close);
}

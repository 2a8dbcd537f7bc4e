/* The verdict against attacks: other keys for the right name, raw keys, chains with something
 * added. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "pinning/digest.h"
#include "tests/trial.h"

/* Attacks: a certificate for the right name from a trusted authority, against each kind of pin. */
static void check_misissued(unsigned layer, const char *place, enum keypin_status status,
                            int origin, size_t key, enum verdict_reason reason)
{
  court_open(NULL);
  court_add(layer, place, status, origin, key);
  assert_int_equal(court_judge(), TLSPIN_MATCH);
  show_rogue();
  expect_mismatch(reason, 0, 6, true);
  court.in.unreadable = true;
  expect_mismatch(reason, 0, 6, true);
}

static void test_misissued(void **state)
{
  (void)state;
  for (size_t key = PATH_SERVER; key < PATH_SIZE; key++) {
    check_misissued(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, key, VERDICT_CHANGED);
    check_misissued(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, key, VERDICT_CRITICAL_DIFFERS);
    check_misissued(1, HOST, KEYPIN_CRITICAL, LOCKED, key, VERDICT_CRITICAL_DIFFERS);
    check_misissued(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, key,
                    VERDICT_CRITICAL_DIFFERS);
    check_misissued(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, key, VERDICT_CRITICAL_DIFFERS);
  }
}

/* A pin in TLSA's form: the whole certificate, by SHA-512, at any authority. */
static void test_misissued_against_tlsa(void **state)
{
  struct keypin *pin = court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);

  (void)state;
  pin->level = KEYPIN_AUTHORITY;
  path_pin(&court.path, PATH_ANCHOR, SELECTOR_CERTIFICATE, MATCHING_SHA512, pin);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

static void test_raw_keys(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court.in.pki = PKI_UNCHECKED;
  path_read_raw(&court.path, &court.chain);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  assert_false(court.out.learn);
  path_read_raw(&rogue, &court.chain);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[0].level = KEYPIN_ISSUER; /* which a raw key has none of */
  path_read_raw(&court.path, &court.chain);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* The key of a certificate that the program has not shown: what is pinned beside its own key is not
 * known, and what is not known is no attack, but no match either. */
static void test_key_alone(void **state)
{
  (void)state;
  court.in.pki = PKI_UNCHECKED;
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  court.pins[0].level = KEYPIN_ANY;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  for (int level = KEYPIN_ISSUER; level < KEYPIN_LEVELS; level++) {
    court.pins[0].level = (enum keypin_level)level;
    path_pin(&court.path, PATH_ISSUER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[0]);
    expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  }
  court.pins[0].level = KEYPIN_LEAF;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  path_pin(&court.path, PATH_SERVER, SELECTOR_CERTIFICATE, MATCHING_SHA256, &court.pins[0]);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
}

/* A blocked authority would else be a mismatch for every server of every such program. */
static void test_key_alone_and_rejected_keys(void **state)
{
  (void)state;
  court.in.pki = PKI_UNCHECKED;
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, PATH_ANCHOR);
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, PATH_ISSUER);
  path_pin(&court.path, PATH_SERVER, SELECTOR_CERTIFICATE, MATCHING_SHA256, &court.pins[1]);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_KEY_REJECTED, 2, 1, true);
}

/* The pinned key's certificate is appended to a fraudulent chain. */
static void test_superfluous_certificate(void **state)
{
  struct span sent[] = {rogue.certificate[0], rogue.certificate[1], court.path.certificate[0],
                        court.path.certificate[1]};
  const enum keypin_level levels[] = {KEYPIN_LEAF, KEYPIN_ISSUER, KEYPIN_ANCHOR, KEYPIN_AUTHORITY,
                                      KEYPIN_ANY};

  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  assert_int_equal(chain_read(sent, 4, false, false, digest_gnutls, &court.chain), CHAIN_FINE);
  for (size_t i = 0; i < 5; i++) {
    court.pins[0].level = levels[i];
    assert_int_equal(court_judge(), TLSPIN_MISMATCH);
    assert_true(court.out.enforced);
  }
  court.pins[0].origin = KEYPIN_TOFU;
  court.pins[0].status = KEYPIN_ACTIVE;
  for (size_t i = 0; i < 5; i++) {
    court.pins[0].level = levels[i];
    assert_int_equal(court_judge(), TLSPIN_MISMATCH);
    assert_true(court.out.enforced);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_misissued),
      COURT_TEST(test_misissued_against_tlsa),
      COURT_TEST(test_raw_keys),
      COURT_TEST(test_key_alone),
      COURT_TEST(test_key_alone_and_rejected_keys),
      COURT_TEST(test_superfluous_certificate),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

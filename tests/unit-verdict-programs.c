/* The verdict where a program said that its user accepted a key: what that stands against, and what
 * stands against it, whichever came first.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

static struct keypin *accept_key(size_t key)
{
  return court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, key);
}

/* That is what it is for. */
static void test_against_a_first_use(void **state)
{
  (void)state;
  accept_key(PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
  assert_false(court.out.learn);
  court.pins[0].digest[0] ^= 1;
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
}

/* Also where it is for the very host, and the others for many. */
static void test_against_keys_that_must_be_met(void **state)
{
  static const struct {
    unsigned layer;
    int origin;
  } critical[] = {
      {1, LOCKED}, {1, KEYPIN_POLICY}, {0, KEYPIN_USER}, {0, KEYPIN_IMPORT}, {0, KEYPIN_HPKP}};

  for (size_t i = 0; i < sizeof critical / sizeof critical[0]; i++) {
    court_open(state);
    accept_key(PATH_SERVER);
    court_add(critical[i].layer, ".example.org", KEYPIN_CRITICAL, critical[i].origin, COURT_OTHER);
    expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
    report_only(&court.pins[1]);
    expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, false);
    expire(&court.pins[1]);
    expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  }
}

/* What HPKP pins is met, and the first use's is not: the user's word is about that. */
static void test_beside_hpkp(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
  accept_key(PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  court.pins[0].level = KEYPIN_ISSUER; /* of which no key is known */
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
}

/* A policy that only prefers keys has no opinion of others, and decides where it is met. */
static void test_with_active_pins(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, COURT_OTHER);
  accept_key(PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  path_pin(&court.path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[0]);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
}

/* No click lifts an "off", or a lock; and it is in the way of no exception. */
static void test_modes_and_exceptions(void **state)
{
  (void)state;
  accept_key(PATH_SERVER);
  court_add(1, "*", KEYPIN_OFF, KEYPIN_POLICY, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  court.entries[1].layer = 0;
  court.pins[1].origin = KEYPIN_USER;
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  court_open(state);
  accept_key(COURT_OTHER);
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 1, 7);
}

/* It doesn't vouch for a key that the PKI refuses, and where anything is pinned that is told. */
static void test_failed_pki(void **state)
{
  (void)state;
  accept_key(PATH_SERVER);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_NAME;
  expect_mismatch(VERDICT_PKI_FAILED, 0, 3, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_against_a_first_use),  COURT_TEST(test_against_keys_that_must_be_met),
      COURT_TEST(test_beside_hpkp),          COURT_TEST(test_with_active_pins),
      COURT_TEST(test_modes_and_exceptions), COURT_TEST(test_failed_pki),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

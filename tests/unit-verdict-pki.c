/* The verdict beside what the PKI says (rule 3), with exceptions from it, and tickets (rule 5).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

/* Rule 3. */
static void test_pki_failed(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
  assert_false(court.out.learn);
  court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_PKI_FAILED, -1, 3);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect_mismatch(VERDICT_PKI_FAILED, 0, 3, true); /* pins don't replace the PKI */
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect_mismatch(VERDICT_PKI_FAILED, 1, 3, true);
}

static void test_pki_failed_with_a_ticket(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_NAME;
  court.in.ticket = TICKET_PROVED; /* a ticket is a second factor */
  expect_mismatch(VERDICT_PKI_FAILED, -1, 3, true);
  court.in.ticket_reported = true;
  expect_mismatch(VERDICT_PKI_FAILED, -1, 3, false);
}

static void test_pki_failed_with_reported_pins(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_NAME;
  report_only(court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER));
  expect_mismatch(VERDICT_PKI_FAILED, 0, 3, false);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect_mismatch(VERDICT_PKI_FAILED, 1, 3, true);
}

/* The first one that excuses something decides, and not one before it that excuses nothing. */
static void test_exception_beside_it(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER)->errors = PKI_NAME;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 1, 7);
}

static void test_exceptions(void **state)
{
  struct keypin *first, *second;

  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED | PKI_NAME;
  first = court_add(0, ".example.org", KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3); /* the name isn't excused */
  second = court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_PROGRAM, PATH_SERVER);
  second->errors = PKI_NAME | PKI_WEAK;
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 0, 7); /* the two together */
  assert_false(court.out.learn);
  expire(first);
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
  first->errors = second->errors = PKI_EXCUSABLE;
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 1, 7);
  second->enforce_until = COURT_NOW; /* and only reported: no exception any more */
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
}

static void test_exceptions_that_are_none(void **state)
{
  struct keypin *exception = court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);

  (void)state;
  court.in.pki = PKI_FAILED;
  exception->errors = ~0u;
  for (unsigned errors = 0; errors < 1024; errors++) {
    court.in.errors = errors;
    court_judge();
    assert_int_equal(court.out.answer == TLSPIN_MATCH, errors > 0 && errors <= PKI_EXCUSABLE);
  }
  court.in.errors = PKI_EXPIRED;
  show_rogue(); /* another key */
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 0, 7);
  exception->level = KEYPIN_ISSUER; /* of which nothing is known without a path */
  path_pin(&court.path, PATH_ISSUER, SELECTOR_SPKI, MATCHING_SHA256, exception);
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
  exception->level = KEYPIN_LEAF;
  path_pin(&court.path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, exception);
  exception->origin = KEYPIN_TOFU; /* nobody's wish */
  expect(TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1, 3);
}

/* Where a lock speaks for the peer only its own exceptions count. */
static void test_exceptions_and_locks(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court_add(2, HOST, KEYPIN_EXCEPTED, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 0, 7);
  court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect_mismatch(VERDICT_PKI_FAILED, 2, 3, true);
  report_only(&court.pins[2]); /* which silences nobody */
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 0, 7);
  court_add(1, "*", KEYPIN_ON, LOCKED, 0);
  expect_mismatch(VERDICT_PKI_FAILED, 2, 3, false);
}

static void test_locked_exceptions(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  court_add(1, HOST, KEYPIN_EXCEPTED, LOCKED, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  court.pins[0].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true); /* excused, but of another key */
}

/* Rule 5. */
static void test_ticket(void **state)
{
  (void)state;
  court.in.ticket = TICKET_FAILED;
  for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
    court.in.refusal = (enum refusal)i;
    expect_mismatch(VERDICT_TICKET, -1, 5, true);
    assert_int_equal(court.out.refusal, i);
  }
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER); /* the key alone is not enough */
  expect_mismatch(VERDICT_TICKET, -1, 5, true);
  court.in.ticket_reported = true;
  expect_mismatch(VERDICT_TICKET, -1, 5, false);
  court.pins[0].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  assert_int_equal(court.out.refusal, REFUSAL_NONE);
}

static void test_proved(void **state)
{
  (void)state;
  court.in.ticket = TICKET_PROVED;
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_true(court.out.learn);
  court.in.unreadable = true;
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_false(court.out.learn);
  court.in.unreadable = false;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_false(court.out.learn); /* policy has a key of its own */
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true); /* a second factor, and no more */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_pki_failed),
      COURT_TEST(test_pki_failed_with_a_ticket),
      COURT_TEST(test_pki_failed_with_reported_pins),
      COURT_TEST(test_exception_beside_it),
      COURT_TEST(test_exceptions),
      COURT_TEST(test_exceptions_that_are_none),
      COURT_TEST(test_exceptions_and_locks),
      COURT_TEST(test_locked_exceptions),
      COURT_TEST(test_ticket),
      COURT_TEST(test_proved),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

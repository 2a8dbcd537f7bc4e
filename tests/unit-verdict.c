/* The verdict: what is judged at all, rejected keys, and lookups. By subject: unit-verdict-*.c. All
 * combinations: unit-verdict-all.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

/* Nothing stored, and what becomes of it. */
static void test_nothing(void **state)
{
  (void)state;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn);
  court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.unreadable = false;
  court.in.pki = PKI_UNCHECKED;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn);
  court.in.chain = NULL;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn);
}

/* Elsewhere, expired, history: as if it were not there. */
static void test_passed_over(void **state)
{
  (void)state;
  court_add(0, "www.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST ":444", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, ".b.example.org", KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  expire(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER));
  expire(court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER));
  expire(court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0));
  report_only(court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0));
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn);
}

/* Rule 1. */
static void test_rejected(void **state)
{
  (void)state;
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(2, ".example.org", KEYPIN_REJECTED, KEYPIN_POLICY, PATH_ISSUER);
  expect_mismatch(VERDICT_KEY_REJECTED, 1, 1, true);
}

/* Whatever speaks for it. */
static void test_rejected_beats_all(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  court_add(1, HOST, KEYPIN_OFF, LOCKED, 0);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(1, HOST, KEYPIN_EXCEPTED, LOCKED, PATH_SERVER);
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_IMPORT, PATH_SERVER);
  expect_mismatch(VERDICT_KEY_REJECTED, 4, 1, true);
  court.in.added_anchor = true;
  court.in.ticket = TICKET_PROVED;
  expect_mismatch(VERDICT_KEY_REJECTED, 4, 1, true);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect_mismatch(VERDICT_KEY_REJECTED, 4, 1, true);
  court.in.pki = PKI_UNCHECKED;
  expect_mismatch(VERDICT_KEY_REJECTED, 4, 1, true);
}

/* An exception is no excuse for a rejected key, be it the user's own. */
static void test_rejected_with_exception(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_EXCEPTED, 0, 7);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_KEY_REJECTED, 1, 1, true);
}

/* Among what was only sent, too: a rejected authority can't hide by the PKI's choice of a path. */
static void test_rejected_and_not_validated(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_ANCHOR);
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  expect_mismatch(VERDICT_KEY_REJECTED, 0, 1, true);
  path_read_raw(&court.path, &court.chain);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
}

/* Reported: told, unless something is worse. */
static void test_rejected_and_reported(void **state)
{
  (void)state;
  report_only(court_add(1, "*", KEYPIN_REJECTED, LOCKED, PATH_SERVER));
  expect_mismatch(VERDICT_KEY_REJECTED, 0, 1, false);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_KEY_REJECTED, 0, 1, false);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_IMPORT, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 2, 6, true);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_KEY_REJECTED, 3, 1, true);
}

static bool no_digest(enum matching matching, struct span octets, uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)octets;
  (void)digest;
  return matching == MATCHING_COUNT;
}

/* Where nothing can be compared nothing passes. */
static void test_no_digest(void **state)
{
  (void)state;
  court.chain.digest = no_digest;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_KEY_REJECTED, 1, 1, true);
}

static void test_no_digest_of_a_learned_key(void **state)
{
  (void)state;
  court.chain.digest = no_digest;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
}

/* Rule 7: lookups. */
static void test_lookup(void **state)
{
  (void)state;
  court.in.chain = NULL;
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court.in.pki = PKI_FAILED; /* of nothing */
  court.in.added_anchor = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.lost = court.in.suspect = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.unreadable = false;
  expect(TLSPIN_STORE_DAMAGED, VERDICT_LOST, -1, 7);
  court.in.lost = false;
  expect(TLSPIN_CLOCK_SUSPECT, VERDICT_CLOCK, -1, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_STANDS, 3, 7);
  report_only(court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER));
  expect(TLSPIN_MATCH, VERDICT_STANDS, 3, 7);
  court_add(2, "*", KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_STANDS, 5, 7); /* the nearer place is only reported: no mask */
  court.pins[4].enforce_until = KEYPIN_FOREVER;
  expect(TLSPIN_MATCH, VERDICT_STANDS, 4, 7);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_MATCH, VERDICT_STANDS, 4, 7);
}

static void test_lookup_of_a_ticket(void **state)
{
  (void)state;
  court.in.chain = NULL;
  court.in.ticket = TICKET_STANDS;
  expect(TLSPIN_MATCH, VERDICT_STANDS, -1, 7);
  court.in.ticket = TICKET_FAILED;
  expect_mismatch(VERDICT_TICKET, -1, 5, true);
  court.in.ticket_reported = true;
  expect_mismatch(VERDICT_TICKET, -1, 5, false);
}

/* Where a chain was shown, a ticket that could not be asked for says nothing. */
static void test_ticket_that_stands(void **state)
{
  (void)state;
  court.in.ticket = TICKET_STANDS;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_nothing),
      COURT_TEST(test_passed_over),
      COURT_TEST(test_rejected),
      COURT_TEST(test_rejected_beats_all),
      COURT_TEST(test_rejected_with_exception),
      COURT_TEST(test_rejected_and_not_validated),
      COURT_TEST(test_rejected_and_reported),
      COURT_TEST(test_no_digest),
      COURT_TEST(test_no_digest_of_a_learned_key),
      COURT_TEST(test_lookup),
      COURT_TEST(test_lookup_of_a_ticket),
      COURT_TEST(test_ticket_that_stands),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

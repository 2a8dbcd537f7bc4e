/* The verdict where pinning is on or off: whose word counts (rule 2).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

/* Rule 2. No mode can be learned from a server. */
static void test_learned_mode(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_TOFU, 0);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
}

static void test_off(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court_add(0, "*", KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  court_add(0, ".example.org", KEYPIN_ON, KEYPIN_USER, 0); /* but for these */
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 3, 2);
  court_add(0, HOST, KEYPIN_ON, KEYPIN_IMPORT, 0); /* on before off */
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
}

/* The user's own pins and `off`, which doesn't delete them. */
static void test_off_and_own_pins(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, ".example.org", KEYPIN_OFF, KEYPIN_USER, 0);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true); /* the more specific */
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 2, 2);
}

static void test_locked_off(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ON, KEYPIN_USER, 0);
  court_add(1, ".example.org", KEYPIN_OFF, LOCKED, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_LOCKED_OFF, 2, 2);
  court.in.chain = NULL;
  expect(TLSPIN_OPTED_OUT, VERDICT_LOCKED_OFF, 2, 2);
  court.in.ticket = TICKET_FAILED;
  court.in.ticket_locked = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_LOCKED_OFF, 2, 2);
}

/* A user tries to override a lock. */
static void test_lock_against_the_user(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_ISSUER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(0, HOST ":443", KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  path_pin(&rogue, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[3]);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true); /* the user pins the rogue's key */
  court.entries[0].layer = 2;
  court.pins[0].locked = false; /* without the lock it is the user who decides */
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 2, 2);
}

static void test_lock_on(void **state)
{
  (void)state;
  court_add(1, "*", KEYPIN_ON, LOCKED, 0);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn);
}

/* In a layer of the user's nothing is locked, whatever the record says. */
static void test_no_lock_of_the_user(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER | COURT_LOCKED, COURT_OTHER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
}

/* A lock that only reports blocks nothing, and so does not stand against the user either. */
static void test_reported_lock_and_off(void **state)
{
  (void)state;
  report_only(court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER));
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
}

static void test_locked_ticket_and_off(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court.in.ticket = TICKET_FAILED;
  court.in.refusal = REFUSAL_PROOF_MISSING;
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 0, 2);
  court.in.ticket_locked = true;
  expect_mismatch(VERDICT_TICKET, -1, 5, true);
  assert_int_equal(court.out.refusal, REFUSAL_PROOF_MISSING);
}

/* Unlocked policy: the user's own wish comes first, be it on, off or a pin. */
static void test_unlocked_off(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_OFF, KEYPIN_POLICY, 0);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 0, 2); /* what was learned is no wish */
  court_add(0, "*", KEYPIN_ON, KEYPIN_USER, 0);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
}

static void test_unlocked_off_and_own_pin(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_OFF, KEYPIN_POLICY, 0);
  court_add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

static void test_modes_of_layers(void **state)
{
  (void)state;
  court_add(2, HOST, KEYPIN_ON, LOCKED, 0);
  court_add(1, HOST, KEYPIN_OFF, LOCKED, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_LOCKED_OFF, 1, 2); /* the higher layer */
  court_add(3, HOST ":443", KEYPIN_ON, LOCKED, 0);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7); /* the more specific place */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_learned_mode),
      COURT_TEST(test_off),
      COURT_TEST(test_off_and_own_pins),
      COURT_TEST(test_locked_off),
      COURT_TEST(test_lock_against_the_user),
      COURT_TEST(test_lock_on),
      COURT_TEST(test_no_lock_of_the_user),
      COURT_TEST(test_reported_lock_and_off),
      COURT_TEST(test_locked_ticket_and_off),
      COURT_TEST(test_unlocked_off),
      COURT_TEST(test_unlocked_off_and_own_pin),
      COURT_TEST(test_modes_of_layers),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

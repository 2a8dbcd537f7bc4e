/* The verdict: its rules one by one, and what they are against. What was learned:
 * unit-verdict-learned.c. All combinations: unit-verdict-all.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "pinning/digest.h"
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

/* Rule 2. */
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

/* Rule 6: sets. */
static void test_backup_pins(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_ANCHOR);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  assert_false(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* An active pin at the same place is one more key that a critical set accepts. */
static void test_active_in_a_critical_set(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* Every mechanism's critical set must be met. */
static void test_critical_sets_of_mechanisms(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_IMPORT, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
}

static void test_active(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ACTIVE, LOCKED, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  court_add(2, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6); /* the next rank that knows */
  assert_false(court.out.learn);
  court.in.unreadable = true;
  court.pins[2].digest[0] ^= 1;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
}

/* A rank that decides keeps those below it from being asked. */
static void test_ranks(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(2, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court_add(0, ".example.org", KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 3, 6, true);
  court_add(1, "*", KEYPIN_CRITICAL, LOCKED, PATH_ANCHOR);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 4, 6);
}

static void test_path_unknown(void **state)
{
  (void)state;
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_ISSUER);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 1, 6, true);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 2, 6);
}

/* Report mode: blocks nothing, changes nothing, and is told. */
static void test_reported_pins(void **state)
{
  (void)state;
  report_only(court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, COURT_OTHER));
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  court.pins[1].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true); /* the user's own blocks as ever */
  court.in.now = KEYPIN_FOREVER;
  expire(&court.pins[0]);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* ...and opens nothing: a program that wants all of the store does not go on for it. */
static void test_reported_and_unreadable(void **state)
{
  (void)state;
  court.in.unreadable = true;
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER));
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect(TLSPIN_UNAVAILABLE, VERDICT_PKI_FAILED, -1, 3);
  court.in.pki = PKI_OK;
  court.in.ticket = TICKET_FAILED;
  court.in.ticket_reported = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_IMPORT, PATH_SERVER);
  expect_mismatch(VERDICT_TICKET, -1, 5, false); /* beside a match it is told */
}

static void test_reported_and_met(void **state)
{
  (void)state;
  report_only(court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_ANCHOR));
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true); /* it speaks for nobody */
  report_only(&court.pins[1]);
  expect_mismatch(VERDICT_CHANGED, 1, 6, false);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
}

static void test_enforced_then_reported(void **state)
{
  struct keypin *pin = court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);

  (void)state;
  pin->enforce_until = COURT_NOW + 100;
  pin->report_until = COURT_NOW + 200;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.in.now += 100;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  court.in.now += 100;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.in.now = COURT_NOW + 100;
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER); /* one of the set is enforced still */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
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
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_STANDS, 3, 7);
  report_only(court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER));
  expect(TLSPIN_MATCH, VERDICT_STANDS, 3, 7);
  court_add(2, "*", KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_STANDS, 3, 7); /* masked: the higher layer's place is nearer */
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

/* Walks. */
static void test_most_specific(void **state)
{
  (void)state;
  court_add(1, "*", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  court_add(2, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 2, 6, true);
  court_add(3, "." HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 3, 6);
  court_add(4, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 4, 6, true);
  court_add(5, HOST ":443", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 5, 6);
}

static void test_layers_at_one_place(void **state)
{
  (void)state;
  court_add(2, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER); /* and locked ones first */
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 2, 6);
}

/* Chromium's walk: a parent that is pinned alone ends it. */
static void test_walk_ends(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court_add(2, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.entries[1].layer = 0; /* of another rank, origin, port, protocol, time, status: no end */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.entries[1].layer = 1;
  court.pins[1].origin = KEYPIN_IMPORT;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].origin = KEYPIN_POLICY;
  court.pins[1].place.port = 444;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].place.port = 443;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.pins[1].place.protocol = PROTOCOL_DTLS;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].place.protocol = PROTOCOL_TLS;
  court.pins[1].status = KEYPIN_INACTIVE;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].status = KEYPIN_ACTIVE;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  expire(&court.pins[1]);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* At and below the parent the walk goes on. */
static void test_walk_below_its_end(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  court_add(1, "example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6); /* at the parent itself */
  court_add(1, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(1, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 3, 6);
}

static void test_one_label(void **state)
{
  (void)state;
  court_add(0, "*.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER); /* two labels up */
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

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

#define CASE(name) cmocka_unit_test_setup(name, court_open)

int main(void)
{
  const struct CMUnitTest tests[] = {
      CASE(test_nothing),
      CASE(test_passed_over),
      CASE(test_rejected),
      CASE(test_rejected_beats_all),
      CASE(test_rejected_with_exception),
      CASE(test_rejected_and_not_validated),
      CASE(test_rejected_and_reported),
      CASE(test_no_digest),
      CASE(test_no_digest_of_a_learned_key),
      CASE(test_off),
      CASE(test_off_and_own_pins),
      CASE(test_locked_off),
      CASE(test_lock_against_the_user),
      CASE(test_lock_on),
      CASE(test_no_lock_of_the_user),
      CASE(test_reported_lock_and_off),
      CASE(test_locked_ticket_and_off),
      CASE(test_unlocked_off),
      CASE(test_unlocked_off_and_own_pin),
      CASE(test_modes_of_layers),
      CASE(test_pki_failed),
      CASE(test_pki_failed_with_a_ticket),
      CASE(test_pki_failed_with_reported_pins),
      CASE(test_exceptions),
      CASE(test_exceptions_that_are_none),
      CASE(test_exceptions_and_locks),
      CASE(test_locked_exceptions),
      CASE(test_ticket),
      CASE(test_proved),
      CASE(test_backup_pins),
      CASE(test_active_in_a_critical_set),
      CASE(test_critical_sets_of_mechanisms),
      CASE(test_active),
      CASE(test_ranks),
      CASE(test_path_unknown),
      CASE(test_reported_pins),
      CASE(test_reported_and_unreadable),
      CASE(test_reported_and_met),
      CASE(test_enforced_then_reported),
      CASE(test_lookup),
      CASE(test_lookup_of_a_ticket),
      CASE(test_ticket_that_stands),
      CASE(test_most_specific),
      CASE(test_layers_at_one_place),
      CASE(test_walk_ends),
      CASE(test_walk_below_its_end),
      CASE(test_one_label),
      CASE(test_misissued),
      CASE(test_misissued_against_tlsa),
      CASE(test_raw_keys),
      CASE(test_key_alone),
      CASE(test_key_alone_and_rejected_keys),
      CASE(test_superfluous_certificate),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}

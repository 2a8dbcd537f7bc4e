/* The verdict: its rules one by one, and what they are against. All combinations:
 * unit-verdict-all.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "pinning/digest.h"
#include "tests/court.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define HOST   "a.www.example.org"
#define LOCKED (KEYPIN_POLICY | COURT_LOCKED)

enum { DAY = 86400 };

/* Another path for the same name, from an authority that is trusted as well. */
static struct path rogue;

static int set_up(void **state)
{
  path_make(&rogue, NULL);
  return court_set_up(state);
}

static int tear_down(void **state)
{
  path_free(&rogue);
  return court_tear_down(state);
}

/* A misissued certificate: validated, and for the right name. */
static void show_rogue(void)
{
  path_read(&rogue, PATH_SIZE, true, &court.chain);
}

static void expect(enum tlspin_code answer, enum verdict_reason reason, int decided_by,
                   unsigned rule)
{
  court_judge();
  if (court.out.answer != answer || court.out.reason != reason ||
      court.out.decided_by != decided_by || court.out.rule != rule)
    fail_msg("%s, %s by %d, rule %u", tlspin_code_token(court.out.answer),
             verdict_reason_token(court.out.reason), court.out.decided_by, court.out.rule);
  if (answer != TLSPIN_MISMATCH)
    assert_true(court.out.enforced);
  if (answer == TLSPIN_MISMATCH || answer == TLSPIN_UNAVAILABLE || answer == TLSPIN_OPTED_OUT)
    assert_false(court.out.learn);
}

static void expect_mismatch(enum verdict_reason reason, int decided_by, unsigned rule,
                            bool enforced)
{
  expect(TLSPIN_MISMATCH, reason, decided_by, rule);
  assert_int_equal(court.out.enforced, enforced);
}

static void report_only(struct keypin *pin)
{
  pin->enforce_until = 0;
}

static void expire(struct keypin *pin)
{
  pin->enforce_until = pin->report_until = COURT_NOW;
}

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

/* An excused certificate is one that the PKI accepts: pins go on from there. */
static void test_excused_change(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 1, 6);
  assert_false(court.out.learn); /* the PKI has not vouched for it */
}

/* Rule 4. */
static void test_added_anchor(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  court.in.ticket = TICKET_FAILED;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court.pins[0].always = true; /* what was learned never holds there */
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court.pins[1].always = true;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
}

static void test_added_anchor_enforced(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  court.in.anchors_enforced = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn); /* never from such an anchor */
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.ticket = TICKET_FAILED;
  expect_mismatch(VERDICT_TICKET, -1, 5, true);
}

/* The ticket is passed over, too: not proved, and no failure. */
static void test_added_anchor_and_ticket(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER)->always = true;
  for (int i = TICKET_NONE; i <= TICKET_FAILED; i++) {
    court.in.ticket = (enum ticket_result)i;
    expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  }
}

/* A parent's pin that is passed over ends no walk. */
static void test_added_anchor_and_walk(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER)->always = true;
  court_add(1, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.in.added_anchor = true;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* A layer that can't be read may be the one that enforces pins there, or holds some that always do:
 * nothing is exempt by what can be read alone, and nothing is a mismatch that might be exempt. */
static void test_added_anchor_unreadable(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.pins[0].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_false(court.out.learn);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.pins[1].always = true; /* it holds in either case */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  court.in.anchors_enforced = true; /* nothing is in doubt */
  court.pins[1].digest[31] ^= 1;
  court.pins[1].always = false;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* A pin that always holds, and matches, does not stand in for one that might have to. */
static void test_added_anchor_unreadable_and_ranks(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER)->always = true;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.in.unreadable = false;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
}

static void test_added_anchor_unreadable_and_ticket(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court.in.ticket = TICKET_FAILED;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.in.ticket = TICKET_STANDS;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.ticket = TICKET_PROVED;
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_false(court.out.learn);
}

/* What comes before rule 4 is decided as ever. */
static void test_added_anchor_unreadable_and_modes(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, PATH_ANCHOR);
  expect_mismatch(VERDICT_KEY_REJECTED, 2, 1, true);
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

/* What was learned does not unlock what policy wants, however specific it is. */
static void test_learned_masks_nothing(void **state)
{
  (void)state;
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].status = KEYPIN_ACTIVE;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_true(court.out.learn);
}

/* Rule 6: first use, and changes. */
static void test_first_use(void **state)
{
  (void)state;
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_true(court.out.learn);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER); /* two keys that take turns */
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
  court.in.unreadable = true;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
}

/* For each class: accepted where policy says so, and a mismatch where it doesn't. */
static void check_change(enum change change)
{
  court.in.changes = 1u << change;
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 0, 6);
  assert_int_equal(court.out.change, change);
  assert_int_equal(court.out.learn, court.in.pki == PKI_OK);
  court.in.changes = ~(1u << change);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  assert_int_equal(court.out.change, change);
  court.in.changes = CHANGES_DEFAULT;
}

/* What was seen with the pin: another path of the same authorities. Freed by keypin_clear. */
static void see(struct keypin *pin, const struct path *of)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);
  struct chain_seen seen;
  struct chain chain;

  path_read(of, PATH_SIZE, true, &chain);
  assert_true(chain_see(&chain, &seen));
  assert_true(chain_seen_encode(&seen, &w));
  pin->seen = writer_span(&w);
  assert_true(keypin_own(pin));
}

static void test_same_key(void **state)
{
  (void)state;
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER), &rogue);
  check_change(CHANGE_SAME_KEY);
  court.in.pki = PKI_UNCHECKED; /* the pinned key all the same */
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_SAME_KEY);
  assert_false(court.out.learn);
  court.in.changes = 0;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  keypin_clear(&court.pins[0]);
}

static void test_seen_before(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  check_change(CHANGE_SEEN_BEFORE);
  court.in.pki = PKI_UNCHECKED;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.pki = PKI_OK;
  court.pins[1].status = KEYPIN_ACTIVE;
  expire(&court.pins[1]); /* expired pins are history, too */
  check_change(CHANGE_SEEN_BEFORE);
  court.pins[1].status = KEYPIN_REJECTED;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
}

static void test_proved_change(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court.in.ticket = TICKET_STANDS;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.ticket = TICKET_PROVED;
  check_change(CHANGE_PROVED);
}

static void test_same_issuer(void **state)
{
  struct path old;

  (void)state;
  path_make_below(&old, &court.path,
                  &(struct pki_request){.purpose = PKI_SERVER,
                                        .name = "www.example.org",
                                        .not_before = COURT_NOW - 89 * DAY,
                                        .not_after = COURT_NOW + DAY});
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER), &old);
  check_change(CHANGE_SAME_ISSUER);
  court.in.now -= 80 * DAY; /* far from its end */
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  keypin_clear(&court.pins[0]);
  path_free(&old);
}

/* A server can have had more keys than are looked at: the pins first, then so much of history. */
static void test_long_history(void **state)
{
  (void)state;
  for (int i = 0; i < 300; i++)
    court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER)->digest[0] = (uint8_t)i;
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 301, 6, true);
  court.pins[100] = court.pins[300];
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 301, 6);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 302, 6);
}

static void test_hpkp(void **state)
{
  (void)state;
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_ISSUER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  assert_true(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.in.added_anchor = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4); /* RFC 7469 section 2.6 */
}

/* Any program can note a header that names an attacker's key beside the server's: it explains no
 * other key than the one that was learned. */
static void test_hpkp_explains_nothing(void **state)
{
  (void)state;
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  path_pin(&rogue, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[1]);
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  assert_true(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CHANGED, 2, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
  for (size_t i = 0; i < 2; i++)
    court.pins[i].status = KEYPIN_ACTIVE; /* a header's pins in a dump, say */
  expect_mismatch(VERDICT_CHANGED, 2, 6, true);
  court.pins[2].status = KEYPIN_INACTIVE;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
}

/* What was learned speaks where HPKP's are met: its change is told and recorded. */
static void test_hpkp_and_changes(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_ISSUER);
  court.in.ticket = TICKET_PROVED;
  check_change(CHANGE_PROVED);
  path_pin(&court.path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[0]);
  see(&court.pins[0], &rogue);
  check_change(CHANGE_SAME_KEY);
  court.pins[1].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true); /* and it must be met */
  court.pins[1].digest[0] ^= 1;
  report_only(&court.pins[0]); /* the learned pin blocks nothing, and so is not asked alone */
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court.in.changes = 0;
  expect_mismatch(VERDICT_CHANGED, 0, 6, false);
  keypin_clear(&court.pins[0]);
}

/* A report-only header decides nothing of what was learned either. */
static void test_reported_hpkp(void **state)
{
  (void)state;
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER));
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  report_only(&court.pins[1]);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 7);
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

static void test_learned_path_unknown(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_ISSUER);
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  path_read(&court.path, PATH_SIZE, true, &court.chain);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
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

/* A visit to the parent must not unpin what is below it. */
static void test_learned_ends_no_walk(void **state)
{
  (void)state;
  court_add(0, ".example.org", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, "www.example.org", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.pins[0].origin = court.pins[1].origin = KEYPIN_HPKP;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
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

static void test_key_alone_and_first_use(void **state)
{
  (void)state;
  court.in.pki = PKI_UNCHECKED;
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER), &court.path);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court.pins[0].digest[0] ^= 1;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.pins[0].level = KEYPIN_ISSUER;
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  keypin_clear(&court.pins[0]);
}

/* Whatever the program says that the PKI said: of what is above the key nothing can be learned. */
static void test_key_alone_teaches_nothing(void **state)
{
  (void)state;
  path_read_raw(&court.path, &court.chain);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn);
  court.chain.alone = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_false(court.out.learn);
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
      CASE(test_excused_change),
      CASE(test_added_anchor),
      CASE(test_added_anchor_enforced),
      CASE(test_added_anchor_and_ticket),
      CASE(test_added_anchor_and_walk),
      CASE(test_added_anchor_unreadable),
      CASE(test_added_anchor_unreadable_and_ranks),
      CASE(test_added_anchor_unreadable_and_ticket),
      CASE(test_added_anchor_unreadable_and_modes),
      CASE(test_ticket),
      CASE(test_proved),
      CASE(test_backup_pins),
      CASE(test_active_in_a_critical_set),
      CASE(test_critical_sets_of_mechanisms),
      CASE(test_active),
      CASE(test_ranks),
      CASE(test_learned_masks_nothing),
      CASE(test_first_use),
      CASE(test_same_key),
      CASE(test_seen_before),
      CASE(test_proved_change),
      CASE(test_same_issuer),
      CASE(test_long_history),
      CASE(test_hpkp),
      CASE(test_hpkp_explains_nothing),
      CASE(test_hpkp_and_changes),
      CASE(test_reported_hpkp),
      CASE(test_path_unknown),
      CASE(test_learned_path_unknown),
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
      CASE(test_learned_ends_no_walk),
      CASE(test_one_label),
      CASE(test_misissued),
      CASE(test_misissued_against_tlsa),
      CASE(test_raw_keys),
      CASE(test_key_alone),
      CASE(test_key_alone_and_first_use),
      CASE(test_key_alone_teaches_nothing),
      CASE(test_key_alone_and_rejected_keys),
      CASE(test_superfluous_certificate),
  };

  return cmocka_run_group_tests(tests, set_up, tear_down);
}

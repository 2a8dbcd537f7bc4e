/* The decision over a pinning ticket, against an oracle written another way.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { BOOLEANS = 9, EXTENSIONS = 4, HANDSHAKES = (1 << BOOLEANS) * EXTENSIONS };

static struct ticket_evidence evidence_of(unsigned n)
{
  return (struct ticket_evidence){
      .pinned = n & 1,
      .ticket_sent = n & 2,
      .asked = n & 4,
      .tls13 = n & 8,
      .resumed = n & 16,
      .secrets_found = n & 32,
      .malformed = n & 64,
      .proof_came = n & 128,
      .proof_right = n & 256,
      .extensions = n >> BOOLEANS,
  };
}

/* What RFC 8672 forbids, each by itself: a set of reasons and not their order. */
static unsigned objections(const struct ticket_evidence *e)
{
  bool full = e->tls13 && !e->resumed;
  unsigned set = 0;

#define OBJECT(reason, condition) set |= (condition) ? 1u << (reason) : 0
  OBJECT(REFUSAL_TLS_VERSION, e->pinned && !e->tls13);
  OBJECT(REFUSAL_EXTENSION_UNEXPECTED, e->tls13 && e->extensions > 0 && (e->resumed || !e->asked));
  OBJECT(REFUSAL_RESUMPTION_DECLINED, full && e->pinned && !e->ticket_sent);
  OBJECT(REFUSAL_EXTENSION_TWICE, full && e->extensions > 1);
  OBJECT(REFUSAL_EXTENSION_MALFORMED, full && e->malformed);
  OBJECT(REFUSAL_PROOF_UNASKED, full && e->proof_came && !e->ticket_sent);
  OBJECT(REFUSAL_EXTENSION_MISSING, full && e->pinned && e->extensions == 0);
  OBJECT(REFUSAL_PROOF_MISSING, full && e->pinned && !e->proof_came);
  OBJECT(REFUSAL_SECRET_NOT_FOUND, full && e->pinned && !e->secrets_found);
  OBJECT(REFUSAL_PROOF_WRONG, full && e->pinned && !e->proof_right);
#undef OBJECT
  return set;
}

/* Of several objections, the one that is told. */
static enum refusal oracle(const struct ticket_evidence *e)
{
  static const enum refusal order[] = {
      REFUSAL_TLS_VERSION,       REFUSAL_RESUMPTION_DECLINED, REFUSAL_EXTENSION_UNEXPECTED,
      REFUSAL_EXTENSION_TWICE,   REFUSAL_EXTENSION_MALFORMED, REFUSAL_PROOF_UNASKED,
      REFUSAL_EXTENSION_MISSING, REFUSAL_PROOF_MISSING,       REFUSAL_SECRET_NOT_FOUND,
      REFUSAL_PROOF_WRONG,
  };
  unsigned set = objections(e);

  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    if (set & 1u << order[i])
      return order[i];
  assert_int_equal(set, 0);
  return REFUSAL_NONE;
}

static void test_all_combinations(void **state)
{
  unsigned seen[REFUSAL_COUNT] = {0};

  (void)state;
  for (unsigned n = 0; n < HANDSHAKES; n++) {
    struct ticket_evidence evidence = evidence_of(n);
    enum refusal expected = oracle(&evidence), got = refusal_judge(&evidence);

    if (got != expected)
      fail_msg("evidence 0x%x: '%s' and not '%s'", n, refusal_token(got), refusal_token(expected));
    seen[got]++;
  }
  for (enum refusal r = REFUSAL_NONE; r <= REFUSAL_RESUMPTION_DECLINED; r++)
    if (r != REFUSAL_TICKET_REFUSED) /* this one is an alert and no evidence */
      assert_true(seen[r] > 0);
  assert_true(seen[REFUSAL_SECRET_NOT_FOUND] > 0);
}

/* What must hold whatever the rules are called: a pinned server passes in a full handshake only by
 * a proof that was checked. */
static void test_no_way_around_the_proof(void **state)
{
  (void)state;
  for (unsigned n = 0; n < HANDSHAKES; n++) {
    struct ticket_evidence e = evidence_of(n);

    if (refusal_judge(&e) != REFUSAL_NONE || !e.pinned)
      continue;
    assert_true(e.tls13);
    if (e.resumed)
      continue;
    assert_true(e.ticket_sent && e.asked && e.extensions == 1 && !e.malformed);
    assert_true(e.proof_came && e.secrets_found && e.proof_right);
  }
}

/* The handshakes that RFC 8672 is for are let through. */
static void test_good_handshakes(void **state)
{
  static const struct ticket_evidence good[] = {
      /* first connection: asked, a ticket comes, or none does */
      {.asked = true, .tls13 = true, .secrets_found = true, .extensions = 1},
      {.asked = true, .tls13 = true, .secrets_found = true},
      /* a server that isn't pinned and has no TLS 1.3 */
      {.asked = true},
      /* resumption, pinned or not */
      {.asked = false, .tls13 = true, .resumed = true},
      {.pinned = true, .tls13 = true, .resumed = true, .secrets_found = true},
      /* the proof */
      {.pinned = true,
       .ticket_sent = true,
       .asked = true,
       .tls13 = true,
       .secrets_found = true,
       .extensions = 1,
       .proof_came = true,
       .proof_right = true},
  };

  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_int_equal(refusal_judge(&good[i]), REFUSAL_NONE);
}

/* Each reason has a token of its own, which the store takes, and a text. */
static void test_tokens(void **state)
{
  enum refusal got;

  (void)state;
  for (enum refusal r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
    const char *token = refusal_token(r);

    assert_true(strlen(token) >= 1 && strlen(token) <= 31);
    assert_int_equal(strspn(token, "abcdefghijklmnopqrstuvwxyz-"), strlen(token));
    assert_true(strlen(refusal_text(r)) > 10);
    assert_true(refusal_from_token(token, &got));
    assert_int_equal(got, r);
    for (enum refusal other = REFUSAL_NONE + 1; other < r; other++)
      assert_string_not_equal(refusal_text(other), refusal_text(r));
  }
}

static void test_unknown_tokens(void **state)
{
  static const char *const unknown[] = {"",     "proof",       "proof-wrong ", "Proof-Wrong",
                                        "none", "proof-wrongs"};
  enum refusal got = REFUSAL_COUNT;

  (void)state;
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    assert_false(refusal_from_token(unknown[i], &got));
  assert_int_equal(got, REFUSAL_COUNT);
  assert_string_equal(refusal_token(REFUSAL_NONE), "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_combinations), cmocka_unit_test(test_no_way_around_the_proof),
      cmocka_unit_test(test_good_handshakes),  cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_unknown_tokens),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

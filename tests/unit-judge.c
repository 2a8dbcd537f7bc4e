/* The decision over what a server showed. Its log and its counts: unit-judge-log.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "daemon/digest.h"
#include "tests/gate.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW  GATE_NOW
#define HOST "a.example"

/* The judgement over what is shown, to be cleared. */
static struct policy_judged judge(struct gate *gate, const struct policy_shown *shown)
{
  static struct peer peer;
  struct policy_judged judged;
  char *problem = NULL;

  peer = strata_peer(HOST);
  if (policy_check(gate->policy, &peer, shown, NOW, &judged, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  return judged;
}

/* Misissued by a trusted authority, against pins of every strength; each is logged once, with the
 * layer that decided. */
static void test_mismatches(void **state)
{
  static const struct {
    enum keypin_status status;
    enum keypin_origin origin;
    bool locked;
    const char *reason, *log;
  } cases[] = {
      {KEYPIN_ACTIVE, KEYPIN_TOFU, false, "changed", "mismatch changed user 1"},
      {KEYPIN_CRITICAL, KEYPIN_USER, false, "critical-differs", "mismatch critical-differs user 1"},
      {KEYPIN_CRITICAL, KEYPIN_POLICY, false, "critical-differs",
       "mismatch critical-differs 50.db 1"},
      {KEYPIN_CRITICAL, KEYPIN_POLICY, true, "critical-differs",
       "mismatch critical-differs 50.db 1"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct gate *gate;
    void *own = NULL;
    struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, cases[i].status, cases[i].origin);
    uint64_t event;

    gate_setup(&own);
    gate = own;
    pin.locked = cases[i].locked;
    if (cases[i].origin == KEYPIN_POLICY)
      gate_layer(gate, "50.db", &pin, 1);
    else
      gate_put(gate, &pin, 1);
    gate_open(gate);
    gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH,
              cases[i].status == KEYPIN_ACTIVE ? "active-matched" : "critical-matched",
              cases[i].origin == KEYPIN_TOFU); /* in which certificate is new to it */
    event = gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, cases[i].reason, false);
    assert_true(event != 0);
    gate_expect_log(gate, cases[i].log);
    gate_teardown(&own);
  }
  (void)state;
}

/* The pinned key appended to a foreign chain is not of its path. */
static void test_appended(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct span certificates[] = {gate_paths[GATE_FOREIGN].certificate[0],
                                gate_paths[GATE_FOREIGN].certificate[1],
                                gate_paths[GATE_FIRST].certificate[PATH_ISSUER]};
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  pin.level = KEYPIN_ANY;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  assert_int_equal(chain_read(certificates, 3, false, false, digest_glib, &chain), CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "path-unknown", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
}

/* A program that left the path out says less of the server than of itself: that is no line of the
 * log. What its certificate alone shows to be wrong is. */
static void test_leaf_alone(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_USER),
                          gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_USER)};
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  pins[0].level = KEYPIN_ISSUER;
  gate_put(gate, pins, 2);
  gate_open(gate);
  shown.pki = PKI_UNCHECKED;
  shown.leaf_alone = true;
  assert_int_equal(
      chain_read(gate_paths[GATE_FIRST].certificate, 1, false, false, digest_glib, &chain),
      CHAIN_FINE);
  assert_int_equal(gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "path-unknown", false), 0);
  gate_expect_log(gate, "");
  assert_int_equal(
      chain_read(gate_paths[GATE_FOREIGN].certificate, 1, false, false, digest_glib, &chain),
      CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "key-rejected", false);
  gate_expect_log(gate, "mismatch key-rejected user 1");
  shown.leaf_alone = false;
  assert_int_equal(
      chain_read(gate_paths[GATE_FIRST].certificate, 1, false, false, digest_glib, &chain),
      CHAIN_FINE);
  assert_true(gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "path-unknown", false) != 0);
}

/* Rejected keys count wherever they are shown, and no exception excuses them. */
static void test_rejected(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_REJECTED, KEYPIN_USER),
                          gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_EXCEPTED, KEYPIN_USER)};
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  pins[1].errors = PKI_EXPIRED;
  gate_put(gate, pins, 2);
  gate_open(gate);
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "key-rejected", false);
  chain.path = false;
  shown.pki = PKI_FAILED;
  shown.errors = PKI_EXPIRED;
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "key-rejected", false);
  gate_expect_log(gate, "mismatch key-rejected user 2");
}

/* An exception that is used is logged, where the handshake is over; what it excused is told. */
static void test_exception(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_EXCEPTED, KEYPIN_USER);
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  struct policy_judged judged;

  pin.errors = PKI_EXPIRED | PKI_NAME;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  shown.pki = PKI_FAILED;
  shown.errors = PKI_NAME;
  shown.learn = false;
  judged = judge(gate, &shown);
  assert_int_equal(judged.verdict.reason, VERDICT_EXCEPTED);
  assert_int_equal(judged.excused, PKI_NAME);
  assert_string_equal(judged.layer, "user");
  policy_judged_clear(&judged);
  gate_expect_log(gate, "");
  shown.learn = true;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "excepted", false);
  gate_expect_log(gate, "exception excepted user 1");
  shown.errors = PKI_NAME | PKI_WEAK;
  judged = judge(gate, &shown);
  assert_int_equal(judged.verdict.reason, VERDICT_PKI_FAILED);
  assert_int_equal(judged.excused, 0);
  policy_judged_clear(&judged);
  gate_expect_log(gate, "exception excepted user 1"); /* the PKI's failure alone is not logged */
}

/* Report mode: told and logged, and the program goes on. */
static void test_reported(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);
  struct policy_judged judged;

  pin.enforce_until = 0;
  gate_layer(gate, "50.db", &pin, 1);
  gate_open(gate);
  judged = judge(gate, &shown);
  assert_int_equal(judged.verdict.answer, TLSPIN_MISMATCH);
  assert_false(judged.verdict.enforced);
  assert_false(judged.learned);
  policy_judged_clear(&judged);
  gate_expect_log(gate, "reported critical-differs 50.db 1");
}

/* Nothing of a private connection is kept, not even of an attack. */
static void test_private(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct chain chain = gate_chain(GATE_SECOND), good = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_put(gate, &pin, 1);
  gate_open(gate);
  shown.private = shown.accepted = true;
  assert_true(gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "critical-differs", false) == 0);
  shown.chain = &good;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_expect_log(gate, "");
  gate_expect_records(gate, "0.0 user critical leaf 0");
}

/* The ticket as the program tells of it, the lock that says what follows, and the layer. */
static void test_ticket(void **state)
{
  static const struct {
    enum lock lock;
    bool enforced;
    const char *log;
  } cases[] = {{LOCK_NONE, true, "mismatch proof-wrong 50.db 1"},
               {LOCK_ENFORCE, true, "mismatch proof-wrong 50.db 2"},
               {LOCK_REPORT, false, "mismatch proof-wrong 50.db 2\nreported proof-wrong 50.db 1"}};
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  shown.ticket = TICKET_FAILED;
  shown.refusal = REFUSAL_PROOF_WRONG;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct ticket_row row = strata_row(HOST, cases[i].lock, 7);
    struct policy_judged judged;

    strata_layer(gate->strata->admin, "50.db", &row, 1);
    gate_open(gate);
    judged = judge(gate, &shown);
    assert_int_equal(judged.verdict.answer, TLSPIN_MISMATCH);
    assert_int_equal(judged.verdict.refusal, REFUSAL_PROOF_WRONG);
    assert_int_equal(judged.verdict.enforced, cases[i].enforced);
    assert_string_equal(judged.layer, "50.db");
    policy_judged_clear(&judged);
    gate_expect_log(gate, cases[i].log);
  }
}

/* A ticket that was cleared meanwhile is none; one that can't be looked up may be there. */
static void test_ticket_gone(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  shown.ticket = TICKET_FAILED;
  shown.refusal = REFUSAL_PROOF_MISSING;
  gate_open(gate);
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", true);
  strata_write(gate->strata->admin, "50.db", "no database");
  gate_open(gate);
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "proof-missing", false);
}

/* A path that ends elsewhere than at the vendor's anchors is exempt, unless policy says no. */
static void test_added_anchor(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);

  gate_put(gate, &pin, 1);
  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_OPTED_OUT, "added-anchor", false);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "critical-differs", false);
  gate_setting(gate, "anchors", "enforce");
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

static void test_always(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);

  pin.always = true;
  gate_put(gate, &pin, 1);
  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

/* Which anchors the vendor ships isn't known: pins are enforced for all. */
static void test_anchors_unknown(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);

  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

/* A layer that can't be read is never "no pin", and what the others hold is enforced. */
static void test_unreadable(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  struct policy_judged judged;

  strata_write(gate->strata->admin, "50.db", "no database");
  gate_open(gate);
  judged = judge(gate, &shown);
  assert_int_equal(judged.verdict.answer, TLSPIN_UNAVAILABLE);
  assert_string_equal(judged.layer, "50.db");
  assert_false(judged.learned);
  policy_judged_clear(&judged);
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

/* What was to be learned can't be written: that is said, and what was judged is there. */
static void test_not_written(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  struct peer peer = strata_peer(HOST);
  struct policy_judged judged;
  char *problem = NULL;
  sqlite3 *other;

  gate_open(gate);
  other = stores_raw(gate->strata->user); /* holds the lock of the file */
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  assert_non_null(strstr(problem, "pins.db"));
  assert_int_equal(judged.verdict.answer, TLSPIN_NO_PIN);
  assert_false(judged.learned);
  g_free(problem);
  policy_judged_clear(&judged);
  sqlite3_close(other);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
}

/* An explanation changes nothing, and says what became of each entry. */
static void test_explain(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU)};
  struct peer peer = strata_peer(HOST);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain), nothing = {.chain = NULL};
  struct policy_judged judged;

  gate_put(gate, pins, 2);
  gate_open(gate);
  policy_explain(gate->policy, &peer, &shown, NOW, &judged);
  assert_int_equal(judged.verdict.reason, VERDICT_CHANGED);
  assert_int_equal(judged.gathering.count, 2);
  assert_non_null(judged.roles);
  assert_int_equal(judged.roles[judged.verdict.decided_by], VERDICT_DECIDED);
  assert_int_equal(judged.roles[1 - judged.verdict.decided_by], VERDICT_HISTORY);
  assert_true(judged.settings.learn);
  policy_judged_clear(&judged);
  policy_explain(gate->policy, &peer, &nothing, NOW, &judged);
  assert_int_equal(judged.verdict.reason, VERDICT_STANDS);
  assert_string_equal(judged.layer, "user");
  policy_judged_clear(&judged);
  gate_expect_log(gate, "");
  gate_expect_records(gate, "0.0 tofu active leaf 0\n1.0 tofu inactive leaf 0");
}

static void test_explain_ticket(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct peer peer = strata_peer(HOST);
  struct policy_shown nothing = {.chain = NULL};
  struct policy_judged judged;

  strata_layer(gate->strata->admin, "50.db", &row, 1);
  gate_open(gate);
  policy_explain(gate->policy, &peer, &nothing, NOW, &judged);
  assert_int_equal(judged.verdict.reason, VERDICT_STANDS);
  assert_int_equal(judged.input.ticket, TICKET_STANDS);
  assert_string_equal(judged.layer, "50.db");
  policy_judged_clear(&judged);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_appended),        TEST(test_leaf_alone),
      TEST(test_rejected),        TEST(test_exception),
      TEST(test_reported),        TEST(test_private),
      TEST(test_ticket),          TEST(test_ticket_gone),
      TEST(test_added_anchor),    TEST(test_always),
      TEST(test_anchors_unknown), TEST(test_unreadable),
      TEST(test_not_written),     TEST(test_explain),
      TEST(test_explain_ticket),  cmocka_unit_test(test_mismatches),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

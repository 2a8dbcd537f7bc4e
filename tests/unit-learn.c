/* What is recorded of the keys that servers show: trust on first use.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"

#include "daemon/digest.h"
#include "daemon/policy-private.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW GATE_NOW

static void test_first_use(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
  gate_meet(gate, GATE_FIRST, NOW + 5, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_FIRST, NOW + 6, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "0.0 tofu active leaf 3");
}

static bool check_record(const struct keypin *pin, void *data)
{
  struct chain_seen seen;

  assert_string_equal(pin->place.host, "a.example");
  assert_int_equal(pin->place.scope, SCOPE_EXACT);
  assert_int_equal(pin->place.protocol, PROTOCOL_TLS);
  assert_int_equal(pin->place.port, 443);
  assert_true(pin->enforce_until == KEYPIN_FOREVER && pin->report_until == KEYPIN_FOREVER);
  assert_true(pin->first_seen == NOW && pin->last_seen == NOW + 5);
  assert_false(pin->locked || pin->always);
  assert_true(chain_seen_decode(pin->seen, &seen));
  assert_int_equal(seen.count, PATH_SIZE);
  assert_true(seen.at[0].not_after == NOW + 365 * GATE_DAY);
  ++*(int *)data;
  return true;
}

/* Everything that is kept of it, over a restart. */
static void test_kept(void **state)
{
  struct gate *gate = *state;
  struct peer peer = strata_peer("a.example");
  int count = 0;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_FIRST, NOW + 5, TLSPIN_MATCH, "active-matched", false);
  policy_flush(gate->policy, NOW + 6);
  gate_open(gate);
  assert_int_equal(
      store_pins(layers_at(gate->strata->layers, 0)->store, &peer, check_record, &count),
      TLSPIN_OK);
  assert_int_equal(count, 1);
}

/* The level is the settings'; a key above the server's own is learned from a path alone. */
static void test_levels(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_setting(gate, "level", "issuer");
  gate_open(gate);
  chain.path = false;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  gate_expect_records(gate, "");
  chain.path = true;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.1 tofu active issuer 1");
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted",
            true); /* the same issuer's key */
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "0.1 tofu active issuer 2");
}

static void test_anchor_level(void **state)
{
  struct gate *gate = *state;

  gate_setting(gate, "level", "anchor");
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.2 tofu active anchor 1");
}

/* A program says that the PKI vouched for a raw key, which it can't have: nothing is pinned, and no
 * key of the history comes back. A key that was learned in a certificate is counted. */
static void test_raw_key(void **state)
{
  struct gate *gate = *state;
  struct keypin old = gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU);
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  assert_int_equal(chain_read(gate_paths[GATE_FOREIGN].spki, 1, true, false, digest_glib, &chain),
                   CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  gate_expect_records(gate, "");
  gate_put(gate, &old, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", false);
  gate_expect_records(gate, "0.0 tofu active leaf 1\n3.0 tofu inactive leaf 0");
  assert_int_equal(chain_read(gate_paths[GATE_FIRST].spki, 1, true, false, digest_glib, &chain),
                   CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "0.0 tofu active leaf 2\n3.0 tofu inactive leaf 0");
}

/* A certificate that is its own anchor is at every level the server's own. */
static void test_alone_in_its_path(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  gate_setting(gate, "level", "anchor");
  gate_open(gate);
  assert_int_equal(
      chain_read(gate_paths[GATE_FIRST].certificate, 1, false, true, digest_glib, &chain),
      CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
}

/* Where nothing is learned, and why. */
static void test_not_learned(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  shown.learn = false;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  shown = gate_shown(&chain);
  shown.private = true;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  shown = gate_shown(&chain);
  shown.pki = PKI_UNCHECKED;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  shown.pki = PKI_FAILED;
  shown.errors = PKI_EXPIRED;
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "pki-failed", false);
  shown = gate_shown(&chain);
  gate_trust(gate, &gate_paths[GATE_FOREIGN]);
  gate_expect(gate, &shown, NOW, TLSPIN_OPTED_OUT, "added-anchor", false);
  gate_expect_records(gate, "");
  gate_trust(gate, &gate_paths[GATE_FIRST]);
}

static void test_learning_off(void **state)
{
  struct gate *gate = *state;

  gate_setting(gate, "learn", "no");
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", false);
  gate_expect_records(gate, "");
}

/* Policy, or the user's own pins, need no learning. */
static void test_policy_decides(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);

  gate_layer(gate, "50.db", &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_expect_records(gate, "");
  pin.origin = KEYPIN_USER;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_expect_records(gate, "0.0 user critical leaf 1");
}

/* A new certificate for the key is what was seen last from then on. */
static void test_same_key(void **state)
{
  struct gate *gate = *state;
  struct path renewed;
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);
  struct pki_request request = {.purpose = PKI_SERVER,
                                .name = "a.example",
                                .key = gate_paths[GATE_FIRST].identity[PATH_SERVER].key};

  gate_open(gate);
  path_make_below(&renewed, &gate_paths[GATE_FIRST], &request);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  chain_read(renewed.certificate, PATH_SIZE, false, true, digest_glib, &chain);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "0.0 tofu active leaf 3");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "change-accepted", true); /* the old one again */
  chain.path = false; /* less is known than before: what was seen stays */
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "0.0 tofu active leaf 6");
  path_free(&renewed);
}

/* Another key of the same authority, when the old one's time is up: it takes the old one's place.
 */
static void test_same_issuer(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "1.0 tofu active leaf 1\n2.0 tofu inactive leaf 1");
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MISMATCH, "changed", false); /* too early */
  gate_expect_records(gate, "1.0 tofu active leaf 2\n2.0 tofu inactive leaf 1");
}

/* A key that was seen before is active again, beside the other: servers may have several. */
static void test_seen_before(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "1.0 tofu active leaf 1\n2.0 tofu active leaf 2");
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "1.0 tofu active leaf 2\n2.0 tofu active leaf 3");
}

/* Two keys are in use, and the time of one's certificate is over for long. */
static void meet_two(struct gate *gate)
{
  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_MATCH, "change-accepted", true);
}

/* Who comes back after a long time finds the renewed one: it takes the place of the one whose time
 * was up, and of no other. */
static void test_back_after_long(void **state)
{
  struct gate *gate = *state;

  meet_two(gate);
  gate_meet(gate, GATE_FIRST, NOW + 40 * GATE_DAY, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1\n1.0 tofu active leaf 1\n"
                            "2.0 tofu inactive leaf 2");
}

/* Who met the server with the other one meanwhile has no need of it. */
static void test_no_door_for_ever(void **state)
{
  struct gate *gate = *state;

  meet_two(gate);
  gate_meet(gate, GATE_SECOND, NOW + 36 * GATE_DAY, TLSPIN_MATCH, "active-matched", false);
  policy_flush(gate->policy, NOW);
  gate_meet(gate, GATE_FIRST, NOW + 40 * GATE_DAY, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "1.0 tofu active leaf 2\n2.0 tofu active leaf 2");
}

/* What nothing explains changes nothing, however often it comes. */
static void test_unexplained(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  for (int i = 0; i < 3; i++) {
    gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
    gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "changed", false);
  }
  gate_expect_records(gate, "0.0 tofu active leaf 1");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
}

/* Changes that policy doesn't accept are mismatches. */
static void test_changes_refused(void **state)
{
  struct gate *gate = *state;

  gate_setting(gate, "changes", "none");
  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "2.0 tofu active leaf 1");
}

/* A ticket that was proved vouches for the server, whatever its key is. */
static void test_proved(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 7);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);

  strata_put(gate->strata, &row);
  gate_open(gate);
  shown.ticket = TICKET_PROVED;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "proved", true);
  gate_expect_records(gate, "3.0 tofu active leaf 1");
  chain = gate_chain(GATE_FIRST);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1\n3.0 tofu inactive leaf 1");
}

/* A proof of a ticket that isn't there proves nothing. */
static void test_proved_nothing(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  shown.ticket = TICKET_PROVED;
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
}

/* What the server is said to have said by HPKP explains no other key: any program may tell of a
 * header. */
static void test_not_vouched(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_HPKP);

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  pin.level = KEYPIN_ANY;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "0.0 tofu active leaf 2\n0.1 hpkp critical any 0");
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
}

/* Under it a key is learned as anywhere: the first, and one that follows by the rules. */
static void test_learned_under_hpkp(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_HPKP);

  pin.level = KEYPIN_ANY;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_MATCH, "critical-matched", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "0.1 hpkp critical any 0\n1.0 tofu active leaf 1\n"
                            "2.0 tofu inactive leaf 1");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MISMATCH, "changed", false);
}

/* The oldest of the history goes; what is active never does. */
static void test_history(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[HISTORY_EACH + 4];

  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++) {
    pins[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU);
    pins[i].digest[0] = (uint8_t)i;
    pins[i].digest[1] ^= 0xff; /* in no case the server's own */
    pins[i].last_seen = NOW - 1000 + (int64_t)i;
  }
  gate_put(gate, pins, G_N_ELEMENTS(pins));
  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate,
                      "1.0 tofu active leaf 1\n2.0 tofu inactive leaf 1\n? tofu inactive leaf 0\n"
                      "? tofu inactive leaf 0\n? tofu inactive leaf 0\n? tofu inactive leaf 0\n"
                      "? tofu inactive leaf 0\n? tofu inactive leaf 0\n? tofu inactive leaf 0");
}

/* The key that is history becomes the peer's pin again where it has none. */
static void test_history_alone(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU);

  pin.count_seen = 5;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.0 tofu active leaf 6");
}

/* Of two daemons on one home that meet a server for the first time the first one's pin stands. */
static void test_race(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);
  struct keypin faster = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU);
  struct peer peer = strata_peer("a.example");
  struct policy_judged judged;
  bool learned = true;
  char *problem = NULL;

  gate_open(gate);
  policy_judge(gate->policy, &peer, &shown, NOW, &judged);
  assert_true(judged.verdict.learn);
  gate_put(gate, &faster, 1);
  assert_int_equal(learn_key(gate->policy, &judged, &learned, &problem), TLSPIN_OK);
  assert_false(learned);
  policy_judged_clear(&judged);
  gate_expect_records(gate, "0.0 tofu active leaf 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_first_use),
      TEST(test_kept),
      TEST(test_levels),
      TEST(test_anchor_level),
      TEST(test_raw_key),
      TEST(test_alone_in_its_path),
      TEST(test_not_learned),
      TEST(test_learning_off),
      TEST(test_policy_decides),
      TEST(test_same_key),
      TEST(test_same_issuer),
      TEST(test_seen_before),
      TEST(test_unexplained),
      TEST(test_back_after_long),
      TEST(test_no_door_for_ever),
      TEST(test_changes_refused),
      TEST(test_proved),
      TEST(test_proved_nothing),
      TEST(test_not_vouched),
      TEST(test_learned_under_hpkp),
      TEST(test_history),
      TEST(test_history_alone),
      TEST(test_race),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

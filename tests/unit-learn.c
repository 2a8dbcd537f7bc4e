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

/* A raw key, or a certificate that is its own anchor, is at every level the server's own. */
static void test_nothing_above(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  gate_setting(gate, "level", "issuer");
  gate_open(gate);
  assert_int_equal(chain_read(gate_paths[GATE_FIRST].spki, 1, true, false, digest_glib, &chain),
                   CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_records(gate, "0.0 tofu active leaf 2");
}

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

/* What the server said by HPKP explains another key: it is learned in the old one's place. */
static void test_vouched(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_HPKP);

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  pin.level = KEYPIN_ANY;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "critical-matched", true);
  gate_expect_records(gate,
                      "0.0 tofu inactive leaf 1\n0.1 hpkp critical any 1\n1.0 tofu active leaf 1");
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
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

/* Checks for a.example of which the user said that the key is right. */
static void accept_key(struct gate *gate, size_t server, int64_t expires, enum tlspin_code answer,
                       const char *reason, bool learned)
{
  struct chain chain = gate_chain(server);
  struct policy_shown shown = gate_shown(&chain);

  shown.accepted = true;
  shown.expires = expires;
  gate_expect(gate, &shown, NOW, answer, reason, learned);
}

static void test_accepted(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "changed", false);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_records(gate, "0.0 tofu active leaf 1\n3.0 program active leaf 1");
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
}

static void test_accepted_for_a_time(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  accept_key(gate, GATE_FOREIGN, NOW + 100, TLSPIN_MATCH, "active-matched", true);
  gate_meet(gate, GATE_FOREIGN, NOW + 99, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_FOREIGN, NOW + 100, TLSPIN_MISMATCH, "changed", false);
}

/* It can be undone, unlike what the daemon learned by itself. */
static void test_accepted_undone(void **state)
{
  struct gate *gate = *state;
  struct store_change change;
  struct store *store;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  store = layers_at(gate->strata->layers, 0)->store;
  assert_int_equal(store_undo(store, 0, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  assert_int_equal(store_undo(store, 0, NOW, &change), TLSPIN_OK);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
}

/* Certain keys alone are wanted, this one isn't, or pinning is off: the click changes nothing. */
static void test_not_accepted(void **state)
{
  struct gate *gate = *state;
  struct keypin critical = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct keypin rejected = gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_USER);
  struct keypin locked = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY);
  struct keypin off = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_POLICY);
  const struct {
    const struct keypin *pin;
    enum tlspin_code answer;
    const char *reason;
  } cases[] = {{&critical, TLSPIN_MISMATCH, "critical-differs"},
               {&rejected, TLSPIN_MISMATCH, "key-rejected"},
               {&locked, TLSPIN_NO_PIN, "active-differs"},
               {&off, TLSPIN_OPTED_OUT, "off"}};

  locked.locked = true;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    gate_layer(gate, "50.db", cases[i].pin, 1);
    gate_open(gate);
    accept_key(gate, GATE_FOREIGN, 0, cases[i].answer, cases[i].reason, false);
    gate_expect_records(gate, "");
  }
}

/* A block of another key is no word on this one. */
static void test_accepted_beside_a_block(void **state)
{
  struct gate *gate = *state;
  struct keypin rejected = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_USER);

  gate_layer(gate, "50.db", &rejected, 1);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_records(gate, "3.0 program active leaf 1");
}

/* A layer that can't be read may say that. */
static void test_not_accepted_blindly(void **state)
{
  struct gate *gate = *state;

  strata_write(gate->strata->admin, "50.db", "no database");
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_UNAVAILABLE, "unreadable", false);
  gate_expect_records(gate, "");
}

/* Raw keys have no path and no certificate: the two are enough, whatever the PKI says. */
static void test_accepted_unchecked(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  chain_read(gate_paths[GATE_FIRST].spki, 1, true, false, digest_glib, &chain);
  shown.pki = PKI_UNCHECKED;
  shown.accepted = true;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", true);
  gate_expect_records(gate, "0.0 program active leaf 1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_first_use),
      TEST(test_kept),
      TEST(test_levels),
      TEST(test_anchor_level),
      TEST(test_nothing_above),
      TEST(test_alone_in_its_path),
      TEST(test_not_learned),
      TEST(test_learning_off),
      TEST(test_policy_decides),
      TEST(test_same_key),
      TEST(test_same_issuer),
      TEST(test_seen_before),
      TEST(test_unexplained),
      TEST(test_changes_refused),
      TEST(test_proved),
      TEST(test_proved_nothing),
      TEST(test_vouched),
      TEST(test_history),
      TEST(test_history_alone),
      TEST(test_race),
      TEST(test_accepted),
      TEST(test_accepted_for_a_time),
      TEST(test_accepted_undone),
      TEST(test_not_accepted),
      TEST(test_accepted_beside_a_block),
      TEST(test_not_accepted_blindly),
      TEST(test_accepted_unchecked),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

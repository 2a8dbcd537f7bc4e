/* What is recorded of the keys that a user accepted in a program.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"

#include "daemon/digest.h"
#include "tests/gate.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#define NOW GATE_NOW

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

/* It can be undone by its number, unlike what the daemon learned by itself; and is never the
 * newest, which may be the user's own. */
static void test_accepted_undone(void **state)
{
  struct gate *gate = *state;
  struct store_change change;
  struct store *store;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  store = layers_at(gate->strata->layers, 0)->store;
  assert_int_equal(store_undo(store, 0, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(store_undo(store, 1, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  assert_int_equal(store_undo(store, 0, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(store_undo(store, 1, NOW, &change), TLSPIN_OK);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
}

/* An attack: a program tells of the user's word after the user's own change. */
static void test_users_change_is_the_newest(void **state)
{
  struct gate *gate = *state;
  struct keypin own = gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_USER);
  struct store_change change;
  struct store *store;

  gate_open(gate);
  store = layers_at(gate->strata->layers, 0)->store;
  assert_true(stores_edit(store, &own) == 1);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_records(gate, "1.0 user rejected leaf 0\n3.0 program active leaf 1");
  assert_int_equal(store_undo(store, 0, NOW, &change), TLSPIN_OK);
  gate_expect_records(gate, "3.0 program active leaf 1");
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

/* What is only reported forbids nothing, locked or not; nor is it overruled. */
static void test_accepted_where_it_is_reported(void **state)
{
  const struct keypin cases[] = {
      gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY),
      gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY),
      gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_POLICY)};
  static const char *const answers[] = {"mismatch", "match", "mismatch"};

  for (unsigned i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
    struct gate *gate = *state;
    struct keypin pin = cases[i / 2];
    struct chain chain = gate_chain(GATE_FOREIGN);
    struct policy_shown shown = gate_shown(&chain);
    struct peer peer = strata_peer("a.example");
    struct policy_judged judged;
    char *problem = NULL;

    pin.locked = i % 2;
    pin.enforce_until = 0;
    gate_layer(gate, "50.db", &pin, 1);
    gate_open(gate);
    shown.accepted = true;
    assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem), TLSPIN_OK);
    assert_string_equal(tlspin_code_token(judged.verdict.answer), answers[i / 2]);
    assert_int_equal(verdict_otherwise(&judged.input), TLSPIN_MATCH);
    assert_true(judged.learned && judged.acceptance == 0);
    policy_judged_clear(&judged);
    gate_expect_records(gate, "3.0 program active leaf 1");
    gate_teardown(state);
    gate_setup(state);
  }
}

/* A ticket of a lock that only reports is in nobody's way either. */
static void test_accepted_beside_a_reported_ticket(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row("a.example", LOCK_REPORT, 7);
  struct layer_contents contents = {.ticket_count = 1, .tickets = &row};
  char *problem = NULL;

  assert_int_equal(
      store_write_layer(strata_path(gate->strata->admin, "50.db"), &contents, &problem), TLSPIN_OK);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
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

/* An administrator's ticket for the server, or word that nothing is learned; the user's own word
 * on the latter is about what happens without a word. */
static void test_not_accepted_under_a_lock(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row("a.example", LOCK_ENFORCE, 7);
  struct layer_contents contents = {.ticket_count = 1, .tickets = &row};
  const char *file = strata_path(gate->strata->admin, "50.db");
  char *problem = NULL;

  assert_int_equal(store_write_layer(file, &contents, &problem), TLSPIN_OK);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_NO_PIN, "none", true); /* it is learned */
  gate_expect_records(gate, "3.0 tofu active leaf 1");
  accept_key(gate, GATE_SECOND, 0, TLSPIN_MISMATCH, "changed", false);
  gate_setting(gate, "learn", "no");
  assert_int_equal(g_unlink(strata_path(gate->strata->admin, "50.db")), 0);
  gate_open(gate);
  accept_key(gate, GATE_SECOND, 0, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "3.0 tofu active leaf 1");
  assert_int_equal(g_unlink(strata_path(gate->strata->admin, "00-learn.db")), 0);
  gate->config.learn = g_strdup("no");
  gate_open(gate);
  accept_key(gate, GATE_SECOND, 0, TLSPIN_MATCH, "active-matched", true);
}

/* What must be met and comes after the user's word: the answer is that of the other order. */
static void test_accepted_before(void **state)
{
  struct gate *gate = *state;
  struct keypin critical = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct keypin noted = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP);

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_layer(gate, "50.db", &critical, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MISMATCH, "critical-differs", false);
  assert_int_equal(g_unlink(strata_path(gate->strata->admin, "50.db")), 0);
  gate_put(gate, &noted, 1);
  gate_open(gate);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MISMATCH, "critical-differs", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
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

struct told {
  int count;
  char key[KEYPIN_KEY_TEXT_SIZE];
  char program[65];
  uint64_t operation;
};

static bool take_event(const struct event_row *event, void *data)
{
  struct told *told = data;

  told->count++;
  g_strlcpy(told->key, event->key, sizeof told->key);
  g_strlcpy(told->program, event->program, sizeof told->program);
  told->operation = event->operation;
  return true;
}

/* What overrules a pin leaves a trace: which program, which key, and what would have been said. */
static void test_logged(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_PROGRAM);
  char key[KEYPIN_KEY_TEXT_SIZE];
  struct told told = {.count = 0};
  struct store_change change;

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_log(gate, "accepted unexplained user 1");
  policy_logged(gate->policy, 1, take_event, &told);
  assert_int_equal(told.count, 1);
  assert_true(keypin_key_text(&pin, key));
  assert_string_equal(told.key, key);
  assert_string_equal(told.program, "test");
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", false); /* it stands already */
  gate_expect_log(gate, "accepted unexplained user 1");
  assert_int_equal(
      store_undo(layers_at(gate->strata->layers, 0)->store, told.operation, NOW, &change),
      TLSPIN_OK);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
}

/* Also where the pin is the user's own, and not for life and death. */
static void test_logged_over_another(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER);

  gate_put(gate, &pin, 1);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_log(gate, "accepted active-differs user 1");
}

/* Where nothing is overruled a program that asks at each first meeting must not fill the log. */
static void test_not_logged(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_expect_log(gate, "");
}

/* The word about the key mends no ticket: both are logged, and both are told. */
static void test_two_events(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 7);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);
  struct peer peer = strata_peer("a.example");
  struct policy_judged judged;
  char *problem = NULL;

  strata_put(gate->strata, &row);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  shown.accepted = true;
  shown.ticket = TICKET_FAILED;
  shown.refusal = REFUSAL_PROOF_WRONG;
  assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem), TLSPIN_OK);
  assert_int_equal(judged.verdict.answer, TLSPIN_MISMATCH);
  assert_true(judged.learned);
  assert_true(judged.acceptance == 1 && judged.event == 2);
  policy_judged_clear(&judged);
  gate_expect_log(gate, "accepted proof-wrong user 1\nmismatch proof-wrong user 1");
}

/* Puts records that programs had accepted, of keys that nobody has. */
static void put_accepted(struct gate *gate, size_t count, int64_t until)
{
  struct keypin pins[ACCEPTED_EACH];

  for (size_t i = 0; i < count; i++) {
    pins[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_PROGRAM);
    memset(pins[i].digest, (int)i, 32);
    pins[i].enforce_until = pins[i].report_until = until;
  }
  gate_put(gate, pins, count);
}

static bool count_record(const struct keypin *pin, void *data)
{
  (void)pin;
  ++*(int *)data;
  return true;
}

static int count_records(struct gate *gate)
{
  struct peer peer = strata_peer("a.example");
  int count = 0;

  assert_int_equal(
      store_pins(layers_at(gate->strata->layers, 0)->store, &peer, count_record, &count),
      TLSPIN_OK);
  return count;
}

/* So many and no more: the text names server and remedy, and the mismatch stays what it was. */
static void test_crowd(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);
  struct peer peer = strata_peer("a.example");
  struct keypin first = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU);
  struct policy_judged judged;
  char *problem = NULL;

  gate_put(gate, &first, 1);
  put_accepted(gate, ACCEPTED_EACH - 1, KEYPIN_FOREVER);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  shown.accepted = true;
  assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem),
                   TLSPIN_E_LIMIT);
  assert_int_equal(judged.verdict.answer, TLSPIN_MISMATCH);
  assert_int_equal(judged.verdict.reason, VERDICT_CHANGED);
  assert_false(judged.learned);
  assert_true(judged.acceptance == 0 && judged.event != 0);
  assert_non_null(problem);
  assert_non_null(strstr(problem, "16 keys accepted for 'a.example:443'"));
  assert_non_null(strstr(problem, "'tlspin clear --origin program a.example'"));
  g_free(problem);
  policy_judged_clear(&judged);
  assert_int_equal(count_records(gate), 1 + ACCEPTED_EACH);
  accept_key(gate, GATE_FOREIGN, NOW + 100, TLSPIN_MATCH, "active-matched", true); /* one of them */
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
}

/* What ended makes way, and comes back by an undo. */
static void test_ended_make_way(void **state)
{
  struct gate *gate = *state;
  struct store_change change;

  put_accepted(gate, ACCEPTED_EACH, NOW);
  gate_open(gate);
  accept_key(gate, GATE_FOREIGN, 0, TLSPIN_MATCH, "active-matched", true);
  gate_expect_records(gate, "3.0 program active leaf 1");
  assert_int_equal(store_undo(layers_at(gate->strata->layers, 0)->store, 1, NOW, &change),
                   TLSPIN_OK);
  assert_int_equal(count_records(gate), ACCEPTED_EACH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_accepted),
      TEST(test_accepted_for_a_time),
      TEST(test_accepted_undone),
      TEST(test_users_change_is_the_newest),
      TEST(test_not_accepted),
      TEST(test_accepted_beside_a_block),
      TEST(test_accepted_where_it_is_reported),
      TEST(test_accepted_beside_a_reported_ticket),
      TEST(test_not_accepted_blindly),
      TEST(test_not_accepted_under_a_lock),
      TEST(test_accepted_before),
      TEST(test_accepted_unchecked),
      TEST(test_logged),
      TEST(test_logged_over_another),
      TEST(test_not_logged),
      TEST(test_two_events),
      TEST(test_crowd),
      TEST(test_ended_make_way),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

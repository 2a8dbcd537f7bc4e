/* What the policy answers, keeps and learns while the clock isn't trusted.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"
#include "tests/counter.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "a.example"
#define NOW  ((int64_t)GATE_NOW)

enum { DAY = GATE_DAY };

static const struct config config = {.lifetime_cap = 31 * DAY, .undo_period = 7 * DAY};

/* Wherever a clock may jump to from NOW. */
static const int64_t jumps[] = {
    0, NOW - DAY, NOW + 31 * DAY, INT64_C(2082758400), INT64_C(4102444800), KEYPIN_FOREVER};

/* A policy whose user has a ticket for HOST that ends after some days. */
static struct policy *with_ticket(struct strata *strata, int days)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);

  row.expires = NOW + days * (int64_t)DAY;
  strata_put(strata, &row);
  return policy_new(strata_open(strata), &config, NULL);
}

static void expect_ticket(struct policy *policy, int64_t now, enum tlspin_code code,
                          const char *reason, bool suspect)
{
  struct peer peer = strata_peer(HOST);
  struct gathering gathering;
  struct settings settings;

  policy_lookup(policy, &peer, now, &gathering, &settings);
  assert_int_equal(gathering.ticket.code, code);
  assert_string_equal(gathering.ticket.reason, reason);
  assert_int_equal(gathering.suspect, suspect);
  assert_true(code == TLSPIN_MATCH || gathering.ticket.row.ticket.size == 0);
  gathering_clear(&gathering);
}

/* A ticket that was in force before the jump is, wherever the clock went. */
static void test_ticket_in_force(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = with_ticket(strata, 7);

  for (size_t i = 0; i < G_N_ELEMENTS(jumps); i++) {
    layers_tell_clock(strata->layers, jumps[i], true);
    expect_ticket(policy, NOW, TLSPIN_MATCH, "found", jumps[i] >= NOW + 7 * DAY);
  }
  layers_tell_clock(strata->layers, NOW, false);
  expect_ticket(policy, NOW, TLSPIN_MATCH, "found", false);
  policy_free(policy);
}

/* Of one that had ended before a jump back, nobody knows: the time before may have been wrong. */
static void test_ticket_ended(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = with_ticket(strata, 7);
  const int64_t end = NOW + 7 * DAY;

  expect_ticket(policy, end, TLSPIN_NO_PIN, "expired", false);
  layers_tell_clock(strata->layers, end - 1, true);
  expect_ticket(policy, end, TLSPIN_CLOCK_SUSPECT, "clock-suspect", true);
  layers_tell_clock(strata->layers, end, true);
  expect_ticket(policy, end, TLSPIN_NO_PIN, "expired", false);
  layers_tell_clock(strata->layers, KEYPIN_FOREVER, true);
  expect_ticket(policy, end, TLSPIN_NO_PIN, "expired", false);
  layers_tell_clock(strata->layers, end - 1, false);
  expect_ticket(policy, end, TLSPIN_NO_PIN, "expired", false);
  policy_free(policy);
}

static enum policy_outcome store_ticket(struct policy *policy, const char *host, uint64_t series,
                                        int64_t now, int64_t *expires)
{
  static const uint8_t octets[32] = {9};
  struct policy_ticket ticket = {.peer = strata_peer(host),
                                 .ticket = {octets, 5},
                                 .secret = {octets, 32},
                                 .hash = TICKET_SHA256,
                                 .lifetime = DAY,
                                 .series = series};
  enum policy_outcome outcome;
  char *problem = NULL;

  assert_int_equal(policy_store(policy, &ticket, now, &outcome, expires, &problem), TLSPIN_OK);
  assert_null(problem);
  return outcome;
}

/* Whoever comes while it isn't known whether there is a pin doesn't become it. */
static void test_nothing_takes_its_place(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = with_ticket(strata, 7);
  const int64_t end = NOW + 7 * DAY;
  int64_t expires;

  layers_tell_clock(strata->layers, NOW, true);
  assert_int_equal(store_ticket(policy, HOST, 0, end, &expires), POLICY_NOTHING);
  assert_int_equal(expires, 0);
  expect_ticket(policy, NOW, TLSPIN_MATCH, "found", false);
  /* A host without a pin, and a ticket that goes on: by the time that is believed. */
  assert_int_equal(store_ticket(policy, "b.example", 0, end, &expires), POLICY_STORED);
  assert_int_equal(expires, end + DAY);
  layers_tell_clock(strata->layers, KEYPIN_FOREVER, true);
  assert_int_equal(store_ticket(policy, HOST, 1, NOW, &expires), POLICY_RENEWED);
  assert_int_equal(expires, NOW + DAY);
  policy_free(policy);
}

static enum tlspin_code clear_host(struct policy *policy, int64_t now, uint64_t *operation)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  char *problem = NULL;
  enum tlspin_code code = policy_clear(policy, &all, now, &change, &problem);

  g_free(problem);
  *operation = change.operation;
  return code;
}

/* What can be taken back stays so through every jump, and is forgotten once its time is over by
 * both. */
static void test_journal(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = with_ticket(strata, 30);
  struct store_change change;
  char *problem = NULL;
  uint64_t operation;

  for (size_t i = 0; i < G_N_ELEMENTS(jumps); i++) {
    assert_int_equal(clear_host(policy, NOW, &operation), TLSPIN_OK);
    layers_tell_clock(strata->layers, jumps[i], true);
    assert_false(policy_tidy(policy, NOW));
    layers_tell_clock(strata->layers, NOW, false);
    assert_false(policy_tidy(policy, NOW));
    assert_int_equal(policy_undo(policy, operation, NOW, &change, &problem), TLSPIN_OK);
    expect_ticket(policy, NOW, TLSPIN_MATCH, "found", false);
  }
  assert_int_equal(clear_host(policy, NOW, &operation), TLSPIN_OK);
  layers_tell_clock(strata->layers, NOW + DAY, true); /* the mark was too high, perhaps */
  assert_false(policy_tidy(policy, NOW + 20 * DAY));
  assert_int_equal(policy_undo(policy, operation, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(clear_host(policy, NOW, &operation), TLSPIN_OK);
  layers_tell_clock(strata->layers, NOW + 20 * DAY, false);
  assert_false(policy_tidy(policy, NOW + 20 * DAY));
  assert_int_equal(policy_undo(policy, operation, NOW, &change, &problem),
                   TLSPIN_E_NOTHING_TO_UNDO);
  g_free(problem);
  policy_free(policy);
}

/* Time that stands still doesn't keep a store closed that was mended. */
static void test_store_comes_back(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = with_ticket(strata, 7);

  policy_free(policy);
  assert_int_equal(g_chmod(strata->user, 0666), 0);
  policy = policy_new(strata_open(strata), &config, NULL);
  layers_tell_clock(strata->layers, 100, true);
  expect_ticket(policy, NOW, TLSPIN_UNAVAILABLE, "store-unreadable", false);
  assert_int_equal(g_chmod(strata->user, 0600), 0);
  expect_ticket(policy, NOW, TLSPIN_UNAVAILABLE, "store-unreadable", false);
  layers_tell_clock(strata->layers, 101, true);
  expect_ticket(policy, NOW, TLSPIN_MATCH, "found", false);
  policy_free(policy);
}

/* Pins of a header, which end, and learned ones, which don't. */
static struct keypin hpkp_pin(size_t server, int days)
{
  struct keypin pin = gate_pin(server, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP);

  pin.level = KEYPIN_ANY;
  pin.enforce_until = pin.report_until = NOW + days * (int64_t)DAY;
  return pin;
}

static void tell(struct gate *gate, int64_t says)
{
  layers_tell_clock(gate->strata->layers, says, true);
}

/* An impostor is refused wherever the clock went, and the server is met. */
static void test_pins_with_an_end(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = hpkp_pin(GATE_FIRST, 10);
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  shown.learn = false;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  for (size_t i = 0; i < G_N_ELEMENTS(jumps); i++) {
    tell(gate, jumps[i]);
    gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "critical-differs", false);
    gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
    gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "critical-matched", false);
  }
}

/* After their end, and a jump back before it, it isn't known whether they are in force: nobody is
 * learned in their place. */
static void test_pins_ended(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = hpkp_pin(GATE_FIRST, 10);
  const int64_t later = NOW + 11 * DAY;

  gate_put(gate, &pin, 1);
  gate_open(gate);
  tell(gate, NOW);
  gate_meet(gate, GATE_FOREIGN, later, TLSPIN_CLOCK_SUSPECT, "clock-suspect", false);
  gate_meet(gate, GATE_FIRST, later, TLSPIN_CLOCK_SUSPECT, "clock-suspect", false);
  gate_expect_records(gate, "0.0 hpkp critical any 0");
  tell(gate, later + 100 * DAY); /* ended by both: nothing is in doubt */
  gate_meet(gate, GATE_FIRST, later, TLSPIN_NO_PIN, "none", true);
}

static void test_learned(void **state)
{
  struct gate *gate = *state;

  gate_open(gate);
  tell(gate, 0);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  for (size_t i = 0; i < G_N_ELEMENTS(jumps); i++) {
    tell(gate, jumps[i]);
    gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "changed", false);
    gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
  }
  layers_tell_clock(gate->strata->layers, NOW, false);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
}

/* The user's word is taken where it is known what it overrules. */
static void test_accepted(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = hpkp_pin(GATE_FIRST, 10);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);

  gate_put(gate, &pin, 1);
  gate_open(gate);
  shown.accepted = true;
  tell(gate, NOW);
  gate_expect(gate, &shown, NOW + 11 * DAY, TLSPIN_CLOCK_SUSPECT, "clock-suspect", false);
  layers_tell_clock(gate->strata->layers, NOW + 11 * DAY, false);
  gate_expect(gate, &shown, NOW + 11 * DAY, TLSPIN_MATCH, "active-matched", true);
}

/* Nor is a header noted. */
static void test_header(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = hpkp_pin(GATE_FOREIGN, 10);
  static const char text[] =
      "pin-sha256=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"; max-age=0";
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_header header = {.text = {(const uint8_t *)text, strlen(text)}, .chain = &chain};
  struct peer peer = strata_peer(HOST);
  struct policy_noted noted;
  char *problem = NULL;

  gate_put(gate, &pin, 1);
  gate_open(gate);
  tell(gate, NOW);
  assert_int_equal(policy_note(gate->policy, &peer, &header, NOW + 11 * DAY, &noted, &problem),
                   TLSPIN_OK);
  assert_int_equal(noted.outcome, HPKP_IGNORE);
  assert_string_equal(noted.reason, verdict_reason_text(VERDICT_CLOCK));
  gate_expect_records(gate, "3.0 hpkp critical any 0");
}

/* Pinning that was switched off for a time is off until that is over by the time that is believed,
 * and then on. */
static void test_mode(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, 0, KEYPIN_CRITICAL, KEYPIN_USER),
                          gate_pin(GATE_FIRST, 0, KEYPIN_OFF, KEYPIN_USER)};

  pins[1].enforce_until = pins[1].report_until = NOW + 10 * DAY;
  gate_put(gate, pins, 2);
  gate_open(gate);
  tell(gate, NOW + 31 * DAY);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_OPTED_OUT, "off", false);
  tell(gate, NOW);
  gate_meet(gate, GATE_FOREIGN, NOW + 11 * DAY, TLSPIN_MISMATCH, "critical-differs", false);
}

/* A program judges by the clock that isn't trusted: the records that it is handed out have no end
 * by that, and what they are now they stay. */
static void test_handed_out(void **state)
{
  struct strata *strata = ((struct gate *)*state)->strata;
  struct keypin pins[] = {hpkp_pin(GATE_FIRST, 10), hpkp_pin(GATE_SECOND, 10)};
  struct counter counter;
  char *text;

  pins[1].enforce_until = NOW - DAY; /* only reported */
  gate_put(*state, pins, 2);
  counter_open(&counter, strata);
  text = counter_ask(&counter, "Lookup", "ssq", HOST "|tls|443");
  assert_non_null(strstr(text, "/1700864000/1700864000/"));
  assert_non_null(strstr(text, "/1699913600/1700864000/"));
  free(text);
  layers_tell_clock(strata->layers, NOW + 31 * DAY, true);
  text = counter_ask(&counter, "Lookup", "ssq", HOST "|tls|443");
  assert_non_null(strstr(text, "/253402300799/253402300799/"));
  assert_non_null(strstr(text, "/0/253402300799/"));
  assert_true(g_str_has_suffix(text, "\n65\n"));
  free(text);
  layers_tell_clock(strata->layers, 0, true); /* in force by both: nothing in doubt */
  text = counter_ask(&counter, "Lookup", "ssq", HOST "|tls|443");
  assert_non_null(strstr(text, "/253402300799/253402300799/"));
  free(text);
  counter_close(&counter);
}

#define STRATA_TEST(test) cmocka_unit_test_setup_teardown(test, strata_setup, strata_teardown)
#define GATE_TEST(test)   cmocka_unit_test_setup_teardown(test, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      STRATA_TEST(test_ticket_in_force),
      STRATA_TEST(test_ticket_ended),
      STRATA_TEST(test_nothing_takes_its_place),
      STRATA_TEST(test_journal),
      STRATA_TEST(test_store_comes_back),
      GATE_TEST(test_pins_with_an_end),
      GATE_TEST(test_pins_ended),
      GATE_TEST(test_learned),
      GATE_TEST(test_accepted),
      GATE_TEST(test_header),
      GATE_TEST(test_mode),
      GATE_TEST(test_handed_out),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

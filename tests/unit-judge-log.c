/* What a decision over what a server showed leaves behind: its events, and its counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "daemon/tally.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW  GATE_NOW
#define HOST "a.example"

static bool take_program(const struct event_row *event, void *data)
{
  g_string_printf(data, "%s: %s", event->program, event->reason);
  return true;
}

static bool take_event(const struct event_row *event, void *data)
{
  g_string_append_printf(data, "%s|%s|", event->key, event->report);
  return true;
}

/* A violation of HPKP has its report, with the pins of that set alone; others have none. */
static void test_hpkp_report(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP),
                          gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_INACTIVE, KEYPIN_TOFU)};
  char text[KEYPIN_KEY_TEXT_SIZE];
  g_autoptr(GString) told = g_string_new(NULL);
  g_autofree char *key = NULL;

  gate_put(gate, pins, 3);
  gate_open(gate);
  policy_logged(gate->policy,
                gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false),
                take_event, told);
  pins[0].level = KEYPIN_ANY;
  for (size_t i = 0; i < 2; i++) {
    g_autofree char *pin = NULL;

    assert_true(keypin_key_text(&pins[i], text));
    pin = g_strdup_printf("\"pin-sha256=\\\"%s\\\"\"", text + strlen("sha256//"));
    assert_non_null(strstr(told->str, pin));
  }
  assert_non_null(strstr(told->str, "\"hostname\": \"a.example\""));
  path_pin(&gate_paths[GATE_FOREIGN], PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &pins[0]);
  assert_true(keypin_key_text(&pins[0], text));
  key = g_strdup_printf("%s|{", text);
  assert_true(g_str_has_prefix(told->str, key)); /* the key that was shown */
  assert_true(strstr(told->str, text + strlen("sha256//")) == told->str + strlen("sha256//"));
}

static unsigned occurrences(const char *text, const char *of)
{
  unsigned count = 0;

  for (const char *at = strstr(text, of); at != NULL; at = strstr(at + 1, of))
    count++;
  return count;
}

/* In it stands what the server sent beside the path, where that was told. */
static void test_hpkp_report_served(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP)};
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);

  gate_put(gate, pins, 2);
  gate_open(gate);
  for (size_t sent = 0; sent <= 2; sent++) {
    g_autoptr(GString) told = g_string_new(NULL);
    g_autofree char *program = g_strdup_printf("%zu", sent); /* lest it be one event */
    const char *validated;

    shown.program = program;
    shown.served = gate_paths[GATE_FOREIGN].certificate;
    shown.served_count = sent;
    policy_logged(gate->policy,
                  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "critical-differs", false),
                  take_event, told);
    validated = strstr(told->str, "validated-certificate-chain");
    assert_int_equal(occurrences(validated, "BEGIN CERTIFICATE"), PATH_SIZE);
    assert_int_equal(occurrences(told->str, "BEGIN CERTIFICATE"), sent + PATH_SIZE);
  }
}

/* What a program says of a ticket is believed where there is one; its name stands in the log. */
static void test_proof_logged(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);
  g_autoptr(GString) told = g_string_new(NULL);

  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  shown.ticket = TICKET_PROVED;
  shown.program = "claims much";
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_records(gate, "0.0 tofu active leaf 1");
  gate_expect_log(gate, "mismatch changed user 1");
  strata_put(gate->strata, &row);
  gate_open(gate);
  policy_logged(gate->policy, gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", true),
                take_program, told);
  assert_string_equal(told->str, "claims much: proved");
  gate_expect_records(gate, "0.0 tofu inactive leaf 1\n3.0 tofu active leaf 1");
}

/* An accepted change is logged once it is recorded, with its class. */
static void test_change_logged(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_SECOND);
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  shown.learn = false;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", false);
  gate_expect_log(gate, "");
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_log(gate, "change same-issuer user 1");
}

/* Records of the user's are counted, of whatever origin; the daemon writes them before it is full.
 */
static void test_counted(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER)};
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_put(gate, pins, 2);
  gate_open(gate);
  shown.learn = false;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_expect_records(gate, "0.0 user critical leaf 0\n1.0 user critical leaf 0");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false);
  gate_open(gate); /* what was not written is lost, and nothing else */
  gate_expect_records(gate, "0.0 user critical leaf 0\n1.0 user critical leaf 0");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "critical-matched", false);
  gate_expect_records(gate, "0.0 user critical leaf 1\n1.0 user critical leaf 0");
}

static bool sum_counts(const struct keypin *pin, void *data)
{
  *(uint64_t *)data += pin->count_seen;
  return true;
}

static void test_full_tally(void **state)
{
  struct gate *gate = *state;
  struct store_filter any = STORE_FILTER_ANY;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  g_autofree struct keypin *pins = g_new(struct keypin, TALLY_MAX);
  uint64_t sum = 0;

  for (int i = 0; i < TALLY_MAX; i++) {
    pins[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
    g_snprintf(pins[i].place.host, sizeof pins[i].place.host, "host-%d.example", i);
  }
  gate_put(gate, pins, TALLY_MAX);
  gate_open(gate);
  for (int i = 0; i < TALLY_MAX; i++) {
    struct peer peer = strata_peer(pins[i].place.host);
    struct policy_judged judged;
    char *problem = NULL;

    assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem), TLSPIN_OK);
    assert_int_equal(judged.verdict.answer, TLSPIN_MATCH);
    policy_judged_clear(&judged);
    if (i == TALLY_MAX - 2) {
      assert_int_equal(store_list_pins(layers_at(gate->strata->layers, 0)->store, &any, NULL, 1000,
                                       sum_counts, &sum),
                       TLSPIN_OK);
      assert_int_equal(sum, 0);
    }
  }
  assert_int_equal(store_list_pins(layers_at(gate->strata->layers, 0)->store, &any, NULL, 1000,
                                   sum_counts, &sum),
                   TLSPIN_OK);
  assert_int_equal(sum, TALLY_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_hpkp_report),   TEST(test_hpkp_report_served),
      TEST(test_change_logged), TEST(test_proof_logged),
      TEST(test_counted),       TEST(test_full_tally),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

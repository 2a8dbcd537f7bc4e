/* The decision over what a server showed, with its log and its counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "daemon/digest.h"
#include "daemon/tally.h"
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
      TEST(test_appended),
      TEST(test_rejected),
      TEST(test_exception),
      TEST(test_reported),
      TEST(test_private),
      TEST(test_ticket),
      TEST(test_ticket_gone),
      TEST(test_added_anchor),
      TEST(test_always),
      TEST(test_anchors_unknown),
      TEST(test_unreadable),
      TEST(test_not_written),
      TEST(test_hpkp_report),
      TEST(test_hpkp_report_served),
      TEST(test_change_logged),
      TEST(test_proof_logged),
      TEST(test_counted),
      TEST(test_full_tally),
      TEST(test_explain),
      TEST(test_explain_ticket),
      cmocka_unit_test(test_mismatches),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

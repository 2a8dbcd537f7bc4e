/* The decision over what a server showed, where something is missing: the path, all certificates, a
 * ticket's record, the user's store, room in the log.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "daemon/damage.h"
#include "daemon/digest.h"
#include "tests/folder.h"
#include "tests/gate.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW  GATE_NOW
#define HOST "a.example"

MISFIRE(enum tlspin_code, store_log,
        (struct store * store, const struct event_row *event, int64_t now, uint64_t *number),
        (store, event, now, number), TLSPIN_UNAVAILABLE)

/* What is judged, and said of it. */
static void expect(struct gate *gate, const struct policy_shown *shown, enum tlspin_code answer,
                   const char *layer, bool logged)
{
  struct peer peer = strata_peer(HOST);
  struct policy_judged judged;
  char *problem = NULL;

  assert_int_equal(policy_check(gate->policy, &peer, shown, NOW, &judged, &problem), TLSPIN_OK);
  assert_int_equal(judged.verdict.answer, answer);
  assert_string_equal(judged.layer, layer);
  assert_int_equal(judged.event != 0, logged);
  assert_int_equal(judged.excused, 0);
  assert_false(judged.learned);
  policy_judged_clear(&judged);
}

static void put_critical(struct gate *gate)
{
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);

  gate_put(gate, &pin, 1);
  gate_open(gate);
}

/* Nothing was shown: nothing is learned, counted or logged, whatever the PKI is said to have said.
 */
static void test_no_chain(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct policy_shown shown = gate_shown(NULL);

  gate_open(gate);
  expect(gate, &shown, TLSPIN_NO_PIN, "", false);
  shown.pki = PKI_FAILED;
  shown.errors = PKI_EXPIRED;
  expect(gate, &shown, TLSPIN_NO_PIN, "", false);
  put_critical(gate);
  expect(gate, &shown, TLSPIN_MATCH, "user", false); /* it stands */
  gate_expect_records(gate, "0.0 user critical leaf 0");
  strata_put(gate->strata, &row);
  gate_open(gate);
  shown.ticket = TICKET_FAILED;
  shown.refusal = REFUSAL_PROOF_WRONG;
  expect(gate, &shown, TLSPIN_MISMATCH, "user", false);
  gate_expect_log(gate, "");
}

/* A path of no certificate ends in no anchor. */
static void test_empty_path(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  chain.count = 0;
  expect(gate, &shown, TLSPIN_NO_PIN, "", false);
}

/* A path of one certificate ends in that. */
static void test_shortest_path(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  assert_int_equal(
      chain_read(gate_paths[GATE_FOREIGN].certificate, 1, false, true, digest_glib, &chain),
      CHAIN_FINE);
  gate_expect(gate, &shown, NOW, TLSPIN_OPTED_OUT, "added-anchor", false);
}

/* A key alone, of which nothing above it is known: that is nothing that the server did. */
static void test_key_alone(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct chain chain;
  struct policy_shown shown = gate_shown(&chain);

  pin.level = KEYPIN_ISSUER;
  gate_put(gate, &pin, 1);
  gate_open(gate);
  assert_int_equal(chain_read(gate_paths[GATE_FIRST].spki, 1, true, false, digest_glib, &chain),
                   CHAIN_FINE);
  chain.alone = true;
  shown.pki = PKI_UNCHECKED;
  gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "path-unknown", false);
  gate_expect_log(gate, "");
}

static bool refuse_digest(enum matching matching, struct span octets,
                          uint8_t digest[CHAIN_DIGEST_MAX])
{
  (void)matching;
  (void)octets;
  memset(digest, 0, CHAIN_DIGEST_MAX);
  return false;
}

static bool take_key(const struct event_row *event, void *data)
{
  assert_int_equal(event->operation, 0);
  g_string_assign(data, event->key);
  return true;
}

/* No digest can be made of what was shown: it isn't known to match, and the log has no key. */
static void test_no_digest(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  g_autoptr(GString) key = g_string_new("none");

  put_critical(gate);
  chain.digest = refuse_digest;
  policy_logged(gate->policy,
                gate_expect(gate, &shown, NOW, TLSPIN_MISMATCH, "path-unknown", false), take_key,
                key);
  assert_string_equal(key->str, "");
  gate_expect_log(gate, "mismatch path-unknown user 1");
}

/* That the PKI said no is the program's to tell. */
static void test_pki_failed(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  shown.pki = PKI_FAILED;
  shown.errors = PKI_EXPIRED;
  put_critical(gate);
  expect(gate, &shown, TLSPIN_MISMATCH, "user", false);
  gate_expect_log(gate, "");
}

/* A ticket alone is pinned as well, and its layer named. */
static void test_pki_failed_with_ticket(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  shown.pki = PKI_FAILED;
  shown.errors = PKI_EXPIRED;
  gate_open(gate);
  expect(gate, &shown, TLSPIN_NO_PIN, "", false);
  strata_put(gate->strata, &row);
  gate_open(gate);
  expect(gate, &shown, TLSPIN_MISMATCH, "user", false);
}

/* A ticket alone that is proved, and nothing may be learned: there is no record to be counted. */
static void test_proved_alone(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);

  gate_setting(gate, "learn", "no");
  strata_put(gate->strata, &row);
  gate_open(gate);
  shown.ticket = TICKET_PROVED;
  expect(gate, &shown, TLSPIN_MATCH, "user", false);
  gate_expect_records(gate, "");
}

/* Pins were lost from the user's store: it is named, and nobody is learned. */
static void test_lost(void **state)
{
  const struct damage damage = {.cause = DAMAGE_CONTENT, .found = NOW, .missing = 1};
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  struct store *store = stores_open(gate->strata->user);

  assert_int_equal(damage_put(store, &damage), TLSPIN_OK);
  store_close(store);
  gate_open(gate);
  expect(gate, &shown, TLSPIN_STORE_DAMAGED, "user", false);
}

/* Another server than the one that a system layer names is refused, whether it can be logged or
 * not: where the user's store can't be written, and without one. */
static void test_not_logged(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct chain chain = gate_chain(GATE_FOREIGN);
  struct policy_shown shown = gate_shown(&chain);

  gate_layer(gate, "50.db", &pin, 1);
  gate_open(gate);
  store_log_misfire = (struct misfire){.call = 1, .error = ENOSPC};
  expect(gate, &shown, TLSPIN_MISMATCH, "50.db", false);
  assert_int_equal(store_log_misfire.done, 1);
  gate_expect_log(gate, "");
  expect(gate, &shown, TLSPIN_MISMATCH, "50.db", true);
  folder_remove(strata_path(gate->strata->folder, "home"));
  strata_write(gate->strata->folder, "home", "a file in the folder's place");
  gate_open(gate);
  assert_null(layers_at(gate->strata->layers, 0)->store);
  expect(gate, &shown, TLSPIN_MISMATCH, "50.db", false);
}

static bool take_report(const struct event_row *event, void *data)
{
  g_string_assign(data, event->report);
  return true;
}

/* In a report stand the pins of the set that was violated: not those of a parent's, nor what a
 * header can't have said. */
static void test_report_of_set(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP)};
  g_autoptr(GString) report = g_string_new(NULL);
  const char *found;

  path_pin(&gate_paths[GATE_FIRST], PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA512, &pins[1]);
  g_strlcpy(pins[2].place.host, "example", sizeof pins[2].place.host);
  pins[2].place.scope = SCOPE_SUBTREE;
  gate_put(gate, pins, 3);
  gate_open(gate);
  policy_logged(gate->policy,
                gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_MISMATCH, "critical-differs", false),
                take_report, report);
  found = strstr(report->str, "pin-sha256=");
  assert_non_null(found);
  assert_null(strstr(found + 1, "pin-sha256="));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_no_chain),      TEST(test_empty_path),    TEST(test_key_alone),
      TEST(test_no_digest),     TEST(test_pki_failed),    TEST(test_pki_failed_with_ticket),
      TEST(test_shortest_path), TEST(test_proved_alone),  TEST(test_lost),
      TEST(test_not_logged),    TEST(test_report_of_set),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

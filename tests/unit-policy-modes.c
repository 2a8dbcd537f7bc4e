/* Tickets where pinning is on or off, and what is set.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/policy.h"

#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define NOW  GATE_NOW
#define HOST "a.example"

/* What a lookup answers, and the lock that it tells. */
static void expect(struct gate *gate, const char *host, enum tlspin_code code, const char *reason,
                   const char *layer, enum lock lock)
{
  struct layers_answer answer = strata_lookup(gate->policy, host, NOW);

  assert_string_equal(answer.reason, reason);
  assert_int_equal(answer.code, code);
  assert_string_equal(answer.layer != NULL ? answer.layer->name : "", layer);
  assert_int_equal(answer.row.lock, lock);
  assert_int_equal(answer.row.owned != NULL, code == TLSPIN_MATCH);
  layers_answer_clear(&answer);
}

static enum policy_outcome store_by(struct gate *gate, struct span anchor, uint64_t series,
                                    uint32_t lifetime, int64_t *expires)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 9);
  struct policy_ticket ticket = {.peer = row.peer,
                                 .ticket = row.ticket,
                                 .secret = row.secret,
                                 .hash = row.hash,
                                 .lifetime = lifetime,
                                 .series = series,
                                 .anchor = anchor};
  enum policy_outcome outcome = POLICY_NOTHING;
  char *problem = NULL;

  if (policy_store(gate->policy, &ticket, NOW, &outcome, expires, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  return outcome;
}

static enum policy_outcome store(struct gate *gate, uint64_t series, uint32_t lifetime,
                                 int64_t *expires)
{
  return store_by(gate, (struct span){NULL, 0}, series, lifetime, expires);
}

static struct keypin mode(enum keypin_status status, enum keypin_origin origin)
{
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, status, origin);

  pin.place.scope = SCOPE_SUBTREE;
  pin.place.protocol = PLACE_ANY_PROTOCOL;
  pin.place.port = PLACE_ANY_PORT;
  return pin;
}

static enum tlspin_code report(struct gate *gate, uint64_t *event)
{
  struct peer peer = strata_peer(HOST);
  char *problem = NULL;
  enum tlspin_code code =
      policy_report(gate->policy, &peer, REFUSAL_PROOF_WRONG, NOW, event, &problem);

  assert_null(problem);
  return code;
}

/* The user's off: nothing is sent, stored or counted, here and below; the pin stays for later. */
static void test_off(void **state)
{
  struct gate *gate = *state;
  struct keypin off = mode(KEYPIN_OFF, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  uint64_t event = 1;
  int64_t expires;

  strata_put(gate->strata, &row);
  gate_put(gate, &off, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_OPTED_OUT, "off", "user", LOCK_NONE);
  expect(gate, "www." HOST, TLSPIN_OPTED_OUT, "off", "user", LOCK_NONE);
  expect(gate, "example", TLSPIN_NO_PIN, "none", "", LOCK_NONE);
  assert_int_equal(store(gate, 7, 1000, &expires), POLICY_SUPERSEDED);
  assert_int_equal(store(gate, 0, 1000, &expires), POLICY_SUPERSEDED);
  assert_int_equal(report(gate, &event), TLSPIN_E_NOT_FOUND);
  assert_true(event == 0);
  gate_expect_log(gate, "");
}

/* A mode that has ended is none. */
static void test_off_until(void **state)
{
  struct gate *gate = *state;
  struct keypin off = mode(KEYPIN_OFF, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);

  off.enforce_until = off.report_until = NOW;
  strata_put(gate->strata, &row);
  gate_put(gate, &off, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_MATCH, "found", "user", LOCK_NONE);
}

static void test_locked_off(void **state)
{
  struct gate *gate = *state;
  struct keypin off = mode(KEYPIN_OFF, KEYPIN_POLICY), on = mode(KEYPIN_ON, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);

  off.locked = true;
  gate_layer(gate, "50.db", &off, 1);
  strata_put(gate->strata, &row);
  gate_put(gate, &on, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_OPTED_OUT, "locked-off", "50.db", LOCK_OFF);
}

/* What is not locked is the user's to decide. */
static void test_user_over_unlocked(void **state)
{
  struct gate *gate = *state;
  struct keypin off = mode(KEYPIN_OFF, KEYPIN_POLICY), on = mode(KEYPIN_ON, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);

  gate_layer(gate, "50.db", &off, 1);
  strata_put(gate->strata, &row);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_OPTED_OUT, "off", "50.db", LOCK_NONE);
  gate_put(gate, &on, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_MATCH, "found", "user", LOCK_NONE);
}

/* A locked ticket stands against the user's off. */
static void test_locked_ticket(void **state)
{
  struct gate *gate = *state;
  struct keypin off = mode(KEYPIN_OFF, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_ENFORCE, 7);

  strata_layer(gate->strata->admin, "50.db", &row, 1);
  gate_put(gate, &off, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_MATCH, "found", "50.db", LOCK_ENFORCE);
}

/* A ticket's row that is locked off speaks of the peer's keys, too. */
static void test_ticket_off(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  struct ticket_row row = strata_row(HOST, LOCK_OFF, 7);

  strata_layer(gate->strata->admin, "50.db", &row, 1);
  gate_put(gate, &pin, 1);
  gate_open(gate);
  expect(gate, HOST, TLSPIN_OPTED_OUT, "locked-off", "50.db", LOCK_OFF);
  gate_meet(gate, GATE_FOREIGN, NOW, TLSPIN_OPTED_OUT, "locked-off", false);
}

/* The cap on lifetimes is what is set, by whoever has the word; 0 stores nothing. */
static void test_cap(void **state)
{
  struct gate *gate = *state;
  int64_t expires;

  gate->config.lifetime_cap = 5000;
  gate_open(gate);
  assert_int_equal(store(gate, 0, UINT32_MAX, &expires), POLICY_STORED);
  assert_true(expires == NOW + 5000);
  gate_setting(gate, "lifetime-cap", "0");
  gate_open(gate);
  assert_int_equal(store(gate, 0, 1000, &expires), POLICY_NOTHING);
}

/* Settings are read once for each state of the layers. */
static void test_settings_follow(void **state)
{
  struct gate *gate = *state;
  struct settings settings;

  gate_open(gate);
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.learn);
  gate_setting(gate, "learn", "no");
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_false(settings.learn);
  g_unlink(strata_path(gate->strata->admin, "00-learn.db"));
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.learn);
}

/* What a damaged layer had locked holds on, and with a new daemon, too; once the layer is mended it
 * is as the layer says. */
static void test_locks_are_remembered(void **state)
{
  struct gate *gate = *state;
  struct settings settings;

  gate_open(gate);
  gate_setting(gate, "unavailable", "fail");
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.unavailable_fails);
  strata_write(gate->strata->admin, "00-unavailable.db", "");
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.unavailable_fails);
  gate_open(gate);
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.unavailable_fails);
  assert_false(settings.anchors_enforced);
  gate_setting(gate, "unavailable", "go-on");
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_false(settings.unavailable_fails);
}

/* A store that can't be written when a lock comes is written later. */
static void test_locks_are_written_later(void **state)
{
  struct gate *gate = *state;
  struct settings settings;

  gate_open(gate);
  assert_int_equal(chmod(gate->strata->user, 0644), 0);
  gate_open(gate); /* with a store that can't be trusted */
  gate_setting(gate, "unavailable", "fail");
  assert_true(layers_reload_system(gate->strata->layers));
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.unavailable_fails);
  assert_int_equal(chmod(gate->strata->user, 0600), 0);
  policy_flush(gate->policy, NOW + 2);
  strata_write(gate->strata->admin, "00-unavailable.db", "");
  gate_open(gate);
  policy_settings(gate->policy, &settings, NULL, NULL);
  assert_true(settings.unavailable_fails);
}

static bool count_event(const struct event_row *event, void *data)
{
  assert_string_equal(event->kind, "mismatch");
  assert_string_equal(event->reason, "proof-wrong");
  assert_string_equal(event->peer.host, HOST);
  *(uint32_t *)data = event->count;
  return true;
}

/* A failure of a ticket is an event, which can be read by its number. */
static void test_report_logged(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  uint64_t event = 0, again = 0;
  uint32_t count = 0;

  strata_put(gate->strata, &row);
  gate_open(gate);
  assert_int_equal(report(gate, &event), TLSPIN_OK);
  assert_true(event != 0);
  policy_logged(gate->policy, event, count_event, &count);
  assert_int_equal(count, 1);
  assert_int_equal(report(gate, &again), TLSPIN_OK);
  policy_logged(gate->policy, again, count_event, &count);
  assert_int_equal(count, 2);
  gate_expect_log(gate, "mismatch proof-wrong user 2");
  count = 0;
  policy_logged(gate->policy, 0, count_event, &count);
  policy_logged(gate->policy, again + 1, count_event, &count);
  assert_int_equal(count, 0);
}

static void test_report_only(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_REPORT, 7);
  uint64_t event = 0;

  strata_layer(gate->strata->admin, "50.db", &row, 1);
  gate_open(gate);
  assert_int_equal(report(gate, &event), TLSPIN_OK);
  gate_expect_log(gate, "reported proof-wrong 50.db 1");
}

/* SHA-256 of the certificate in which this server's path ends. */
static struct span anchor_of(size_t server, struct chain *chain)
{
  struct span digest;

  *chain = gate_chain(server);
  assert_true(chain_digest_at(chain, PATH_ANCHOR, SELECTOR_CERTIFICATE, MATCHING_SHA256, &digest));
  return digest;
}

/* From behind an anchor that was added to the system no new pin is made. One that was proved goes
 * on, whoever is on the way. */
static void test_added_anchor(void **state)
{
  struct gate *gate = *state;
  struct chain chains[2];
  struct span vendors = anchor_of(GATE_FIRST, &chains[0]),
              added = anchor_of(GATE_FOREIGN, &chains[1]);
  int64_t expires;

  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  assert_int_equal(store_by(gate, added, 0, 1000, &expires), POLICY_OPTED_OUT);
  assert_true(expires == 0);
  expect(gate, HOST, TLSPIN_NO_PIN, "none", "", LOCK_NONE);
  assert_int_equal(store_by(gate, added, 5, 1000, &expires), POLICY_SUPERSEDED);
  assert_int_equal(store_by(gate, added, 0, 0, &expires), POLICY_NOTHING);
  assert_int_equal(store_by(gate, vendors, 0, 1000, &expires), POLICY_STORED);
  assert_int_equal(store_by(gate, added, 0, 1000, &expires), POLICY_REPEATED);
}

static void test_added_anchor_and_a_pin(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct span added = anchor_of(GATE_FOREIGN, &chain);
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  int64_t expires;

  strata_put(gate->strata, &row);
  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  assert_int_equal(store_by(gate, added, 7, 1000, &expires), POLICY_RENEWED);
  assert_true(expires == NOW + 1000);
}

static void test_enforced_anchor(void **state)
{
  struct gate *gate = *state;
  struct chain chain;
  struct span added = anchor_of(GATE_FOREIGN, &chain);
  int64_t expires;

  gate_setting(gate, "anchors", "enforce");
  gate_trust(gate, &gate_paths[GATE_FIRST]);
  gate_open(gate);
  assert_int_equal(store_by(gate, added, 0, 1000, &expires), POLICY_STORED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_off),
      TEST(test_off_until),
      TEST(test_locked_off),
      TEST(test_cap),
      TEST(test_settings_follow),
      TEST(test_locks_are_remembered),
      TEST(test_locks_are_written_later),
      TEST(test_user_over_unlocked),
      TEST(test_ticket_off),
      TEST(test_locked_ticket),
      TEST(test_report_logged),
      TEST(test_report_only),
      TEST(test_added_anchor),
      TEST(test_added_anchor_and_a_pin),
      TEST(test_enforced_anchor),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}

/* How an entry stands among the others.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/standing.h"

#include "tests/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};

/* The peer that speaks for a place is one that it covers, and that nothing narrower does. */
static void test_peer(void **state)
{
  static const struct {
    const char *place, *host;
    uint16_t port;
  } cases[] = {
      {"a.example", "a.example", 65535},  {"a.example:853", "a.example", 853},
      {".a.example", "a.example", 65535}, {"*.a.example:1", "tlspin-some-name.a.example", 1},
      {"*", "tlspin-some-name", 65535},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct place place;
    struct peer peer;
    char normal[HOST_MAX + 1];

    assert_int_equal(place_read(cases[i].place, &place), HOST_FINE);
    assert_true(standing_peer(&place, &peer));
    assert_string_equal(peer.host, cases[i].host);
    assert_int_equal(peer.port, cases[i].port);
    assert_int_equal(peer.protocol, PROTOCOL_TLS);
    assert_int_equal(host_normalise(peer.host, strlen(peer.host), normal), HOST_FINE);
    assert_true(place_covers(&place, &peer));
    place.protocol = PROTOCOL_DTLS;
    assert_true(standing_peer(&place, &peer));
    assert_int_equal(peer.protocol, PROTOCOL_DTLS);
  }
}

/* Below the longest name there is no other. */
static void test_peer_of_longest(void **state)
{
  struct place place = {.scope = SCOPE_EXACT, .protocol = PLACE_ANY_PROTOCOL};
  struct peer peer;

  (void)state;
  memset(place.host, 'h', HOST_MAX);
  for (size_t i = 63; i < HOST_MAX; i += 64)
    place.host[i] = '.';
  assert_true(standing_peer(&place, &peer));
  assert_string_equal(peer.host, place.host);
  place.scope = SCOPE_SUBTREE;
  assert_true(standing_peer(&place, &peer));
  place.scope = SCOPE_ONE_LABEL;
  assert_false(standing_peer(&place, &peer));
}

static void test_record_states(void **state)
{
  struct keypin pin = ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1);

  (void)state;
  assert_string_equal(standing_record_state(&pin, VERDICT_DECIDED, NOW), "active");
  assert_string_equal(standing_record_state(&pin, VERDICT_LOOKED_AT, NOW), "active");
  assert_string_equal(standing_record_state(&pin, VERDICT_ELSEWHERE, NOW), "active");
  assert_string_equal(standing_record_state(&pin, VERDICT_MASKED, NOW), "masked");
  assert_string_equal(standing_record_state(&pin, VERDICT_LOCKED_OUT, NOW), "masked");
  pin.enforce_until = NOW;
  assert_string_equal(standing_record_state(&pin, VERDICT_DECIDED, NOW), "reported");
  assert_string_equal(standing_record_state(&pin, VERDICT_DECIDED, NOW - 1), "active");
  pin.report_until = NOW;
  assert_string_equal(standing_record_state(&pin, VERDICT_MASKED, NOW), "expired");
  pin.status = KEYPIN_INACTIVE;
  assert_string_equal(standing_record_state(&pin, VERDICT_HISTORY, NOW), "history");
}

static void test_ticket_states(void **state)
{
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);

  (void)state;
  assert_string_equal(standing_ticket_state(&row, VERDICT_DECIDED, NOW), "active");
  assert_string_equal(standing_ticket_state(&row, VERDICT_LOCKED_OUT, NOW), "masked");
  assert_string_equal(standing_ticket_state(&row, VERDICT_MASKED, row.expires), "expired");
}

/* What is judged of a.example, whose user's layer has these. */
struct court {
  struct policy *policy;
  struct peer peer;
  struct policy_judged judged;
};

static void judge(struct court *court, struct strata *strata, const struct policy_shown *shown)
{
  court->policy = policy_new(strata_open(strata), &config, NULL);
  court->peer = strata_peer("a.example");
  if (shown != NULL)
    policy_explain(court->policy, &court->peer, shown, NOW, &court->judged);
  else
    standing_judge(court->policy, &court->peer, NOW, &court->judged);
}

static void court_close(struct court *court)
{
  policy_judged_clear(&court->judged);
  policy_free(court->policy);
}

/* The next search begins behind what was found. */
static void expect_role(const struct court *court, const struct layer *layer,
                        const struct keypin *pin, size_t from, enum verdict_role expected)
{
  size_t at = from;

  assert_int_equal(standing_of_record(court->policy, &court->judged, layer, pin, &at), expected);
  if (expected == VERDICT_ELSEWHERE)
    assert_int_equal(at, from);
  else
    assert_int_equal(keypin_compare_key(court->judged.gathering.entries[at - 1].pin, pin), 0);
}

static void test_record_roles(void **state)
{
  struct strata *strata = *state;
  struct keypin pins[] = {ledger_pin_of("a.example", KEYPIN_CRITICAL, KEYPIN_USER, 1),
                          ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 2)};
  struct keypin other = ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_TOFU, 3);
  struct court court;
  const struct layer *user;
  size_t from;

  ledger_put(strata, pins, 2);
  ledger_layer(strata->admin, "50.db", pins, 1);
  judge(&court, strata, NULL);
  user = layers_at(strata->layers, 0);
  assert_int_equal(standing_records(&court.judged), 3);
  for (from = 0; from < 3; from++) { /* wherever the search begins */
    expect_role(&court, user, &pins[0], from, VERDICT_DECIDED);
    expect_role(&court, user, &pins[1], from, VERDICT_MASKED);
    expect_role(&court, layers_at(strata->layers, 1), &pins[0], from, VERDICT_MASKED);
    expect_role(&court, user, &other, from, VERDICT_ELSEWHERE);
  }
  assert_false(standing_ticket_decided(&court.judged));
  court_close(&court);
}

/* The ticket in each of its parts. */
static void test_ticket_roles(void **state)
{
  static const struct {
    enum ticket_result ticket;
    enum refusal refusal;
    enum keypin_status beside; /* a record of the user's; KEYPIN_STATUSES: none */
    enum verdict_role role;
  } cases[] = {
      {TICKET_NONE, REFUSAL_NONE, KEYPIN_STATUSES, VERDICT_DECIDED},
      {TICKET_NONE, REFUSAL_NONE, KEYPIN_OFF, VERDICT_MASKED},
      {TICKET_FAILED, REFUSAL_PROOF_WRONG, KEYPIN_STATUSES, VERDICT_DECIDED},
      {TICKET_FAILED, REFUSAL_PROOF_WRONG, KEYPIN_ACTIVE, VERDICT_DECIDED},
      {TICKET_PROVED, REFUSAL_NONE, KEYPIN_STATUSES, VERDICT_DECIDED},
      {TICKET_PROVED, REFUSAL_NONE, KEYPIN_ACTIVE, VERDICT_MATCHED},
      {TICKET_PROVED, REFUSAL_NONE, KEYPIN_OFF, VERDICT_MASKED},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);
    struct policy_shown shown = {
        .ticket = cases[i].ticket, .refusal = cases[i].refusal, .program = ""};
    struct court court;
    struct strata *strata;
    void *own = NULL;

    strata_setup(&own);
    strata = own;
    strata_put(strata, &row);
    if (cases[i].beside != KEYPIN_STATUSES) {
      struct keypin pin = ledger_pin_of("a.example", cases[i].beside, KEYPIN_USER, 1);

      ledger_put(strata, &pin, 1);
    }
    judge(&court, strata, &shown);
    if (standing_of_ticket(&court.judged, layers_at(strata->layers, 0), &row, NOW) != cases[i].role)
      fail_msg("case %zu", i);
    assert_int_equal(standing_ticket_decided(&court.judged), cases[i].role == VERDICT_DECIDED);
    assert_int_equal(
        standing_of_ticket(&court.judged, layers_at(strata->layers, 0), &row, row.expires),
        VERDICT_EXPIRED);
    court_close(&court);
    strata_teardown(&own);
  }
  (void)state;
}

/* Another layer's ticket that is locked, or not. A locked "off" is no record of its own. */
static void test_tickets_of_layers(void **state)
{
  static const struct {
    enum lock lock;
    enum verdict_role user, system;
  } cases[] = {
      {LOCK_NONE, VERDICT_DECIDED, VERDICT_MASKED},
      {LOCK_ENFORCE, VERDICT_LOCKED_OUT, VERDICT_DECIDED},
      {LOCK_OFF, VERDICT_LOCKED_OUT, VERDICT_DECIDED},
  };
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_NONE, 1);

  strata_put(strata, &row);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct ticket_row locked = strata_row("a.example", cases[i].lock, 2);
    struct court court;

    strata_layer(strata->admin, "50.db", &locked, 1);
    judge(&court, strata, NULL);
    assert_int_equal(standing_records(&court.judged), 0);
    assert_int_equal(standing_of_ticket(&court.judged, layers_at(strata->layers, 0), &row, NOW),
                     cases[i].user);
    assert_int_equal(standing_of_ticket(&court.judged, layers_at(strata->layers, 1), &locked, NOW),
                     cases[i].system);
    court_close(&court);
  }
}

/* No ticket, no decision of one, whatever the program says. */
static void test_no_ticket(void **state)
{
  struct policy_shown shown = {
      .ticket = TICKET_FAILED, .refusal = REFUSAL_PROOF_WRONG, .program = ""};
  struct court court;

  judge(&court, *state, &shown);
  assert_false(standing_ticket_decided(&court.judged));
  court_close(&court);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_peer),
      cmocka_unit_test(test_peer_of_longest),
      cmocka_unit_test(test_record_states),
      cmocka_unit_test(test_ticket_states),
      TEST(test_record_roles),
      cmocka_unit_test(test_ticket_roles),
      TEST(test_tickets_of_layers),
      TEST(test_no_ticket),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

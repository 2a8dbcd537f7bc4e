/* What may be stored. See also unit-policy-unavailable.c, -journal.c, -list.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST "a.example"

enum { DAY = 86400, NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 31 * DAY, .undo_period = 7 * DAY};

static struct policy *policy_of(struct strata *strata)
{
  return policy_new(strata_open(strata), &config, NULL);
}

/* A ticket of one octet's value: `mark`. */
static struct policy_ticket ticket_of(uint8_t mark, uint32_t lifetime, uint64_t series)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, mark);

  return (struct policy_ticket){.peer = row.peer,
                                .ticket = row.ticket,
                                .secret = row.secret,
                                .hash = row.hash,
                                .lifetime = lifetime,
                                .series = series};
}

/* Stores and returns the outcome; a refusal of the store fails the test. */
static enum policy_outcome store(struct policy *policy, const struct policy_ticket *ticket,
                                 int64_t now)
{
  enum policy_outcome outcome = POLICY_SUPERSEDED;
  int64_t expires = -1;
  char *problem = NULL;

  if (policy_store(policy, ticket, now, &outcome, &expires, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
  assert_true((expires != 0) == (outcome == POLICY_STORED || outcome == POLICY_RENEWED));
  return outcome;
}

/* What stands for HOST; the caller clears it. */
static struct layers_answer known(struct policy *policy, int64_t now)
{
  return strata_lookup(policy, HOST, now);
}

static void expect_pin(struct policy *policy, int64_t now, uint8_t mark, uint64_t series)
{
  struct layers_answer answer = known(policy, now);

  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_int_equal(answer.row.ticket.data[0], mark);
  assert_int_equal(answer.row.secret.data[0], mark);
  assert_true(answer.row.series == series);
  layers_answer_clear(&answer);
}

static void expect_answer(struct policy *policy, int64_t now, enum tlspin_code code,
                          const char *reason)
{
  struct layers_answer answer = known(policy, now);

  assert_int_equal(answer.code, code);
  assert_string_equal(answer.reason, reason);
  layers_answer_clear(&answer);
}

static uint64_t series_of(struct policy *policy, int64_t now)
{
  struct layers_answer answer = known(policy, now);
  uint64_t series = answer.row.series;

  assert_int_equal(answer.code, TLSPIN_MATCH);
  layers_answer_clear(&answer);
  return series;
}

/* Everything that is kept about a new pin. */
static void test_new_pin(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket ticket = ticket_of(7, 1000, 0);
  struct layers_answer answer;

  ticket.hash = TICKET_SHA384;
  ticket.secret =
      (struct span){(const uint8_t *)"0123456789abcdef0123456789abcdef0123456789abcdef", 48};
  assert_int_equal(store(policy, &ticket, NOW), POLICY_STORED);
  answer = known(policy, NOW);
  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_true(span_equal(answer.row.ticket, ticket.ticket));
  assert_true(span_equal(answer.row.secret, ticket.secret));
  assert_int_equal(answer.row.hash, TICKET_SHA384);
  assert_true(answer.row.series != 0);
  assert_true(answer.row.first_seen == NOW && answer.row.issued == NOW);
  assert_true(answer.row.expires == NOW + 1000);
  assert_int_equal(answer.row.lock, LOCK_NONE);
  layers_answer_clear(&answer);
  policy_free(policy);
}

/* A program whose first reply was lost asks again; the ticket is on the disk. */
static void test_repeated(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket ticket = ticket_of(7, 1000, 0), other = ticket_of(8, 1000, 0);
  enum policy_outcome outcome;
  char *problem = NULL;
  int64_t expires;

  assert_int_equal(store(policy, &ticket, NOW), POLICY_STORED);
  assert_int_equal(policy_store(policy, &ticket, NOW + 5, &outcome, &expires, &problem), TLSPIN_OK);
  assert_int_equal(outcome, POLICY_REPEATED);
  assert_true(expires == NOW + 1000);
  other.peer = ticket.peer;
  assert_int_equal(store(policy, &other, NOW + 5), POLICY_SUPERSEDED);
  policy_free(policy);
}

static void test_lifetime(void **state)
{
  static const struct {
    uint32_t lifetime;
    int64_t kept;
  } cases[] = {{1, 1},
               {31 * DAY - 1, 31 * DAY - 1},
               {31 * DAY, 31 * DAY},
               {31 * DAY + 1, 31 * DAY},
               {UINT32_MAX, 31 * DAY}};
  struct policy *policy = policy_of(*state);
  uint64_t series = 0;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct policy_ticket ticket = ticket_of(1, cases[i].lifetime, series);
    enum policy_outcome outcome;
    int64_t expires;
    char *problem = NULL;

    assert_int_equal(policy_store(policy, &ticket, NOW, &outcome, &expires, &problem), TLSPIN_OK);
    assert_true(expires == NOW + cases[i].kept);
    series = series_of(policy, NOW);
    expect_answer(policy, expires - 1, TLSPIN_MATCH, "found");
    expect_answer(policy, expires, TLSPIN_NO_PIN, "expired");
  }
  policy_free(policy);
}

static void test_nothing_to_store(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket none = ticket_of(1, 0, 0), empty = ticket_of(1, 1000, 0);
  struct policy_ticket first = ticket_of(1, 1000, 0);

  empty.ticket = (struct span){NULL, 0};
  assert_int_equal(store(policy, &none, NOW), POLICY_NOTHING);
  assert_int_equal(store(policy, &empty, NOW), POLICY_NOTHING);
  expect_answer(policy, NOW, TLSPIN_NO_PIN, "none");
  assert_int_equal(store(policy, &first, NOW), POLICY_STORED);
  none.series = empty.series = series_of(policy, NOW);
  assert_int_equal(store(policy, &none, NOW), POLICY_NOTHING);
  assert_int_equal(store(policy, &empty, NOW), POLICY_NOTHING);
  expect_pin(policy, NOW, 1, none.series);
  policy_free(policy);
}

/* A handshake that proved the pin continues its series. */
static void test_renewal(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket first = ticket_of(1, 1000, 0), second = ticket_of(2, 1000, 0);
  struct layers_answer answer;

  assert_int_equal(store(policy, &first, NOW), POLICY_STORED);
  second.series = series_of(policy, NOW);
  assert_int_equal(store(policy, &second, NOW + 500), POLICY_RENEWED);
  expect_pin(policy, NOW + 500, 2, second.series);
  answer = known(policy, NOW + 500);
  assert_true(answer.row.first_seen == NOW && answer.row.issued == NOW + 500);
  assert_true(answer.row.expires == NOW + 1500);
  layers_answer_clear(&answer);
  policy_free(policy);
}

/* The four rules by which nothing is changed. */
static void test_superseded(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket first = ticket_of(1, 1000, 0), other = ticket_of(2, 1000, 0);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  uint64_t series;
  char *problem = NULL;

  other.series = 12345; /* nothing is there: a series that was cleared */
  assert_int_equal(store(policy, &other, NOW), POLICY_SUPERSEDED);
  expect_answer(policy, NOW, TLSPIN_NO_PIN, "none");
  assert_int_equal(store(policy, &first, NOW), POLICY_STORED);
  series = series_of(policy, NOW);
  other.series = 0; /* met the server for the first time, but another was faster */
  assert_int_equal(store(policy, &other, NOW), POLICY_SUPERSEDED);
  other.series = series + 1; /* another series */
  assert_int_equal(store(policy, &other, NOW), POLICY_SUPERSEDED);
  expect_pin(policy, NOW, 1, series);
  other.series = series; /* it has expired since the lookup */
  assert_int_equal(store(policy, &other, NOW + 1000), POLICY_SUPERSEDED);
  expect_answer(policy, NOW + 1000, TLSPIN_NO_PIN, "expired");
  assert_int_equal(policy_clear(policy, &all, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(store(policy, &other, NOW), POLICY_SUPERSEDED); /* or was cleared */
  expect_answer(policy, NOW, TLSPIN_NO_PIN, "none");
  policy_free(policy);
}

/* An expired pin is replaced by one of another series. */
static void test_after_expiry(void **state)
{
  struct policy *policy = policy_of(*state);
  struct policy_ticket first = ticket_of(1, 1000, 0), next = ticket_of(2, 1000, 0);
  struct layers_answer answer;
  uint64_t series;

  assert_int_equal(store(policy, &first, NOW), POLICY_STORED);
  series = series_of(policy, NOW);
  assert_int_equal(store(policy, &next, NOW + 1000), POLICY_STORED);
  answer = known(policy, NOW + 1000);
  assert_int_equal(answer.code, TLSPIN_MATCH);
  assert_true(answer.row.series != series && answer.row.series != 0);
  assert_true(answer.row.first_seen == NOW + 1000);
  layers_answer_clear(&answer);
  policy_free(policy);
}

/* Each new series is its own. */
static void test_series_differ(void **state)
{
  struct policy *policy = policy_of(*state);
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  uint64_t seen[16];
  char *problem = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS(seen); i++) {
    struct policy_ticket ticket = ticket_of(1, 1000, 0);

    assert_int_equal(store(policy, &ticket, NOW), POLICY_STORED);
    seen[i] = series_of(policy, NOW);
    for (size_t j = 0; j < i; j++)
      assert_true(seen[i] != seen[j]);
    assert_int_equal(policy_clear(policy, &all, NOW, &change, &problem), TLSPIN_OK);
  }
  policy_free(policy);
}

/* What policy locks stays what policy made it, whatever the program thinks it saw. */
static void test_locked(void **state)
{
  static const enum lock locks[] = {LOCK_ENFORCE, LOCK_REPORT, LOCK_OFF};
  struct strata *strata = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(locks); i++) {
    struct ticket_row row = strata_row(HOST, locks[i], 50);
    struct policy_ticket blind = ticket_of(1, 1000, 0), seeing = ticket_of(1, 1000, 50);
    struct policy *policy;
    uint64_t count;

    strata_layer(strata->admin, "50.db", &row, 1);
    policy = policy_of(strata);
    assert_int_equal(store(policy, &blind, NOW), POLICY_SUPERSEDED);
    assert_int_equal(store(policy, &seeing, NOW), POLICY_SUPERSEDED);
    assert_int_equal(store_count(layers_at(strata->layers, 0)->store, &count), TLSPIN_OK);
    assert_int_equal(count, 0);
    policy_free(policy);
  }
}

/* An unlocked system pin is proved and then continued in the user's layer, which decides. */
static void test_system_pin_continued(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 50);
  struct policy_ticket blind = ticket_of(1, 1000, 0), next = ticket_of(2, 1000, 50);
  struct policy *policy;
  struct layers_answer answer;

  strata_layer(strata->vendor, "50.db", &row, 1);
  policy = policy_of(strata);
  assert_int_equal(store(policy, &blind, NOW), POLICY_SUPERSEDED);
  assert_int_equal(store(policy, &next, NOW), POLICY_RENEWED);
  answer = known(policy, NOW);
  assert_string_equal(answer.layer->name, LAYER_USER);
  assert_true(answer.row.series == 50 && answer.row.first_seen == row.first_seen);
  assert_int_equal(answer.row.ticket.data[0], 2);
  layers_answer_clear(&answer);
  next = ticket_of(3, 1000, 50);
  assert_int_equal(store(policy, &next, NOW + 1), POLICY_RENEWED);
  expect_pin(policy, NOW + 1, 3, 50);
  policy_free(policy);
}

/* An expired entry of the user's doesn't stand in the way of the system's. */
static void test_system_pin_over_expired(void **state)
{
  struct strata *strata = *state;
  struct ticket_row system = strata_row(HOST, LOCK_NONE, 50);
  struct ticket_row user = strata_row(HOST, LOCK_NONE, 60);
  struct policy_ticket next = ticket_of(2, 1000, 50);
  struct policy *policy;

  user.expires = NOW - 1;
  strata_put(strata, &user);
  strata_layer(strata->vendor, "50.db", &system, 1);
  policy = policy_of(strata);
  expect_pin(policy, NOW, 50, 50);
  assert_int_equal(store(policy, &next, NOW), POLICY_RENEWED);
  expect_pin(policy, NOW, 2, 50);
  policy_free(policy);
}

static void test_parts(void **state)
{
  struct policy *policy = policy_of(*state);

  assert_int_equal(policy_config(policy)->lifetime_cap, 31 * DAY);
  assert_int_equal(policy_config(policy)->undo_period, 7 * DAY);
  assert_ptr_equal(policy_layers(policy), ((struct strata *)*state)->layers);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_new_pin),
      TEST(test_repeated),
      TEST(test_lifetime),
      TEST(test_nothing_to_store),
      TEST(test_renewal),
      TEST(test_superseded),
      TEST(test_after_expiry),
      TEST(test_series_differ),
      TEST(test_locked),
      TEST(test_system_pin_continued),
      TEST(test_system_pin_over_expired),
      TEST(test_parts),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is reported, cleared and brought back.
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

/* A policy whose user has a pin for HOST. */
static struct policy *with_pin(struct strata *strata)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);

  row.expires = NOW + 30 * DAY;
  strata_put(strata, &row);
  return policy_new(strata_open(strata), &config, NULL);
}

static bool is_pinned(struct policy *policy)
{
  struct layers_answer answer = strata_lookup(policy, HOST, NOW);
  bool pinned;

  pinned = answer.code == TLSPIN_MATCH && answer.row.series == 1;
  assert_true(pinned || answer.code == TLSPIN_NO_PIN);
  layers_answer_clear(&answer);
  return pinned;
}

static enum tlspin_code report(struct policy *policy, enum refusal refusal, int64_t now)
{
  struct peer peer = strata_peer(HOST);
  char *problem = NULL;
  uint64_t event;
  enum tlspin_code code = policy_report(policy, &peer, refusal, now, &event, &problem);

  assert_null(problem);
  return code;
}

static enum tlspin_code clear_all(struct policy *policy, int64_t now, struct store_change *change)
{
  struct store_filter all = STORE_FILTER_ANY;
  char *problem = NULL;
  enum tlspin_code code = policy_clear(policy, &all, now, change, &problem);

  assert_null(problem);
  return code;
}

static enum tlspin_code undo(struct policy *policy, uint64_t operation, int64_t now,
                             struct store_change *change)
{
  char *problem = NULL;
  enum tlspin_code code = policy_undo(policy, operation, now, change, &problem);

  assert_null(problem);
  return code;
}

static enum tlspin_code get_failure(struct policy *policy, struct failure_row *failure)
{
  struct peer peer = strata_peer(HOST);

  return store_get_failure(layers_at(policy_layers(policy), 0)->store, &peer, failure);
}

static void test_report(void **state)
{
  struct policy *policy = with_pin(*state);
  struct failure_row failure;

  assert_int_equal(report(policy, REFUSAL_PROOF_WRONG, NOW), TLSPIN_OK);
  assert_int_equal(report(policy, REFUSAL_EXTENSION_MISSING, NOW + 9), TLSPIN_OK);
  assert_int_equal(get_failure(policy, &failure), TLSPIN_OK);
  assert_int_equal(failure.count, 2);
  assert_string_equal(failure.reason, "extension-missing");
  assert_true(failure.first == NOW && failure.last == NOW + 9);
  assert_true(is_pinned(policy));
  policy_free(policy);
}

static void test_report_not_pinned(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = policy_new(strata_open(strata), &config, NULL);
  struct failure_row failure;

  assert_int_equal(report(policy, REFUSAL_PROOF_WRONG, NOW), TLSPIN_E_NOT_FOUND);
  assert_int_equal(get_failure(policy, &failure), TLSPIN_E_NOT_FOUND);
  policy_free(policy);
  policy = with_pin(strata);
  assert_int_equal(report(policy, REFUSAL_PROOF_WRONG, NOW + 30 * DAY), TLSPIN_E_NOT_FOUND);
  assert_int_equal(get_failure(policy, &failure), TLSPIN_E_NOT_FOUND);
  policy_free(policy);
}

/* Failures of what policy locks are counted, too; where pinning is off there is no pin to fail. */
static void test_report_locked(void **state)
{
  static const enum lock locks[] = {LOCK_NONE, LOCK_ENFORCE, LOCK_REPORT, LOCK_OFF};
  struct strata *strata = *state;
  struct failure_row failure;

  for (size_t i = 0; i < G_N_ELEMENTS(locks); i++) {
    struct ticket_row row = strata_row(HOST, locks[i], 50);
    struct policy *policy;

    strata_layer(strata->admin, "50.db", &row, 1);
    policy = policy_new(strata_open(strata), &config, NULL);
    assert_int_equal(report(policy, REFUSAL_PROOF_WRONG, NOW),
                     locks[i] == LOCK_OFF ? TLSPIN_E_NOT_FOUND : TLSPIN_OK);
    assert_int_equal(get_failure(policy, &failure), TLSPIN_OK); /* the first round's, at least */
    assert_int_equal(failure.count, MIN(i + 1, 3));
    policy_free(policy);
  }
}

/* Another pin, or none, did not fail. */
static void test_report_ends_with_its_pin(void **state)
{
  struct policy *policy = with_pin(*state);
  struct failure_row failure;
  struct store_change change;

  assert_int_equal(report(policy, REFUSAL_PROOF_WRONG, NOW), TLSPIN_OK);
  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_OK);
  assert_int_equal(get_failure(policy, &failure), TLSPIN_E_NOT_FOUND);
  policy_free(policy);
}

/* System pins are not the user's to clear. */
static void test_clear_is_for_the_user(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1);
  struct policy *policy;
  struct store_change change;

  strata_layer(strata->admin, "50.db", &row, 1);
  policy = policy_new(strata_open(strata), &config, NULL);
  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_E_NOT_FOUND);
  assert_true(change.operation == 0 && change.changed == 0);
  assert_true(is_pinned(policy));
  policy_free(policy);
}

/* A clear can be taken back for as long as the configuration says, to the second. */
static void test_undo_period(void **state)
{
  struct policy *policy = with_pin(*state);
  struct store_change change;

  assert_int_equal(undo(policy, 0, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_OK);
  assert_int_equal(change.changed, 1);
  assert_false(is_pinned(policy));
  policy_tidy(policy, NOW + 7 * DAY);
  assert_int_equal(undo(policy, 0, NOW + 7 * DAY, &change), TLSPIN_OK);
  assert_int_equal(change.changed, 1);
  assert_true(is_pinned(policy));
  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_OK);
  policy_tidy(policy, NOW + 7 * DAY + 1);
  assert_int_equal(undo(policy, change.operation, NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_E_NOT_FOUND);
  policy_free(policy);
}

/* What another program stored meanwhile makes way, and can be had back. */
static void test_undo_replaces(void **state)
{
  struct policy *policy = with_pin(*state);
  struct ticket_row newer = strata_row(HOST, LOCK_NONE, 2);
  struct store_change change;

  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_OK);
  assert_int_equal(store_put(layers_at(policy_layers(policy), 0)->store, &newer, 0, NOW),
                   TLSPIN_OK);
  assert_int_equal(undo(policy, 0, NOW, &change), TLSPIN_OK);
  assert_true(change.changed == 1 && change.replaced == 1);
  assert_true(is_pinned(policy));
  assert_int_equal(undo(policy, change.operation, NOW, &change), TLSPIN_OK);
  assert_int_equal(policy_config(policy)->undo_period, 7 * DAY);
  policy_free(policy);
}

static void count_peer(const struct peer *peer, void *data)
{
  unsigned *count = data;

  assert_string_equal(peer->host, HOST);
  (*count)++;
}

static void test_touched(void **state)
{
  struct policy *policy = with_pin(*state);
  struct store_change change;
  unsigned count = 0;

  assert_int_equal(clear_all(policy, NOW, &change), TLSPIN_OK);
  policy_touched(policy, change.operation, 10, count_peer, &count);
  assert_int_equal(count, 1);
  policy_touched(policy, change.operation + 1, 10, count_peer, &count);
  assert_int_equal(count, 1);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_report),
      TEST(test_report_not_pinned),
      TEST(test_report_locked),
      TEST(test_report_ends_with_its_pin),
      TEST(test_clear_is_for_the_user),
      TEST(test_undo_period),
      TEST(test_undo_replaces),
      TEST(test_touched),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

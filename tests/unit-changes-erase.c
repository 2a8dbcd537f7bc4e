/* What the user has erased, as the policy does it (daemon/changes-erase.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"
#include "daemon/damage.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define HOST  "a.example"
#define OTHER "b.example"
#define ASIDE "damaged-20261123T062500Z.db"

enum { DAY = GATE_DAY, NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 31 * DAY, .undo_period = 7 * DAY};

static struct policy *make(struct strata *strata)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 1), other = strata_row(OTHER, LOCK_NONE, 2);

  strata_put(strata, &row);
  strata_put(strata, &other);
  return policy_new(strata_open(strata), &config, NULL);
}

static char *plant(struct strata *strata)
{
  g_autofree char *folder = g_path_get_dirname(strata->user);
  char *path = g_build_filename(folder, ASIDE, NULL);

  assert_true(g_file_set_contents(path, "nobody can tell", -1, NULL));
  return path;
}

static struct store *store_of(struct strata *strata)
{
  return layers_at(strata->layers, 0)->store;
}

/* As a recovery leaves it. */
static void note_damage(struct strata *strata, int64_t missing)
{
  struct damage damage = {
      .cause = DAMAGE_CONTENT, .found = NOW, .missing = missing, .aside = ASIDE};

  assert_int_equal(damage_put(store_of(strata), &damage), TLSPIN_OK);
}

static void clear(struct policy *policy, const char *host)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  char *problem = NULL;

  filter.host = host;
  assert_int_equal(policy_clear(policy, &filter, NOW, &change, &problem), TLSPIN_OK);
}

static void tidy(struct policy *policy, int64_t now)
{
  while (policy_tidy(policy, now))
    ;
}

static void expect_aside(const char *path, bool there)
{
  assert_int_equal(access(path, F_OK), there ? 0 : -1);
}

/* Once the undo period of a host is over of which nothing is left, and not before. */
static void test_after_the_period(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = make(strata);
  g_autofree char *aside = plant(strata);

  tidy(policy, NOW + 8 * DAY);
  expect_aside(aside, true); /* nothing was cleared */
  clear(policy, HOST);
  tidy(policy, NOW + 6 * DAY);
  expect_aside(aside, true);
  tidy(policy, NOW + 8 * DAY);
  expect_aside(aside, false);
  policy_free(policy);
}

/* Not before the user knows what was lost; then at once. */
static void test_not_seen(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = make(strata);
  g_autofree char *aside = plant(strata);

  note_damage(strata, 1);
  clear(policy, HOST);
  tidy(policy, NOW + 8 * DAY);
  expect_aside(aside, true);
  assert_int_equal(damage_acknowledge(store_of(strata)), TLSPIN_OK);
  tidy(policy, NOW + 8 * DAY);
  expect_aside(aside, false);
  policy_free(policy);
}

static void test_suspect(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = make(strata);
  g_autofree char *aside = plant(strata);

  clear(policy, HOST);
  tidy(policy, NOW + 6 * DAY);
  layers_tell_clock(strata->layers, NOW + 60 * DAY, true);
  tidy(policy, NOW + 6 * DAY);
  expect_aside(aside, true);
  tidy(policy, NOW + 8 * DAY); /* it is forgotten by either time, but */
  expect_aside(aside, true);
  layers_tell_clock(strata->layers, NOW + 8 * DAY, false);
  tidy(policy, NOW + 8 * DAY);
  expect_aside(aside, false);
  policy_free(policy);
}

/* The report doesn't name a file any more that is gone. */
static void test_erase(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = make(strata);
  struct store_filter filter = STORE_FILTER_ANY;
  struct erasure *erasure;
  struct erased erased;
  struct damage damage;
  char *problem = NULL;
  bool found;

  note_damage(strata, 0);
  filter.host = HOST;
  erasure = erasure_new(&filter);
  assert_int_equal(policy_erase_survey(policy, erasure, NOW, &found, &problem), TLSPIN_OK);
  assert_true(found);
  assert_int_equal(policy_erase(policy, erasure, false, NOW, &erased, &problem), TLSPIN_OK);
  assert_int_equal(erased.entries, 1);
  assert_int_equal(damage_get(store_of(strata), &damage), TLSPIN_OK);
  assert_string_equal(damage.aside, ASIDE);
  assert_int_equal(policy_erase_survey(policy, erasure, NOW, &found, &problem), TLSPIN_OK);
  assert_false(found);
  assert_int_equal(policy_erase(policy, erasure, true, NOW, &erased, &problem), TLSPIN_OK);
  assert_int_equal(damage_get(store_of(strata), &damage), TLSPIN_OK);
  assert_string_equal(damage.aside, "");
  assert_null(problem);
  strata_expect(strata->layers, HOST, NOW, TLSPIN_NO_PIN, "none", "");
  strata_expect(strata->layers, OTHER, NOW, TLSPIN_MATCH, "found", "user");
  erasure_free(erasure);
  policy_free(policy);
}

static void test_no_store(void **state)
{
  struct strata *strata = *state;
  struct policy *policy;
  struct store_filter filter = STORE_FILTER_ANY;
  struct erasure *erasure = erasure_new(&filter);
  struct erased erased;
  char *problem = NULL;
  bool found;

  g_mkdir_with_parents(strata->user, 0700); /* a folder in its place */
  policy = policy_new(strata_open(strata), &config, NULL);
  assert_int_equal(policy_erase_survey(policy, erasure, NOW, &found, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(policy_erase(policy, erasure, false, NOW, &erased, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  g_free(problem);
  erasure_free(erasure);
  policy_free(policy);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_after_the_period, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_not_seen, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_suspect, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_erase, strata_setup, strata_teardown),
      cmocka_unit_test_setup_teardown(test_no_store, strata_setup, strata_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records of the history that the user puts: no more of them stay than where they are learned.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"
#include "daemon/learn.h"
#include "daemon/state.h"
#include "daemon/torn.h"

#include "tests/ledger.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = STRATA_NOW, PAGE = 1000 };

static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};

/* The n-th key of a server, seen last n seconds after the start. */
static struct keypin old(const char *place, unsigned n)
{
  struct keypin pin = ledger_pin(place, KEYPIN_INACTIVE, KEYPIN_TOFU, 7);

  memcpy(pin.digest, &n, sizeof n);
  pin.first_seen = 1;
  pin.last_seen = 1000 + n;
  pin.count_seen = 1;
  return pin;
}

/* The warnings as lines, to be freed. */
static char *put(struct policy *policy, const struct policy_put *what, struct store_change *change)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  char *problem = NULL;

  if (policy_put(policy, what, NOW, change, warnings, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  g_ptr_array_add(warnings, NULL);
  return g_strjoinv("\n", (char **)warnings->pdata);
}

struct sum {
  unsigned count, inactive;
  int64_t oldest; /* of the history */
};

static bool add(const struct keypin *pin, void *data)
{
  struct sum *sum = data;

  sum->count++;
  if (pin->status != KEYPIN_INACTIVE)
    return true;
  sum->inactive++;
  sum->oldest = MIN(sum->oldest, pin->last_seen);
  return true;
}

static struct sum sum_up(struct policy *policy, const char *hosts)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct sum sum = {.oldest = INT64_MAX};

  filter.pattern = hosts;
  assert_int_equal(store_list_pins(layers_at(policy_layers(policy), 0)->store, &filter, NULL,
                                   UINT32_MAX, add, &sum),
                   TLSPIN_OK);
  return sum;
}

static void expect_sum(struct policy *policy, const char *hosts, struct sum expected)
{
  struct sum sum = sum_up(policy, hosts);

  assert_int_equal(sum.count, expected.count);
  assert_int_equal(sum.inactive, expected.inactive);
  assert_int_equal(sum.oldest, expected.oldest);
}

/* Of one server's the newest stay, and with them every pin; it is told, and an undo brings back
 * what made way. */
static void test_place(void **state)
{
  enum { MANY = 200, BEFORE = 3 };
  struct policy *policy = policy_new(strata_open(*state), &config, NULL);
  struct keypin pins[MANY + 1], first[BEFORE];
  struct store_change change;
  g_autofree char *warnings = NULL, *none = NULL;
  char *problem = NULL;

  for (unsigned i = 0; i < BEFORE; i++)
    first[i] = old("a.example:443", i);
  none = put(policy, &(struct policy_put){.pins = first, .count = BEFORE}, &change);
  assert_string_equal(none, "");
  for (unsigned i = 0; i < MANY; i++)
    pins[i] = old("a.example:443", BEFORE + i);
  pins[MANY] = ledger_pin("a.example:443", KEYPIN_ACTIVE, KEYPIN_TOFU, 1);
  pins[MANY].last_seen = 1;
  warnings = put(policy, &(struct policy_put){.pins = pins, .count = MANY + 1}, &change);
  assert_non_null(strstr(warnings, "195 entries of the history were dropped: 8 "));
  assert_int_equal(change.changed, MANY + 1);
  expect_sum(policy, NULL, (struct sum){HISTORY_EACH + 1, HISTORY_EACH, 1000 + 195});
  assert_int_equal(policy_undo(policy, change.operation, NOW, &change, &problem), TLSPIN_OK);
  expect_sum(policy, NULL, (struct sum){BEFORE, BEFORE, 1000});
  policy_free(policy);
}

/* One too many, and a record that was a pin; what is not of the history drops nothing. */
static void test_one(void **state)
{
  struct policy *policy = policy_new(strata_open(*state), &config, NULL);
  struct keypin pins[HISTORY_EACH + 1], other = old("b.example:443", 1);
  struct policy_put one = {.pins = pins + HISTORY_EACH, .count = 1};
  struct store_change change;
  g_autofree char *none = NULL, *still = NULL, *dry = NULL, *warnings = NULL;

  for (unsigned i = 0; i <= HISTORY_EACH; i++)
    pins[i] = old("a.example:443", i);
  pins[HISTORY_EACH].status = KEYPIN_ACTIVE;
  none = put(policy, &(struct policy_put){.pins = pins, .count = HISTORY_EACH + 1}, &change);
  still = put(policy, &(struct policy_put){.pins = &other, .count = 1}, &change);
  assert_true(none[0] == '\0' && still[0] == '\0');
  expect_sum(policy, "a.example", (struct sum){HISTORY_EACH + 1, HISTORY_EACH, 1000});
  pins[HISTORY_EACH].status = KEYPIN_INACTIVE;
  one.dry_run = true;
  dry = put(policy, &one, &change);
  assert_non_null(strstr(dry, "1 entry of the history was dropped"));
  assert_int_equal(change.changed, 1);
  expect_sum(policy, "a.example", (struct sum){HISTORY_EACH + 1, HISTORY_EACH, 1000});
  one.dry_run = false;
  warnings = put(policy, &one, &change);
  assert_string_equal(warnings, dry);
  assert_int_equal(change.changed, 1);
  expect_sum(policy, "a.example", (struct sum){HISTORY_EACH, HISTORY_EACH, 1001});
  expect_sum(policy, "b.example", (struct sum){1, 1, 1001});
  policy_free(policy);
}

/* Fills pins with the next records, HISTORY_EACH for a server. */
static void make_page(struct keypin pins[PAGE], unsigned start)
{
  for (unsigned i = start; i < start + PAGE; i++) {
    g_autofree char *place = g_strdup_printf("h%u.example:443", i / HISTORY_EACH);

    pins[i - start] = old(place, i);
  }
}

/* Over all servers, one change after the other. */
static void test_all(void **state)
{
  enum { PAGES = HISTORY_MAX / PAGE + 2 };
  struct policy *policy = policy_new(strata_open(*state), &config, NULL);
  g_autofree struct keypin *pins = g_new(struct keypin, PAGE);
  struct store_change change;

  assert_int_equal(HISTORY_MAX % PAGE, 0);
  for (unsigned i = 0; i < PAGES; i++) {
    struct policy_put page = {.pins = pins, .count = PAGE};
    g_autofree char *warnings = NULL;

    make_page(pins, i * PAGE);
    warnings = put(policy, &page, &change);
    assert_int_equal(change.changed, PAGE);
    assert_int_equal(strstr(warnings, "1000 entries of the history") != NULL, i >= PAGES - 2);
  }
  expect_sum(policy, NULL, (struct sum){HISTORY_MAX, HISTORY_MAX, 1000 + 2 * PAGE});
  policy_free(policy);
}

/* What an older version let in, or an undo brought back. */
static void test_tidy(void **state)
{
  enum { MANY = HISTORY_EACH + 30 };
  struct strata *strata = *state;
  struct keypin pins[MANY + 1];
  struct policy *policy;

  for (unsigned i = 0; i < MANY; i++)
    pins[i] = old("a.example:443", i);
  pins[MANY] = ledger_pin("a.example:443", KEYPIN_ACTIVE, KEYPIN_TOFU, 1);
  ledger_put(strata, pins, MANY + 1);
  policy = policy_new(strata_open(strata), &config, NULL);
  expect_sum(policy, NULL, (struct sum){MANY + 1, MANY, 1000});
  assert_false(policy_tidy(policy, NOW));
  expect_sum(policy, NULL, (struct sum){HISTORY_EACH + 1, HISTORY_EACH, 1030});
  policy_free(policy);
}

/* A history that was damaged is recovered first: the row with the flipped number is mended, and
 * what is put comes beside it. */
static void test_damaged(void **state)
{
  struct strata *strata = *state;
  struct keypin pins[HISTORY_EACH + 1], more = old("a.example:443", 99);
  struct policy_put put_more = {.pins = &more, .count = 1};
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *problem = NULL;
  struct store_change change;
  struct policy *policy;

  for (unsigned i = 0; i <= HISTORY_EACH; i++)
    pins[i] = old("z.example:443", i);
  ledger_put(strata, pins, HISTORY_EACH + 1);
  policy = policy_new(strata_open(strata), &config, NULL);
  stores_sql(strata->user, "UPDATE pin SET count_seen = 9 WHERE last_seen = 1001");
  assert_int_equal(policy_put(policy, &put_more, NOW, &change, warnings, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(stores_number(strata->user, "SELECT count(*) FROM pin WHERE count_seen = 9"), 0);
  assert_int_equal(stores_number(strata->user, "SELECT count(*) FROM pin WHERE host = 'a.example'"),
                   1);
  policy_free(policy);
}

/* Where a damaged file lost what an operation had kept it can't be taken back, and the user is told
 * why, and that an older one isn't in its place. */
static void test_bereft(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = policy_new(strata_open(strata), &config, NULL);
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1);
  struct store_change change;
  char *problem = NULL;

  for (int i = 0; i < 2; i++, pin.status = KEYPIN_CRITICAL)
    g_free(put(policy, &(struct policy_put){.pins = &pin, .count = 1}, &change));
  policy_free(policy);
  strata_open(strata); /* so that the file is closed */
  stores_sql(strata->user, "DELETE FROM image WHERE operation = 2");
  policy = policy_new(strata_open(strata), &config, NULL);
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_E_NOTHING_TO_UNDO);
  assert_string_equal(problem, "What operation 2 had kept was lost when the store was damaged, so "
                               "it can't be taken back. An older one can, by its number; 'tlspin "
                               "log' names those of changes.");
  g_clear_pointer(&problem, g_free);
  assert_int_equal(policy_undo(policy, 9, NOW, &change, &problem), TLSPIN_E_NOTHING_TO_UNDO);
  assert_null(problem);
  assert_int_equal(policy_undo(policy, 1, NOW, &change, &problem), TLSPIN_OK);
  policy_free(policy);
}

/* What lost a part: the newest isn't taken back without a word, and by its number it is. */
static void test_bereft_partly(void **state)
{
  struct strata *strata = *state;
  struct policy *policy = policy_new(strata_open(strata), &config, NULL);
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1);
  uint8_t value[TORN_OCTETS];
  size_t size = torn_encode(&(struct torn){1, NOW}, value);
  struct store_change change;
  char *problem = NULL;

  g_free(put(policy, &(struct policy_put){.pins = &pin, .count = 1}, &change));
  assert_int_equal(
      state_put(layers_at(policy_layers(policy), 0)->store, TORN_ROW, (struct span){value, size}),
      TLSPIN_OK);
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_E_NOTHING_TO_UNDO);
  assert_string_equal(problem, "Operation 1 was made before the store was damaged, and a part of "
                               "what it had kept may be lost. 'tlspin undo 1' takes back what is "
                               "left of it.");
  g_clear_pointer(&problem, g_free);
  assert_int_equal(policy_undo(policy, 1, NOW, &change, &problem), TLSPIN_OK);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_place),   TEST(test_one),    TEST(test_all),           TEST(test_tidy),
      TEST(test_damaged), TEST(test_bereft), TEST(test_bereft_partly),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

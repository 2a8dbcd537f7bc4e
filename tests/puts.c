/* What the user puts: see puts.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/puts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { NOW = STRATA_NOW };

static const struct config config = {.lifetime_cap = 1000, .undo_period = 1000};

struct policy *puts_open(struct strata *strata)
{
  return policy_new(strata_open(strata), &config, NULL);
}

char *puts_put(struct policy *policy, const struct policy_put *what, struct store_change *change)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  char *problem = NULL;

  if (policy_put(policy, what, NOW, change, warnings, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  assert_null(problem);
  g_ptr_array_add(warnings, NULL);
  return g_strjoinv("\n", (char **)warnings->pdata);
}

void puts_expect(struct policy *policy, const struct keypin *pins, size_t count, uint64_t operation,
                 uint64_t changed)
{
  struct store_change change;
  g_autofree char *warnings =
      puts_put(policy, &(struct policy_put){pins, count, 0, false}, &change);

  assert_int_equal(change.operation, operation);
  assert_int_equal(change.changed, changed);
}

void puts_refuse(struct policy *policy, const struct policy_put *what, enum tlspin_code code,
                 const char *words)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
  g_autofree char *problem = NULL;
  struct store_change change;

  if (policy_put(policy, what, NOW, &change, warnings, &problem) != code ||
      strstr(problem, words) == NULL)
    fail_msg("%s", problem);
  assert_true(change.operation == 0 && change.changed == 0);
}

static bool count_one(const struct keypin *pin, void *data)
{
  (void)pin;
  ++*(unsigned *)data;
  return true;
}

void puts_visit(struct policy *policy, store_pin_visit visit, void *data)
{
  struct store_filter any = STORE_FILTER_ANY;

  assert_int_equal(
      store_list_pins(layers_at(policy_layers(policy), 0)->store, &any, NULL, 1000, visit, data),
      TLSPIN_OK);
}

unsigned puts_count(struct policy *policy)
{
  unsigned count = 0;

  puts_visit(policy, count_one, &count);
  return count;
}

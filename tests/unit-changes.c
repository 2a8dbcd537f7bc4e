/* What the user changes: what is applied, cleared and taken back (daemon/changes.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/changes.h"

#include "tests/puts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum { NOW = STRATA_NOW };

static void test_put_and_undo(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1),
                          ledger_pin("a.example", KEYPIN_REJECTED, KEYPIN_IMPORT, 2),
                          ledger_pin(".b.example", KEYPIN_OFF, KEYPIN_USER, 0)};
  struct store_change change;
  char *problem = NULL;

  puts_expect(policy, pins, 3, 1, 3);
  assert_int_equal(puts_count(policy), 3);
  puts_expect(policy, pins, 3, 0, 0); /* all was there already */
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(change.changed, 3);
  assert_int_equal(puts_count(policy), 0);
  policy_free(policy);
}

/* Goes on with what is being applied until the operation is over. */
static struct store_applied apply_all(struct policy *policy)
{
  struct store_applied applied;
  char *problem = NULL;

  do
    assert_int_equal(policy_apply(policy, NOW, &applied, &problem), TLSPIN_OK);
  while (!applied.over);
  assert_null(problem);
  return applied;
}

/* Parts of what isn't finished are not in force and can't be undone; they are one operation once
 * they are finished. */
static void test_draft(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1),
                          ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 2),
                          ledger_pin("c.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 3)};
  struct policy_put first = {.pins = pins, .count = 1, .more = true};
  struct policy_put last = {.pins = pins + 1, .count = 2, .operation = 1};
  struct policy_put dry = {.pins = pins, .count = 3, .dry_run = true, .more = true};
  struct store_applied applied;
  struct store_change change;
  char *problem = NULL;

  g_free(puts_put(policy, &first, &change));
  assert_true(change.operation == 1 && change.changed == 1);
  assert_int_equal(puts_count(policy), 0);
  assert_false(policy_has_grown(policy));
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(policy_undo(policy, 1, NOW, &change, &problem), TLSPIN_E_NOTHING_TO_UNDO);
  assert_int_equal(policy_drop_draft(policy, 1, &problem), TLSPIN_OK);
  puts_refuse(policy, &last, TLSPIN_E_ARGUMENT, "no such operation");
  g_free(puts_put(policy, &dry, &change));
  assert_true(change.operation == 0 && change.changed == 3);

  g_free(puts_put(policy, &first, &change));
  assert_true(change.operation == 2);
  last.operation = 2;
  g_free(puts_put(policy, &last, &change));
  assert_true(change.operation == 3);
  assert_int_equal(puts_count(policy), 0);
  assert_true(policy_has_grown(policy));
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_E_BUSY);
  applied = apply_all(policy);
  assert_true(applied.operation == 3 && applied.changed == 3);
  assert_int_equal(policy_apply(policy, NOW, &applied, &problem), TLSPIN_E_NOT_FOUND);
  assert_int_equal(puts_count(policy), 3);
  assert_false(policy_has_grown(policy));
  assert_int_equal(policy_drop_draft(policy, 2, &problem), TLSPIN_E_NOT_FOUND);
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_OK);
  assert_int_equal(puts_count(policy), 0);
  assert_null(problem);
  policy_free(policy);
}

static enum tlspin_code apply_without_room(struct policy *policy)
{
  struct store_applied applied;
  g_autofree char *problem = NULL;
  struct rlimit before, none;
  enum tlspin_code code;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = (struct rlimit){0, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  code = policy_apply(policy, NOW, &applied, &problem);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL);
  return code;
}

/* Who is refused meanwhile is told what is in the way, and so is who asks for the status. */
static void expect_wait(struct policy *policy)
{
  g_autofree char *problem = layer_write_problem(layers_at(policy_layers(policy), 0));
  g_autofree char *told = NULL;
  struct store_change change;

  assert_non_null(problem);
  assert_non_null(strstr(problem, "An import waits to be finished"));
  assert_non_null(strstr(problem, "pins.db"));
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &told), TLSPIN_E_BUSY);
  assert_string_equal(told, problem);
}

/* Where there is no room while nothing waits, nothing is said to wait. */
static void test_nothing_waits(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1);
  struct policy_put only = {.pins = &pin, .count = 1};
  struct store_change change;

  g_free(puts_put(policy, &only, &change));
  assert_int_equal(apply_without_room(policy), TLSPIN_E_NOT_FOUND);
  assert_null(layer_write_problem(layers_at(policy_layers(policy), 0)));
  policy_free(policy);
}

/* Where there is no room in the midst of it, it stays to be done. */
static void test_no_room(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 1),
                          ledger_pin("b.example", KEYPIN_ACTIVE, KEYPIN_IMPORT, 2)};
  struct policy_put first = {.pins = pins, .count = 1, .more = true};
  struct policy_put last = {.pins = pins + 1, .count = 1, .operation = 1};
  struct store_applied applied;
  struct store_change change;

  g_free(puts_put(policy, &first, &change));
  g_free(puts_put(policy, &last, &change));
  assert_null(layer_write_problem(layers_at(policy_layers(policy), 0)));
  assert_int_equal(apply_without_room(policy), TLSPIN_UNAVAILABLE);
  assert_true(policy_has_grown(policy));
  assert_int_equal(puts_count(policy), 0);
  expect_wait(policy);
  applied = apply_all(policy);
  assert_true(applied.changed == 2);
  assert_null(layer_write_problem(layers_at(policy_layers(policy), 0)));
  assert_int_equal(puts_count(policy), 2);
  policy_free(policy);
}

static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct keypin pin = ledger_pin("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1);
  struct policy_put one = {&pin, 1, 0, false};
  struct store_filter any = STORE_FILTER_ANY;
  struct store_change change;
  struct policy *policy;
  char *problem = NULL;

  strata_write(strata->folder, "home", "a file in the folder's place");
  policy = puts_open(strata);
  puts_refuse(policy, &one, TLSPIN_UNAVAILABLE, "/home");
  one.dry_run = true;
  puts_refuse(policy, &one, TLSPIN_UNAVAILABLE, "/home");
  assert_int_equal(policy_clear(policy, &any, NOW, &change, &problem), TLSPIN_UNAVAILABLE);
  g_free(problem);
  assert_int_equal(policy_undo(policy, 0, NOW, &change, &problem), TLSPIN_UNAVAILABLE);
  g_free(problem);
  policy_free(policy);
}

static void collect(const struct peer *peer, void *data)
{
  g_string_append_printf(data, "%s ", peer->host);
}

static void test_clear_and_touched(void **state)
{
  struct policy *policy = puts_open(*state);
  struct keypin pins[] = {ledger_pin_of("a.example", KEYPIN_ACTIVE, KEYPIN_USER, 1),
                          ledger_pin_of("b.example", KEYPIN_ACTIVE, KEYPIN_USER, 2)};
  struct store_filter filter = STORE_FILTER_ANY;
  g_autoptr(GString) text = g_string_new(NULL);
  struct store_change change;
  char *problem = NULL;

  puts_expect(policy, pins, 2, 1, 2);
  policy_touched(policy, 1, 9, collect, text);
  assert_string_equal(text->str, "a.example b.example ");
  filter.host = "a.example";
  assert_int_equal(policy_clear(policy, &filter, NOW, &change, &problem), TLSPIN_OK);
  assert_true(change.operation == 2 && change.changed == 1);
  g_string_truncate(text, 0);
  policy_touched(policy, 2, 9, collect, text);
  assert_string_equal(text->str, "a.example ");
  assert_int_equal(policy_clear(policy, &filter, NOW, &change, &problem), TLSPIN_E_NOT_FOUND);
  filter.host = NULL;
  filter.tickets = filter.records = false;
  assert_int_equal(policy_clear(policy, &filter, NOW, &change, &problem), TLSPIN_E_NOT_FOUND);
  assert_int_equal(puts_count(policy), 1);
  policy_free(policy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_put_and_undo), TEST(test_draft),       TEST(test_nothing_waits),
      TEST(test_no_room),      TEST(test_unavailable), TEST(test_clear_and_touched),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

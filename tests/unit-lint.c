/* All files together: what is read, in which order, and what is left of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/lint.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PINS "\npins=$A;$B\n"

static void count(size_t groups, void *data)
{
  size_t *last = data;

  assert_int_equal(groups, *last + 1);
  *last = groups;
}

static struct rules *lint(struct policies *policies, char *const *paths, size_t *groups)
{
  const struct lint_options options = {TRUST_SYSTEM, POLICIES_NOW, count, groups};

  *groups = 0;
  return lint_files(paths, &options, &policies->findings);
}

static void test_none(void **state)
{
  char *paths[] = {NULL};
  size_t groups;
  struct rules *rules = lint(*state, paths, &groups);

  assert_int_equal(groups, 0);
  assert_int_equal(rules->list->len, 0);
  policies_expect(*state, "");
  rules_free(rules);
}

/* The groups that can be used, with where they are; the settings apart. */
static void test_rules(void **state)
{
  struct policies *policies = *state;
  char *paths[] = {(char *)(uintptr_t)policies_write(policies, "10-a.conf",
                                                     "[defaults]\nlearn=no\n[b.example]" PINS
                                                     "[x\n[a.example]" PINS),
                   (char *)(uintptr_t)policies_write(policies, "20-b.conf",
                                                     "[c.example]\npins=bad\n[*]\nmode=on\n"),
                   NULL};
  size_t groups;
  struct rules *rules = lint(policies, paths, &groups);
  const struct rule_defaults *defaults;

  assert_int_equal(groups, 5);
  policies_expect(policies, "10-a.conf:5:syntax 20-b.conf:2:pin:pins");
  assert_int_equal(rules->list->len, 4); /* with the one that can't be used, for its double */
  assert_string_equal(rules_at(rules, 0).host, "b.example");
  assert_int_equal(rules_at(rules, 0).spot.line, 3);
  assert_int_equal(rules_at(rules, 0).offset, strlen("[defaults]\nlearn=no\n"));
  assert_string_equal(rules_sorted(rules, 0).host, "");
  assert_int_equal(rules_sorted(rules, 0).file, 1);
  assert_string_equal(rules_sorted(rules, 1).host, "a.example");
  assert_int_equal(rules->defaults->len, 1);
  defaults = &g_array_index(rules->defaults, struct rule_defaults, 0);
  assert_int_equal(defaults->file, 0);
  assert_int_equal(defaults->line, 1);
  assert_int_equal(defaults->offset, 0);
  rules_free(rules);
}

/* One file that can't be read is found; the others are looked over all the same. */
static void test_unreadable(void **state)
{
  struct policies *policies = *state;
  char nowhere[] = "/nowhere/5.conf";
  char *paths[] = {
      nowhere, (char *)(uintptr_t)policies_write(policies, "10-a.conf", "[a.example]\npins=$A\n"),
      NULL};
  size_t groups;
  struct rules *rules = lint(policies, paths, &groups);

  policies_expect(policies, "10-a.conf:2:single-pin:pins 5.conf:0:file");
  assert_int_equal(rules->list->len, 1);
  rules_free(rules);
}

/* 100,000 groups, each below a name that another one covers. */
static void test_many(void **state)
{
  struct policies *policies = *state;
  g_autoptr(GString) text = g_string_new("[.example]\nmode=off\nlock=yes\n");
  size_t groups;
  struct rules *rules;
  char *paths[2] = {NULL};

  for (int i = 0; i < 100000; i++)
    g_string_append_printf(text, "[h%d.d%d.example]\nmode=on\n", i, i % 1000);
  paths[0] = (char *)(uintptr_t)policies_write(policies, "10-a.conf", text->str);
  rules = lint(policies, paths, &groups);
  assert_int_equal(groups, 100001);
  assert_int_equal(policies->findings.counts[SEVERITY_WARNING], 100000);
  assert_int_equal(policies->findings.counts[SEVERITY_ERROR], 0);
  rules_free(rules);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_none),
      TEST(test_rules),
      TEST(test_unreadable),
      TEST(test_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

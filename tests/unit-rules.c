/* Groups by their places: which ones cover all of another.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/rules.h"

#include "tests/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Adds a group with this heading and lines; its number in the order in which they are added. */
static void add(struct policies *policies, struct rules *rules, unsigned file, const char *heading,
                const char *lines)
{
  g_autofree char *text = g_strdup_printf("[%s]\n%s", heading, lines);
  struct group group;

  assert_true(groups_read(policies, text, &group));
  rules_add(rules, &group, 7, file);
  group_clear(&group);
}

static void test_contents(void **state)
{
  static const struct {
    const char *lines;
    unsigned content, blocked;
  } cases[] = {
      {"pins=$A;$B\n", RULE_PINS | RULE_CRITICAL, 0},
      {"pins=$A\nlevel=leaf\n", RULE_PINS | RULE_CRITICAL | RULE_LEAF_PINS, 0},
      {"pins=$A\nstatus=active\n", RULE_PINS, 0},
      {"pins=$A\nmode=report\n", RULE_PINS, 0},
      {"pins=$A\nblocked=$B;$C\n", RULE_PINS | RULE_CRITICAL | RULE_BLOCKED, 2},
      {"exceptions=$A\nexcuse=name\n", RULE_EXCEPTIONS, 0},
      {"mode=off\n", RULE_OFF, 0},
      {"mode=on\npins=$A\n", RULE_ON | RULE_PINS | RULE_CRITICAL, 0},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct rules *rules = rules_new();

    add(*state, rules, 3, "*.a.example:443", cases[i].lines);
    assert_int_equal(rules_at(rules, 0).content, cases[i].content);
    assert_int_equal(rules->blocked->len, cases[i].blocked);
    assert_int_equal(rules_at(rules, 0).file, 3);
    assert_int_equal(rules_at(rules, 0).offset, 7);
    rules_free(rules);
  }
}

/* Groups that differ in nothing but their hosts and keys share the rest; what differs stays apart.
 */
static void test_traits(void **state)
{
  static const char *const lines[] = {
      "pins=$A\n",
      "pins=$B;$C\n",
      "\npins=$A\n",
      "pins=$A\nexpires=2030-01-01\n",
      "pins=$A\nexpires=2030-01-01\nreport-until=2031-01-01\n",
      "pins=$A\nlock=yes\n",
      "pins=$A\nprotocol=tls\n",
      "pins=$A\nstatus=active\n",
      "exceptions=$A\nexcuse=name\n",
  };
  struct rules *rules = rules_new();

  for (size_t i = 0; i < 100; i++) {
    g_autofree char *host = g_strdup_printf("h%zu.example", i);

    add(*state, rules, 0, host, lines[i % G_N_ELEMENTS(lines)]);
    assert_string_equal(rules_at(rules, i).host, host);
  }
  assert_int_equal(rules->traits->len, G_N_ELEMENTS(lines) - 1);
  assert_int_equal(rules->runs->len, 100 - 11); /* the second is as the first, each time */
  assert_int_equal(rules_at(rules, 0).line_pins, 2);
  assert_int_equal(rules_at(rules, 2).line_pins, 3);
  assert_int_equal(rules_at(rules, 0).line_exceptions, 0);
  assert_int_equal(rules_at(rules, 8).line_pins, 0);
  assert_int_equal(rules_at(rules, 8).line_exceptions, 2);
  assert_int_equal(rules_at(rules, 3).report_until, INT64_C(1893456000));
  assert_int_equal(rules_at(rules, 4).enforce_until, INT64_C(1893456000));
  assert_int_equal(rules_at(rules, 4).report_until, INT64_C(1924992000));
  assert_true(rules_at(rules, 5).locked);
  assert_false(rules_at(rules, 6).locked);
  rules_free(rules);
}

/* Far into a file that is larger than 4 GiB. */
static void test_far(void **state)
{
  struct rules *rules = rules_new();
  struct group group;

  assert_true(groups_read(*state, "[a.example]\nmode=off\n", &group));
  rules_add(rules, &group, (INT64_C(5) << 32) + 7, 0);
  rules_add(rules, &group, (INT64_C(6) << 32) + 7, 0);
  assert_int_equal(rules_at(rules, 0).offset, (INT64_C(5) << 32) + 7);
  assert_int_equal(rules_at(rules, 1).offset, (INT64_C(6) << 32) + 7);
  group_clear(&group);
  rules_free(rules);
}

static void expect_place(const struct rules *rules, const char *text, int protocol, bool expected)
{
  const struct rule rule = rules_at(rules, 1);
  struct place place;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  place.protocol = protocol;
  assert_int_equal(rules_is_at(rules, &rule, &place), expected);
}

/* A rule's own place, with its host's name and without. */
static void test_forgotten(void **state)
{
  struct rules *rules = rules_new();

  add(*state, rules, 0, "b.example", "mode=off\n");
  add(*state, rules, 0, "*.a.example:443", "mode=off\nprotocol=tls\n");
  rules_sort(rules);
  for (int round = 0; round < 2; round++) {
    expect_place(rules, "*.a.example:443", PROTOCOL_TLS, true);
    expect_place(rules, "*.b.example:443", PROTOCOL_TLS, false);
    expect_place(rules, ".a.example:443", PROTOCOL_TLS, false);
    expect_place(rules, "*.a.example:444", PROTOCOL_TLS, false);
    expect_place(rules, "*.a.example:443", PROTOCOL_DTLS, false);
    rules_forget_hosts(rules);
  }
  assert_null(rules_at(rules, 1).host);
  assert_int_equal(rules_sorted(rules, 0).index, 1);
  rules_forget_hosts(rules);
  rules_free(rules);
}

static void test_heading(void **state)
{
  static const char *const headings[] = {"*", "a.example", "*.a.example:443", ".a.example", "*:1"};
  struct rules *rules = rules_new();

  for (size_t i = 0; i < G_N_ELEMENTS(headings); i++) {
    g_autofree char *expected = g_strdup_printf("[%s]", headings[i]);
    g_autofree char *heading = NULL;
    struct rule rule;

    add(*state, rules, 0, headings[i], "mode=off\n");
    rule = rules_at(rules, i);
    heading = rule_heading(&rule);
    assert_string_equal(heading, expected);
  }
  rules_free(rules);
}

/* The order is that of the store's table, and then locked ones and the highest file first. */
static void test_order(void **state)
{
  static const struct {
    unsigned file;
    const char *heading, *lines;
  } given[] = {
      {0, "b.example", "mode=off\n"},
      {0, "a.example:2", "mode=off\nprotocol=tls\n"},
      {0, "a.example:3", "mode=off\nprotocol=dtls\n"},
      {0, ".a.example", "mode=off\n"},
      {1, ".a.example", "mode=off\n"},
      {0, ".a.example", "mode=off\nlock=yes\n"},
      {0, "a.example:9", "mode=off\n"},
      {0, "a.example:10", "mode=off\n"},
      {0, "*", "mode=off\n"},
  };
  static const unsigned expected[] = {8, 6, 7, 2, 1, 5, 4, 3, 0};
  struct rules *rules = rules_new();

  for (size_t i = 0; i < G_N_ELEMENTS(given); i++)
    add(*state, rules, given[i].file, given[i].heading, given[i].lines);
  rules_sort(rules);
  for (size_t i = 0; i < G_N_ELEMENTS(expected); i++)
    assert_int_equal(rules_sorted(rules, i).index, expected[i]);
  rules_free(rules);
}

static void test_find(void **state)
{
  struct rules *rules = rules_new();
  struct rule_place place = {"a.example", SCOPE_SUBTREE, 0, PLACE_ANY_PROTOCOL};
  size_t first;

  add(*state, rules, 0, "a.example", "mode=off\n");
  add(*state, rules, 0, ".a.example", "mode=off\n");
  add(*state, rules, 1, ".a.example", "mode=off\n");
  add(*state, rules, 0, "aa.example", "mode=off\n");
  rules_sort(rules);
  assert_int_equal(rules_find(rules, &place, &first), 2);
  assert_int_equal(rules_sorted(rules, first).file, 1);
  place.port = 443;
  assert_int_equal(rules_find(rules, &place, &first), 0);
  place = (struct rule_place){"b.example", SCOPE_EXACT, 0, PLACE_ANY_PROTOCOL};
  assert_int_equal(rules_find(rules, &place, &first), 0);
  assert_true(rules_has_host(rules, "aa.example"));
  assert_false(rules_has_host(rules, "example"));
  rules_free(rules);
}

struct walked {
  const struct rules *rules;
  GString *text;
  unsigned left; /* places until the walk is to end */
};

static bool visit(const struct rule_place *place, size_t first, size_t count, size_t above,
                  void *data)
{
  struct walked *walked = data;

  for (size_t i = first; i < first + count; i++) {
    const struct rule rule = rules_sorted(walked->rules, i);
    g_autofree char *heading = rule_heading(&rule);

    assert_int_equal(rule.scope, place->scope);
    g_string_append_printf(walked->text, "%zu%s%s ", above, heading,
                           place_protocol_token(place->protocol));
  }
  return --walked->left > 0;
}

static void expect_walk(const struct rules *rules, size_t index, unsigned most,
                        const char *expected)
{
  struct walked walked = {rules, g_string_new(NULL), most};
  const struct rule rule = rules_at(rules, index);

  rules_walk(rules, &rule, visit, &walked);
  assert_string_equal(walked.text->str, expected);
  g_string_free(walked.text, TRUE);
}

/* All that covers all of a rule's place, the most specific first, and nothing else. */
static void test_walk(void **state)
{
  static const char *const headings[] = {
      "w.a.example:443", "w.a.example", "*.w.a.example",  ".w.a.example", "a.example",
      "*.a.example",     ".a.example",  ".a.example:443", ".a.example:1", "*.example",
      ".example",        "*",           "x.a.example",    "*:443"};
  struct rules *rules = rules_new();

  for (size_t i = 0; i < G_N_ELEMENTS(headings); i++)
    add(*state, rules, 0, headings[i], "mode=off\n");
  rules_sort(rules);
  expect_walk(rules, 0, 99,
              "0[w.a.example:443] 0[w.a.example] 0[.w.a.example] 1[*.a.example] "
              "1[.a.example:443] 1[.a.example] 2[.example] 3[*:443] 3[*] ");
  expect_walk(rules, 1, 99,
              "0[w.a.example] 0[.w.a.example] 1[*.a.example] 1[.a.example] 2[.example] 3[*] ");
  expect_walk(rules, 2, 99, "0[*.w.a.example] 0[.w.a.example] 1[.a.example] 2[.example] 3[*] ");
  expect_walk(rules, 3, 99, "0[.w.a.example] 1[.a.example] 2[.example] 3[*] ");
  expect_walk(rules, 4, 99, "0[a.example] 0[.a.example] 1[*.example] 1[.example] 2[*] ");
  expect_walk(rules, 11, 99, "0[*] ");
  expect_walk(rules, 1, 2, "0[w.a.example] 0[.w.a.example] ");
  rules_free(rules);
}

static void test_walk_protocols(void **state)
{
  struct rules *rules = rules_new();

  add(*state, rules, 0, "a.example:1", "mode=off\nprotocol=tls\n");
  add(*state, rules, 0, "a.example:1", "mode=off\nprotocol=dtls\n");
  add(*state, rules, 0, "a.example:1", "mode=off\n");
  add(*state, rules, 0, "a.example", "mode=off\nprotocol=tls\n");
  add(*state, rules, 0, "a.example", "mode=off\n");
  rules_sort(rules);
  expect_walk(rules, 0, 99, "0[a.example:1]tls 0[a.example:1] 0[a.example]tls 0[a.example] ");
  expect_walk(rules, 2, 99, "0[a.example:1] 0[a.example] ");
  expect_walk(rules, 3, 99, "0[a.example]tls 0[a.example] ");
  rules_free(rules);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_contents),  TEST(test_traits),  TEST(test_far),
      TEST(test_forgotten), TEST(test_heading), TEST(test_order),
      TEST(test_find),      TEST(test_walk),    TEST(test_walk_protocols),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

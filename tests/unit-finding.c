/* Findings: their texts, order and counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct finding *at(const struct findings *findings, guint index)
{
  assert_true(index < findings->list->len);
  return &g_array_index(findings->list, struct finding, index);
}

static void expect_text(const struct findings *findings, guint index, const char *expected)
{
  g_autofree char *text = finding_text(at(findings, index));

  assert_string_equal(text, expected);
}

/* Each kind has a token of its own, and they come in the order of their severities. */
static void test_kinds(void **state)
{
  (void)state;
  for (int i = 0; i < FINDING_KINDS; i++) {
    assert_non_null(finding_kind_token((enum finding_kind)i));
    assert_true(finding_kind_severity((enum finding_kind)i) < SEVERITIES);
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(finding_kind_token((enum finding_kind)i),
                              finding_kind_token((enum finding_kind)j));
      assert_true(finding_kind_severity((enum finding_kind)j) >=
                  finding_kind_severity((enum finding_kind)i));
    }
  }
  assert_string_equal(severity_token(SEVERITY_NOTE), "note");
  assert_string_equal(severity_token(SEVERITY_WARNING), "warning");
  assert_string_equal(severity_token(SEVERITY_ERROR), "error");
}

static void test_text(void **state)
{
  struct findings findings;

  (void)state;
  findings_init(&findings, SEVERITY_NOTE);
  findings_add(&findings, FINDING_SYNTAX, (struct spot){"/p/a.conf", 7}, "pins", "no %d%%", 5);
  findings_add(&findings, FINDING_HOLE, (struct spot){"/p/a.conf", 0}, NULL, "hole");
  findings_add(&findings, FINDING_HIDDEN, (struct spot){"/p/a.conf", 1}, NULL, "hidden");
  expect_text(&findings, 0, "/p/a.conf:7: error: no 5%");
  expect_text(&findings, 1, "/p/a.conf: warning: hole");
  expect_text(&findings, 2, "/p/a.conf:1: note: hidden");
  assert_string_equal(at(&findings, 0)->key, "pins");
  assert_null(at(&findings, 1)->key);
  for (int i = 0; i < SEVERITIES; i++)
    assert_int_equal(findings.counts[i], 1);
  findings_clear(&findings);
}

static void test_named(void **state)
{
  struct findings findings;

  (void)state;
  findings_init(&findings, SEVERITY_WARNING);
  findings_add_named(&findings, FINDING_PEM, (struct spot){"a.conf", 7}, "pins", "%s is empty.",
                     "x.pem");
  findings_add_named(&findings, FINDING_FILE, (struct spot){"a.conf", 0}, NULL, "It is gone.");
  findings_add_named(&findings, FINDING_HIDDEN, (struct spot){"a.conf", 1}, "pins", "hidden");
  expect_text(&findings, 0, "a.conf:7: error: In 'pins': x.pem is empty.");
  expect_text(&findings, 1, "a.conf: error: It is gone.");
  assert_int_equal(findings.list->len, 2);
  assert_int_equal(findings.counts[SEVERITY_NOTE], 1);
  findings_clear(&findings);
}

/* What stands in a file may be no UTF-8, and so may its name. */
static void test_octets(void **state)
{
  struct findings findings;

  (void)state;
  findings_init(&findings, SEVERITY_NOTE);
  findings_add(&findings, FINDING_VALUE, (struct spot){"/p/\xff.conf", 1}, "\xfe", "'%s'", "\xc3(");
  assert_true(g_utf8_validate(at(&findings, 0)->file, -1, NULL));
  assert_true(g_utf8_validate(at(&findings, 0)->key, -1, NULL));
  assert_true(g_utf8_validate(at(&findings, 0)->text, -1, NULL));
  findings_clear(&findings);
}

/* What is less severe than wanted is counted and not kept. */
static void test_least(void **state)
{
  struct findings findings;

  (void)state;
  findings_init(&findings, SEVERITY_ERROR);
  findings_add(&findings, FINDING_HOLE, (struct spot){"a", 1}, NULL, "hole");
  findings_add(&findings, FINDING_FILE, (struct spot){"a", 1}, NULL, "file");
  findings_add(&findings, FINDING_HIDDEN, (struct spot){"a", 1}, NULL, "hidden");
  assert_int_equal(findings.list->len, 1);
  assert_int_equal(at(&findings, 0)->kind, FINDING_FILE);
  assert_int_equal(findings.counts[SEVERITY_WARNING], 1);
  assert_int_equal(findings.counts[SEVERITY_NOTE], 1);
  findings_clear(&findings);
}

/* By the names of files, whatever their folders are; what is found of one line stays in its order.
 */
static void test_order(void **state)
{
  static const struct {
    const char *file;
    unsigned line;
    const char *text;
  } given[] = {{"x/b", 9, "1"}, {"y/a", 5, "2"}, {"x/b", 2, "3"}, {"y/a", 5, "4"}, {"y/a", 1, "5"},
               {"x/b", 9, "6"}, {"x/b", 0, "7"}, {"c", 1, "8"},   {"y/a", 5, "9"}, {"w/b", 5, "0"}};
  struct findings findings;
  char texts[G_N_ELEMENTS(given) + 1] = "";

  (void)state;
  findings_init(&findings, SEVERITY_NOTE);
  for (size_t i = 0; i < G_N_ELEMENTS(given); i++)
    findings_add(&findings, FINDING_VALUE, (struct spot){given[i].file, given[i].line}, NULL, "%s",
                 given[i].text);
  findings_sort(&findings);
  for (guint i = 0; i < findings.list->len; i++)
    texts[i] = at(&findings, i)->text[0];
  assert_string_equal(texts, "5249073168");
  findings_sort(&findings);
  assert_string_equal(at(&findings, 0)->text, "5");
  findings_clear(&findings);
}

static void test_none(void **state)
{
  struct findings findings;

  (void)state;
  findings_init(&findings, SEVERITY_NOTE);
  findings_sort(&findings);
  assert_int_equal(findings.list->len, 0);
  findings_clear(&findings);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_kinds),  cmocka_unit_test(test_text),  cmocka_unit_test(test_named),
      cmocka_unit_test(test_octets), cmocka_unit_test(test_least), cmocka_unit_test(test_order),
      cmocka_unit_test(test_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

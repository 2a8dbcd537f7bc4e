/* The group [defaults].
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/defaults.h"

#include "policy/source.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* settings: "NAME=VALUE" a line each, with "!" in front where it is locked; NULL: it can't be used.
 */
static void expect(struct policies *policies, const char *lines, const char *settings,
                   const char *findings)
{
  g_autofree char *text = g_strconcat("[defaults]\n", lines, NULL);
  g_autoptr(GArray) list = defaults_new();
  g_autoptr(GString) read = g_string_new(NULL);
  struct source *source;
  struct section section;
  bool good;

  policies_forget(policies);
  source = policies_open(policies, text, &section);
  good = defaults_read(list, &section, &policies->findings);
  source_close(source);
  policies_expect(policies, findings);
  assert_int_equal(good, settings != NULL);
  for (guint i = 0; i < list->len; i++) {
    const struct setting_row *row = &g_array_index(list, struct setting_row, i);

    g_string_append_printf(read, "%s%s=%s\n", row->locked ? "!" : "", row->name, row->value);
  }
  if (good)
    assert_string_equal(read->str, settings);
}

static void test_good(void **state)
{
  expect(*state, "", "", "");
  expect(*state, "lifetime-cap=31d\nhpkp-cap = 86400 \nlearn=no\n",
         "lifetime-cap=31d\nhpkp-cap=86400\nlearn=no\n", "");
  expect(*state, "level=issuer\nlock=yes\nanchors=enforce\ncomment=why\n",
         "!level=issuer\n!anchors=enforce\n", "");
  expect(*state, "changes=same-key;proved\nunavailable=fail\nlock=no\n",
         "changes=same-key;proved\nunavailable=fail\n", "");
}

static void test_bad(void **state)
{
  expect(*state, "learn=perhaps\nlevel=any\n", NULL, "2:value:learn 3:value:level");
  policies_expect_words(*state, "In [defaults], 'learn' is 'perhaps'; it must be 'yes' or 'no'.");
  expect(*state, "lern=yes\n", NULL, "2:unknown-key:lern");
  policies_expect_words(*state, "Is 'learn' meant?");
  expect(*state, "pins=$A\nexpires=2025-01-01\n", NULL, "2:unknown-key:pins 3:unknown-key:expires");
  expect(*state, "lock=often\nlearn=yes\n", NULL, "2:value:lock");
  expect(*state, "learn=\\q\n", NULL, "2:syntax:learn");
  expect(*state, "lifetime-cap=1y\n", NULL, "2:value:lifetime-cap");
  expect(*state, "compiled-from=here\n", NULL, "2:unknown-key:compiled-from");
}

static void test_add(void **state)
{
  g_autoptr(GArray) list = defaults_new();
  char name[] = "name", value[] = "value";

  (void)state;
  defaults_add(list, name, value, true);
  name[0] = value[0] = 'x'; /* they are copied */
  assert_string_equal(g_array_index(list, struct setting_row, 0).name, "name");
  assert_string_equal(g_array_index(list, struct setting_row, 0).value, "value");
  assert_true(g_array_index(list, struct setting_row, 0).locked);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(test_good), TEST(test_bad), cmocka_unit_test(test_add)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

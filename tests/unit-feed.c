/* What one policy file says: settings, and records in the order of the table.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/feed.h"

#include "daemon/settings.h"
#include "policy/lint.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct fed {
  struct rules *rules;
  struct feed *feed;
};

/* Feeds file number `file` of the list. */
static struct fed begin(struct policies *policies, const char *const *paths, unsigned file)
{
  const struct lint_options options = {TRUST_SYSTEM, POLICIES_NOW, NULL, NULL};
  struct fed fed;

  policies_forget(policies);
  fed.rules = lint_files((char *const *)(uintptr_t)paths, &options, &policies->findings);
  assert_int_equal(policies->findings.counts[SEVERITY_ERROR], 0);
  policies_forget(policies);
  fed.feed =
      feed_new(paths[file], fed.rules, file, TRUST_SYSTEM, POLICIES_NOW, &policies->findings);
  return fed;
}

static void end(struct fed *fed)
{
  feed_free(fed->feed);
  rules_free(fed->rules);
}

static void test_records(void **state)
{
  struct policies *policies = *state;
  const char *paths[] = {
      policies_write(policies, "10-a.conf", "[x.example]\nmode=off\n"),
      policies_write(policies, "20-b.conf",
                     "[b.example]\npins=$C;$A\nblocked=$B\nmode=on\ncomment=of b\n"
                     "[*]\nblocked=$D\n[defaults]\nlearn=no\n[a.example:9]\nmode=off\n"
                     "[a.example:10]\nmode=off\n[.a.example]\nmode=off\n"),
      NULL};
  struct fed fed = begin(policies, paths, 1);
  const struct keypin *pin;
  struct keypin before = {.note = NULL};
  g_autoptr(GString) read = g_string_new(NULL);

  assert_int_equal(feed_count(fed.feed), 5);
  while ((pin = feed_next(fed.feed)) != NULL) {
    assert_true(keypin_is_valid(pin));
    assert_true(before.note == NULL || keypin_compare_key(&before, pin) < 0);
    g_string_append_printf(read, "%s%d:%u %c%s ", pin->place.host, (int)pin->place.scope,
                           pin->place.port, pin->digest[0] != 0 ? pin->digest[0] : '-', pin->note);
    before = *pin;
  }
  assert_string_equal(read->str, "2:0 D a.example0:9 - a.example0:10 - a.example2:0 - "
                                 "b.example0:0 -of b b.example0:0 Aof b b.example0:0 Bof b "
                                 "b.example0:0 Cof b ");
  assert_int_equal(feed_done(fed.feed), 5);
  assert_null(feed_next(fed.feed));
  policies_expect(policies, "");
  end(&fed);
}

static void test_settings(void **state)
{
  struct policies *policies = *state;
  const char *paths[] = {
      policies_write(policies, "10-a.conf", "[defaults]\nlearn=no\n"),
      policies_write(policies, "20-b.conf", "[defaults]\nlevel=issuer\nlock=yes\n"), NULL};
  struct fed fed = begin(policies, paths, 1);
  const GArray *settings = feed_settings(fed.feed);
  const struct setting_row *rows = (const struct setting_row *)(const void *)settings->data;

  assert_int_equal(settings->len, 2);
  assert_string_equal(rows[0].name, "level");
  assert_string_equal(rows[0].value, "issuer");
  assert_true(rows[0].locked);
  assert_string_equal(rows[1].name, SETTINGS_COMPILED_FROM);
  assert_string_equal(rows[1].value, paths[1]);
  assert_false(rows[1].locked);
  assert_null(feed_next(fed.feed)); /* there are no records */
  end(&fed);
}

static void expect_changed(struct policies *policies, const char *before, const char *after,
                           const char *findings)
{
  const char *paths[] = {policies_write(policies, "10-a.conf", before), NULL};
  struct fed fed = begin(policies, paths, 0);

  assert_non_null(fed.feed);
  feed_free(fed.feed);
  policies_write(policies, "10-a.conf", after);
  fed.feed = feed_new(paths[0], fed.rules, 0, TRUST_SYSTEM, POLICIES_NOW, &policies->findings);
  if (feed_settings(fed.feed) != NULL)
    while (feed_next(fed.feed) != NULL)
      continue;
  policies_expect(policies, findings);
  end(&fed);
}

/* The file is edited between the two readings. */
static void test_changed(void **state)
{
  static const char before[] =
      "[b.example]\nmode=off\n[defaults]\nlearn=no\n[a.example]\nmode=off\n";

  expect_changed(*state, before, before, "");
  expect_changed(*state, before, "", "0:file");
  policies_expect_words(*state, "was changed while it was read. Compile again.");
  expect_changed(*state, before, "[b.example]\nmode=off\n", "0:file");
  expect_changed(*state, before,
                 "[c.example]\nmode=off\n[defaults]\nlearn=no\n[a.example]\nmode=off\n", "0:file");
  expect_changed(*state, before,
                 "[b.example]\nmode=oft\n[defaults]\nlearn=no\n[a.example]\nmode=off\n",
                 "2:value:mode");
  expect_changed(*state, before,
                 "[b.example]\nmode=off\n[defaults]\nlearn=on\n[a.example]\nmode=off\n",
                 "4:value:learn");
  expect_changed(*state, before,
                 "[b.example]\nmode=off\n[defaulth]\nlearn=no\n[a.example]\nmode=off\n", "0:file");
}

static void test_unreadable(void **state)
{
  struct policies *policies = *state;
  const char *paths[] = {policies_write(policies, "10-a.conf", "[a.example]\nmode=off\n"), NULL};
  struct fed fed = begin(policies, paths, 0);

  assert_null(feed_new("/nowhere", fed.rules, 0, TRUST_SYSTEM, POLICIES_NOW, &policies->findings));
  policies_expect(policies, "0:file");
  feed_free(NULL);
  end(&fed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_records),
      TEST(test_settings),
      TEST(test_changed),
      TEST(test_unreadable),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

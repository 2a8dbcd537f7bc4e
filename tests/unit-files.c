/* The files of policy text, and their order.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/files.h"

#include "tests/nobody.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The names of the files, with the last part of their folder, joined by blanks. */
static char *list(struct policies *policies, const char *const *places, enum trust trust,
                  bool may_miss)
{
  g_auto(GStrv) paths = NULL;
  GString *names = g_string_new(NULL);

  policies_forget(policies);
  paths = files_list(places, trust, may_miss, &policies->findings);
  for (size_t i = 0; paths[i] != NULL; i++) {
    assert_true(g_str_has_prefix(paths[i], policies->folder));
    g_string_append_printf(names, "%s%s", i == 0 ? "" : " ",
                           paths[i] + strlen(policies->folder) + 1);
  }
  return g_string_free(names, FALSE);
}

static void expect(struct policies *policies, const char *const *places, bool may_miss,
                   const char *names, const char *findings)
{
  g_autofree char *found = list(policies, places, TRUST_SYSTEM, may_miss);

  policies_expect(policies, findings);
  assert_string_equal(found, names);
}

static void test_folder(void **state)
{
  struct policies *policies = *state;
  const char *const places[] = {policies->text, NULL};

  expect(policies, places, false, "", "");
  policies_write(policies, "50-b.conf", "");
  policies_write(policies, "10-a.conf", "");
  policies_write(policies, "9.conf", "");
  policies_write(policies, ".hidden.conf", "");
  policies_write(policies, ".conf", "");
  policies_write(policies, "README", "");
  policies_write(policies, "old.conf.bak", "");
  expect(policies, places, false, "policy.d/10-a.conf policy.d/50-b.conf policy.d/9.conf", "");
}

static void test_files(void **state)
{
  struct policies *policies = *state;
  const char *one = policies_write(policies, "50-b", "");
  const char *other = policies_write(policies, "10-a.txt", "");
  const char *const places[] = {one, other, NULL};

  expect(policies, places, false, "policy.d/10-a.txt policy.d/50-b", "");
}

/* The administrator's file hides the vendor's of the same name. */
static void test_namesakes(void **state)
{
  struct policies *policies = *state;
  g_autofree char *vendor = g_build_filename(policies->folder, "vendor", NULL);
  g_autofree char *hidden = g_build_filename(vendor, "50-b.conf", NULL);
  g_autofree char *other = g_build_filename(vendor, "70-c.conf", NULL);
  const char *const places[] = {policies->text, vendor, NULL};
  const char *const reversed[] = {vendor, policies->text, NULL};

  assert_int_equal(g_mkdir(vendor, 0755), 0);
  assert_int_equal(g_chmod(vendor, 0755), 0);
  assert_true(g_file_set_contents(hidden, "", 0, NULL));
  assert_true(g_file_set_contents(other, "", 0, NULL));
  policies_write(policies, "10-a.conf", "");
  policies_write(policies, "50-b.conf", "");
  expect(policies, places, false, "policy.d/10-a.conf policy.d/50-b.conf vendor/70-c.conf",
         "0:hidden");
  policies_expect_words(policies, "policy.d/50-b.conf hides it");
  expect(policies, reversed, false, "policy.d/10-a.conf vendor/50-b.conf vendor/70-c.conf",
         "0:hidden");
}

static void test_missing(void **state)
{
  struct policies *policies = *state;
  g_autofree char *nowhere = g_build_filename(policies->folder, "nowhere", NULL);
  const char *const places[] = {nowhere, policies->text, NULL};

  policies_write(policies, "10-a.conf", "");
  expect(policies, places, true, "policy.d/10-a.conf", "");
  expect(policies, places, false, "policy.d/10-a.conf", "0:file");
  policies_expect_words(policies, "nowhere can't be read");
}

static void expect_unreadable(void **state)
{
  struct policies *policies = *state;
  const char *const places[] = {policies->text, NULL};

  expect(policies, places, true, "", "0:file");
  policies_expect_words(policies, "Permission denied");
}

static void test_unreadable(void **state)
{
  struct policies *policies = *state;

  policies_write(policies, "10-a.conf", "");
  assert_int_equal(g_chmod(policies->folder, 0755), 0);
  assert_int_equal(g_chmod(policies->text, 0311), 0);
  nobody_checks(expect_unreadable, state);
  assert_int_equal(g_chmod(policies->text, 0755), 0);
}

/* Who may put a file into the folder decides what is compiled. */
static void test_owner(void **state)
{
  struct policies *policies = *state;
  const char *const places[] = {policies->text, NULL};
  g_autofree char *found = NULL;

  policies_write(policies, "10-a.conf", "");
  assert_int_equal(g_chmod(policies->text, 0777), 0);
  expect(policies, places, false, "policy.d/10-a.conf", "0:file");
  policies_expect_words(policies, "others may write to it");
  found = list(policies, places, TRUST_ANYONE, false);
  policies_expect(policies, "");
  assert_string_equal(found, "policy.d/10-a.conf");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_folder),  TEST(test_files),      TEST(test_namesakes),
      TEST(test_missing), TEST(test_unreadable), TEST(test_owner),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whose files are believed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/trust.h"

#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static bool try(struct policies *policies, const char *path, enum trust trust)
{
  int fd = -1;
  bool opened;

  policies_forget(policies);
  opened = trust_open(path, trust, (struct spot){"the.conf", 7}, "pins", &policies->findings, &fd);
  if (opened)
    assert_int_equal(close(fd), 0);
  return opened;
}

static void expect_refused(struct policies *policies, const char *path, const char *words)
{
  assert_false(try(policies, path, TRUST_SYSTEM));
  policies_expect(policies, "7:file:pins");
  policies_expect_words(policies, words);
}

static void test_good(void **state)
{
  const char *path = policies_write(*state, "10-test.conf", "[a]\n");
  g_autofree char *link = g_strconcat(path, ".link", NULL);

  assert_true(try(*state, path, TRUST_SYSTEM));
  policies_expect(*state, "");
  assert_int_equal(g_chmod(path, 0600), 0);
  assert_true(try(*state, path, TRUST_SYSTEM));
  /* A link is followed: what it leads to is what has to be right. */
  assert_int_equal(symlink(path, link), 0);
  assert_true(try(*state, link, TRUST_SYSTEM));
  policies_expect(*state, "");
}

static void test_unreadable(void **state)
{
  struct policies *policies = *state;
  const char *path = policies_write(policies, "10-test.conf", "[a]\n");
  g_autofree char *fifo = g_build_filename(policies->folder, "fifo", NULL);

  expect_refused(policies, "/nowhere/at/all.conf", "/nowhere/at/all.conf can't be read");
  expect_refused(policies, policies->text, "is not a regular file");
  assert_int_equal(mkfifo(fifo, 0644), 0);
  expect_refused(policies, fifo, "is not a regular file");
  if (getuid() == 0)
    return;
  assert_int_equal(g_chmod(path, 0), 0);
  expect_refused(policies, path, "can't be read");
}

/* Others' text is never compiled; it may be looked over. */
static void test_mode(void **state)
{
  static const mode_t modes[] = {0664, 0646, 0666, 0622};
  const char *path = policies_write(*state, "10-test.conf", "[a]\n");

  for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
    assert_int_equal(chmod(path, modes[i]), 0);
    expect_refused(*state, path, "others may write to it");
    assert_true(try(*state, path, TRUST_ANYONE));
    policies_expect(*state, "7:owner:pins");
  }
}

static void test_owner(void **state)
{
  const char *path = policies_write(*state, "10-test.conf", "[a]\n");

  if (getuid() != 0)
    skip();
  assert_int_equal(chown(path, NOBODY, NOBODY), 0);
  expect_refused(*state, path, "belongs to another user");
  assert_true(try(*state, path, TRUST_ANYONE));
  policies_expect(*state, "7:owner:pins");
}

/* Root's text is good for everybody. */
static void test_root(void **state)
{
  struct policies *policies = *state;
  struct stat status = {.st_mode = S_IFREG | 0644, .st_uid = 0};
  const struct spot spot = {"the.conf", 0};

  assert_true(trust_check("x", &status, TRUST_SYSTEM, spot, NULL, &policies->findings));
  status.st_uid = geteuid();
  assert_true(trust_check("x", &status, TRUST_SYSTEM, spot, NULL, &policies->findings));
  policies_expect(policies, "");
  status.st_uid = geteuid() + 1;
  assert_false(trust_check("x", &status, TRUST_SYSTEM, spot, NULL, &policies->findings));
  policies_expect(policies, "0:file");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_good), TEST(test_unreadable), TEST(test_mode), TEST(test_owner), TEST(test_root),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

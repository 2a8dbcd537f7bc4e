/* Which layers were compiled from policy.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/marker.h"

#include "daemon/settings.h"
#include "daemon/store.h"
#include "tests/policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <unistd.h>

static void write_layer(const char *path, const struct setting_row *settings, size_t count)
{
  struct layer_contents contents = {.setting_count = count, .settings = settings};
  g_autofree char *problem = NULL;

  if (store_write_layer(path, &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

static void test_markers(void **state)
{
  static const struct setting_row compiled[] = {{"learn", "no", true},
                                                {SETTINGS_COMPILED_FROM, "/etc/a.conf", false}};
  struct policies *policies = *state;
  g_autofree char *path = g_build_filename(policies->text, "10-a.db", NULL);

  assert_int_equal(marker_read(path, geteuid()), MARKER_ABSENT);
  write_layer(path, compiled, 2);
  assert_int_equal(marker_read(path, geteuid()), MARKER_COMPILED);
  assert_int_equal(marker_read(path, geteuid() + 1), MARKER_UNREADABLE);
  write_layer(path, compiled, 1);
  assert_int_equal(marker_read(path, geteuid()), MARKER_FOREIGN);
  write_layer(path, NULL, 0);
  assert_int_equal(marker_read(path, geteuid()), MARKER_FOREIGN);
}

/* A link to /dev/null is the administrator's way to take a vendor's layer away; an empty file is a
 * layer that lost its contents. */
static void test_others(void **state)
{
  struct policies *policies = *state;
  const char *path = policies_write(policies, "10-a.db", "");
  g_autofree char *below = g_build_filename(path, "10-b.db", NULL);

  assert_int_equal(marker_read(path, geteuid()), MARKER_UNREADABLE);
  policies_write(policies, "10-a.db", "not a database");
  assert_int_equal(marker_read(path, geteuid()), MARKER_UNREADABLE);
  assert_int_equal(marker_read(below, geteuid()), MARKER_UNREADABLE);
  assert_int_equal(marker_read(policies->text, geteuid()), MARKER_UNREADABLE);
  assert_int_equal(g_unlink(path), 0);
  assert_int_equal(symlink("/dev/zero", path), 0);
  assert_int_equal(marker_read(path, geteuid()), MARKER_UNREADABLE);
  assert_int_equal(g_unlink(path), 0);
  assert_int_equal(symlink("/dev/null", path), 0);
  assert_int_equal(marker_read(path, geteuid()), MARKER_FOREIGN);
  assert_int_equal(marker_read(path, geteuid() + 1), MARKER_UNREADABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_markers),
      TEST(test_others),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

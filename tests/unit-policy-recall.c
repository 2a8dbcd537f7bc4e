/* That what is recalled of the settings is written again into a user's store that was opened anew.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/doctor.h"
#include "tests/gate.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { NOW = GATE_NOW };

/* What the administrator locks from now on. */
static void lock(struct gate *gate, const char *value)
{
  struct settings settings;

  gate_setting(gate, "unavailable", value);
  if (gate->policy == NULL)
    gate_open(gate);
  layers_reload_system(policy_layers(gate->policy));
  policy_settings(gate->policy, &settings, NULL, NULL);
}

static void expect_recalled(const struct gate *gate, const char *value)
{
  g_autofree char *sql =
      g_strdup_printf("SELECT count(*) FROM setting WHERE value = '00-unavailable.db/%s'", value);

  assert_int_equal(stores_number(gate->strata->user, "SELECT count(*) FROM setting"), 2);
  assert_int_equal(stores_number(gate->strata->user, sql), 1);
}

/* A backup of the laxer time takes the place of the store. */
static void test_restored(void **state)
{
  const struct backup_terms terms = {.asked = true};
  struct gate *gate = *state;
  struct backup *lax, *before;
  g_autofree char *name = NULL;
  char *problem = NULL;

  lock(gate, "go-on");
  expect_recalled(gate, "go-on");
  assert_int_equal(backups_make(gate->strata->user, geteuid(), NOW - 9, &terms, &lax, &problem),
                   TLSPIN_OK);
  name = g_path_get_basename(lax->path);
  backup_free(lax);
  lock(gate, "fail");
  expect_recalled(gate, "fail");
  if (doctor_restore(gate->policy, name, NOW, &before, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  backup_free(before);
  expect_recalled(gate, "fail");
}

/* The file is another: an older one that was put there, or a damaged one that was recovered. */
static void test_opened_anew(void **state)
{
  struct gate *gate = *state;
  g_autofree char *lax = g_strdup(strata_path(gate->strata->folder, "lax.db"));

  lock(gate, "go-on");
  stores_copy(gate->strata->user, lax);
  lock(gate, "fail");
  assert_int_equal(g_rename(lax, gate->strata->user), 0);
  expect_recalled(gate, "go-on");
  policy_flush(gate->policy, NOW + 60);
  expect_recalled(gate, "fail");
  stores_write(gate->strata->user, 0, "no database", 11);
  layers_watch_user(policy_layers(gate->policy), NOW + 120);
  policy_flush(gate->policy, NOW + 120);
  expect_recalled(gate, "fail");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {TEST(test_restored), TEST(test_opened_anew)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}

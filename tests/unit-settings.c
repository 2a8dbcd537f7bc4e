/* What may be set, by whom, and what holds.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings.h"

#include "daemon/config-file.h"
#include "pinning/hpkp.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { DAY = 86400 };

static const struct config silent = {.lifetime_cap = 0};

/* A layer that sets one value. */
static void write_layer(const char *folder, const char *file, const char *name, const char *value,
                        bool locked)
{
  struct setting_row row = {name, value, locked};
  struct layer_contents contents = {.setting_count = 1, .settings = &row};
  char *problem = NULL;

  if (store_write_layer(strata_path(folder, file), &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

static struct settings resolve(struct strata *strata, const struct config *config)
{
  struct settings settings;

  memset(&settings, 0xff, sizeof settings);
  settings_resolve(strata->layers, config, &settings, NULL, NULL);
  return settings;
}

static void test_defaults(void **state)
{
  struct strata *strata = *state;
  const struct config *const configs[] = {NULL, &silent};

  strata_open(strata);
  for (size_t i = 0; i < 2; i++) {
    struct settings settings = resolve(strata, configs[i]);

    assert_int_equal(settings.lifetime_cap, 31 * DAY);
    assert_int_equal(settings.hpkp_cap, HPKP_AGE_MAX);
    assert_true(settings.learn);
    assert_int_equal(settings.level, KEYPIN_LEAF);
    assert_int_equal(settings.changes, CHANGES_DEFAULT);
    assert_false(settings.anchors_enforced);
    assert_false(settings.unavailable_fails);
  }
}

static void test_config(void **state)
{
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 1234};
  struct settings settings;

  config.hpkp_cap = g_strdup("7d");
  config.learn = g_strdup("no");
  config.level = g_strdup("anchor");
  config.changes = g_strdup("proved; same-key");
  config.anchors = g_strdup("enforce");
  strata_open(strata);
  settings = resolve(strata, &config);
  config_clear(&config);
  assert_int_equal(settings.lifetime_cap, 1234);
  assert_int_equal(settings.hpkp_cap, 7 * DAY);
  assert_false(settings.learn);
  assert_int_equal(settings.level, KEYPIN_ANCHOR);
  assert_int_equal(settings.changes, 1 << CHANGE_PROVED | 1 << CHANGE_SAME_KEY);
  assert_true(settings.anchors_enforced);
  assert_false(settings.unavailable_fails);
}

/* What each name takes, and what it doesn't. */
static void test_check(void **state)
{
  static const struct {
    const char *name, *value;
    bool fine;
  } cases[] = {
      {"lifetime-cap", "0", true},
      {"lifetime-cap", "31622400", true},
      {"lifetime-cap", "366d", true},
      {"lifetime-cap", "367d", false},
      {"lifetime-cap", "31622401", false},
      {"lifetime-cap", "-1", false},
      {"lifetime-cap", "d", false},
      {"lifetime-cap", "", false},
      {"lifetime-cap", " 1", false},
      {"lifetime-cap", "1h", false},
      {"lifetime-cap", "1dd", false},
      {"lifetime-cap", "4294967296d", false},
      {"hpkp-cap", "60d", true},
      {"hpkp-cap", "0d", true},
      {"hpkp-cap", "5184000", true},
      {"hpkp-cap", "5184001", false},
      {"learn", "yes", true},
      {"learn", "no", true},
      {"learn", "true", false},
      {"learn", "", false},
      {"level", "leaf", true},
      {"level", "issuer", true},
      {"level", "anchor", true},
      {"level", "authority", false},
      {"level", "any", false},
      {"changes", "none", true},
      {"changes", "same-key", true},
      {"changes", "same-key;", true},
      {"changes", " same-key ; seen-before;same-issuer;proved", true},
      {"changes", "", false},
      {"changes", ";", false},
      {"changes", "same-key;;proved", false},
      {"changes", "unexplained", false},
      {"changes", "same-key;unexplained", false},
      {"changes", "none;proved", false},
      {"anchors", "exempt", true},
      {"anchors", "enforce", true},
      {"anchors", "yes", false},
      {"unavailable", "go-on", true},
      {"unavailable", "fail", true},
      {"unavailable", "stop", false},
      {"vendor-anchors", "/tmp", false},
      {"Learn", "yes", false},
      {"", "", false},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *problem = NULL;

    if (settings_check(cases[i].name, cases[i].value, &problem) != cases[i].fine)
      fail_msg("%s=%s: %s", cases[i].name, cases[i].value, problem);
    assert_true((problem == NULL) == cases[i].fine);
    if (problem != NULL)
      assert_non_null(strstr(problem, cases[i].name));
    g_free(problem);
  }
}

/* Locked, the user's, unlocked, the default: the first that says something. */
static void test_order(void **state)
{
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 3000};

  strata_open(strata);
  assert_int_equal(resolve(strata, &silent).lifetime_cap, 31 * DAY);
  write_layer(strata->vendor, "10.db", "lifetime-cap", "4000", false);
  strata_open(strata);
  assert_int_equal(resolve(strata, &silent).lifetime_cap, 4000);
  assert_int_equal(resolve(strata, &config).lifetime_cap, 3000);
  write_layer(strata->admin, "20.db", "lifetime-cap", "5000", false);
  strata_open(strata);
  assert_int_equal(resolve(strata, &silent).lifetime_cap, 5000);
  write_layer(strata->vendor, "10.db", "lifetime-cap", "4000", true);
  strata_open(strata);
  assert_int_equal(resolve(strata, &silent).lifetime_cap, 4000);
  assert_int_equal(resolve(strata, &config).lifetime_cap, 4000);
  write_layer(strata->admin, "20.db", "lifetime-cap", "5000", true);
  strata_open(strata);
  assert_int_equal(resolve(strata, &config).lifetime_cap, 5000);
}

/* Only the system may say that a store that can't be read ends connections. */
static void test_unavailable(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "20.db", "unavailable", "fail", false);
  strata_open(strata);
  assert_true(resolve(strata, &silent).unavailable_fails);
}

/* What a layer should not hold sets nothing, and what can't be read sets nothing. */
static void test_bad_layers(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "20.db", "learn", "perhaps", true);
  strata_write(strata->admin, "30.db", "no database");
  strata_open(strata);
  assert_true(resolve(strata, &silent).learn);
  write_layer(strata->admin, "20.db", "future", "1", true);
  write_layer(strata->admin, "10.db", "learn", "no", true);
  strata_open(strata);
  assert_false(resolve(strata, &silent).learn);
}

static void tell(const char *name, const char *value, const char *source, bool locked, void *data)
{
  g_string_append_printf(data, "%s=%s %s %d\n", name, value, source, locked);
}

static void test_visit(void **state)
{
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 3000};
  struct settings settings;
  g_autoptr(GString) told = g_string_new(NULL);

  write_layer(strata->admin, "20.db", "learn", "no", true);
  write_layer(strata->admin, "10.db", "anchors", "enforce", false);
  strata_open(strata);
  config.level = g_strdup("issuer");
  settings_resolve(strata->layers, &config, &settings, tell, told);
  config_clear(&config);
  assert_string_equal(told->str, "lifetime-cap=3000 tlspind.conf 0\n"
                                 "hpkp-cap=60d default 0\n"
                                 "learn=no 20.db 1\n"
                                 "level=issuer tlspind.conf 0\n"
                                 "changes=same-key;seen-before;same-issuer;proved default 0\n"
                                 "anchors=enforce 10.db 0\n"
                                 "unavailable=go-on default 0\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_defaults),    TEST(test_config),     TEST(test_check), TEST(test_order),
      TEST(test_unavailable), TEST(test_bad_layers), TEST(test_visit),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

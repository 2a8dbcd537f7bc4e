/* What holds of what is set.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/settings.h"

#include "daemon/config-file.h"
#include "daemon/recall.h"
#include "pinning/hpkp.h"
#include "tests/stores.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 86400 };

static const struct config silent = {.lifetime_cap = 0};
static struct recall recall;

static int setup(void **state)
{
  recall = (struct recall){.known = false};
  return strata_setup(state);
}

static int teardown(void **state)
{
  recall_clear(&recall);
  return strata_teardown(state);
}

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
  assert_true(settings_resolve(strata->layers, config, &recall, &settings, NULL, NULL));
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

/* What a layer should not hold sets nothing. */
static void test_bad_values(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "20.db", "learn", "perhaps", true);
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
  settings_resolve(strata->layers, &config, &recall, &settings, tell, told);
  config_clear(&config);
  assert_string_equal(told->str, "lifetime-cap=3000 tlspind.conf 0\n"
                                 "hpkp-cap=60d default 0\n"
                                 "learn=no 20.db 1\n"
                                 "level=issuer tlspind.conf 0\n"
                                 "changes=same-key;seen-before;same-issuer;proved default 0\n"
                                 "anchors=enforce 10.db 0\n"
                                 "unavailable=go-on default 0\n");
}

static char *tell_all(struct strata *strata, const struct config *config, bool lasting)
{
  GString *told = g_string_new(NULL);
  struct settings settings;

  assert_int_equal(settings_resolve(strata->layers, config, &recall, &settings, tell, told),
                   lasting);
  return g_string_free(told, FALSE);
}

static void expect_line(struct strata *strata, const char *line)
{
  g_autofree char *told = tell_all(strata, &silent, true);

  if (strstr(told, line) == NULL)
    fail_msg("'%s' is not in:\n%s", line, told);
}

/* As the daemon does it. */
static void save(struct strata *strata)
{
  recall_save(&recall, layers_at(strata->layers, 0)->store);
}

static void restart(struct strata *strata)
{
  recall_clear(&recall);
  recall = (struct recall){.known = false};
  strata_open(strata);
}

static const struct setting_row everything[] = {
    {"lifetime-cap", "2d", true},
    {"hpkp-cap", "1d", true},
    {"learn", "no", true},
    {"level", "anchor", true},
    {"changes", "proved;same-key", true},
    {"anchors", "enforce", true},
    {"unavailable", "fail", true},
};

static void write_everything(const struct strata *strata, const char *file)
{
  struct layer_contents contents = {.setting_count = G_N_ELEMENTS(everything),
                                    .settings = everything};
  char *problem = NULL;

  if (store_write_layer(strata_path(strata->admin, file), &contents, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
}

/* Rules 2 and 3: what a damaged layer had locked stays locked, against the user's word, in this
 * process and in the next one. */
static void test_damaged_layer(void **state)
{
  static const char remembered[] = "lifetime-cap=2d 50.db (remembered) 1\n"
                                   "hpkp-cap=1d 50.db (remembered) 1\n"
                                   "learn=no 50.db (remembered) 1\n"
                                   "level=anchor 50.db (remembered) 1\n"
                                   "changes=proved;same-key 50.db (remembered) 1\n"
                                   "anchors=enforce 50.db (remembered) 1\n"
                                   "unavailable=fail 50.db (remembered) 1\n";
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 30 * DAY};
  struct settings settings;

  config.learn = g_strdup("yes");
  config.anchors = g_strdup("exempt");
  config.changes = g_strdup("same-key;seen-before;same-issuer;proved");
  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &config);
  save(strata);
  strata_write(strata->admin, "50.db", "no database");
  for (int i = 0; i < 3; i++) {
    g_autofree char *told = NULL;

    if (i == 0)
      assert_true(layers_reload_system(strata->layers));
    else
      restart(strata);
    told = tell_all(strata, &config, true);
    assert_string_equal(told, remembered);
    save(strata);
  }
  settings = resolve(strata, &config);
  config_clear(&config);
  assert_int_equal(settings.lifetime_cap, 2 * DAY);
  assert_false(settings.learn);
  assert_int_equal(settings.changes, 1 << CHANGE_PROVED | 1 << CHANGE_SAME_KEY);
  assert_true(settings.anchors_enforced);
  assert_true(settings.unavailable_fails);
}

/* Once all can be read again, or the layer is taken away, what the layers say is all. */
static void test_mended(void **state)
{
  struct strata *strata = *state;

  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &silent);
  strata_write(strata->admin, "50.db", "no database");
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "learn=no 50.db (remembered) 1");
  write_layer(strata->admin, "50.db", "anchors", "enforce", true);
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "learn=yes default 0");
  expect_line(strata, "anchors=enforce 50.db 1");
  save(strata);
  unlink(strata_path(strata->admin, "50.db"));
  restart(strata);
  expect_line(strata, "anchors=exempt default 0");
  save(strata);
  assert_int_equal(stores_number(strata->user, "SELECT count(*) FROM setting"), 0);
}

/* The stricter of what is remembered and what a layer locks that can be read; the oracle is a list.
 */
static void test_stricter_of_both(void **state)
{
  static const struct {
    const char *name, *remembered, *readable, *expected;
    bool now;
  } cases[] = {
      {"anchors", "enforce", "exempt", "enforce", false},
      {"anchors", "exempt", "enforce", "enforce", true},
      {"unavailable", "fail", "go-on", "fail", false},
      {"unavailable", "go-on", "fail", "fail", true},
      {"learn", "no", "yes", "no", false},
      {"learn", "yes", "no", "no", true},
      {"level", "leaf", "issuer", "leaf", false},
      {"level", "anchor", "issuer", "issuer", true},
      {"lifetime-cap", "1d", "86401", "1d", false},
      {"lifetime-cap", "2d", "86400", "86400", true},
      {"hpkp-cap", "0", "60d", "0", false},
      {"hpkp-cap", "60d", "60d", "60d", true},
      {"changes", "none", "proved", "none", false},
      {"changes", "proved;same-key", "same-key", "same-key", true},
      {"changes", "proved;same-key", "same-key;seen-before", "same-key", false},
      {"changes", "proved", "same-key", "none", false},
      {"changes", "proved;same-key", "same-key;proved", "same-key;proved", true},
  };
  struct strata *strata = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *line = g_strdup_printf("%s=%s %s 1\n", cases[i].name, cases[i].expected,
                                            cases[i].now ? "40.db" : "50.db (remembered)");

    unlink(strata_path(strata->admin, "40.db"));
    write_layer(strata->admin, "50.db", cases[i].name, cases[i].remembered, true);
    restart(strata);
    resolve(strata, &silent);
    write_layer(strata->admin, "40.db", cases[i].name, cases[i].readable, true);
    strata_write(strata->admin, "50.db", "no database");
    assert_true(layers_reload_system(strata->layers));
    expect_line(strata, line);
    expect_line(strata, line);
  }
}

/* What is locked anew while another layer can't be read is remembered as well. */
static void test_locked_meanwhile(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "50.db", "learn", "no", true);
  strata_open(strata);
  resolve(strata, &silent);
  strata_write(strata->admin, "50.db", "no database");
  write_layer(strata->admin, "40.db", "unavailable", "fail", true);
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "unavailable=fail 40.db 1");
  save(strata);
  strata_write(strata->admin, "40.db", "no database");
  restart(strata);
  expect_line(strata, "unavailable=fail 40.db (remembered) 1");
  expect_line(strata, "learn=no 50.db (remembered) 1");
}

/* "unavailable" is the system's alone, so that it counts as locked. The others are remembered as
 * what they were: behind the user's word. */
static void test_unlocked(void **state)
{
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 0};

  write_layer(strata->admin, "50.db", "unavailable", "fail", false);
  write_layer(strata->admin, "40.db", "changes", "none", false);
  write_layer(strata->admin, "30.db", "learn", "no", false);
  strata_open(strata);
  expect_line(strata, "unavailable=fail 50.db 1");
  expect_line(strata, "changes=none 40.db 0");
  save(strata);
  strata_write(strata->admin, "50.db", "");
  strata_write(strata->admin, "40.db", "");
  for (int i = 0; i < 2; i++) {
    g_autofree char *told = NULL;

    if (i == 0)
      assert_true(layers_reload_system(strata->layers));
    else
      restart(strata);
    expect_line(strata, "unavailable=fail 50.db (remembered) 1");
    expect_line(strata, "changes=none 40.db (remembered) 0");
    expect_line(strata, "learn=no 30.db 0");
    config.changes = g_strdup("same-key");
    told = tell_all(strata, &config, true);
    assert_non_null(strstr(told, "changes=same-key tlspind.conf 0"));
    config_clear(&config);
  }
}

/* Who unlocks a setting elsewhere, while a layer can't be read, loosens nothing. */
static void test_unlocked_meanwhile(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "50.db", "changes", "none", true);
  write_layer(strata->admin, "40.db", "anchors", "enforce", false);
  strata_open(strata);
  resolve(strata, &silent);
  strata_write(strata->admin, "50.db", "no database");
  strata_write(strata->admin, "40.db", "no database");
  write_layer(strata->admin, "60.db", "changes", "same-key", false);
  write_layer(strata->admin, "61.db", "anchors", "exempt", false);
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "changes=none 50.db (remembered) 1");
  expect_line(strata, "anchors=enforce 40.db (remembered) 0");
}

/* Rule 4: a new user whose first start meets a damaged layer. */
static void test_nothing_remembered(void **state)
{
  struct strata *strata = *state;
  struct config config = {.lifetime_cap = 3000};
  g_autofree char *told = NULL, *again = NULL;

  config.learn = g_strdup("yes");
  config.anchors = g_strdup("exempt");
  config.changes = g_strdup("same-key");
  strata_write(strata->admin, "50.db", "no database");
  write_layer(strata->vendor, "10.db", "anchors", "exempt", true);
  write_layer(strata->vendor, "20.db", "hpkp-cap", "1d", true);
  strata_open(strata);
  told = tell_all(strata, &config, true);
  assert_string_equal(told, "lifetime-cap=3000 tlspind.conf 0\n"
                            "hpkp-cap=1d 20.db 1\n"
                            "learn=no 50.db (unreadable) 1\n"
                            "level=leaf default 0\n"
                            "changes=same-key tlspind.conf 0\n"
                            "anchors=enforce 50.db (unreadable) 1\n"
                            "unavailable=go-on default 0\n");
  save(strata);
  restart(strata); /* which doesn't make it known */
  again = tell_all(strata, &config, true);
  config_clear(&config);
  assert_string_equal(again, told);
  unlink(strata_path(strata->admin, "50.db"));
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "anchors=exempt 10.db 1");
  expect_line(strata, "learn=yes default 0");
}

/* It is remembered, too, that nothing was locked. */
static void test_nothing_locked(void **state)
{
  struct strata *strata = *state;

  write_layer(strata->admin, "50.db", "compiled-from", "50.conf", false);
  strata_open(strata);
  resolve(strata, &silent);
  save(strata);
  strata_write(strata->admin, "50.db", "no database");
  restart(strata);
  expect_line(strata, "anchors=exempt default 0");
  expect_line(strata, "learn=yes default 0");
}

/* A folder that can't be listed may hold anything. */
static void test_folder_unreadable(void **state)
{
  struct strata *strata = *state;

  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &silent);
  assert_int_equal(unlink(strata_path(strata->admin, "50.db")), 0);
  assert_int_equal(rmdir(strata->admin), 0);
  strata_write(strata->folder, "admin", "a file in the folder's place");
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "unavailable=fail 50.db (remembered) 1");
  assert_int_equal(unlink(strata->admin), 0);
}

/* A layer that was fine when it was opened and can't be read now: for this time only. */
static void test_damaged_while_open(void **state)
{
  struct strata *strata = *state;
  g_autofree char *told = NULL;

  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &silent);
  stores_sql(strata_path(strata->admin, "50.db"), "DELETE FROM setting WHERE name = 'learn'");
  told = tell_all(strata, &silent, false);
  assert_non_null(strstr(told, "learn=no 50.db (remembered) 1\n"));
  assert_non_null(strstr(told, "anchors=enforce 50.db (remembered) 1\n"));
}

/* Neither the layer nor the user's store can be read: what the store remembers counts as soon as it
 * can. */
static void test_store_unreadable(void **state)
{
  struct strata *strata = *state;
  g_autofree char *told = NULL;

  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &silent);
  save(strata);
  assert_int_equal(chmod(strata->user, 0644), 0);
  strata_write(strata->admin, "50.db", "no database");
  restart(strata);
  told = tell_all(strata, &silent, false);
  assert_non_null(strstr(told, "anchors=enforce 50.db (unreadable) 1\n"));
  assert_non_null(strstr(told, "unavailable=go-on default 0\n"));
  assert_int_equal(chmod(strata->user, 0600), 0);
  assert_non_null(layers_user(strata->layers, STRATA_NOW + 2)->store);
  expect_line(strata, "unavailable=fail 50.db (remembered) 1");
}

/* What one process knows is not changed by an older word in the store. */
static void test_known_without_store(void **state)
{
  struct strata *strata = *state;
  g_autofree char *aside = g_strdup(strata_path(strata->folder, "aside"));

  write_everything(strata, "50.db");
  strata_open(strata);
  resolve(strata, &silent);
  save(strata);
  assert_int_equal(rename(strata->user, aside), 0);
  write_layer(strata->admin, "50.db", "learn", "no", true);
  restart(strata);
  expect_line(strata, "unavailable=go-on default 0");
  assert_int_equal(rename(aside, strata->user), 0);
  assert_non_null(layers_user(strata->layers, STRATA_NOW + 2)->store);
  strata_write(strata->admin, "50.db", "no database");
  assert_true(layers_reload_system(strata->layers));
  expect_line(strata, "learn=no 50.db (remembered) 1");
  expect_line(strata, "unavailable=go-on default 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_defaults),           TEST(test_config),           TEST(test_order),
      TEST(test_unavailable),        TEST(test_bad_values),       TEST(test_visit),
      TEST(test_damaged_layer),      TEST(test_mended),           TEST(test_stricter_of_both),
      TEST(test_locked_meanwhile),   TEST(test_unlocked),         TEST(test_unlocked_meanwhile),
      TEST(test_nothing_remembered), TEST(test_nothing_locked),   TEST(test_folder_unreadable),
      TEST(test_damaged_while_open), TEST(test_store_unreadable), TEST(test_known_without_store),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

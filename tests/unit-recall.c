/* What was locked when all layers of the system could last be read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recall.h"

#include "tests/stores.h"
#include "tests/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct recall recall;

static int setup(void **state)
{
  recall = (struct recall){.known = false};
  strata_setup(state);
  strata_open(*state);
  return 0;
}

static int teardown(void **state)
{
  recall_clear(&recall);
  return strata_teardown(state);
}

static struct store *user(struct strata *strata)
{
  return layers_at(strata->layers, 0)->store;
}

/* A new process. */
static void forget(struct strata *strata)
{
  recall_clear(&recall);
  recall = (struct recall){.known = false};
  strata_open(strata);
}

static void hold_as(const char *name, const char *value, const char *layer, bool locked, bool now)
{
  const struct recalled said = {(char *)(uintptr_t)value, (char *)(uintptr_t)layer, locked, now};

  recall_hold(&recall, settings_find(name), &said);
}

static void hold(const char *name, const char *value, const char *layer, bool now)
{
  hold_as(name, value, layer, true, now);
}

static void expect(const char *name, const char *value, const char *layer, bool now)
{
  const struct recalled *held = &recall.at[settings_find(name)];

  assert_non_null(held->value);
  assert_string_equal(held->value, value);
  assert_string_equal(held->layer, layer);
  assert_int_equal(held->now, now);
}

static bool write_row(const struct setting_row *row, void *data)
{
  assert_false(row->locked);
  g_string_append_printf(data, "%s=%s ", row->name, row->value);
  return true;
}

static void expect_rows(struct strata *strata, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  assert_int_equal(store_settings(user(strata), write_row, text), TLSPIN_OK);
  assert_string_equal(text->str, expected);
}

static void test_hold(void **state)
{
  (void)state;
  assert_null(recall.at[settings_find("learn")].value);
  hold("learn", "yes", "50.db", true);
  expect("learn", "yes", "50.db", true);
  recall_age(&recall);
  expect("learn", "yes", "50.db", false);
  hold("learn", "yes", "40.db", true);
  expect("learn", "yes", "40.db", true);
  hold("learn", "no", "30.db", false);
  expect("learn", "no", "30.db", false);
  hold("learn", "yes", "60.db", true);
  expect("learn", "no", "30.db", false);
  recall_clear(&recall);
  assert_null(recall.at[settings_find("learn")].value);
}

/* A lock counts more, be it laxer or older. */
static void test_hold_unlocked(void **state)
{
  (void)state;
  hold_as("learn", "yes", "50.db", false, true);
  expect("learn", "yes", "50.db", true);
  assert_false(recall.at[settings_find("learn")].locked);
  hold_as("learn", "no", "40.db", false, true);
  expect("learn", "no", "40.db", true);
  hold("learn", "yes", "30.db", true);
  expect("learn", "yes", "30.db", true);
  assert_true(recall.at[settings_find("learn")].locked);
  recall_age(&recall);
  hold_as("learn", "no", "60.db", false, true);
  expect("learn", "yes", "30.db", false);
  recall_clear(&recall);
}

/* Neither of both says what holds then: it's named by the one that did first. */
static void test_hold_both(void **state)
{
  (void)state;
  hold("changes", "proved;same-key", "50.db", true);
  recall_age(&recall);
  hold("changes", "seen-before;proved", "40.db", true);
  expect("changes", "proved", "50.db", false);
  hold("changes", "same-key", "40.db", true);
  expect("changes", "none", "50.db", false);
}

static void test_saved_and_loaded(void **state)
{
  struct strata *strata = *state;

  recall_renew(&recall);
  hold("learn", "no", "50.db", true);
  hold("lifetime-cap", "31d", "10.db", true);
  hold_as("level", "issuer", "20.db", false, true);
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  expect_rows(strata, "learn=50.db/no level=20.db//issuer lifetime-cap=10.db/31d remembered=yes ");
  forget(strata);
  recall_load(&recall, user(strata));
  assert_true(recall.loaded && recall.known);
  expect("learn", "no", "50.db", false);
  expect("lifetime-cap", "31d", "10.db", false);
  expect("level", "issuer", "20.db", false);
  assert_false(recall.at[settings_find("level")].locked);
  assert_true(recall.at[settings_find("learn")].locked);
  assert_null(recall.at[settings_find("anchors")].value);
}

/* What is known of this process's own goes before what the store says, and into it. */
static void test_load_once(void **state)
{
  struct strata *strata = *state;

  recall_renew(&recall);
  hold("learn", "no", "50.db", true);
  recall_save(&recall, user(strata));
  recall_renew(&recall);
  recall_load(&recall, user(strata));
  assert_null(recall.at[settings_find("learn")].value);
  recall.saved = false;
  recall_save(&recall, user(strata));
  expect_rows(strata, "remembered=yes ");
  recall.empty = true;
  recall.saved = false;
  recall_save(&recall, user(strata));
  expect_rows(strata, "");
}

/* What holds already, by a layer that can be read, and what the store says: the stricter. */
static void test_load_is_stricter(void **state)
{
  struct strata *strata = *state;
  static const struct setting_row rows[] = {{"anchors", "50.db/enforce", false},
                                            {"learn", "50.db/yes", false}};

  assert_int_equal(store_put_settings(user(strata), rows, 2), TLSPIN_OK);
  hold("anchors", "exempt", "40.db", true);
  hold("learn", "no", "40.db", true);
  recall_load(&recall, user(strata));
  assert_true(recall.loaded);
  assert_false(recall.known);
  expect("anchors", "enforce", "50.db", false);
  expect("learn", "no", "40.db", true);
}

static int64_t changes_of(const struct strata *strata)
{
  return stores_number(strata->user, "SELECT count(*) FROM setting");
}

/* Only what changes is written, and nobody's store for nothing. */
static void test_written_only_where_it_differs(void **state)
{
  struct strata *strata = *state;
  struct stat before, after;

  recall_renew(&recall);
  recall.empty = true;
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  assert_int_equal(changes_of(strata), 0);
  recall.empty = recall.saved = false;
  hold("learn", "no", "50.db", true);
  recall_save(&recall, user(strata));
  assert_int_equal(changes_of(strata), 2);
  assert_int_equal(stat(strata->user, &before), 0);
  forget(strata);
  recall_renew(&recall);
  hold("learn", "no", "50.db", true);
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  assert_int_equal(stat(strata->user, &after), 0);
  assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim);
}

/* Before anything is known there is nothing to be written over what the store says. */
static void test_nothing_known(void **state)
{
  struct strata *strata = *state;
  static const struct setting_row row = {"learn", "50.db/no", false};

  assert_int_equal(store_put_settings(user(strata), &row, 1), TLSPIN_OK);
  hold("anchors", "enforce", "40.db", true);
  recall_save(&recall, user(strata));
  assert_false(recall.saved);
  expect_rows(strata, "learn=50.db/no ");
}

/* Rows that tlspin doesn't write: nothing is believed to be known, what can be read counts. */
static void test_strange_rows(void **state)
{
  static const struct setting_row strange[] = {
      {"learn", "no", false},
      {"learn", "50.db/", false},
      {"anchors", "50.db/all", false},
      {"future", "50.db/yes", false},
      {"learn", "", false},
      {"compiled-from", "50.conf/x", false},
  };
  struct strata *strata = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(strange); i++) {
    struct setting_row rows[] = {
        strange[i], {"remembered", "yes", false}, {"unavailable", "50.db/fail", false}};

    assert_int_equal(store_put_settings(user(strata), rows, 3), TLSPIN_OK);
    forget(strata);
    recall_load(&recall, user(strata));
    assert_true(recall.loaded);
    assert_false(recall.known);
    expect("unavailable", "fail", "50.db", false);
  }
}

static const struct setting_row newer[] = {{"anchors", "50.db/all", false},
                                           {"future", "50.db/yes", false},
                                           {"learn", "50.db/no", false},
                                           {"remembered", "and-more", false}};

/* Of a newer tlspin that was here before: each row stays as it is but those that we could have
 * written. */
static void test_rows_of_a_newer_one_stay(void **state)
{
  struct strata *strata = *state;
  struct stat before, after;

  assert_int_equal(store_put_settings(user(strata), newer, G_N_ELEMENTS(newer)), TLSPIN_OK);
  forget(strata);
  recall_renew(&recall);
  hold("anchors", "enforce", "40.db", true);
  hold("learn", "yes", "40.db", true);
  hold("level", "leaf", "40.db", true);
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  expect_rows(strata, "anchors=50.db/all future=50.db/yes learn=40.db/yes level=40.db/leaf "
                      "remembered=and-more ");
  assert_int_equal(stat(strata->user, &before), 0);
  recall.saved = false;
  recall_save(&recall, user(strata));
  assert_int_equal(stat(strata->user, &after), 0);
  assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof before.st_ctim);
  recall_renew(&recall);
  recall.empty = true;
  recall.saved = false;
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  expect_rows(strata, "anchors=50.db/all future=50.db/yes remembered=and-more ");
}

/* What is read beside them is not all that there is to be known, and is saved as it was. */
static void test_rows_of_a_newer_one_are_loaded(void **state)
{
  struct strata *strata = *state;

  assert_int_equal(store_put_settings(user(strata), newer, G_N_ELEMENTS(newer)), TLSPIN_OK);
  forget(strata);
  recall_load(&recall, user(strata));
  assert_true(recall.loaded);
  assert_false(recall.known);
  expect("learn", "no", "50.db", false);
  assert_null(recall.at[settings_find("anchors")].value);
  hold("anchors", "exempt", "40.db", true);
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  expect_rows(strata, "anchors=50.db/all future=50.db/yes learn=50.db/no remembered=and-more ");
}

/* A store that can't be read or written is no error, and is tried again. */
static void test_store_damaged(void **state)
{
  struct strata *strata = *state;

  recall_renew(&recall);
  hold("learn", "no", "50.db", true);
  recall_save(&recall, user(strata));
  stores_sql(strata->user, "UPDATE setting SET value = '50.db/yes' WHERE name = 'learn'");
  recall.saved = false;
  recall_save(&recall, user(strata));
  assert_false(recall.saved);
  recall_clear(&recall);
  recall = (struct recall){.known = false};
  recall_load(&recall, user(strata));
  assert_false(recall.loaded || recall.known);
}

/* The longest name of a file with the longest value. */
static void test_longest(void **state)
{
  struct strata *strata = *state;
  g_autofree char *layer = g_strnfill(3 * 255, 'l');
  g_autofree char *zeros = g_strnfill(125, '0'), *value = g_strconcat(zeros, "31d", NULL);
  g_autofree char *longer = g_strconcat("0", value, NULL), *problem = NULL;

  assert_true(settings_check("lifetime-cap", value, &problem));
  assert_false(settings_check("lifetime-cap", longer, &problem));
  recall_renew(&recall);
  hold("lifetime-cap", value, layer, true);
  recall_save(&recall, user(strata));
  assert_true(recall.saved);
  forget(strata);
  recall_load(&recall, user(strata));
  expect("lifetime-cap", value, layer, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_hold),
      TEST(test_hold_unlocked),
      TEST(test_hold_both),
      TEST(test_saved_and_loaded),
      TEST(test_load_once),
      TEST(test_load_is_stricter),
      TEST(test_written_only_where_it_differs),
      TEST(test_nothing_known),
      TEST(test_strange_rows),
      TEST(test_rows_of_a_newer_one_stay),
      TEST(test_rows_of_a_newer_one_are_loaded),
      TEST(test_store_damaged),
      TEST(test_longest),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

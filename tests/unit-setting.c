/* The settings of a store.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/setting.h"

#include "daemon/contents.h"
#include "tests/hostile.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

static const struct setting_row rows[] = {
    {"unavailable", "fail", true},
    {"learn", "no", false},
    {"changes", "", false},
    {"level", "Wurzel \xe2\x82\xac", true},
};

struct writing {
  GString *text;
  int left;
};

static bool write_setting(const struct setting_row *setting, void *data)
{
  struct writing *writing = data;

  g_string_append_printf(writing->text, "%s=%s%s ", setting->name, setting->value,
                         setting->locked ? "!" : "");
  return --writing->left > 0;
}

static void expect(struct store *store, int left, const char *expected)
{
  struct writing writing = {g_string_new(NULL), left};

  assert_int_equal(store_settings(store, write_setting, &writing), TLSPIN_OK);
  assert_string_equal(writing.text->str, expected);
  g_string_free(writing.text, TRUE);
}

static struct store *open_layer(struct stores *stores)
{
  struct layer_contents contents = {.setting_count = G_N_ELEMENTS(rows), .settings = rows};
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  return store;
}

static void test_settings(void **state)
{
  struct store *store = open_layer(*state);

  expect(store, 99, "changes= learn=no level=Wurzel \xe2\x82\xac! unavailable=fail! ");
  expect(store, 2, "changes= learn=no ");
  expect(store, 99, "changes= learn=no level=Wurzel \xe2\x82\xac! unavailable=fail! ");
  store_close(store);
}

static void test_none(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  expect(store, 99, "");
  store_close(store);
}

/* A setting that is gone or changed must not look as if it had never been. */
static void test_damaged(void **state)
{
  static const char *const damages[] = {
      "DELETE FROM setting WHERE name = 'unavailable'",
      "UPDATE setting SET locked = 0 WHERE name = 'unavailable'",
      "UPDATE setting SET value = 'go-on' WHERE name = 'unavailable'",
  };
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    struct store *store = open_layer(stores);
    struct writing writing = {g_string_new(NULL), 99};

    stores_sql(stores->layer, damages[i]);
    assert_int_equal(store_settings(store, write_setting, &writing), TLSPIN_UNAVAILABLE);
    assert_string_equal(writing.text->str, "");
    assert_false(store_in_place(store));
    g_string_free(writing.text, TRUE);
    store_close(store);
    stores_refuse(stores->layer, STORE_SYSTEM, "can't be used");
  }
}

static const struct setting_row mine[] = {
    {"learn", "50.db/no", false}, {"level", "", false}, {"anchors", "50.db/enforce", false}};

/* All that was there makes way; the file stays whole, and remembers. */
static void test_put(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t count;

  stores_fill(store, 3);
  assert_int_equal(store_put_settings(store, mine, 3), TLSPIN_OK);
  expect(store, 99, "anchors=50.db/enforce learn=50.db/no level= ");
  assert_int_equal(store_put_settings(store, mine + 1, 1), TLSPIN_OK);
  expect(store, 99, "level= ");
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 99, "level= ");
  assert_int_equal(store_put_settings(store, NULL, 0), TLSPIN_OK);
  expect(store, 99, "");
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_int_equal(count, 3);
  store_close(store);
  store = stores_open(stores->path);
  expect(store, 99, "");
  store_close(store);
}

/* It isn't an operation that could be undone. */
static void test_put_is_no_operation(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_change change;

  assert_int_equal(store_put_settings(store, mine, 3), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  expect(store, 99, "anchors=50.db/enforce learn=50.db/no level= ");
  store_close(store);
}

static void test_put_refused(void **state)
{
  static const struct setting_row bad[][2] = {
      {{"learn", "no", false}, {"level", "leaf", true}},
      {{"learn", "no", false}, {"Level", "leaf", false}},
      {{"learn", "no", false}, {"level", "\xff", false}},
  };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *layer = open_layer(stores);

  assert_int_equal(store_put_settings(store, mine, 3), TLSPIN_OK);
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    assert_int_equal(store_put_settings(store, bad[i], 2), TLSPIN_E_ARGUMENT);
  expect(store, 99, "anchors=50.db/enforce learn=50.db/no level= ");
  assert_int_equal(store_put_settings(layer, mine, 3), TLSPIN_E_DENIED);
  store_close(layer);
  stores_sql(stores->path, "DELETE FROM setting WHERE name = 'learn'");
  assert_int_equal(store_put_settings(store, mine, 3), TLSPIN_UNAVAILABLE);
  store_close(store);
  stores_damaged(stores->path, "entries are missing from it or too many");
}

static bool is_valid(const char *name, const char *value, bool locked, enum store_kind kind)
{
  return setting_is_valid(&(struct setting_row){name, value, locked}, kind);
}

static void test_validity(void **state)
{
  g_autofree char *longest = g_strnfill(SETTING_VALUE_MAX, 'v');
  g_autofree char *longer = g_strnfill(SETTING_VALUE_MAX + 1, 'v');

  (void)state;
  assert_true(is_valid("a", longest, false, STORE_USER));
  assert_true(is_valid("a", "", true, STORE_SYSTEM));
  assert_false(is_valid("a", "", true, STORE_USER));
  assert_false(is_valid("a", longer, false, STORE_SYSTEM));
  assert_false(is_valid("", "", false, STORE_SYSTEM));
  assert_false(is_valid("A", "", false, STORE_SYSTEM));
  assert_false(is_valid("a", "\xff", false, STORE_SYSTEM));
}

static void test_cells(void **state)
{
  static const struct hostile hostile[] = {
      {0, TEXT("")},
      {0, TEXT("a\0b")},
      {0, TEXT("a-name-that-is-longer-than-any-of-ours")},
      {1, TEXT("\xff")},
      {1, TEXT("a\0b")},
      {2, {CELL_INTEGER, 2, {NULL, 0}}},
      {2, {CELL_INTEGER, -1, {NULL, 0}}},
  };
  struct cell cells[TABLE_COLUMNS];
  struct setting_texts texts;
  struct setting_row got;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    setting_to_cells(&rows[i], cells);
    assert_true(setting_of_cells(cells, STORE_SYSTEM, &got, &texts));
    assert_string_equal(got.name, rows[i].name);
    assert_string_equal(got.value, rows[i].value);
    assert_int_equal(got.locked, rows[i].locked);
    assert_int_equal(setting_of_cells(cells, STORE_USER, &got, &texts), !rows[i].locked);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    setting_to_cells(&rows[0], cells);
    cells[hostile[i].column] = hostile[i].cell;
    assert_false(setting_of_cells(cells, STORE_SYSTEM, &got, &texts));
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_settings),
      TEST(test_none),
      TEST(test_damaged),
      TEST(test_put),
      TEST(test_put_is_no_operation),
      TEST(test_put_refused),
      cmocka_unit_test(test_validity),
      cmocka_unit_test(test_cells),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

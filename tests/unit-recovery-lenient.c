/* What a user withdrew, and what lets more through, doesn't get into a store that is recovered
 * without a proof.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/state.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

enum { ROWS = 40 };

/* What the user has withdrawn since the backup was made, and what told so is lost. */
static void test_withdrawn(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off();
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(ROWS);

  stores_fill(store, ROWS);
  stores_edit(store, &off);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  stores_drop(store, &off);
  assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  store_close(store);
  ruins_spoil(stores->path, ROWS);
  ruins_spoil(stores->path, 7);
  stores_write(stores->path, ruins_page(stores->path, "image") + STORE_PAGE - 512,
               (const uint8_t[512]){0}, 512);
  ruins_recover(stores);
  assert_int_equal(ruins_modes(stores), 0);
  assert_int_not_equal(ruins_damage(stores).missing, 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* Without a proof a row that lets more through is kept where the backup has it, too, and comes back
 * only where there was no operation since. */
static void test_lenient(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off();
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(ROWS);

  stores_fill(store, ROWS);
  stores_edit(store, &off);
  store_close(store);
  for (int with_backup = 1; with_backup >= 0; with_backup--) {
    g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);

    if (with_backup)
      g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    store = stores_open(stores->path);
    row = stores_row(ROWS + with_backup);
    assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
    store_close(store);
    ruins_spoil(stores->path, ROWS + with_backup);
    if (!with_backup) {
      g_autofree char *away = g_strconcat(folder, "-away", NULL);

      assert_int_equal(rename(folder, away), 0);
    }
    ruins_recover(stores);
    assert_int_equal(ruins_modes(stores), with_backup);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
    assert_int_equal(ruins_damage(stores).missing, with_backup ? 1 : 3); /* with the one before */
  }
}

/* The record itself is lost, and a row that is newer than the backup. */
static void test_lenient_lost(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off(), pin = stores_pin(5);
  struct ticket_row row = stores_row(ROWS);
  struct store *store;

  for (int edited = 0; edited < 2; edited++) {
    store = stores_open(stores->path);
    stores_fill(store, ROWS);
    stores_edit(store, &off);
    store_close(store);
    g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    store = stores_open(stores->path);
    assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
    if (edited)
      stores_edit(store, &pin);
    store_close(store);
    ruins_spoil(stores->path, ROWS);
    for (int i = 0; i < 8 && stores_file_holds(stores->path, RUINS_HOST); i++)
      stores_write(stores->path, ruins_find(stores->path, RUINS_HOST), "XXXXXXXX", 8);
    ruins_recover(stores);
    assert_int_equal(ruins_modes(stores), !edited);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
    assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
    g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);
    g_autofree char *away = g_strconcat(folder, edited ? "-1" : "-0", NULL);
    assert_int_equal(rename(folder, away), 0);
  }
}

/* Of what is recalled only what is strict comes back from a backup, and what was lost before, and
 * the user has seen since, isn't lost anew. */
static void test_settings_and_state(void **state)
{
  static const struct setting_row settings[] = {{"anchors", "10-site/exempt", false},
                                                {"learn", "10-site/no", false}};
  struct stores *stores = *state;
  struct damage earlier = {.cause = DAMAGE_CONTENT, .missing = 100};
  struct ticket_row row = stores_row(ROWS);
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  assert_int_equal(store_put_settings(store, settings, 2), TLSPIN_OK);
  assert_int_equal(damage_put(store, &earlier), TLSPIN_OK);
  assert_int_equal(state_put(store, "zzstate", cell_text("seen").bytes), TLSPIN_OK);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  store_close(store);
  ruins_spoil(stores->path, ROWS);
  ruins_spoil_all(stores->path, "10-site");
  ruins_spoil_all(stores->path, "zzstate");
  ruins_recover(stores);
  assert_int_equal(ruins_damage(stores).missing, 4);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM state WHERE name = 'zzstate'"),
                   1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM setting"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM setting WHERE name = 'learn'"),
                   1);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_withdrawn),
      TEST(test_lenient),
      TEST(test_lenient_lost),
      TEST(test_settings_and_state),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

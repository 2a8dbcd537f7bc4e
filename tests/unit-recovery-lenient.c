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
#include <string.h>
#include <unistd.h>

enum { ROWS = 40 };

/* For what comes next there is neither a store nor a backup. */
static void put_away(struct stores *stores)
{
  static int times;
  g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);
  g_autofree char *away = g_strdup_printf("%s-%d", folder, times++);

  assert_int_equal(unlink(stores->path) + unlink(stores->lock), 0);
  assert_int_equal(rename(folder, away), 0);
}

/* Rows, and a host whose mode is off: what lets more through. */
static void make(struct stores *stores, const struct keypin *off)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  stores_edit(store, off);
  store_close(store);
}

/* What the user has withdrawn since the backup was made, and what told so is lost. */
static void test_withdrawn(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off();
  struct store *store;

  make(stores, &off);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  store = stores_open(stores->path);
  stores_drop(store, &off);
  store_close(store);
  ruins_put(stores, ROWS);
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

  make(stores, &off);
  for (int with_backup = 1; with_backup >= 0; with_backup--) {
    g_autofree char *folder = g_build_filename(stores->home, "backups", NULL);

    if (with_backup)
      g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    ruins_put(stores, ROWS + with_backup);
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
    make(stores, &off);
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
    put_away(stores);
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

/* What the user cleared, and what was learned or made in its place since. */
static void replace(struct store *store, const struct keypin *old, const struct keypin *new)
{
  stores_drop(store, old);
  if (new->origin == KEYPIN_TOFU)
    stores_learn(store, new);
  else
    stores_edit(store, new);
}

static void recover_wreck(struct stores *stores, const char *sql)
{
  stores_sql(stores->path, sql);
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_not_equal(ruins_damage(stores).missing, 0);
}

#define LOSE "DELETE FROM image; DELETE FROM operation; "

/* A key that was cleared since the backup was made, which nothing tells any more, isn't accepted
 * again beside the one that was learned then, and a place has what the backup has of it where
 * nothing is left of it; where there was no operation since only what was learned meanwhile speaks
 * against that. */
static void test_cleared_beside(void **state)
{
  const struct keypin pins[] = {
      ruins_key(1, 0xbb, KEYPIN_ACTIVE),   ruins_key(2, 0x21, KEYPIN_ACTIVE),
      ruins_key(2, 0x22, KEYPIN_ACTIVE),   ruins_key(3, 0x31, KEYPIN_REJECTED),
      ruins_key(3, 0x32, KEYPIN_INACTIVE), ruins_key(3, 0x33, KEYPIN_CRITICAL),
      ruins_key(3, 0x34, KEYPIN_ACTIVE),
  };
  const struct keypin good = ruins_key(1, 0x66, KEYPIN_ACTIVE);
  struct stores *stores = *state;

  for (int changed = 1; changed >= 0; changed--) {
    struct store *store = stores_open(stores->path);

    stores_fill(store, 10);
    for (size_t i = 0; i < G_N_ELEMENTS(pins); i++)
      stores_learn(store, &pins[i]);
    store_close(store);
    g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    ruins_put(stores, 10);
    store = stores_open(stores->path);
    if (changed)
      replace(store, &pins[0], &good);
    else
      stores_learn(store, &good);
    store_close(store);
    recover_wreck(stores, LOSE "DELETE FROM ticket WHERE host = 'host-0010.example'; "
                               "DELETE FROM pin WHERE host = 'host-0002.example' "
                               "OR hex(key) GLOB '3[123]*' OR hex(key) GLOB 'BB*'; VACUUM");
    ruins_expect_pins(stores, pins, changed ? "nyyynny" : "nyyyyyy");
    ruins_expect_pins(stores, &good, "y");
    assert_int_equal(ruins_rows(stores, 10), 10);
    put_away(stores);
  }
}

/* The same where the backup has all that is left, and the sum that told of the operation is lost;
 * and where the user has put in the place of the key what doesn't outlive the recovery. */
static void test_cleared_beside_rest(void **state)
{
  const struct keypin bad = ruins_key(1, 0xbb, KEYPIN_ACTIVE),
                      good = ruins_key(1, 0x66, KEYPIN_ACTIVE);
  struct stores *stores = *state;

  for (int of_user = 0; of_user < 2; of_user++) {
    struct store *store = stores_open(stores->path);
    struct keypin other = good;

    other.origin = of_user ? KEYPIN_USER : KEYPIN_TOFU;
    stores_fill(store, 10);
    stores_learn(store, &bad);
    if (!of_user)
      stores_learn(store, &other);
    store_close(store);
    g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    store = stores_open(stores->path);
    replace(store, &bad, &other);
    store_close(store);
    recover_wreck(stores, LOSE "DELETE FROM meta; VACUUM");
    ruins_expect_pins(stores, &bad, "n");
    ruins_expect_pins(stores, &other, of_user ? "n" : "y");
    assert_int_equal(ruins_rows(stores, 10), 10);
    put_away(stores);
  }
}

/* A ticket that was cleared since the backup was made, which nothing tells any more, isn't believed
 * again beside the key that was learned then, which its proof would excuse; nor, where there was an
 * operation since, beside any other key. */
static void test_cleared_ticket(void **state)
{
  const struct keypin good = ruins_key(1, 0x66, KEYPIN_ACTIVE), known = stores_pin(2);
  struct stores *stores = *state;

  for (int changed = 1; changed >= 0; changed--) {
    struct store *store = stores_open(stores->path);
    struct peer peer = stores_row(1).peer;

    stores_fill(store, 10);
    stores_learn(store, &known);
    store_close(store);
    g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    if (changed)
      ruins_clear(stores, 1);
    ruins_put(stores, 10);
    store = stores_open(stores->path);
    stores_learn(store, &good);
    store_close(store);
    recover_wreck(stores,
                  LOSE "DELETE FROM ticket WHERE host IN ('host-0001.example', "
                       "'host-0002.example', 'host-0003.example', 'host-0010.example'); VACUUM");
    ruins_expect_pins(stores, &good, "y");
    assert_int_equal(ruins_rows(stores, 11), changed ? 8 : 9);
    store = stores_open(stores->path);
    stores_expect_none(store, &peer);
    store_close(store);
    put_away(stores);
  }
}

/* A disk that loses the write of a page gives the old one: what the user took away since isn't
 * there again by that, be it in the backup as well. */
static void test_old_page(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off(), bad = ruins_key(1, 0xbb, KEYPIN_ACTIVE);
  g_autofree char *old = NULL;
  struct store *store;
  size_t page;

  make(stores, &off);
  store = stores_open(stores->path);
  stores_learn(store, &bad);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
  assert_true(g_file_get_contents(stores->path, &old, NULL, NULL));
  store = stores_open(stores->path);
  stores_drop(store, &off);
  stores_drop(store, &bad);
  store_close(store);
  page = ruins_page(stores->path, "pin");
  stores_write(stores->path, page, old + page, STORE_PAGE);
  assert_int_equal(ruins_modes(stores), 1);
  ruins_recover(stores);
  assert_int_equal(ruins_modes(stores), 0);
  ruins_expect_pins(stores, &bad, "n");
  assert_int_not_equal(ruins_damage(stores).missing, 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* So it is where the page of the sum is an old one, which tells of no operation; and where the
 * journal's own is, which doesn't tell of what. */
static void test_old_page_of_others(void **state)
{
  static const char *const tables_of_page[] = {"meta", "image"};
  struct keypin off = ruins_mode_off(), other = stores_pin(5);
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(tables_of_page); i++) {
    g_autofree char *old = NULL;
    struct store *store;
    size_t page;

    other.origin = KEYPIN_USER;
    make(stores, &off);
    store = stores_open(stores->path);
    stores_edit(store, &other);
    store_close(store);
    g_free(ruins_back_up(stores, RUINS_NOW - 3600));
    assert_true(g_file_get_contents(stores->path, &old, NULL, NULL));
    store = stores_open(stores->path);
    stores_drop(store, &off);
    store_close(store);
    for (int pin = 0; pin < 2; pin++) {
      page = ruins_page(stores->path, pin ? "pin" : tables_of_page[i]);
      stores_write(stores->path, page, old + page, STORE_PAGE);
    }
    assert_int_equal(ruins_modes(stores), 1);
    ruins_recover(stores);
    assert_int_equal(ruins_modes(stores), 0);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
    put_away(stores);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_withdrawn),          TEST(test_lenient),        TEST(test_lenient_lost),
      TEST(test_settings_and_state), TEST(test_cleared_beside), TEST(test_cleared_beside_rest),
      TEST(test_cleared_ticket),     TEST(test_old_page),       TEST(test_old_page_of_others),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

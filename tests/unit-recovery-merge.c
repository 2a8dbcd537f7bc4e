/* What a recovery keeps and merges where nothing proves what was there: what is known to be
 * untouched, and nothing that made way for another.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery-private.h"

#include "daemon/pinrow.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 20 };

/* Every place where a key of this digest stands. */
static void spoil_key(struct stores *stores, uint8_t octet)
{
  g_autofree char *digest = g_strnfill(32, (char)octet);

  ruins_spoil_all(stores->path, digest);
}

/* A row that is newer than the backup is destroyed, so that no sum proves anything. */
static void lose_newer(struct stores *stores)
{
  ruins_put(stores, ROWS);
  ruins_spoil(stores->path, ROWS);
}

static void recover(struct stores *stores)
{
  stores_damaged(stores->path, "is damaged");
  ruins_recover(stores);
  assert_int_not_equal(ruins_damage(stores).missing, 0);
}

static void make(struct stores *stores, const struct keypin *pins, size_t count)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  for (size_t i = 0; i < count; i++)
    if (pins[i].origin == KEYPIN_TOFU || pins[i].origin == KEYPIN_HPKP)
      stores_learn(store, &pins[i]);
    else
      stores_edit(store, &pins[i]);
  store_close(store);
  g_free(ruins_back_up(stores, RUINS_NOW - 3600));
}

/* A server changes its key: the old one is but history, and no operation tells of that. The backup
 * has it in use. What has no successor comes back, and what stood beside it in the backup as well;
 * and a key of the user's, which only an operation takes away. */
static void test_retired(void **state)
{
  struct keypin pins[] = {
      ruins_key(1, 0xbb, KEYPIN_ACTIVE),
      ruins_key(2, 0xcc, KEYPIN_ACTIVE),
      ruins_key(2, 0xdd, KEYPIN_INACTIVE),
      ruins_key(1, 0xee, KEYPIN_ACTIVE),
  };
  const struct keypin retired = ruins_key(1, 0xbb, KEYPIN_INACTIVE),
                      successor = ruins_key(1, 0x66, KEYPIN_ACTIVE);
  struct stores *stores = *state;
  struct store *store;

  pins[3].origin = KEYPIN_USER;
  make(stores, pins, G_N_ELEMENTS(pins));
  store = stores_open(stores->path);
  stores_learn(store, &successor);
  stores_learn(store, &retired);
  store_close(store);
  spoil_key(stores, 0xbb);
  spoil_key(stores, 0xdd);
  stores_sql(stores->path, "DELETE FROM pin WHERE hex(key) GLOB 'EE*'");
  recover(stores);
  ruins_expect_pins(stores, pins, "nyyy");
  ruins_expect_pins(stores, &retired, "n");
  ruins_expect_pins(stores, &successor, "y");
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

static struct keypin noted(int n, uint8_t octet)
{
  struct keypin pin = ruins_key(n, octet, KEYPIN_CRITICAL);

  pin.origin = KEYPIN_HPKP;
  pin.level = KEYPIN_ANY;
  pin.enforce_until = pin.report_until = RUINS_NOW + 86400;
  return pin;
}

/* The second time that a set makes way for another within the same operation is none of its own
 * (note.c). Of a set that stands what was lost comes back. */
static void test_set_replaced(void **state)
{
  const struct keypin pins[] = {noted(1, 0xa1), noted(1, 0xa2), noted(2, 0xb1), noted(2, 0xb2)};
  const struct keypin now[] = {noted(1, 0xc1), noted(1, 0xc2)};
  struct stores *stores = *state;
  struct store_change change;
  struct store_edit *edit;
  struct store *store;

  make(stores, pins, G_N_ELEMENTS(pins));
  store = stores_open(stores->path);
  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, RUINS_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(store_edit_drop(edit, &pins[i]), TLSPIN_OK);
    assert_int_equal(store_edit_put(edit, &now[i]), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_int_equal(change.operation, 0);
  store_close(store);
  lose_newer(stores);
  spoil_key(stores, 0xb2);
  recover(stores);
  ruins_expect_pins(stores, pins, "nnyy");
  ruins_expect_pins(stores, now, "yy");
}

/* An exception, a key of the user's and one that they know of from elsewhere. */
static void make_lenient(struct keypin pins[3])
{
  pins[0] = pins[1] = ruins_key(3, 0xaa, KEYPIN_ACTIVE);
  pins[0].kind = KEYPIN_EXCEPTION;
  pins[0].status = KEYPIN_EXCEPTED;
  pins[0].errors = 1;
  pins[0].origin = pins[1].origin = KEYPIN_USER;
  pins[2] = ruins_key(4, 0xab, KEYPIN_ACTIVE);
  pins[2].origin = KEYPIN_IMPORT;
}

/* What lets more through and was met since the backup was made is no other for that; what is
 * otherwise since, without an operation that would tell so, is. */
static void test_met(void **state)
{
  struct keypin pins[3], other = stores_pin(10);
  struct stores *stores = *state;
  struct store *store;

  make_lenient(pins);
  make(stores, pins, G_N_ELEMENTS(pins));
  store = stores_open(stores->path);
  pins[2].note = "other";
  stores_learn(store, &pins[2]);
  for (int i = 0; i < 3; i++) {
    struct store_met met = {pins[i], RUINS_NOW, 1};

    assert_int_equal(store_meet(store, &met, 1), TLSPIN_OK);
    pins[i].last_seen = RUINS_NOW;
    pins[i].count_seen++;
  }
  stores_edit(store, &other);
  store_close(store);
  lose_newer(stores);
  recover(stores);
  ruins_expect_pins(stores, pins, "yyn");
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* Imports a record; broken off: before it is finished. */
static void import(struct store *store, const struct keypin *pin, bool broken_off)
{
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, RUINS_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  if (broken_off) {
    assert_int_equal(store_drop_draft(store, change.operation), TLSPIN_OK);
    assert_int_equal(stores_forget(store, RUINS_NOW - 86400), TLSPIN_OK);
    return;
  }
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, change.operation, RUINS_NOW, &edit),
                   TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  stores_apply(store);
}

/* An import takes a number that no image ever has; so does one that was broken off, and one that
 * changed nothing takes two. What it touched isn't confirmed. */
static void test_imported(void **state)
{
  struct keypin off = ruins_mode_off(), other = ruins_key(5, 0xee, KEYPIN_ACTIVE), pins[3];
  struct stores *stores = *state;
  struct store *store;

  make_lenient(pins);
  make(stores, &off, 1);
  store = stores_open(stores->path);
  other.origin = KEYPIN_IMPORT;
  import(store, &other, false);
  import(store, &other, false);
  import(store, &pins[0], true);
  store_close(store);
  lose_newer(stores);
  recover(stores);
  assert_int_equal(ruins_modes(stores), 1);
  ruins_expect_pins(stores, &other, "n");
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* Puts another image of a record in the place of the one that is there. */
static void put_image(struct stores *stores, uint64_t operation, const struct keypin *pin)
{
  const struct pin_image image = {.operation = operation, .present = true, .pin = *pin};
  struct cell cells[TABLE_COLUMNS];
  struct database db;

  stores_open_database(stores->path, &db);
  pin_image_to_cells(&image, cells);
  stores_put_row(&db, TABLE_IMAGE, cells);
  database_close(&db);
}

static int64_t count_images(const struct stores *stores)
{
  return stores_number(stores->path, "SELECT count(*) FROM image WHERE present = 1");
}

/* An image by which an undo would bring back what lets more through is kept where it is the
 * backup's, and no other. */
static void test_images(void **state)
{
  struct stores *stores = *state;
  struct keypin pins[3], gone[3];
  struct store *store;

  make_lenient(pins);
  store = stores_open(stores->path);
  for (int i = 0; i < 3; i++) {
    stores_edit(store, &pins[i]);
    gone[i] = pins[i];
  }
  stores_drop(store, &pins[0]); /* 4 */
  stores_drop(store, &pins[1]);
  store_close(store);
  make(stores, NULL, 0);
  store = stores_open(stores->path);
  stores_drop(store, &pins[2]); /* 6: newer than the backup */
  store_close(store);
  gone[1].note = "other";
  put_image(stores, 5, &gone[1]);
  lose_newer(stores);
  assert_int_equal(count_images(stores), 3);
  recover(stores);
  assert_int_equal(count_images(stores), 1);
  store = stores_open(stores->path);
  stores_undo(store, 4, (struct store_change){7, 1, 0});
  store_close(store);
  ruins_expect_pins(stores, pins, "ynn");
}

/* Clears a ticket, which a server gives again, and takes that back. */
static void undo_in_vain(struct store *store)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(2);
  struct store_change change;

  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, RUINS_NOW, &change), TLSPIN_OK);
  assert_int_equal(store_put(store, &row, 0, RUINS_NOW), TLSPIN_OK);
  stores_undo(store, 0, (struct store_change){change.operation + 1, 0, 0});
}

/* Where one operation is without an image it isn't known what it touched, be nothing missing: it
 * was an undo that met all as it should be, or its images are lost. */
static void test_untold(void **state)
{
  struct keypin off = ruins_mode_off(), other = stores_pin(10);
  struct stores *stores = *state;

  make(stores, &off, 1);
  for (int untold = 0; untold < 2; untold++) {
    struct store *store = stores_open(stores->path);

    if (untold)
      undo_in_vain(store);
    else
      stores_edit(store, &other);
    store_close(store);
    lose_newer(stores);
    recover(stores);
    assert_int_equal(ruins_modes(stores), !untold);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  }
}

static const struct setting_row lax[] = {{"anchors", "10-site/exempt", false},
                                         {"unavailable", "10-site/go-on", false}};

static void put_settings(struct stores *stores, const struct setting_row *settings)
{
  struct store *store = stores_open(stores->path);

  assert_int_equal(store_put_settings(store, settings, 2), TLSPIN_OK);
  store_close(store);
}

static int64_t count_settings(const struct stores *stores)
{
  return stores_number(stores->path, "SELECT count(*) FROM setting");
}

/* A disk that loses the write of the page of settings gives the older ones: that the backup has
 * them, too, says nothing. */
static void test_settings(void **state)
{
  static const struct setting_row strict[] = {{"anchors", "10-site/enforce", false},
                                              {"unavailable", "10-site/fail", false}};
  struct stores *stores = *state;
  g_autofree char *old = NULL;
  size_t page;

  put_settings(stores, lax);
  make(stores, NULL, 0);
  assert_true(g_file_get_contents(stores->path, &old, NULL, NULL));
  put_settings(stores, strict);
  page = ruins_page(stores->path, "setting");
  stores_write(stores->path, page, old + page, STORE_PAGE);
  assert_true(stores_file_holds(stores->path, "go-on"));
  recover(stores);
  assert_int_equal(count_settings(stores), 0);
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* A flipped bit takes the sum: what the backup has as well is kept, where the file tells of every
 * operation since; and of settings where the file is the backup, row by row. */
static void test_sum_lost(void **state)
{
  enum { NOTHING, LESS, ROW, OPERATION, IMPORT, PAGE, JOURNAL, CASES };
  struct keypin off = ruins_mode_off(), other = stores_pin(10);
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);

  put_settings(stores, lax);
  make(stores, &off, 1);
  stores_copy(stores->path, good);
  for (int i = 0; i < CASES; i++) {
    size_t page;

    stores_copy(good, stores->path);
    if (i == LESS)
      stores_sql(stores->path, "DELETE FROM ticket WHERE host = 'host-0003.example'");
    if (i >= ROW)
      ruins_put(stores, ROWS);
    if (i >= OPERATION) {
      struct store *store = stores_open(stores->path);

      if (i == IMPORT)
        import(store, &other, false);
      else
        stores_edit(store, &other);
      store_close(store);
    }
    if (i == PAGE)
      ruins_spoil(stores->path, ROWS);
    if (i == JOURNAL)
      stores_sql(stores->path, "DELETE FROM operation WHERE id = 1");
    page = ruins_page(stores->path, "meta");
    stores_write(stores->path, page, "\x0b", 1);
    recover(stores);
    assert_int_equal(ruins_modes(stores), i < IMPORT);
    assert_int_equal(count_settings(stores), i == NOTHING ? 2 : 0);
    assert_int_equal(ruins_rows(stores, ROWS), ROWS);
  }
}

/* The same where the journal was forgotten, in the backup, too. */
static void test_sum_lost_alone(void **state)
{
  struct keypin off = ruins_mode_off();
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  stores_edit(store, &off);
  assert_int_equal(stores_forget(store, RUINS_NOW), TLSPIN_OK);
  stores_edit(store, &off); /* nothing */
  store_close(store);
  make(stores, NULL, 0);
  ruins_put(stores, ROWS);
  stores_write(stores->path, ruins_page(stores->path, "meta"), "\x0b", 1);
  recover(stores);
  assert_int_equal(ruins_modes(stores), 1);
}

/* Without an operation since, nothing has to be told; a row that is gone without a trace doesn't
 * count. After one it may be the journal's: an image, or what stood beside it. */
static void test_traceless(void **state)
{
  const struct keypin others[] = {ruins_key(5, 0xc1, KEYPIN_CRITICAL),
                                  ruins_key(6, 0xc2, KEYPIN_CRITICAL)};
  struct keypin off = ruins_mode_off();
  struct stores *stores = *state;
  struct store_change change;
  struct store_edit *edit;
  struct store *store;

  make(stores, &off, 1);
  ruins_put(stores, ROWS);
  stores_sql(stores->path, "DELETE FROM ticket WHERE host = 'host-0020.example'");
  recover(stores);
  assert_int_equal(ruins_damage(stores).missing, 1);
  assert_int_equal(ruins_modes(stores), 1);
  store = stores_open(stores->path);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, RUINS_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 2; i++)
    assert_int_equal(store_edit_put(edit, &others[i]), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
  spoil_key(stores, 0xc2); /* the record and its image */
  recover(stores);
  assert_int_equal(ruins_modes(stores), 0);
  ruins_expect_pins(stores, others, "yn");
}

/* One operation withdrew two keys. Of these images one is lost, and with the write of a page the
 * keys came back: of the one nothing tells that it was touched. */
static void test_image_lost(void **state)
{
  struct keypin pins[] = {ruins_key(1, 0xaa, KEYPIN_ACTIVE), ruins_key(2, 0xbb, KEYPIN_ACTIVE)};
  struct stores *stores = *state;
  g_autofree char *old = NULL;
  struct store_change change;
  struct store_edit *edit;
  struct store *store;
  size_t page;

  pins[0].origin = pins[1].origin = KEYPIN_USER;
  make(stores, pins, G_N_ELEMENTS(pins));
  assert_true(g_file_get_contents(stores->path, &old, NULL, NULL));
  store = stores_open(stores->path);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, RUINS_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 2; i++)
    assert_int_equal(store_edit_drop(edit, &pins[i]), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
  spoil_key(stores, 0xbb);
  page = ruins_page(stores->path, "pin");
  stores_write(stores->path, page, old + page, STORE_PAGE);
  recover(stores);
  ruins_expect_pins(stores, pins, "nn");
  assert_int_equal(ruins_rows(stores, ROWS), ROWS);
}

/* Rows of an old page are there too much: images of the same write, which are missing, may be in
 * their place. So what nobody touched isn't known to be that either. */
static void test_old_page(void **state)
{
  struct keypin pins[] = {ruins_mode_off(), ruins_key(2, 0xbb, KEYPIN_ACTIVE)};
  struct stores *stores = *state;
  g_autofree char *old = NULL;
  struct store *store;
  size_t page;

  make(stores, pins, G_N_ELEMENTS(pins));
  assert_true(g_file_get_contents(stores->path, &old, NULL, NULL));
  store = stores_open(stores->path);
  stores_drop(store, &pins[1]);
  store_close(store);
  page = ruins_page(stores->path, "pin");
  stores_write(stores->path, page, old + page, STORE_PAGE);
  ruins_spoil(stores->path, 3);
  ruins_spoil(stores->path, 4);
  recover(stores);
  ruins_expect_pins(stores, pins, "nn");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_retired),    TEST(test_set_replaced),   TEST(test_met),       TEST(test_imported),
      TEST(test_images),     TEST(test_untold),         TEST(test_settings),  TEST(test_sum_lost),
      TEST(test_image_lost), TEST(test_sum_lost_alone), TEST(test_traceless), TEST(test_old_page),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reading a file with records, events, settings and their journal through.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/contents.h"

#include "daemon/events.h"
#include "daemon/pinrow.h"
#include "daemon/setting.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

#include "tests/brief.h"

enum { PINS = 120, EDITED = 20, EVENTS = 30, FLIPS = 1200 };

/* Record n of the store: some are wide, some of the history. */
static struct keypin pin_of(int n)
{
  struct keypin pin = stores_pin(n);

  pin.place.scope = n % 10 == 0 ? SCOPE_SUBTREE : SCOPE_EXACT;
  pin.status = n % 7 == 0 ? KEYPIN_INACTIVE : KEYPIN_ACTIVE;
  return pin;
}

static struct event_row event_of(int n)
{
  return (struct event_row){.kind = "change",
                            .peer = stores_row(n).peer,
                            .reason = "changed",
                            .layer = "user",
                            .key = "",
                            .report = "{}",
                            .program = "curl"};
}

static int setup(void **state)
{
  struct store_edit *edit;
  struct store_change change;
  struct stores *stores;
  struct store *store;
  uint64_t id;

  stores_setup(state);
  stores = *state;
  store = stores_open(stores->path);
  for (int i = 0; i < EDITED; i++) {
    struct keypin pin = pin_of(i);

    pin.note = "as it was before";
    assert_true(stores_edit(store, &pin) > 0);
  }
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < PINS; i++) {
    struct keypin pin = pin_of(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  for (int i = 0; i < EVENTS; i++) {
    struct event_row event = event_of(i);

    assert_int_equal(store_log(store, &event, STORES_NOW, &id), TLSPIN_OK);
  }
  store_close(store);
  return 0;
}

struct finding {
  const struct keypin *wanted;
  int found;
};

static bool find_same(const struct keypin *pin, void *data)
{
  struct finding *finding = data;

  if (keypin_compare_key(pin, finding->wanted) == 0) {
    assert_true(stores_same_pin(pin, finding->wanted));
    finding->found++;
  }
  return true;
}

/* Each record is either there as it was, or the lookup fails. */
static int check_pins(struct store *store)
{
  int there = 0;

  for (int i = 0; i < PINS; i++) {
    struct keypin pin = pin_of(i);
    struct peer peer = stores_row(i).peer;
    struct finding finding = {&pin, 0};
    enum tlspin_code code = store_pins(store, &peer, find_same, &finding);

    if (code == TLSPIN_OK) {
      assert_int_equal(finding.found, 1); /* never a silent none */
      there++;
    } else {
      assert_int_equal(code, TLSPIN_UNAVAILABLE);
    }
  }
  return there;
}

static bool count_event(const struct event_row *event, void *data)
{
  assert_string_equal(event->reason, "changed");
  ++*(int *)data;
  return true;
}

static bool survives(const char *path)
{
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code = store_open(path, STORE_USER, geteuid(), &store, &problem);
  int events = 0;

  if (code == TLSPIN_OK) { /* what opens is whole */
    assert_int_equal(check_pins(store), PINS);
    assert_int_equal(store_events(store, 0, NULL, 99, count_event, &events), TLSPIN_OK);
    assert_int_equal(events, EVENTS);
  } else {
    assert_int_equal(code, TLSPIN_STORE_DAMAGED);
    assert_non_null(problem);
  }
  store_close(store);
  g_free(problem);
  return code == TLSPIN_OK;
}

static void test_bit_flips(void **state)
{
  struct stores *stores = *state;
  uint32_t seed = 20260101;
  int flips = (int)brief_number(FLIPS, "flips"), opened = 0, refused = 0;
  char *content = NULL;
  gsize size;

  assert_true(survives(stores->path));
  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  for (int i = 0; i < flips; i++) {
    uint32_t bit = stores_random(&seed) % (uint32_t)(size * 8);

    stores_flip(content, stores->path, bit);
    if (survives(stores->path))
      opened++;
    else
      refused++;
    stores_flip(content, stores->path, bit);
  }
  g_free(content);
  assert_true(survives(stores->path));
  assert_true(refused > flips / 2 && opened > 0);
}

/* The same in the pages of each new table alone: hardly a bit of them is without meaning. */
static void test_flips_of_tables(void **state)
{
  static const char *const names[] = {"pin", "image", "event"};
  struct stores *stores = *state;
  uint32_t seed = 99;
  char *content = NULL;
  gsize size;

  assert_true(g_file_get_contents(stores->path, &content, &size, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *sql =
        g_strdup_printf("SELECT digest FROM %s ORDER BY digest DESC LIMIT 1", names[i]);
    sqlite3 *handle = stores_raw(stores->path);
    sqlite3_stmt *statement = NULL;
    char *row;
    uint32_t end;

    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    row = memmem(content, size, sqlite3_column_blob(statement, 0), 32);
    assert_non_null(row);
    end = (uint32_t)(row - content) * 8; /* the row stands in front of its digest */
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    for (int n = 0; n < 100; n++) {
      uint32_t bit = end - 1 - stores_random(&seed) % 320;

      stores_flip(content, stores->path, bit);
      assert_false(survives(stores->path));
      stores_flip(content, stores->path, bit);
    }
  }
  g_free(content);
  assert_true(survives(stores->path));
}

/* What any program can do to the rows, one by one: all is found, also what leaves each row whole.
 */
static void test_changed_rows(void **state)
{
  static const char *const changes[] = {
      "DELETE FROM pin WHERE host = 'host-0050.example'",
      "DELETE FROM pin",
      "UPDATE pin SET host = 'host-0999.example' WHERE host = 'host-0050.example'",
      "UPDATE pin SET status = 'inactive' WHERE host = 'host-0050.example'",
      "UPDATE pin SET scope = 'subtree' WHERE host = 'host-0051.example'",
      "UPDATE pin SET enforce_until = 0 WHERE host = 'host-0050.example'",
      "UPDATE pin SET key = zeroblob(32) WHERE host = 'host-0050.example'",
      "UPDATE pin SET last_seen = last_seen + 1 WHERE host = 'host-0050.example'",
      "UPDATE pin SET digest = zeroblob(32) WHERE host = 'host-0050.example'",
      "DELETE FROM event WHERE id = 7",
      "UPDATE event SET count = 2 WHERE id = 7",
      "UPDATE event SET id = 99 WHERE id = 7",
      "DELETE FROM image WHERE operation = 3",
      "UPDATE image SET operation = 2 WHERE operation = 3",
      "UPDATE image SET present = 1 WHERE operation = 3",
      "UPDATE image SET result = x'' WHERE operation = 3",
      "INSERT INTO setting VALUES('learn', 'no', 0, zeroblob(32))",
      "UPDATE meta SET value = x'000000000000000000000000000000000000000000000000"
      "9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0' WHERE name = 'records'",
      "DELETE FROM meta WHERE name = 'records'",
  };

  stores_refuse_changed(*state, changes, G_N_ELEMENTS(changes));
}

/* Rows with right digests that tlspin never writes. */
static void test_unsound_rows(void **state)
{
  static const struct {
    enum table_id table;
    int column;
    const char *text; /* NULL: the number counts */
    int64_t number;
  } unsound[] = {
      {TABLE_PIN, 0, "Host.example", 0}, {TABLE_PIN, 1, "all", 0},
      {TABLE_PIN, 11, NULL, 1}, /* a lock in a user's store */
      {TABLE_PIN, 15, NULL, 2},          {TABLE_EVENT, 8, "No token", 0},
      {TABLE_EVENT, 3, NULL, 0},         {TABLE_SETTING, 0, "Learn", 0},
      {TABLE_SETTING, 2, NULL, 1},       {TABLE_IMAGE, 11, NULL, 2},
      {TABLE_IMAGE, 13, NULL, 1},
  };
  struct stores *stores = *state;
  struct keypin pin = stores_pin(500);
  struct event_row event = event_of(500);
  struct setting_row setting = {"learn", "no", false};
  struct pin_image image = {.operation = 9, .present = true, .pin = pin};

  event.id = 77;
  event.count = 1;
  for (size_t i = 0; i < G_N_ELEMENTS(unsound); i++) {
    g_autofree char *path = g_strdup_printf("%s/%zu.db", stores->folder, i);
    struct cell cells[TABLES][TABLE_COLUMNS], *cell;
    struct database db;

    pin_to_cells(&pin, cells[TABLE_PIN]);
    event_to_cells(&event, cells[TABLE_EVENT]);
    setting_to_cells(&setting, cells[TABLE_SETTING]);
    pin_image_to_cells(&image, cells[TABLE_IMAGE]);
    stores_copy(stores->path, path);
    stores_open_database(path, &db);
    stores_put_row(&db, unsound[i].table, cells[unsound[i].table]);
    assert_null(contents_verify(&db, STORE_USER));
    cell = &cells[unsound[i].table][unsound[i].column];
    *cell = unsound[i].text != NULL ? cell_text(unsound[i].text) : cell_integer(unsound[i].number);
    stores_put_row(&db, unsound[i].table, cells[unsound[i].table]);
    stores_expect_fault(&db, STORE_USER, "an entry in it is not what was written");
    database_close(&db);
  }
}

/* A layer's records and settings may be locked, and a user's may not. */
static void test_kind_counts(void **state)
{
  struct stores *stores = *state;
  struct keypin pin = stores_pin(1);
  struct setting_row setting = {"learn", "no", true};
  const struct layer_contents contents[] = {{.pin_count = 1, .pins = &pin},
                                            {.setting_count = 1, .settings = &setting}};

  pin.locked = true;
  for (size_t i = 0; i < 2; i++) {
    struct database db;
    char *problem = NULL;

    assert_int_equal(store_write_layer(stores->layer, &contents[i], &problem), TLSPIN_OK);
    stores_open_database(stores->layer, &db);
    assert_null(contents_verify(&db, STORE_SYSTEM));
    stores_expect_fault(&db, STORE_USER, NULL);
    database_close(&db);
  }
}

/* A census that isn't that of the records, with all digests right: wide records would be passed
 * over. */
static void test_wrong_census(void **state)
{
  struct stores *stores = *state;

  for (int i = 0; i < 3; i++) {
    g_autofree char *path = g_strdup_printf("%s/%d.db", stores->folder, i);
    struct transaction change;
    struct database db;

    stores_copy(stores->path, path);
    stores_open_database(path, &db);
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
    change.census.records -= i == 0;
    change.census.wide -= i == 1;
    change.census.inactive -= i == 2;
    change.counted = true;
    assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
    stores_expect_fault(&db, STORE_USER, "entries are missing from it or too many");
    database_close(&db);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_bit_flips),
      TEST(test_flips_of_tables),
      TEST(test_changed_rows),
      TEST(test_unsound_rows),
      cmocka_unit_test_setup_teardown(test_kind_counts, stores_setup, stores_teardown),
      TEST(test_wrong_census),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

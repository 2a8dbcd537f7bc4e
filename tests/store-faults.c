/* Everything that the store asks of the system fails, one call after the other, once and ever
 * after. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A short life of a store is led again and again: made, filled, read, cleared, undone, forgotten.
 * In round k the k-th call fails: of the C library where the store calls it by itself (by the
 * linker's --wrap), of SQLite's file system (by a VFS in front of the real one), or of SQLite's
 * allocator. Whatever was acknowledged must be true under the fault and after it: a pin that is
 * there may be "unavailable", and never "not found" or another one. */
#include "config.h"

#include "daemon/contents.h"
#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/schema.h"

#include "tests/full.h"
#include "tests/mishap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is known of each row. */
enum { ROWS = 5, PINS = 3 };

enum known {
  KNOWN_ABSENT,
  KNOWN_PRESENT,
  KNOWN_NOTHING /* a write of it failed: it may be there or not */
};

static struct ticket_row rows[ROWS];
static enum known known[ROWS];
static struct keypin pins[PINS]; /* of the first rows' peers */
static enum known pins_known;    /* they are changed together */

static bool find_pin(const struct keypin *pin, void *data)
{
  bool *found = data;

  for (int i = 0; i < PINS; i++)
    if (keypin_compare_key(pin, &pins[i]) == 0) {
      assert_true(pin_equal(pin, &pins[i]));
      *found = true;
    }
  return true;
}

static void check_pins(struct store *store, bool strict)
{
  for (int i = 0; i < PINS; i++) {
    bool found = false;
    enum tlspin_code code = store_read_begin(store);

    if (code == TLSPIN_OK) {
      code = store_pins(store, &rows[i].peer, find_pin, &found);
      store_read_end(store);
    }
    if (code == TLSPIN_OK && found)
      assert_int_not_equal(pins_known, KNOWN_ABSENT);
    else if (code == TLSPIN_OK)
      assert_int_not_equal(pins_known, KNOWN_PRESENT);
    else
      assert_true(code == TLSPIN_UNAVAILABLE && !strict);
  }
}

/* strict: no fault is there any more, so that what is known must come. */
static void check(struct store *store, bool strict)
{
  for (int i = 0; i < ROWS; i++) {
    struct ticket_row got;
    enum tlspin_code code = store_get(store, &rows[i].peer, &got);

    if (code == TLSPIN_OK) {
      assert_true(ticket_row_equal(&got, &rows[i]));
      assert_int_not_equal(known[i], KNOWN_ABSENT);
    } else if (code == TLSPIN_E_NOT_FOUND) {
      assert_int_not_equal(known[i], KNOWN_PRESENT);
    } else {
      assert_true(code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
      assert_false(strict);
    }
    ticket_row_clear(&got);
  }
  check_pins(store, strict);
}

/* Whatever fails in the middle, the edit is there as a whole or not at all. */
static void edit_all(struct store *store)
{
  struct store_edit *edit = NULL;
  struct store_change change;
  enum tlspin_code code = store_edit_begin(store, STORE_UNDOABLE, 0, STORES_NOW, &edit);

  if (code == TLSPIN_OK) {
    for (int i = 0; i < PINS; i++)
      store_edit_put(edit, &pins[i]);
    code = store_edit_end(edit, TLSPIN_OK, &change);
  }
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
  pins_known = code == TLSPIN_OK ? KNOWN_PRESENT : KNOWN_NOTHING;
}

/* What is noted beside them takes nothing away. */
static void note_beside(struct store *store)
{
  static const struct setting_row locked = {"learn", "50.db/no", false};
  struct store_met met = {pins[0], STORES_NOW + 9, 1};
  struct event_row event = {.kind = "change",
                            .peer = rows[0].peer,
                            .reason = "changed",
                            .layer = "user",
                            .key = "",
                            .report = "",
                            .program = ""};
  enum tlspin_code code;
  uint64_t id;

  code = store_meet(store, &met, 1);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
  code = store_log(store, &event, STORES_NOW, &id);
  assert_true(code == TLSPIN_OK ? id > 0 : code == TLSPIN_UNAVAILABLE && id == 0);
  code = store_trim_history(store, 0, 0);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  code = store_put_settings(store, &locked, 1);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
}

static void put_all(struct store *store)
{
  for (int i = 0; i < ROWS; i++) {
    enum tlspin_code code = store_put(store, &rows[i], 0, STORES_NOW);

    assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
    known[i] = code == TLSPIN_OK ? KNOWN_PRESENT : KNOWN_NOTHING;
  }
}

/* to: what the rows are after a change of all of them that worked. */
static void note_change(enum tlspin_code code, enum known to)
{
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY ||
              code == TLSPIN_E_NOT_FOUND || code == TLSPIN_E_NOTHING_TO_UNDO);
  for (int i = 0; i < ROWS; i++) {
    if (code == TLSPIN_E_NOT_FOUND)
      assert_int_not_equal(known[i], KNOWN_PRESENT);
    if (code == TLSPIN_OK && known[i] != KNOWN_NOTHING)
      known[i] = to;
    else if (code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY)
      known[i] = KNOWN_NOTHING;
  }
  if (code == TLSPIN_E_NOT_FOUND)
    assert_int_not_equal(pins_known, KNOWN_PRESENT);
  if (code == TLSPIN_OK && pins_known != KNOWN_NOTHING)
    pins_known = to;
  else if (code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY)
    pins_known = KNOWN_NOTHING;
}

static bool count_row(const struct ticket_row *row, void *data)
{
  (void)row;
  ++*(int *)data;
  return true;
}

/* A list that says it was whole has all that is known to be there. */
static void list_all(struct store *store)
{
  struct store_filter all = STORE_FILTER_ANY;
  int listed = 0, at_least = 0;
  uint64_t count = 0;

  for (int i = 0; i < ROWS; i++)
    at_least += known[i] == KNOWN_PRESENT;
  if (store_list(store, &all, NULL, 99, count_row, &listed) == TLSPIN_OK)
    assert_true(listed >= at_least);
  if (store_count(store, &count) == TLSPIN_OK)
    assert_true(count >= (uint64_t)at_least);
}

static void live(struct store *store)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  put_all(store);
  edit_all(store);
  check(store, false);
  note_beside(store);
  check(store, false);
  list_all(store);
  store_put_failure(store, &rows[0].peer, "no-proof", STORES_NOW);
  note_change(store_clear(store, &all, STORES_NOW, &change), KNOWN_ABSENT);
  check(store, false);
  note_change(store_undo(store, 0, STORES_NOW, &change), KNOWN_PRESENT);
  check(store, false);
  if (stores_forget(store, STORES_NOW + 1) == TLSPIN_OK)
    assert_int_not_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_OK);
  check(store, false);
}

static void expect_refusal(enum tlspin_code code, char *problem)
{
  assert_non_null(problem);
  if (code != TLSPIN_UNAVAILABLE)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  g_free(problem);
}

/* One life with the fault, another without it. */
static void lead_life(struct stores *stores)
{
  struct ticket_row later = stores_row(20);
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code;

  for (int i = 0; i < ROWS; i++) {
    rows[i] = stores_row(i);
    known[i] = KNOWN_ABSENT;
  }
  for (int i = 0; i < PINS; i++)
    pins[i] = stores_pin(i);
  pins[0].place.scope = SCOPE_SUBTREE;
  pins_known = KNOWN_ABSENT;
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_OK)
    live(store);
  else
    expect_refusal(code, problem);
  store_close(store);
  mishap_pause();
  store = stores_open(stores->path);
  check(store, true);
  assert_int_equal(store_put(store, &later, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
}

/* The same for a layer: the old file stays, or the new one is there. */
static void lead_life_of_layer(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct ticket_row old = stores_row(10), new = stores_row(11), got;
  struct keypin pin = stores_pin(12);
  struct layer_contents before = {.ticket_count = 1, .tickets = &old};
  struct layer_contents after = {.ticket_count = 1, .tickets = &new, .pin_count = 1, .pins = &pin};
  enum tlspin_code written, code;
  struct store *store = NULL;
  char *problem = NULL;

  assert_int_equal(store_write_layer(stores->layer, &before, &problem), TLSPIN_OK);
  mishap_resume(mishap);
  written = store_write_layer(stores->layer, &after, &problem);
  if (written != TLSPIN_OK)
    expect_refusal(written, problem);
  code = store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem);
  if (code == TLSPIN_OK) {
    code = store_get(store, &new.peer, &got);
    assert_true(code != TLSPIN_E_NOT_FOUND || written != TLSPIN_OK);
    ticket_row_clear(&got);
  } else {
    expect_refusal(code, problem);
  }
  store_close(store);
  mishap_pause();
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  code = store_get(store, &new.peer, &got);
  assert_int_equal(code == TLSPIN_OK || written != TLSPIN_OK, true);
  ticket_row_clear(&got);
  assert_int_equal(store_get(store, &old.peer, &got) == TLSPIN_OK, code == TLSPIN_E_NOT_FOUND);
  ticket_row_clear(&got);
  store_close(store);
}

/* And for a store of the old form: it is of the one form or the other, and whole. */
static void lead_life_of_older(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  const struct schema first = {schema_current.migrations, 1};
  struct store *store = NULL;
  char *problem = NULL;
  struct database db;
  enum tlspin_code code;

  assert_int_equal(mkdir(stores->home, 0700), 0);
  stores_write(stores->path, 0, "", 0);
  stores_write(stores->lock, 0, "1\n", 2);
  assert_true(database_open(&db, stores->path, STORE_USER) && schema_migrate(db.handle, &first) &&
              database_prepare(&db));
  for (int i = 0; i < ROWS; i++) {
    struct cell cells[TABLE_COLUMNS];
    struct transaction change;

    rows[i] = stores_row(i);
    ticket_row_to_cells(&rows[i], cells);
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
    assert_int_equal(transaction_put(&change, TABLE_TICKET, cells), TLSPIN_OK);
    assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
    known[i] = KNOWN_PRESENT;
  }
  database_close(&db);
  for (int i = 0; i < PINS; i++)
    pins[i] = stores_pin(i);
  pins_known = KNOWN_ABSENT;
  mishap_resume(mishap);
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_OK)
    check(store, false);
  else
    expect_refusal(code, problem);
  store_close(store);
  mishap_pause();
  store = stores_open(stores->path);
  check(store, true);
  store_close(store);
}

static void test_store(void **state)
{
  static const long steps[3][2] = {{1, 1}, {11, 17}, {401, 409}};

  (void)state;
  mishap_run_all(steps, lead_life);
}

static void test_layer(void **state)
{
  static const long steps[3][2] = {{1, 1}, {1, 3}, {307, 311}};

  (void)state;
  mishap_run_all(steps, lead_life_of_layer);
}

static void test_older(void **state)
{
  static const long steps[3][2] = {{1, 1}, {3, 5}, {307, 311}};

  (void)state;
  mishap_run_all(steps, lead_life_of_older);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store),
      cmocka_unit_test(test_layer),
      cmocka_unit_test(test_older),
  };

  int failed = cmocka_run_group_tests(tests, mishap_setup, NULL);

  full_say(
      "T5a",
      "every k-th call, I/O or allocation fails, once or ever after: an error, old data intact",
      failed == 0, "%u lives", mishap_lives());
  return failed;
}

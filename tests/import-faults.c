/* Everything that is asked of the system fails while operations are staged, finished, applied,
 * taken back and dropped, and while small things are noted: as store-faults.c, for the rest of what
 * the store does. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is acknowledged is true: an import that was finished is stored as a whole in the end, one
 * that was not is not there at all, and what nobody knows is the one or the other. */
#include "config.h"

#include "daemon/damage.h"
#include "daemon/state.h"
#include "tests/full.h"
#include "tests/mishap.h"
#include "tests/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

enum { OLD = 3, IMPORTED = 8, DROPPED = 4 };

/* What is known of an import. */
enum known { KNOWN_ABSENT, KNOWN_FINISHED, KNOWN_NOTHING };

static enum known imported;
static bool noted; /* the state was acknowledged */

static void expect_failure(enum tlspin_code code)
{
  if (code != TLSPIN_UNAVAILABLE && code != TLSPIN_E_MEMORY)
    fail_msg("an error is %d", code);
}

/* 0: it could not be done. */
static uint64_t stage(struct store *store, uint64_t operation, int from, int to)
{
  struct store_change change = {0};
  struct store_edit *edit = NULL;
  enum tlspin_code code = store_edit_begin(store, STORE_DRAFT, operation, STORES_NOW, &edit);

  if (code == TLSPIN_OK) {
    for (int i = from; i < to && code == TLSPIN_OK; i++) {
      struct keypin pin = stores_pin(i);

      code = store_edit_put(edit, &pin);
    }
    code = store_edit_end(edit, code, &change);
  }
  if (code == TLSPIN_OK)
    return change.operation;
  expect_failure(code);
  return 0;
}

static void finish(struct store *store, uint64_t operation)
{
  struct store_change change;
  struct store_edit *edit = NULL;
  enum tlspin_code code = store_edit_begin(store, STORE_UNDOABLE, operation, STORES_NOW, &edit);

  if (code == TLSPIN_OK)
    code = store_edit_end(edit, TLSPIN_OK, &change);
  imported = code == TLSPIN_OK ? KNOWN_FINISHED : KNOWN_NOTHING;
  if (code != TLSPIN_OK)
    expect_failure(code);
}

/* How many of the import's records are there; -1: that can't be read. */
static int count_imported(struct store *store)
{
  uint64_t pins;

  return store_count_pins(store, &pins) == TLSPIN_OK ? (int)pins - OLD : -1;
}

static void apply(struct store *store)
{
  struct store_applied applied = {0};
  enum tlspin_code code;
  int count;

  while ((code = store_apply(store, UINT64_MAX, UINT64_MAX, &applied)) == TLSPIN_OK) {
  }
  if (code != TLSPIN_E_NOT_FOUND)
    expect_failure(code);
  count = count_imported(store);
  if (code == TLSPIN_E_NOT_FOUND && imported == KNOWN_FINISHED && count >= 0)
    assert_int_equal(count, IMPORTED);
}

static void import(struct store *store)
{
  uint64_t operation = stage(store, 0, OLD, OLD + IMPORTED / 2);

  if (operation != 0 && stage(store, operation, OLD + IMPORTED / 2, OLD + IMPORTED) != 0)
    finish(store, operation);
  apply(store);
}

/* What is begun and dropped is never there. */
static void begin_and_drop(struct store *store)
{
  uint64_t operation = stage(store, 0, 100, 100 + DROPPED);
  enum tlspin_code code;

  if (operation == 0)
    return;
  code = store_drop_draft(store, operation);
  if (code != TLSPIN_OK)
    expect_failure(code);
}

static void note(struct store *store)
{
  static const uint8_t value[] = {1, 2, 3};
  const struct damage damage = {.cause = DAMAGE_CONTENT, .found = STORES_NOW, .missing = 1};
  enum tlspin_code code = state_put(store, "clock", (struct span){value, sizeof value});

  noted = code == TLSPIN_OK;
  if (code != TLSPIN_OK)
    expect_failure(code);
  code = damage_put(store, &damage);
  if (code == TLSPIN_OK)
    assert_true(damage_stands(store)); /* also where that can't be read */
  else
    expect_failure(code);
}

static void check_noted(struct store *store)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size;
  enum tlspin_code code = state_get(store, "clock", value, &size);

  if (code == TLSPIN_E_NOT_FOUND)
    assert_false(noted);
  else if (code == TLSPIN_OK)
    assert_true(size == 3 && value[2] == 3);
}

static void live(struct store *store)
{
  struct store_change change;
  enum tlspin_code code;

  begin_and_drop(store);
  note(store);
  check_noted(store);
  import(store);
  code = stores_forget(store, STORES_NOW - 100);
  if (code != TLSPIN_OK)
    expect_failure(code);
  if (imported != KNOWN_FINISHED)
    return;
  code = store_undo(store, 0, STORES_NOW, &change);
  if (code == TLSPIN_OK && change.changed == IMPORTED)
    imported = KNOWN_ABSENT;
  else if (code != TLSPIN_E_NOTHING_TO_UNDO)
    imported = KNOWN_NOTHING; /* undone or not; or what was there before it was */
}

static void make_old(struct stores *stores)
{
  enum mishap mishap = mishap_pause();
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < OLD; i++) {
    struct keypin pin = stores_pin(i);

    stores_learn(store, &pin);
  }
  store_close(store);
  imported = KNOWN_ABSENT;
  noted = false;
  mishap_resume(mishap);
}

/* Nothing fails any more: old data intact, the import whole or not there, and all works. */
static void check_at_last(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct ticket_row row = stores_row(50);
  int count;

  stores_apply(store);
  count = count_imported(store);
  assert_true(count == 0 || count == IMPORTED);
  assert_true(imported != KNOWN_FINISHED || count == IMPORTED);
  assert_true(imported != KNOWN_ABSENT || count == 0);
  for (int i = 0; i < OLD; i++) {
    struct keypin pin = stores_pin(i);

    stores_expect_pin(store, &pin);
  }
  check_noted(store);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_int_equal(stores_forget(store, STORES_NOW + 1), TLSPIN_OK);
  store_close(store);
}

static void lead_life(struct stores *stores)
{
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code;

  make_old(stores);
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_OK) {
    live(store);
    store_close(store);
  } else {
    if (code != TLSPIN_UNAVAILABLE)
      fail_msg("%s", problem);
    assert_non_null(problem);
    g_free(problem);
  }
  mishap_pause();
  check_at_last(stores);
}

static void test_store(void **state)
{
  static const long steps[3][2] = {{1, 1}, {13, 19}, {401, 409}};

  (void)state;
  mishap_run_all(steps, lead_life);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_store),
  };
  int failed;

  silence_log();
  failed = cmocka_run_group_tests(tests, mishap_setup, NULL);
  full_say("T5c",
           "every k-th call fails, once or ever after (imports, notes): an error, old data intact",
           failed == 0, "%u lives", mishap_lives());
  return failed;
}

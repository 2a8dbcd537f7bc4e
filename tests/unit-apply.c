/* Long imports, which are put some records at a time once they are finished.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MANY = 2500, SLICES = 3 };

static struct keypin record(int n)
{
  g_autofree char *text = g_strdup_printf("h%04d.example:443", n);
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_IMPORT);
  memset(pin.digest, n % 251 + 1, 32);
  return pin;
}

/* Puts from..to - 1 into a draft, or finishes it with them. */
static uint64_t put(struct store *store, enum store_journal journal, uint64_t draft, int from,
                    int to)
{
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, journal, draft, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = from; i < to; i++) {
    struct keypin pin = record(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return change.operation;
}

/* A draft of MANY records from..., finished; nothing of it is put yet. */
static uint64_t finish(struct store *store, int from)
{
  uint64_t draft = put(store, STORE_DRAFT, 0, from, from + MANY - 1);

  return put(store, STORE_UNDOABLE, draft, from + MANY - 1, from + MANY);
}

static uint64_t count(struct store *store)
{
  uint64_t found = 0;

  assert_int_equal(store_count_pins(store, &found), TLSPIN_OK);
  return found;
}

static struct store_applied apply(struct store *store)
{
  struct store_applied applied;

  assert_int_equal(store_apply(store, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_OK);
  return applied;
}

static void apply_rest(struct store *store)
{
  struct store_applied applied;

  do
    applied = apply(store);
  while (!applied.over);
}

static void expect_none(struct store *store)
{
  struct store_applied applied;

  assert_int_equal(store_apply(store, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_E_NOT_FOUND);
  assert_true(applied.operation == 0 && !applied.over);
}

static void test_slices(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t operation = finish(store, 0), changed = 0;

  assert_true(operation == 2 && count(store) == 0);
  assert_true(store_is_applying(store));
  for (int i = 0; i < SLICES; i++) {
    struct store_applied applied = apply(store);

    assert_true(applied.operation == 2 && applied.left_out == 0 && applied.dropped == 0);
    assert_int_equal(applied.over, i == SLICES - 1);
    changed += applied.changed;
    assert_true(count(store) == changed);
  }
  assert_true(changed == MANY);
  assert_false(store_is_applying(store));
  expect_none(store);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM image"), MANY);
  stores_undo(store, 0, (struct store_change){3, MANY, 0});
  assert_true(count(store) == 0);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Meanwhile nothing gets a number; what isn't in the journal goes on, and so do drafts. */
static void test_busy(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct keypin pin = stores_pin(0), learned = stores_pin(1);
  struct ticket_row row = stores_row(2);
  struct store_change change;
  struct store_edit *edit;

  assert_true(stores_edit(store, &pin) == 1);
  assert_true(finish(store, 0) == 3);
  assert_false(apply(store).over);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_E_BUSY);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_BUSY);
  assert_int_equal(store_undo(store, 3, STORES_NOW, &change), TLSPIN_E_BUSY);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(
        store_edit_begin(store, i == 0 ? STORE_UNDOABLE : STORE_TOLD, 0, STORES_NOW, &edit),
        TLSPIN_OK);
    assert_int_equal(store_edit_drop(edit, &pin), TLSPIN_E_BUSY);
    assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_E_BUSY);
  }
  stores_expect_pin(store, &pin);
  stores_learn(store, &learned);
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  assert_true(finish(store, MANY) == 5); /* the next one waits */
  assert_int_equal(stores_forget(store, 0), TLSPIN_OK);
  apply_rest(store);
  assert_true(count(store) == MANY + 2);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_E_BUSY);
  apply_rest(store);
  expect_none(store);
  assert_true(count(store) == 2 * MANY + 2);
  stores_undo(store, 3, (struct store_change){6, MANY, 0});
  stores_undo(store, 0, (struct store_change){7, MANY, 0});
  stores_undo(store, 0, (struct store_change){8, 1, 0});
  assert_true(count(store) == 1);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* A daemon that is killed in the middle: whoever opens the file goes on. */
static void test_killed(void **state)
{
  struct stores *stores = *state;
  struct store *store;
  struct keypin pin = stores_pin(0);
  struct store_change change;
  pid_t child = stores_fork();

  if (child == 0) {
    store = stores_open(stores->path);
    finish(store, 0);
    apply(store);
    _exit(0);
  }
  stores_join(child);
  store = stores_open(stores->path);
  assert_true(count(store) > 0 && count(store) < MANY);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_BUSY);
  apply_rest(store);
  assert_true(count(store) == MANY);
  assert_true(stores_edit(store, &pin) == 3);
  stores_undo(store, 2, (struct store_change){4, MANY, 0});
  assert_true(count(store) == 1);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* Two daemons on one home: the one that finished a draft applies it, the other one's waits. */
static void test_another(void **state)
{
  struct stores *stores = *state;
  struct store *one = stores_open(stores->path), *other = stores_open(stores->path);
  struct store_applied applied;

  assert_true(finish(one, 0) == 2);
  assert_false(apply(one).over);
  assert_int_equal(store_apply(other, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_E_BUSY);
  assert_true(finish(other, MANY) == 4);
  assert_int_equal(store_apply(other, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_E_BUSY);
  apply_rest(one);
  assert_int_equal(store_apply(one, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_E_BUSY);
  assert_false(apply(other).over);
  store_close(other); /* as it does where its process ends */
  apply_rest(one);
  expect_none(one);
  assert_true(count(one) == 2 * MANY);
  store_close(one);
}

/* The disk is full: it stays as it is, and goes on once there is room. */
static void check_no_room(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct store_applied applied;
  struct rlimit before, none;

  finish(store, 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  none = (struct rlimit){0, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
  assert_int_equal(store_apply(store, UINT64_MAX, UINT64_MAX, &applied), TLSPIN_UNAVAILABLE);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL);
  assert_true(count(store) == 0);
  apply_rest(store);
  assert_true(count(store) == MANY);
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_no_room(void **state)
{
  stores_as_user(*state, check_no_room);
}

/* Records of one place: of any key, so that all of them are different ones. */
static struct keypin crowd(int n)
{
  struct keypin pin = record(0);

  memset(pin.digest, 0, 32);
  pin.digest[0] = (uint8_t)n;
  pin.digest[1] = (uint8_t)(n >> 8);
  return pin;
}

static struct store_edit *fill(struct store *store, enum store_journal journal, int from, int to)
{
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, journal, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = from; i < to; i++) {
    struct keypin pin = crowd(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  return edit;
}

/* A draft has as much room at a place as what is there leaves, and names what is too much: those
 * that replace others count once. What comes there meanwhile takes the room of the rest. */
static void test_room(void **state)
{
  enum { THERE = 200, SAME = 50, ROOM = STORE_PLACE_MAX - THERE };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin other = crowd(999), more = crowd(THERE + ROOM);
  struct store_change change;
  struct store_applied applied;
  struct store_edit *edit = fill(store, STORE_UNDOABLE, 0, THERE);

  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  edit = fill(store, STORE_DRAFT, THERE - SAME, THERE + ROOM);
  assert_int_equal(store_edit_put(edit, &more), TLSPIN_E_LIMIT);
  more.status = KEYPIN_INACTIVE;
  assert_int_equal(store_edit_put(edit, &more), TLSPIN_OK); /* the history has its own limit */
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_true(change.operation == 2 && change.changed == ROOM + 1);
  assert_true(stores_edit(store, &other) == 3);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 2, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  applied = apply(store);
  assert_true(applied.over && applied.operation == 4);
  assert_true(applied.changed == ROOM && applied.left_out == 1);
  stores_undo(store, 0, (struct store_change){5, ROOM, 0});
  store_close(store);
  store_close(stores_open(stores->path));
}

/* The history that comes with it is shortened as it is put. */
static void test_history(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_applied applied;
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 20; i++) {
    struct keypin pin = crowd(i);

    pin.status = KEYPIN_INACTIVE;
    pin.last_seen = i;
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_true(put(store, STORE_UNDOABLE, 1, 1, 2) == 2);
  assert_int_equal(store_apply(store, 1000, 8, &applied), TLSPIN_OK);
  assert_true(applied.over && applied.changed == 21 && applied.dropped == 12);
  assert_true(count(store) == 9);
  stores_undo(store, 0, (struct store_change){3, 9, 0});
  assert_true(count(store) == 0);
  store_close(store);
}

static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents nothing = {.ticket_count = 0};
  struct store_applied applied;
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &nothing, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(store_apply(store, 1, 1, &applied), TLSPIN_E_DENIED);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_slices),  TEST(test_busy), TEST(test_another), TEST(test_killed),
      TEST(test_no_room), TEST(test_room), TEST(test_history), TEST(test_layer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

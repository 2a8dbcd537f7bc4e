/* Taking back operations that touched tickets and records.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 12 };

/* A store with tickets and learned pins of the same peers. */
static struct store *filled(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  for (int i = 0; i < ROWS; i++) {
    struct keypin pin = stores_pin(i);

    stores_learn(store, &pin);
  }
  return store;
}

static void clear(struct store *store, struct store_filter filter, uint64_t operation,
                  uint64_t changed)
{
  struct store_change change;

  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == operation);
  assert_true(change.changed == changed);
}

static void expect(struct store *store, int n, bool ticket, bool record)
{
  struct ticket_row row = stores_row(n);
  struct keypin pin = stores_pin(n);

  if (ticket)
    stores_expect(store, &row);
  else
    stores_expect_none(store, &row.peer);
  if (record)
    stores_expect_pin(store, &pin);
  else
    stores_expect_no_pin(store, &pin);
}

static void expect_all(struct store *store, bool tickets, bool records)
{
  for (int i = 0; i < ROWS; i++)
    expect(store, i, tickets, records);
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_clear_of_both(void **state)
{
  struct store *store = filled(*state);
  struct store_filter all = STORE_FILTER_ANY, tickets = all, records = all;

  tickets.records = false;
  records.tickets = false;
  clear(store, all, 1, 2 * ROWS);
  expect_all(store, false, false);
  stores_undo(store, 0, (struct store_change){2, 2 * ROWS, 0});
  expect_all(store, true, true);
  clear(store, tickets, 3, ROWS);
  expect_all(store, false, true);
  clear(store, records, 4, ROWS);
  expect_all(store, false, false);
  stores_undo(store, 3, (struct store_change){5, ROWS, 0});
  expect_all(store, true, false);
  stores_undo(store, 0, (struct store_change){6, ROWS, 0});
  expect_all(store, true, true);
  stores_undo(store, 2, (struct store_change){7, 2 * ROWS, 0}); /* redo */
  expect_all(store, false, false);
  stores_undo(store, 7, (struct store_change){8, 2 * ROWS, 0});
  expect_all(store, true, true);
  close_and_check(store, *state);
}

/* The newest clear or edit, whichever it is; and by number in any order. */
static void test_newest(void **state)
{
  struct store *store = filled(*state);
  struct store_filter one = STORE_FILTER_ANY;
  struct keypin off = stores_pin_at(40, ".example"), pin = stores_pin(1);
  struct store_change change;

  off = keypin_new(&off.place, KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER);
  one.host = "host-0001.example";
  assert_true(stores_edit(store, &off) == 1);
  clear(store, one, 2, 2);
  pin.status = KEYPIN_REJECTED;
  assert_true(stores_edit(store, &pin) == 3);
  stores_undo(store, 0, (struct store_change){4, 1, 0});
  stores_expect_no_pin(store, &pin);
  stores_undo(store, 0, (struct store_change){5, 2, 0});
  expect_all(store, true, true);
  stores_undo(store, 0, (struct store_change){6, 1, 0});
  stores_expect_no_pin(store, &off);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 6, (struct store_change){7, 1, 0}); /* the edit is in force again */
  stores_expect_pin(store, &off);
  stores_undo(store, 4, (struct store_change){8, 1, 1}); /* what came back meanwhile makes way */
  stores_expect_pin(store, &pin);
  stores_undo(store, 8, (struct store_change){9, 1, 0});
  expect_all(store, true, true);
  close_and_check(store, *state);
}

/* What an edit left makes way and is no newer entry; what came after it is one. */
static void test_replaced(void **state)
{
  struct store *store = filled(*state);
  struct keypin edited = stores_pin(3), newer = edited, before = edited;
  struct store_met met = {edited, STORES_NOW + 999, 3};

  edited.status = KEYPIN_INACTIVE;
  assert_true(stores_edit(store, &edited) == 1);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  stores_expect_pin(store, &before);
  stores_undo(store, 2, (struct store_change){3, 1, 0});
  stores_expect_pin(store, &edited);

  assert_int_equal(store_meet(store, &met, 1), TLSPIN_OK); /* met again: still the same entry */
  stores_undo(store, 3, (struct store_change){4, 1, 0});
  stores_expect_pin(store, &before);
  stores_undo(store, 4, (struct store_change){5, 1, 0});

  newer.status = KEYPIN_CRITICAL;
  stores_learn(store, &newer);
  stores_undo(store, 5, (struct store_change){6, 1, 1});
  stores_expect_pin(store, &before);
  stores_undo(store, 6, (struct store_change){7, 1, 0});
  stores_expect_pin(store, &newer);
  close_and_check(store, *state);
}

static void test_new_record_after_clear(void **state)
{
  struct store *store = filled(*state);
  struct store_filter one = STORE_FILTER_ANY;
  struct keypin newer = stores_pin(3);

  one.host = newer.place.host;
  clear(store, one, 1, 2);
  newer.note = "learned again";
  stores_learn(store, &newer);
  stores_undo(store, 1, (struct store_change){2, 2, 1});
  expect_all(store, true, true);
  stores_undo(store, 2, (struct store_change){3, 2, 0});
  stores_expect_pin(store, &newer);
  close_and_check(store, *state);
}

/* Another key that was learned where the old one had been cleared, an impostor's perhaps, makes way
 * for it; what was put there on purpose, or stands elsewhere, stays. */
static void test_other_key_after_clear(void **state)
{
  struct store *store = filled(*state);
  struct store_filter one = STORE_FILTER_ANY;
  struct keypin other = stores_pin(3), own = other, elsewhere = other;

  one.host = other.place.host;
  clear(store, one, 1, 2);
  other.digest[0] ^= 1;
  other.first_seen = STORES_NOW;
  own = other;
  own.origin = KEYPIN_USER;
  elsewhere = other;
  elsewhere.place.port++;
  stores_learn(store, &other);
  stores_learn(store, &own);
  stores_learn(store, &elsewhere);
  stores_undo(store, 1, (struct store_change){2, 2, 1});
  expect_all(store, true, true);
  stores_expect_no_pin(store, &other);
  stores_expect_pin(store, &own);
  stores_expect_pin(store, &elsewhere);
  stores_undo(store, 2, (struct store_change){3, 3, 0});
  expect(store, 3, false, false);
  stores_expect_pin(store, &other);
  close_and_check(store, *state);
}

static void test_nothing_to_change(void **state)
{
  struct store *store = filled(*state);
  struct keypin pin = stores_pin(3);

  assert_true(stores_drop(store, &pin) == 1);
  stores_learn(store, &pin);
  stores_undo(store, 1, (struct store_change){2, 0, 0});
  expect_all(store, true, true);
  close_and_check(store, *state);
}

/* A put and a drop of one record in one edit: undone, it is as before the first of them. */
static void test_twice_in_one_edit(void **state)
{
  struct store *store = filled(*state);
  struct keypin pin = stores_pin(3), other = pin, fresh = stores_pin(50);
  struct store_edit *edit;
  struct store_change change;

  other.status = KEYPIN_CRITICAL;
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &other), TLSPIN_OK);
  assert_int_equal(store_edit_drop(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &fresh), TLSPIN_OK);
  assert_int_equal(store_edit_drop(edit, &fresh), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &fresh), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_true(change.operation == 1 && change.changed == 5);
  stores_expect_no_pin(store, &pin);
  stores_undo(store, 0, (struct store_change){2, 2, 0});
  stores_expect_pin(store, &pin);
  stores_expect_no_pin(store, &fresh);
  stores_undo(store, 2, (struct store_change){3, 2, 0});
  stores_expect_no_pin(store, &pin);
  stores_expect_pin(store, &fresh);
  close_and_check(store, *state);
}

static void test_failures(void **state)
{
  struct store *store = filled(*state);
  struct peer peer = stores_row(3).peer;
  struct keypin pin = stores_pin(3);
  struct failure_row failure;

  assert_true(stores_drop(store, &pin) == 1);
  assert_int_equal(store_put_failure(store, &peer, "no-proof", 5), TLSPIN_OK);
  stores_undo(store, 1, (struct store_change){2, 1, 0});
  assert_int_equal(store_get_failure(store, &peer, &failure), TLSPIN_E_NOT_FOUND);
  close_and_check(store, *state);
}

/* Two daemons on one home undo what the other did. */
static void test_two_stores(void **state)
{
  struct stores *stores = *state;
  struct store *ours = filled(stores), *theirs = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY;
  struct keypin pin = stores_pin(40);

  clear(ours, all, 1, 2 * ROWS);
  expect_all(theirs, false, false);
  assert_true(stores_edit(theirs, &pin) == 2);
  stores_undo(theirs, 1, (struct store_change){3, 2 * ROWS, 0});
  expect_all(ours, true, true);
  stores_undo(ours, 0, (struct store_change){4, 1, 0});
  stores_expect_no_pin(theirs, &pin);
  store_close(theirs);
  close_and_check(ours, stores);
}

static void test_after_reopening(void **state)
{
  struct stores *stores = *state;
  struct store *store = filled(stores);
  struct store_filter all = STORE_FILTER_ANY;

  clear(store, all, 1, 2 * ROWS);
  store_close(store);
  store = stores_open(stores->path);
  stores_undo(store, 0, (struct store_change){2, 2 * ROWS, 0});
  store_close(store);
  store = stores_open(stores->path);
  expect_all(store, true, true);
  close_and_check(store, stores);
}

/* Records have images of their own: an undo can be undone when its target was forgotten. */
static void test_forgotten_target(void **state)
{
  struct store *store = filled(*state);
  struct store_filter records = STORE_FILTER_ANY;
  struct store_change change;

  records.tickets = false;
  assert_int_equal(store_clear(store, &records, 100, &change), TLSPIN_OK);
  assert_int_equal(store_undo(store, 0, 200, &change), TLSPIN_OK);
  assert_int_equal(stores_forget(store, 200), TLSPIN_OK);
  assert_int_equal(store_undo(store, 1, 300, &change), TLSPIN_E_NOTHING_TO_UNDO);
  stores_undo(store, 2, (struct store_change){3, ROWS, 0});
  expect_all(store, true, false);
  stores_undo(store, 3, (struct store_change){4, ROWS, 0});
  expect_all(store, true, true);
  close_and_check(store, *state);
}

/* A damaged image or record stops the whole undo. */
static void test_damaged(void **state)
{
  static const char *const damages[] = {
      "UPDATE image SET note = 'x' WHERE host = 'host-0007.example'",
      "UPDATE image SET result = zeroblob(32) WHERE host = 'host-0007.example'",
      "DELETE FROM image WHERE host = 'host-0007.example'",
      "UPDATE pin SET note = 'x' WHERE host = 'host-0007.example'",
  };
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    struct store *store = filled(stores);
    struct store_filter all = STORE_FILTER_ANY;
    struct keypin pin = stores_pin(7);
    struct store_change change;

    clear(store, all, 1, 2 * ROWS);
    stores_learn(store, &pin);
    stores_sql(stores->path, damages[i]);
    assert_int_equal(store_undo(store, 1, STORES_NOW, &change), TLSPIN_UNAVAILABLE);
    assert_true(change.operation == 0 && change.changed == 0);
    assert_false(store_in_place(store));
    assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM operation"), 1);
    store_close(store);
    assert_int_equal(remove(stores->path) + remove(stores->lock), 0);
  }
}

/* A long random life against a model of it: after every step the store is what the model says, and
 * at the end the undos of everything, newest first, lead back to the beginning. */
enum { KEYS = 8, STEPS = 120 };

struct model {
  int ticket[KEYS]; /* 0: none, else which row */
  int record[KEYS]; /* 0: none, else its status + 1 */
};

static struct keypin record_of(int key, int mark)
{
  struct keypin pin = stores_pin(key);

  pin.status = (enum keypin_status)(mark - 1);
  return pin;
}

static void expect_model(struct store *store, const struct model *model)
{
  for (int i = 0; i < KEYS; i++) {
    struct ticket_row row = stores_row(i);
    struct keypin pin = record_of(i, MAX(model->record[i], 1));

    if (model->ticket[i] != 0)
      stores_expect(store, &row);
    else
      stores_expect_none(store, &row.peer);
    if (model->record[i] != 0)
      stores_expect_pin(store, &pin);
    else
      stores_expect_no_pin(store, &pin);
  }
}

/* Returns the operation's number, or 0. */
static uint64_t random_step(struct store *store, struct model *model, uint32_t *seed)
{
  int key = (int)(stores_random(seed) % KEYS), mark = (int)(stores_random(seed) % 4) + 1;
  struct store_filter filter = STORE_FILTER_ANY;
  struct keypin pin = record_of(key, mark);
  struct store_change change = {.operation = 0};

  if (stores_random(seed) % 3 > 0) {
    model->record[key] = mark;
    return stores_edit(store, &pin);
  }
  filter.host = pin.place.host;
  filter.tickets = stores_random(seed) % 2 == 0;
  if (store_clear(store, &filter, STORES_NOW, &change) == TLSPIN_OK) {
    model->record[key] = 0;
    if (filter.tickets)
      model->ticket[key] = 0;
  }
  return change.operation;
}

static void test_random_life(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct model models[STEPS + 1] = {{.ticket = {0}}}, *model = models;
  uint64_t operations[STEPS];
  uint32_t seed = 4711;
  int steps = 0;

  stores_fill(store, KEYS);
  for (int i = 0; i < KEYS; i++)
    model->ticket[i] = 1;
  for (int i = 0; i < STEPS; i++) {
    struct model next = models[steps];
    uint64_t operation = random_step(store, &next, &seed);

    if (operation != 0) {
      operations[steps++] = operation;
      models[steps] = next;
    }
    expect_model(store, &next);
  }
  assert_true(steps > STEPS / 2);
  for (int i = steps; i > 0; i--) {
    struct store_change change;

    assert_int_equal(store_undo(store, i % 2 == 0 ? 0 : operations[i - 1], STORES_NOW, &change),
                     TLSPIN_OK);
    assert_true(change.replaced == 0);
    expect_model(store, &models[i - 1]);
  }
  close_and_check(store, stores);
}

/* Several operations on one record: undone in every order, and brought back in every order. */
enum { OVERLAPS = 3, ORDERS = 6 };

static const int orders[ORDERS][OVERLAPS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                             {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* What an operation does to the record: a letter for the status that it gives it, '-' for a clear.
 */
static uint64_t touch(struct store *store, char what)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct keypin pin = stores_pin(3);
  struct store_change change;

  filter.host = pin.place.host;
  if (what == '-') {
    assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
    return change.operation;
  }
  pin.status = what == 'A' ? KEYPIN_INACTIVE : what == 'B' ? KEYPIN_CRITICAL : KEYPIN_REJECTED;
  return stores_edit(store, &pin);
}

static void expect_state(struct store *store, char expected)
{
  struct keypin pin = stores_pin(3);

  if (expected == '-') {
    stores_expect_no_pin(store, &pin);
    return;
  }
  pin.status =
      expected == 'A' ? KEYPIN_INACTIVE : (expected == 'B' ? KEYPIN_CRITICAL : KEYPIN_REJECTED);
  stores_expect_pin(store, &pin);
}

static uint64_t undo(struct store *store, uint64_t operation)
{
  struct store_change change;

  assert_int_equal(store_undo(store, operation, STORES_NOW, &change), TLSPIN_OK);
  return change.operation;
}

/* Taken back the older first, what the older one made must not come back with the newer. */
static void test_two_overlapping(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t a = touch(store, 'A'), b = touch(store, 'B'), undo_a, undo_b;

  undo_a = undo(store, a);
  expect_state(store, '-');
  undo_b = undo(store, b);
  expect_state(store, '-');
  undo(store, undo_a);
  expect_state(store, 'A');
  undo(store, undo_b);
  expect_state(store, 'B');
  undo(store, b);
  expect_state(store, 'A');
  undo(store, a);
  expect_state(store, '-');
  close_and_check(store, stores);
}

/* The states after each undo, in the orders above. What an undone operation made is never there;
 * and the one before the oldest is, once all are undone. */
struct overlap {
  char before;
  const char *made; /* by each */
  const char *after[ORDERS];
};

static void expect_overlap(const char *path, const struct overlap *overlap, const int *order,
                           const char *after, const int *back)
{
  struct store *store = stores_open(path);
  uint64_t operations[OVERLAPS], undos[OVERLAPS];

  if (overlap->before != '-')
    touch(store, overlap->before);
  for (int i = 0; i < OVERLAPS; i++)
    operations[i] = touch(store, overlap->made[i]);
  for (int i = 0; i < OVERLAPS; i++) {
    undos[order[i]] = undo(store, operations[order[i]]);
    expect_state(store, after[i]);
  }
  for (int i = 0; i < OVERLAPS; i++)
    undo(store, undos[back[i]]);
  expect_state(store, overlap->made[OVERLAPS - 1]);
  store_close(store);
  store_close(stores_open(path));
}

static void test_three_overlapping(void **state)
{
  static const struct overlap overlaps[] = {
      {'-', "ABC", {"---", "-B-", "A--", "AA-", "B--", "BA-"}},
      {'A', "BCB", {"AAA", "ACA", "BAA", "BBA", "CAA", "CBA"}},
      {'-', "A-C", {"---", "---", "A--", "AA-", "---", "-A-"}},
      {'A', "-B-", {"AAA", "ABA", "-AA", "--A", "BAA", "B-A"}},
      {'A', "B-A", {"AAA", "A-A", "BAA", "BBA", "-AA", "-BA"}},
  };
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(overlaps); i++)
    for (int order = 0; order < ORDERS; order++)
      for (int back = 0; back < ORDERS; back++) {
        expect_overlap(stores->path, &overlaps[i], orders[order], overlaps[i].after[order],
                       orders[back]);
        assert_int_equal(remove(stores->path) + remove(stores->lock), 0);
      }
}

/* What was restored by an undo is still the work of the operation before it. */
static void test_restored_by_undo(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  uint64_t b, d;

  touch(store, 'A');
  b = touch(store, 'B');
  undo(store, touch(store, 'C'));
  d = touch(store, '-');
  undo(store, b);
  expect_state(store, 'A');
  undo(store, d);
  expect_state(store, 'A');
  close_and_check(store, stores);
}

/* What nobody did in the journal isn't taken for the work of an operation that was undone. */
static void test_learned_between(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct keypin learned = stores_pin(3);
  uint64_t a = touch(store, 'A'), b;

  stores_learn(store, &learned);
  b = touch(store, 'B');
  undo(store, a);
  expect_state(store, '-');
  undo(store, b);
  stores_expect_pin(store, &learned);
  close_and_check(store, stores);
}

/* Whatever operations there were: with all of them undone, in any order, the store is as it was
 * before; with the undos undone, in any order, as it was after. */
static void shuffle(uint64_t *numbers, int count, uint32_t *seed)
{
  for (int i = count - 1; i > 0; i--) {
    int j = (int)(stores_random(seed) % (uint32_t)(i + 1));
    uint64_t number = numbers[i];

    numbers[i] = numbers[j];
    numbers[j] = number;
  }
}

static void test_any_order(void **state)
{
  enum { ROUNDS_OF_LIFE = 4, SHORT = 40 };
  struct stores *stores = *state;
  uint32_t seed = 17;

  for (int round = 0; round < ROUNDS_OF_LIFE; round++) {
    struct store *store = stores_open(stores->path);
    struct model model = {.ticket = {0}}, empty = model;
    uint64_t operations[SHORT];
    int count = 0;

    for (int i = 0; i < SHORT; i++) {
      uint64_t operation = random_step(store, &model, &seed);

      if (operation != 0)
        operations[count++] = operation;
    }
    shuffle(operations, count, &seed);
    for (int i = 0; i < count; i++)
      operations[i] = undo(store, operations[i]);
    expect_model(store, &empty);
    shuffle(operations, count, &seed);
    for (int i = 0; i < count; i++)
      undo(store, operations[i]);
    expect_model(store, &model);
    close_and_check(store, stores);
    assert_int_equal(remove(stores->path) + remove(stores->lock), 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_clear_of_both),
      TEST(test_newest),
      TEST(test_replaced),
      TEST(test_new_record_after_clear),
      TEST(test_other_key_after_clear),
      TEST(test_nothing_to_change),
      TEST(test_twice_in_one_edit),
      TEST(test_failures),
      TEST(test_two_stores),
      TEST(test_after_reopening),
      TEST(test_forgotten_target),
      TEST(test_damaged),
      TEST(test_random_life),
      TEST(test_two_overlapping),
      TEST(test_three_overlapping),
      TEST(test_restored_by_undo),
      TEST(test_learned_between),
      TEST(test_any_order),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A life of operations, undone in any order, against a model that knows nothing of SQL: the rules
 * of trail.c, and those of forget_learned in undo.c. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TLSPIN_MODEL_LIVES in the environment lets it go on for longer, TLSPIN_MODEL_SEED elsewhere. */
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
#include <stdlib.h>
#include <string.h>

enum {
  PLACES = 2,
  EACH = 4, /* records of a place: of the user's, and EACH / 2 that are learned */
  KEYS = PLACES * EACH,
  DRAFTS = 3, /* at once */
  OPERATIONS = 400,
  STEPS = 120,
  LIVES = 12
};

/* What a record says is a number, which its note has; 0: there is none. */
struct image {
  bool touched, met; /* of learned ones beside others */
  int before, after;
};

enum kind { EDIT, TOLD, CLEARED, UNDONE };

struct operation {
  uint64_t number; /* in the store */
  enum kind kind;
  int target; /* of an undo: its index */
  bool undone;
  struct image images[KEYS];
};

struct draft {
  uint64_t number; /* 0: none */
  int staged[KEYS];
};

struct model {
  struct store *store;
  uint32_t seed;
  int said; /* the last number that a record said */
  int now[KEYS];
  struct draft drafts[DRAFTS];
  struct operation operations[OPERATIONS];
  int count;
  int makers[STEPS * KEYS]; /* of what a record says: the index of the operation; -1: learned */
};

static bool is_learned(int key)
{
  return key % EACH >= EACH / 2;
}

static bool stands(int said)
{
  return said != 0 && said % 5 != 0; /* else it is history */
}

static uint32_t random_below(struct model *model, uint32_t limit)
{
  return stores_random(&model->seed) % limit;
}

static struct keypin record(int key, int said, char note[16])
{
  static const char *const places[PLACES] = {"a.example:443", "b.example:443"};
  struct place place;
  struct keypin pin;

  assert_int_equal(place_read(places[key / EACH], &place), HOST_FINE);
  place.protocol = PROTOCOL_TLS;
  pin = keypin_new(&place, KEYPIN_PIN, said % 5 != 0 ? KEYPIN_ACTIVE : KEYPIN_INACTIVE,
                   is_learned(key) ? KEYPIN_TOFU : KEYPIN_USER);
  memset(pin.digest, key + 1, 32);
  snprintf(note, 16, "%d", said);
  pin.note = note;
  return pin;
}

/* Of the store: in the order of its table, by place and then by origin. */
static bool read_one(const struct keypin *pin, void *data)
{
  int *now = data;

  now[pin->digest[0] - 1] = atoi(pin->note);
  return true;
}

static void expect_same(struct model *model)
{
  struct store_filter all = STORE_FILTER_ANY;
  int found[KEYS] = {0};

  assert_int_equal(store_list_pins(model->store, &all, NULL, UINT32_MAX, read_one, found),
                   TLSPIN_OK);
  assert_memory_equal(found, model->now, sizeof found);
}

static struct operation *add(struct model *model, enum kind kind, uint64_t number)
{
  struct operation *operation = &model->operations[model->count++];

  assert_true(model->count < OPERATIONS);
  *operation = (struct operation){.number = number, .kind = kind, .target = -1};
  return operation;
}

/* The record becomes `after`, by the operation. */
static void touch(struct model *model, struct operation *operation, int key, int after)
{
  struct image *image = &operation->images[key];

  if (!image->touched && !image->met)
    image->before = model->now[key];
  image->touched = true;
  image->after = after;
  for (int i = key / EACH * EACH; is_learned(key) && i < (key / EACH + 1) * EACH; i++)
    if (i != key && is_learned(i) && model->now[i] != 0 && !operation->images[i].touched &&
        !operation->images[i].met) {
      operation->images[i].met = true;
      operation->images[i].before = model->now[i];
    }
  model->now[key] = after;
}

/* Rules 1 to 4 of trail.c. */
static int follow(const struct model *model, int at, int key)
{
  int said = model->operations[at].images[key].before;

  for (int i = at - 1; i >= 0; i--) {
    const struct operation *earlier = &model->operations[i];

    if (!earlier->images[key].touched)
      continue;
    if (earlier->images[key].after != said)
      return said;
    if (!earlier->undone && earlier->kind != UNDONE)
      return said;
    if (!earlier->undone) {
      i = earlier->target;
      if (!model->operations[i].images[key].touched)
        return said;
    }
    said = model->operations[i].images[key].before;
  }
  return said;
}

/* Whether the first operation after another that touched a record found none. */
static bool is_put_later(const struct model *model, int at, int key)
{
  for (int i = at + 1; i < model->count - 1; i++)
    if (model->operations[i].images[key].touched)
      return model->operations[i].images[key].before == 0;
  return false;
}

static void make_way(struct model *model, struct operation *undo, int at, int key)
{
  const struct operation *target = &model->operations[at];

  for (int i = key / EACH * EACH; i < (key / EACH + 1) * EACH; i++)
    if (is_learned(i) && model->now[i] != 0 && !target->images[i].touched &&
        !target->images[i].met && !is_put_later(model, at, i))
      touch(model, undo, i, 0);
}

static void undo(struct model *model, int at, uint64_t number)
{
  struct operation *made = add(model, UNDONE, number);
  bool undone = true;

  made->target = at;
  for (int i = at; i >= 0; i = model->operations[i].target, undone = !undone)
    model->operations[i].undone = undone;
  for (int key = 0; key < KEYS; key++)
    if (model->operations[at].images[key].touched) {
      int after = follow(model, at, key);
      bool back = is_learned(key) && stands(after) && !stands(model->now[key]);

      touch(model, made, key, after);
      if (back)
        make_way(model, made, at, key);
    }
}

static int newest(const struct model *model)
{
  for (int i = model->count - 1; i >= 0; i--)
    if (!model->operations[i].undone &&
        (model->operations[i].kind == EDIT || model->operations[i].kind == CLEARED))
      return i;
  return -1;
}

static void step_undo(struct model *model)
{
  bool any = model->count > 0 && random_below(model, 3) > 0;
  int at = any ? (int)random_below(model, (uint32_t)model->count) : newest(model);
  bool possible = at >= 0 && !model->operations[at].undone;
  struct store_change change;
  enum tlspin_code code =
      store_undo(model->store, any ? model->operations[at].number : 0, STORES_NOW, &change);

  assert_int_equal(code, possible ? TLSPIN_OK : TLSPIN_E_NOTHING_TO_UNDO);
  if (possible)
    undo(model, at, change.operation);
}

static struct store_edit *begin(struct model *model, enum store_journal journal, uint64_t number)
{
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(model->store, journal, number, STORES_NOW, &edit), TLSPIN_OK);
  return edit;
}

static uint64_t end(struct store_edit *edit)
{
  struct store_change change;

  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return change.operation;
}

/* Puts a record of any key, which says something new, or drops it; what it says. */
static int put_any(struct model *model, struct store_edit *edit, int key, bool may_drop)
{
  int said = may_drop && random_below(model, 4) == 0 ? 0 : ++model->said;
  char note[16];
  struct keypin pin = record(key, said, note);

  if (said != 0)
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  else
    assert_int_equal(store_edit_drop(edit, &pin),
                     model->now[key] != 0 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
  return said;
}

static void step_edit(struct model *model, enum kind kind)
{
  struct store_edit *edit = begin(model, kind == EDIT ? STORE_UNDOABLE : STORE_TOLD, 0);
  struct operation *made = add(model, kind, 0);
  bool any = false;

  for (uint32_t i = random_below(model, 3) + 1; i > 0; i--) {
    int key = (int)random_below(model, KEYS), said = put_any(model, edit, key, true);

    if (said == 0 && model->now[key] == 0)
      continue;
    touch(model, made, key, said);
    model->makers[said] = model->count - 1;
    any = true;
  }
  made->number = end(edit);
  assert_int_equal(made->number != 0, any);
  if (!any)
    model->count--;
}

/* What no operation does. */
static void step_learn(struct model *model)
{
  struct store_edit *edit = begin(model, STORE_LEARNED, 0);
  int key = (int)random_below(model, PLACES) * EACH + EACH / 2 + (int)random_below(model, EACH / 2);

  model->now[key] = put_any(model, edit, key, true);
  model->makers[model->now[key]] = -1;
  assert_true(end(edit) == 0);
}

static void step_clear(struct model *model)
{
  static const char *const hosts[] = {"a.example", "b.example", NULL};
  uint32_t which = random_below(model, 3);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  struct operation *made = add(model, CLEARED, 0);
  uint64_t count = 0;

  filter.host = hosts[which];
  if (random_below(model, 2) == 0)
    filter.origin = KEYPIN_TOFU;
  for (int key = 0; key < KEYS; key++)
    if (model->now[key] != 0 && (which == 2 || key / EACH == (int)which) &&
        (filter.origin < 0 || is_learned(key))) {
      touch(model, made, key, 0);
      count++;
    }
  assert_int_equal(store_clear(model->store, &filter, STORES_NOW, &change),
                   count > 0 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
  assert_true(change.changed == count);
  made->number = change.operation;
  if (count == 0)
    model->count--;
}

/* One operation, in the order of the table. */
static void finish(struct model *model, const struct draft *draft, uint64_t number)
{
  struct operation *made = add(model, EDIT, number);
  uint64_t changed = 0;

  for (int key = 0; key < KEYS; key++)
    if (draft->staged[key] != 0 && draft->staged[key] != model->now[key]) {
      touch(model, made, key, draft->staged[key]);
      model->makers[draft->staged[key]] = model->count - 1;
      changed++;
    }
  assert_true(stores_apply(model->store) == changed);
  if (changed == 0)
    model->count--;
}

/* Begins a draft, goes on with it, or finishes it. */
static void step_draft(struct model *model)
{
  struct draft *draft = &model->drafts[random_below(model, DRAFTS)];
  bool last = draft->number != 0 && random_below(model, 3) == 0;
  struct store_edit *edit = begin(model, last ? STORE_UNDOABLE : STORE_DRAFT, draft->number);
  uint64_t number;

  for (uint32_t i = random_below(model, 3) + 1; i > 0; i--) {
    int key = (int)random_below(model, KEYS);

    draft->staged[key] = put_any(model, edit, key, false);
  }
  number = end(edit);
  assert_true(last ? number > draft->number : draft->number == 0 || number == draft->number);
  draft->number = number;
  if (!last)
    return;
  finish(model, draft, number);
  *draft = (struct draft){.number = 0};
}

static void step_drop(struct model *model)
{
  struct draft *draft = &model->drafts[random_below(model, DRAFTS)];

  assert_int_equal(store_drop_draft(model->store, draft->number),
                   draft->number != 0 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
  *draft = (struct draft){.number = 0};
}

static void step_open(struct model *model, const char *path)
{
  store_close(model->store);
  model->store = stores_open(path);
  memset(model->drafts, 0, sizeof model->drafts);
  if (random_below(model, 2) == 0)
    assert_int_equal(stores_forget(model->store, 0), TLSPIN_OK);
}

static void step(struct model *model, const char *path)
{
  uint32_t what = random_below(model, 100);

  if (what < 24)
    step_edit(model, what < 20 ? EDIT : TOLD);
  else if (what < 34)
    step_learn(model);
  else if (what < 44)
    step_clear(model);
  else if (what < 62)
    step_draft(model);
  else if (what < 66)
    step_drop(model);
  else if (what < 69)
    step_open(model, path);
  else
    step_undo(model);
}

/* Nothing says what an operation made it say that is taken back. */
static void expect_none_of_undone(const struct model *model)
{
  for (int key = 0; key < KEYS; key++) {
    int maker = model->makers[model->now[key]];

    if (model->now[key] != 0 && maker >= 0)
      assert_false(model->operations[maker].undone);
  }
}

static void live(const char *path, uint32_t seed)
{
  struct model *model = g_new0(struct model, 1);

  model->seed = seed;
  model->store = stores_open(path);
  for (int i = 0; i < STEPS; i++) {
    step(model, path);
    expect_same(model);
    expect_none_of_undone(model);
  }
  while (newest(model) >= 0) {
    struct store_change change;

    assert_int_equal(store_undo(model->store, 0, STORES_NOW, &change), TLSPIN_OK);
    undo(model, newest(model), change.operation);
    expect_same(model);
    expect_none_of_undone(model);
  }
  store_close(model->store);
  store_close(stores_open(path));
  g_free(model);
}

static unsigned long number_of(const char *name, unsigned long otherwise)
{
  const char *value = getenv(name);

  return value != NULL ? strtoul(value, NULL, 10) : otherwise;
}

static void test_lives(void **state)
{
  struct stores *stores = *state;
  unsigned long lives = number_of("TLSPIN_MODEL_LIVES", LIVES);
  unsigned long seed = number_of("TLSPIN_MODEL_SEED", 1);

  for (unsigned long i = 0; i < lives; i++) {
    print_message("seed %lu\n", seed + i);
    live(stores->path, (uint32_t)((seed + i) * 2654435761U) | 1);
    assert_int_equal(remove(stores->path), 0);
    assert_int_equal(remove(stores->lock), 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_lives, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

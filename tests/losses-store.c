/* Lives of a store and of a layer, for losses of power: see losses.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/losses.h"

#include "daemon/row.h"
#include "daemon/schema.h"
#include "tests/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STAGED = 700, IMPORTED = 2100 };

static void put(struct life *life, int from, int to)
{
  for (int i = from; i < to; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(life->store, &row, 0, STORES_NOW), TLSPIN_OK);
    losses_done(life, "a ticket");
  }
}

/* A store is made. */
static void live_first(struct life *life)
{
  losses_open(life);
  losses_done(life, "a new store");
  put(life, 0, 4);
}

void losses_fill(struct life *life)
{
  struct store *store = stores_open(life->stores->path);

  stores_fill(store, 20);
  for (int i = 0; i < 20; i++) {
    struct keypin pin = stores_pin(i);

    stores_edit(store, &pin);
  }
  store_close(store);
}

static void note(struct life *life)
{
  static const struct setting_row setting = {"learn", "50.db/no", false};
  struct peer peer = stores_row(3).peer;
  struct store_met met = {stores_pin(4), STORES_NOW + 900, 1};
  struct event_row event = {.kind = "change",
                            .peer = peer,
                            .reason = "changed",
                            .layer = "user",
                            .key = "",
                            .report = "",
                            .program = ""};
  uint64_t id;

  assert_int_equal(store_put_failure(life->store, &peer, "no-proof", STORES_NOW), TLSPIN_OK);
  losses_done(life, "a failure");
  assert_int_equal(store_meet(life->store, &met, 1), TLSPIN_OK);
  losses_done(life, "a meeting");
  assert_int_equal(store_log(life->store, &event, STORES_NOW, &id), TLSPIN_OK);
  losses_done(life, "an event");
  assert_int_equal(store_put_settings(life->store, &setting, 1), TLSPIN_OK);
  losses_done(life, "a setting");
}

/* What happens to a store from day to day. */
static void live_daily(struct life *life)
{
  struct keypin pin = stores_pin(30), learned = stores_pin(31), gone = stores_pin(5);

  losses_open(life);
  losses_done(life, "opened");
  put(life, 20, 22);
  note(life);
  stores_edit(life->store, &pin);
  losses_done(life, "an edit");
  stores_learn(life->store, &learned);
  losses_done(life, "a record learned");
  stores_drop(life->store, &gone);
  losses_done(life, "a record dropped");
  losses_close(life);
  losses_open(life);
  losses_done(life, "opened again");
  put(life, 22, 23);
}

static struct store_change clear(struct life *life, const char *pattern)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.pattern = pattern;
  assert_int_equal(store_clear(life->store, &filter, STORES_NOW, &change), TLSPIN_OK);
  losses_done(life, "a clear");
  return change;
}

static void undo(struct life *life, uint64_t operation)
{
  struct store_change change;

  assert_int_equal(store_undo(life->store, operation, STORES_NOW, &change), TLSPIN_OK);
  losses_done(life, "an undo");
}

/* What is taken away, brought back, and forgotten. */
static void live_clear(struct life *life)
{
  struct store_change change;

  losses_open(life);
  losses_done(life, "opened");
  change = clear(life, "host-001*");
  undo(life, 0);
  undo(life, change.operation + 1);
  clear(life, "host-0007*");
  life->cleared = "host-0007";
  life->cleared_with = life->deeds->len - 1;
  assert_int_equal(stores_forget(life->store, STORES_NOW + 1), TLSPIN_OK);
  losses_done_in_parts(life, "what is forgotten");
  put(life, 40, 41);
}

/* As many as the store doesn't keep in memory while it writes the file anew. */
static void fill_large(struct life *life)
{
  struct store *store = stores_open(life->stores->path);
  struct store_change change;
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 1000; i++) {
    struct keypin pin = stores_pin(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
}

static void live_large(struct life *life)
{
  losses_open(life);
  losses_done(life, "opened");
  clear(life, "host-01*");
  life->cleared = "host-01";
  life->cleared_with = life->deeds->len - 1;
  assert_int_equal(stores_forget(life->store, STORES_NOW + 1), TLSPIN_OK);
  losses_done_in_parts(life, "what is forgotten");
  put(life, 1, 2);
}

static struct keypin imported(int i)
{
  struct keypin pin = stores_pin(i % 1000);

  pin.place.port = (uint16_t)(1000 + i / 1000);
  return pin;
}

static uint64_t stage(struct life *life, uint64_t operation, int from, int to)
{
  struct store_change change;
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(life->store, STORE_DRAFT, operation, STORES_NOW, &edit),
                   TLSPIN_OK);
  for (int i = from; i < to; i++) {
    struct keypin pin = imported(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  losses_done(life, "a part of an import");
  return change.operation;
}

/* An import, staged in parts and applied in slices. */
static void live_import(struct life *life)
{
  struct store_applied applied;
  struct store_change change;
  struct store_edit *edit = NULL;
  uint64_t operation = 0;
  enum tlspin_code code;

  losses_open(life);
  losses_done(life, "opened");
  for (int from = 0; from < IMPORTED; from += STAGED)
    operation = stage(life, operation, from, from + STAGED);
  assert_int_equal(store_edit_begin(life->store, STORE_UNDOABLE, operation, STORES_NOW, &edit),
                   TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  losses_done(life, "an import finished");
  life->finished_with = life->deeds->len - 1;
  while ((code = store_apply(life->store, UINT64_MAX, UINT64_MAX, &applied)) == TLSPIN_OK)
    losses_done(life, "a slice of the import");
  assert_int_equal(code, TLSPIN_E_NOT_FOUND);
  assert_int_equal(store_count_pins(life->store, &life->pins), TLSPIN_OK);
}

/* A store of the first form is brought up to date. */
static void prepare_older(struct life *life)
{
  const struct schema first = {schema_current.migrations, 1};
  struct database db;

  assert_int_equal(mkdir(life->stores->home, 0700), 0);
  stores_write(life->stores->path, 0, "", 0);
  stores_write(life->stores->lock, 0, "1\n", 2);
  assert_true(database_open(&db, life->stores->path, STORE_USER) &&
              schema_migrate(db.handle, &first) && database_prepare(&db));
  for (int i = 0; i < 20; i++) {
    struct cell cells[TABLE_COLUMNS];
    struct ticket_row row = stores_row(i);

    ticket_row_to_cells(&row, cells);
    stores_put_row(&db, TABLE_TICKET, cells);
  }
  database_close(&db);
}

static void live_older(struct life *life)
{
  losses_open(life);
  losses_done(life, "brought up to date");
  put(life, 30, 33);
}

/* The last state of the record in which the journal is not over, in the place of the folder. */
static void make_unfinished(const struct stores *stores)
{
  g_autofree char *aside = g_strconcat(stores->folder, ".aside", NULL);
  g_autofree char *journal = g_build_filename(aside, "home", "pins.db-journal", NULL);
  size_t calls = powerloss_calls();
  bool unfinished = false;

  while (!unfinished) {
    struct stat status;

    assert_true(calls > powerloss_calls_of(1));
    powerloss_make((struct powerloss){calls--, POWERLOSS_ALL, 1}, aside);
    unfinished = stat(journal, &status) == 0 && status.st_size > 0;
    folder_remove(unfinished ? stores->folder : aside);
  }
  assert_int_equal(rename(aside, stores->folder), 0);
}

/* The power has gone already, and goes again while the store puts that in order. */
static void prepare_rollback(struct life *life)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;
  struct store *store;

  losses_fill(life);
  powerloss_watch(life->stores->folder);
  store = stores_open(life->stores->path);
  assert_int_equal(store_clear(store, &all, STORES_NOW, &change), TLSPIN_OK);
  store_close(store);
  powerloss_end();
  make_unfinished(life->stores);
  powerloss_clear();
}

static void live_rollback(struct life *life)
{
  uint64_t count;

  losses_open(life);
  losses_done(life, "put in order");
  assert_int_equal(store_count(life->store, &count), TLSPIN_OK);
  assert_int_equal(count, 20);
  put(life, 50, 52);
}

/* A layer is written, and written anew: the old one is there or the new one. */
static void write_layer(struct life *life, int n)
{
  struct ticket_row row = stores_row(n);
  struct layer_contents contents = {.ticket_count = 1, .tickets = &row};
  char *problem = NULL;

  assert_int_equal(store_write_layer(life->stores->layer, &contents, &problem), TLSPIN_OK);
  losses_done(life, n == 1 ? "the first layer" : "the next one");
}

static void live_layer(struct life *life)
{
  for (int n = 1; n < 5; n++)
    write_layer(life, n);
}

static bool layer_has(const char *path, int n)
{
  struct ticket_row row = stores_row(n), got;
  struct store *store = NULL;
  g_autofree char *problem = NULL;
  bool has = store_open(path, STORE_SYSTEM, geteuid(), &store, &problem) == TLSPIN_OK &&
             store_get(store, &row.peer, &got) == TLSPIN_OK;

  if (has)
    ticket_row_clear(&got);
  store_close(store);
  return has;
}

static char *check_layer(const struct life *life, const struct stores *state, size_t done)
{
  bool first = done == 1, there = g_file_test(state->layer, G_FILE_TEST_EXISTS);

  if (first && !there)
    return NULL;
  if ((!first && layer_has(state->layer, (int)done - 1)) ||
      (done < life->deeds->len && layer_has(state->layer, (int)done)))
    return NULL;
  return g_strdup(there ? "it can't be read, or is another one" : "it is missing");
}

const struct work losses_store[] = {
    {"first", 10, NULL, live_first, losses_check_store},
    {"daily", 20, losses_fill, live_daily, losses_check_store},
    {"clear", 15, losses_fill, live_clear, losses_check_store},
    {"large", 5, fill_large, live_large, losses_check_store},
    {"import", 5, NULL, live_import, losses_check_store},
    {"older", 8, prepare_older, live_older, losses_check_store},
    {"rollback", 9, prepare_rollback, live_rollback, losses_check_store},
    {"layer", 8, NULL, live_layer, check_layer},
    {NULL, 0, NULL, NULL, NULL},
};

/* Keeping backups (daemon/keeper.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/keeper.h"

#include "daemon/owed.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HOUR = 3600, DAY = 86400, NOW = STORES_NOW };

struct scene {
  struct stores *stores;
  struct store *store;
  struct keeper *keeper;
  unsigned moved;
};

static void on_moved(void *data)
{
  ((struct scene *)data)->moved++;
}

static struct scene *begin(void **state)
{
  struct scene *scene = g_new0(struct scene, 1);

  scene->stores = *state;
  scene->store = stores_open(scene->stores->path);
  scene->keeper = keeper_new(scene->stores->path, geteuid(), on_moved, scene);
  return scene;
}

static void end(struct scene *scene)
{
  keeper_free(scene->keeper);
  store_close(scene->store);
  g_free(scene);
}

static void finish(struct scene *scene)
{
  while (keeper_is_busy(scene->keeper))
    g_main_context_iteration(NULL, TRUE);
}

/* As main does once a minute, and until nothing is under way any more. ran: 0: as now. */
static void tend_with(struct scene *scene, struct keeper_terms terms)
{
  unsigned moved = scene->moved;

  if (terms.ran == 0)
    terms.ran = terms.now;
  keeper_tend(scene->keeper, scene->store, &terms);
  assert_true(scene->moved > moved);
  finish(scene);
}

static void tend(struct scene *scene, int64_t now)
{
  tend_with(scene, (struct keeper_terms){.now = now, .period = 7 * DAY});
}

static void expect(struct scene *scene, unsigned backups, bool needed)
{
  assert_int_equal(shelf_count(scene->stores), backups);
  assert_int_equal(keeper_is_needed(scene->keeper), needed);
}

static void put(struct scene *scene, int n)
{
  struct ticket_row row = stores_row(n);

  assert_int_equal(store_put(scene->store, &row, 0, STORES_NOW), TLSPIN_OK);
}

/* One is there already that holds the same. */
static void test_nothing_to_do(void **state)
{
  struct scene *scene = begin(state);

  g_free(shelf_make(scene->stores, NOW));
  expect(scene, 1, false);
  for (int64_t now = NOW + 60; now < NOW + 3 * HOUR; now += 600) {
    tend(scene, now);
    expect(scene, 1, false);
  }
  end(scene);
}

static void test_empty_store(void **state)
{
  struct stores *stores = *state;
  struct scene *scene;

  assert_int_equal(unlink(stores->path), 0);
  assert_int_equal(unlink(stores->lock), 0);
  scene = begin(state);
  for (int64_t now = NOW; now < NOW + 2 * HOUR; now += 600) {
    tend(scene, now);
    expect(scene, 0, false);
  }
  end(scene);
}

/* What is there when the daemon begins, and in no backup. */
static void test_first(void **state)
{
  struct scene *scene = begin(state);

  tend(scene, NOW);
  expect(scene, 0, true);
  tend(scene, NOW + ROTATION_SETTLED - 1);
  expect(scene, 0, true);
  tend(scene, NOW + ROTATION_SETTLED);
  expect(scene, 1, false);
  tend(scene, NOW + 2 * HOUR);
  expect(scene, 1, false);
  end(scene);
}

static void test_settled(void **state)
{
  struct scene *scene = begin(state);

  g_free(shelf_make(scene->stores, NOW));
  tend(scene, NOW);
  put(scene, 100);
  tend(scene, NOW + 60);
  expect(scene, 1, true);
  put(scene, 101);
  tend(scene, NOW + 120);
  tend(scene, NOW + 119 + ROTATION_SETTLED);
  expect(scene, 1, true);
  tend(scene, NOW + 120 + ROTATION_SETTLED);
  expect(scene, 2, false);
  end(scene);
}

/* Changed, and changed back. */
static void test_changed_back(void **state)
{
  struct scene *scene = begin(state);
  struct ticket_row row = stores_row(0);

  g_free(shelf_make(scene->stores, NOW));
  tend(scene, NOW);
  row.issued++;
  assert_int_equal(store_put(scene->store, &row, row.series, NOW), TLSPIN_OK);
  tend(scene, NOW + 60);
  expect(scene, 1, true);
  row.issued--;
  assert_int_equal(store_put(scene->store, &row, row.series, NOW), TLSPIN_OK);
  tend(scene, NOW + 120);
  expect(scene, 1, false);
  tend(scene, NOW + 600);
  expect(scene, 1, false);
  end(scene);
}

static void test_never_settled(void **state)
{
  struct scene *scene = begin(state);
  int n = 100;

  g_free(shelf_make(scene->stores, NOW));
  for (int64_t now = NOW; now <= NOW + ROTATION_LATEST; now += 60) {
    tend(scene, now);
    expect(scene, 1, n > 100);
    put(scene, n++);
  }
  tend(scene, NOW + ROTATION_LATEST + 60);
  expect(scene, 2, false);
  end(scene);
}

/* A daemon that is to leave sooner doesn't wait for as long. */
static void test_soon(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .ran = 5, .settled = 20, .period = 7 * DAY};

  tend_with(scene, terms);
  expect(scene, 0, true);
  terms.ran += 19;
  put(scene, 100);
  tend_with(scene, terms);
  expect(scene, 0, true);
  terms.ran += 19;
  tend_with(scene, terms);
  expect(scene, 0, true);
  terms.ran += 1;
  tend_with(scene, terms);
  expect(scene, 1, false);
  end(scene);
}

/* But what can't be made isn't tried again each second by that: a copy of the whole store, of which
 * a disk that is full takes but a part. */
static void test_soon_but_hindered(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .ran = 5, .settled = 1, .period = 7 * DAY};
  g_autofree char *folder = shelf_folder(scene->stores);
  g_autofree char *obstacle = g_build_filename(folder, ".pins.db", NULL);

  g_free(shelf_make(scene->stores, NOW));
  assert_int_equal(mkdir(obstacle, 0700), 0);
  tend_with(scene, terms);
  put(scene, 100);
  for (int i = 0; i < 3; i++) {
    terms.ran++;
    tend_with(scene, terms);
    expect(scene, 1, true);
  }
  assert_int_equal(rmdir(obstacle), 0);
  terms.ran += ROTATION_SETTLED - 4;
  tend_with(scene, terms);
  expect(scene, 1, true);
  terms.ran += 5;
  tend_with(scene, terms);
  expect(scene, 2, false);
  end(scene);
}

/* Nor by that something else is done meanwhile, as once an hour. */
static void test_tidied_but_hindered(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .ran = 5, .settled = 1, .period = 7 * DAY};
  g_autofree char *folder = shelf_folder(scene->stores);
  g_autofree char *obstacle = g_build_filename(folder, ".pins.db", NULL);

  g_free(shelf_make(scene->stores, NOW));
  tend_with(scene, terms);
  assert_int_equal(mkdir(obstacle, 0700), 0);
  terms.ran += HOUR - 2;
  put(scene, 100);
  tend_with(scene, terms);
  terms.ran++;
  tend_with(scene, terms);
  expect(scene, 1, true); /* it could not be made */
  assert_int_equal(rmdir(obstacle), 0);
  terms.ran++;
  tend_with(scene, terms); /* an hour is over */
  terms.ran++;
  tend_with(scene, terms);
  expect(scene, 1, true);
  terms.ran += ROTATION_SETTLED;
  tend_with(scene, terms);
  expect(scene, 2, false);
  end(scene);
}

/* While pins are lost nothing is made and nothing goes; and the daemon may leave. */
static void test_lost(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW + 30 * DAY, .period = 7 * DAY, .lost = true};

  for (int i = 0; i < 5; i++)
    g_free(shelf_make(scene->stores, NOW + i));
  put(scene, 100);
  for (; terms.now < NOW + 31 * DAY; terms.now += HOUR / 2) {
    tend_with(scene, terms);
    expect(scene, 5, false);
  }
  terms.lost = false;
  tend_with(scene, terms);
  expect(scene, 1, false);
  end(scene);
}

/* Nothing goes, and not more than a number is made: while the time that is believed stands still.
 */
static void test_suspect(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .ran = 1, .period = HOUR, .suspect = true};
  int n = 100;

  for (; n < 100 + 2 * ROTATION_UNROTATED; terms.ran += HOUR) {
    put(scene, n++);
    tend_with(scene, terms);
    terms.ran += 2 * ROTATION_SETTLED;
    tend_with(scene, terms);
    tend_with(scene, terms);
  }
  expect(scene, ROTATION_UNROTATED, false);
  terms.suspect = false;
  terms.now += 90 * HOUR;
  terms.ran += HOUR;
  tend_with(scene, terms);
  tend_with(scene, terms);
  assert_int_equal(shelf_count(scene->stores), 1);
  end(scene);
}

/* Journals of backups are forgotten once an hour, and old ones go. */
static void test_tidy(void **state)
{
  struct scene *scene = begin(state);
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  g_autofree char *before = shelf_make(scene->stores, NOW - HOUR), *after = NULL;

  filter.host = "host-0003.example";
  assert_int_equal(store_clear(scene->store, &filter, NOW, &change), TLSPIN_OK);
  after = shelf_make(scene->stores, NOW + HOUR);
  tend(scene, NOW + 7 * DAY - HOUR);
  expect(scene, 2, false);
  assert_true(stores_file_holds(after, filter.host));
  tend(scene, NOW + 7 * DAY - 1);
  assert_true(stores_file_holds(after, filter.host));
  assert_int_equal(stores_forget(scene->store, NOW + 1), TLSPIN_OK);
  assert_int_equal(owed_settle(scene->store, OWED_ASIDES), TLSPIN_OK); /* as policy_tidy does */
  tend(scene, NOW + 7 * DAY + 1);
  assert_int_equal(access(before, F_OK), -1);
  assert_false(stores_file_holds(after, filter.host));
  expect(scene, 1, false);
  end(scene);
}

static void test_failure(void **state)
{
  struct scene *scene = begin(state);
  g_autofree char *folder = shelf_folder(scene->stores);

  assert_int_equal(symlink("/", folder), 0);
  tend(scene, NOW);
  tend(scene, NOW + 600);
  assert_false(keeper_is_needed(scene->keeper));
  assert_int_equal(unlink(folder), 0);
  tend(scene, NOW + 1200);
  expect(scene, 0, true);
  put(scene, 100);
  assert_int_equal(truncate(scene->stores->path, 3 * 4096), 0);
  tend(scene, NOW + 2400);
  assert_int_equal(shelf_count(scene->stores), 0);
  end(scene);
}

/* A store that can't be used: nothing is made, and what is there is kept. */
static void test_no_store(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};

  g_free(shelf_make(scene->stores, NOW));
  for (; terms.now < NOW + 30 * DAY; terms.now += DAY) {
    keeper_tend(scene->keeper, NULL, &terms);
    finish(scene);
    expect(scene, 1, false);
  }
  end(scene);
}

struct told {
  unsigned times;
  enum tlspin_code code;
  uint64_t rows;
};

static void on_told(enum tlspin_code code, const struct backup *made, const char *problem,
                    void *data)
{
  struct told *told = data;

  assert_true((code == TLSPIN_OK) == (made != NULL));
  assert_true(code == TLSPIN_OK || problem != NULL);
  told->times++;
  told->code = code;
  told->rows = made != NULL ? made->sum.rows : 0;
}

struct told_list {
  unsigned times;
  enum tlspin_code code;
  guint count, whole;
};

static void on_listed(enum tlspin_code code, GPtrArray *backups, const char *problem, void *data)
{
  struct told_list *told = data;

  assert_true((code == TLSPIN_OK) == (problem == NULL));
  told->times++;
  told->code = code;
  told->count = backups != NULL ? backups->len : 0;
  told->whole = 0;
  for (guint i = 0; i < told->count; i++)
    told->whole += ((struct backup *)backups->pdata[i])->state == BACKUP_WHOLE;
}

/* All are read through, after what is under way; and a number of callers may wait for it. */
static void test_listed(void **state)
{
  enum { MOST = 17 };
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};
  g_autofree char *first = shelf_make(scene->stores, NOW - 20);
  g_autofree char *second = shelf_make(scene->stores, NOW - 10);
  g_autofree char *folder = shelf_folder(scene->stores);
  struct told_list told = {.times = 0};

  shelf_damage(first);
  for (unsigned i = 0; i < MOST; i++)
    assert_int_equal(keeper_list(scene->keeper, &terms, on_listed, &told), TLSPIN_OK);
  assert_int_equal(keeper_list(scene->keeper, &terms, on_listed, &told), TLSPIN_E_BUSY);
  assert_int_equal(told.times, 0);
  finish(scene);
  assert_int_equal(told.times, MOST);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_int_equal(told.count, 2);
  assert_int_equal(told.whole, 1);
  assert_int_equal(chmod(folder, 0755), 0);
  assert_int_equal(keeper_list(scene->keeper, &terms, on_listed, &told), TLSPIN_OK);
  finish(scene);
  assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
  assert_int_equal(chmod(folder, 0700), 0);
  end(scene);
}

static void test_asked(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY, .lost = true};
  struct told told = {.times = 0};

  keeper_tend(scene->keeper, scene->store, &terms);
  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_OK);
  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_E_BUSY);
  assert_int_equal(told.times, 0);
  finish(scene);
  assert_int_equal(told.times, 1);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_true(told.rows == SHELF_ROWS);
  expect(scene, 1, false);
  assert_int_equal(truncate(scene->stores->path, 0), 0);
  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_OK);
  finish(scene);
  assert_int_equal(told.times, 2);
  assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
  assert_int_equal(shelf_count(scene->stores), 1);
  end(scene);
}

/* The daemon ends in the middle: it isn't done for whoever asked, and nothing is half. */
static void test_freed(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};
  struct told told = {.times = 0};
  struct told_list listed = {.times = 0};

  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_OK);
  assert_int_equal(keeper_list(scene->keeper, &terms, on_listed, &listed), TLSPIN_OK);
  keeper_free(scene->keeper);
  scene->keeper = NULL;
  while (g_main_context_iteration(NULL, FALSE))
    ;
  assert_int_equal(told.times, 1);
  assert_int_equal(told.code, TLSPIN_UNAVAILABLE);
  assert_int_equal(listed.times, 1); /* which was not even begun */
  assert_int_equal(listed.code, TLSPIN_UNAVAILABLE);
  assert_int_equal(shelf_count(scene->stores), 1);
  assert_int_equal(shelf_others(scene->stores), 1);
  end(scene);
}

/* Lookups and writes go on while it is at work. */
static void test_beside(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};
  struct told told = {.times = 0};
  int n = 100;

  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_OK);
  while (told.times == 0) {
    struct ticket_row row = stores_row(n);

    put(scene, n++);
    stores_expect(scene->store, &row);
    g_main_context_iteration(NULL, FALSE);
  }
  finish(scene);
  assert_int_equal(told.code, TLSPIN_OK);
  assert_true(told.rows >= SHELF_ROWS);
  end(scene);
}

struct told_erased {
  unsigned times;
  enum tlspin_code code;
  struct traces done;
};

static void on_erased(enum tlspin_code code, const struct traces *done, const char *problem,
                      void *data)
{
  struct told_erased *told = data;

  assert_true(code != TLSPIN_UNAVAILABLE || problem != NULL);
  told->times++;
  told->code = code;
  told->done = *done;
}

static struct erasure *erasure_of(const char *host)
{
  struct store_filter filter = STORE_FILTER_ANY;

  filter.host = host;
  return erasure_new(&filter);
}

/* After what is under way, and before what is asked for later. */
static void test_erase(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};
  g_autofree char *backup = shelf_make(scene->stores, NOW - 1);
  struct erasure *erasure = erasure_of(SHELF_ERASED), *wrong = erasure_of("nowhere.example");
  struct told_erased erased = {.times = 0};
  struct told told = {.times = 0};

  keeper_tend(scene->keeper, scene->store, &terms);
  assert_int_equal(keeper_erase(scene->keeper, &terms, erasure, true, on_erased, &erased),
                   TLSPIN_OK);
  assert_int_equal(keeper_erase(scene->keeper, &terms, erasure, true, on_erased, &erased),
                   TLSPIN_E_BUSY);
  assert_int_equal(erased.times, 0);
  finish(scene);
  assert_int_equal(erased.times, 1);
  assert_int_equal(erased.code, TLSPIN_OK);
  assert_int_equal(erased.done.backups, 1);
  assert_false(stores_file_holds(backup, SHELF_ERASED));
  assert_true(stores_file_holds(scene->stores->path, SHELF_ERASED)); /* that is others' to do */
  assert_int_equal(keeper_erase(scene->keeper, &terms, wrong, false, on_erased, &erased),
                   TLSPIN_OK);
  assert_int_equal(keeper_ask(scene->keeper, &terms, on_told, &told), TLSPIN_OK);
  finish(scene);
  assert_int_equal(erased.times, 2);
  assert_int_equal(erased.code, TLSPIN_E_NOT_FOUND);
  assert_int_equal(told.times, 1);
  expect(scene, 2, false);
  end(scene);
  erasure_free(erasure);
  erasure_free(wrong);
}

/* Who asked is told that it isn't done. */
static void test_erase_freed(void **state)
{
  struct scene *scene = begin(state);
  struct keeper_terms terms = {.now = NOW, .period = 7 * DAY};
  struct erasure *erasure = erasure_of(SHELF_ERASED);
  struct told_erased erased = {.times = 0};

  assert_int_equal(keeper_erase(scene->keeper, &terms, erasure, true, on_erased, &erased),
                   TLSPIN_OK);
  keeper_free(scene->keeper);
  scene->keeper = NULL;
  assert_int_equal(erased.times, 1);
  assert_int_equal(erased.code, TLSPIN_UNAVAILABLE);
  end(scene);
  erasure_free(erasure);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_nothing_to_do),
      WITH_STORE(test_empty_store),
      WITH_STORE(test_first),
      WITH_STORE(test_settled),
      WITH_STORE(test_soon),
      WITH_STORE(test_soon_but_hindered),
      WITH_STORE(test_tidied_but_hindered),
      WITH_STORE(test_changed_back),
      WITH_STORE(test_never_settled),
      WITH_STORE(test_lost),
      WITH_STORE(test_suspect),
      WITH_STORE(test_tidy),
      WITH_STORE(test_failure),
      WITH_STORE(test_no_store),
      WITH_STORE(test_asked),
      WITH_STORE(test_listed),
      WITH_STORE(test_freed),
      WITH_STORE(test_beside),
      WITH_STORE(test_erase),
      WITH_STORE(test_erase_freed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

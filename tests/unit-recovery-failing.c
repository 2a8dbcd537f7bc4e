/* A recovery, and the restoring of a backup, of which a call of SQLite fails, one after the other:
 * either it is done in full, or nothing is changed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recovery.h"

#include "daemon/aside.h"
#include "daemon/owed.h"
#include "daemon/state.h"
#include "tests/misstep.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 6 };

/* What the store is to hold in the end. */
struct outcome {
  int64_t missing;
  int rows, modes, pins;
};

static void expect(struct stores *stores, const struct outcome *outcome)
{
  int64_t missing = ruins_damage(stores).missing;

  if (missing != DAMAGE_UNKNOWN || outcome->missing == 0) /* more than there was is no less */
    assert_int_equal(missing, outcome->missing);
  assert_int_equal(ruins_rows(stores, ROWS + 1), outcome->rows);
  assert_int_equal(ruins_modes(stores), outcome->modes);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM pin"),
                   outcome->modes + outcome->pins);
}

/* The store is still the file that it was, octet by octet, and there is no other. */
static void expect_unchanged(struct stores *stores, const char *copy)
{
  g_autofree char *new_path = g_strconcat(stores->path, ".new", NULL);
  g_autofree char *before = NULL, *after = NULL;
  gsize size, size_after;

  assert_true(g_file_get_contents(copy, &before, &size, NULL));
  assert_true(g_file_get_contents(stores->path, &after, &size_after, NULL));
  assert_int_equal(size, size_after);
  assert_memory_equal(before, after, size);
  assert_int_equal(ruins_asides(stores), 0);
  assert_int_not_equal(access(new_path, F_OK), 0);
}

/* What is done to the store. */
typedef enum tlspin_code (*treatment)(struct stores *stores, char **problem);

static enum tlspin_code recover(struct stores *stores, char **problem)
{
  return recovery_run(stores->path, geteuid(), RUINS_NOW, problem);
}

static void put_back(struct stores *stores, const char *copy)
{
  g_autoptr(GPtrArray) names = aside_list(stores->path, NULL);

  for (guint i = 0; i < names->len; i++) {
    g_autofree char *aside = g_build_filename(stores->home, names->pdata[i], NULL);

    assert_int_equal(unlink(aside), 0);
  }
  stores_copy(copy, stores->path);
}

/* One that can't be done can be done the next time. Whether a call failed. */
static bool treat(struct stores *stores, treatment how, const struct outcome *outcome,
                  const char *copy)
{
  g_autofree char *problem = NULL;
  enum tlspin_code code = how(stores, &problem);
  bool failed = misstep_end();

  assert_int_equal(code == TLSPIN_OK, problem == NULL);
  if (code == TLSPIN_OK) {
    expect(stores, outcome);
    put_back(stores, copy);
  } else {
    assert_int_equal(code, TLSPIN_UNAVAILABLE);
    expect_unchanged(stores, copy);
  }
  return failed;
}

/* Until there is no call more that could fail. */
static void run(struct stores *stores, treatment how, const struct outcome *outcome)
{
  g_autofree char *copy = g_strconcat(stores->folder, "/copy.db", NULL);
  unsigned call = 0;

  stores_copy(stores->path, copy);
  do {
    misstep_after(call++);
  } while (treat(stores, how, outcome, copy));
  assert_in_range(call, 50, 2000);
}

/* A row is there no more, which no program of ours took away. */
static void lose(struct stores *stores, int n)
{
  g_autofree char *sql =
      g_strdup_printf("DELETE FROM ticket WHERE host = '%s'", stores_row(n).peer.host);

  stores_sql(stores->path, sql);
}

/* All that is missing is in the backup. */
static void test_completed(void **state)
{
  struct stores *stores = *state;

  stores_make(stores->path, ROWS);
  g_free(ruins_back_up(stores, STORES_NOW));
  lose(stores, 1);
  lose(stores, 4);
  run(stores, recover, &(struct outcome){.missing = 0, .rows = ROWS});
}

static void clear(struct stores *stores, int n, bool undo)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(n);
  struct store *store = stores_open(stores->path);
  struct store_change change;

  filter.host = row.peer.host;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
  if (undo)
    assert_int_equal(store_undo(store, change.operation, STORES_NOW, &change), TLSPIN_OK);
  store_close(store);
}

/* Two rows are lost, and a mode that nothing vouches for is, too; of the backup comes what no
 * operation touched since, but for a key that would stand beside another. Two were lost before. */
static void test_without_proof(void **state)
{
  struct stores *stores = *state;
  struct keypin off = ruins_mode_off(), pin = stores_pin(3);
  struct store *store;

  stores_make(stores->path, ROWS);
  store = stores_open(stores->path);
  stores_learn(store, &pin);
  store_close(store);
  clear(stores, 1, true);
  g_free(ruins_back_up(stores, STORES_NOW));
  clear(stores, 2, false);
  ruins_put(stores, ROWS);
  ruins_put_damage(stores, 2);
  store = stores_open(stores->path);
  stores_edit(store, &off);
  pin.digest[0] ^= 1;
  stores_learn(store, &pin);
  store_close(store);
  lose(stores, 1);
  lose(stores, ROWS);
  stores_sql(stores->path, "DELETE FROM pin WHERE hex(key) GLOB '15*'");
  run(stores, recover, &(struct outcome){.missing = 6, .rows = ROWS - 1, .pins = 1});
}

/* What is restored, and the store when that was asked. */
static struct backup backup;
static struct backup_sum before;

static enum tlspin_code restore(struct stores *stores, char **problem)
{
  return recovery_restore(stores->path, geteuid(), &backup, &before, RUINS_NOW, problem);
}

static void test_restored(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL;
  struct store *store;

  stores_make(stores->path, ROWS);
  path = ruins_back_up(stores, STORES_NOW);
  ruins_put(stores, ROWS);
  ruins_put_damage(stores, 2);
  store = stores_open(stores->path);
  assert_int_equal(state_put(store, OWED_ASIDES, cell_text("1").bytes), TLSPIN_OK);
  assert_int_equal(backup_sum(store, &before), TLSPIN_OK);
  store_close(store);
  backup = (struct backup){.path = path, .made = STORES_NOW};
  run(stores, restore, &(struct outcome){.missing = 2, .rows = ROWS});
  assert_int_equal(
      stores_number(stores->path, "SELECT count(*) FROM state WHERE name = '" OWED_ASIDES "'"), 1);
}

static void test_wreck_restored(void **state)
{
  struct stores *stores = *state;
  g_autofree char *path = NULL;

  stores_make(stores->path, ROWS);
  path = ruins_back_up(stores, STORES_NOW);
  stores_write(stores->path, 0, "no database", 11);
  backup = (struct backup){.path = path, .made = STORES_NOW};
  run(stores, restore, &(struct outcome){.missing = DAMAGE_UNKNOWN, .rows = ROWS});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_completed),
      TEST(test_without_proof),
      TEST(test_restored),
      TEST(test_wreck_restored),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is left of hosts in the files beside a store (daemon/traces.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/traces.h"

#include "daemon/aside.h"
#include "tests/hinder.h"
#include "tests/misfire.h"
#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(struct dirent *, readdir, (DIR * dir), (dir), NULL)

static enum tlspin_code erase(struct stores *stores, const char *host, bool found,
                              struct traces *done, char **problem)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct erasure *erasure;
  enum tlspin_code code;

  filter.host = host;
  erasure = erasure_new(&filter);
  code = traces_erase(stores->path, geteuid(), erasure, found, done, problem);
  traces_end(done);
  erasure_free(erasure);
  return code;
}

static char *plant(struct stores *stores, const char *name, const char *text)
{
  char *path = g_build_filename(stores->home, name, NULL);

  stores_write(path, 0, text, strlen(text));
  return path;
}

static void expect_clean(const char *path, mode_t mode)
{
  struct ticket_row other = stores_row(4);
  struct store *store = shelf_open(path);
  struct stat status;

  stores_expect(store, &other);
  store_close(store);
  assert_false(stores_file_holds(path, SHELF_ERASED));
  assert_int_equal(lstat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, mode);
}

static void test_all(void **state)
{
  struct stores *stores = *state;
  g_autofree char *first = shelf_make(stores, STORES_NOW);
  g_autofree char *second = shelf_make(stores, STORES_NOW + 1);
  g_autofree char *damaged = shelf_make(stores, STORES_NOW + 2);
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "nobody can tell");
  g_autofree char *wal = plant(stores, "damaged-20261123T062500Z.db-wal", "nor here");
  g_autofree char *orphan = plant(stores, "damaged-20251123T062500Z.db-journal", "nor here");
  g_autofree char *unfinished = plant(stores, "pins.db.new", "cut off");
  g_autofree char *other = plant(stores, "damaged.txt", "somebody else's");
  g_autofree char *problem = NULL;
  struct traces done;

  shelf_damage(damaged);
  assert_int_equal(erase(stores, SHELF_ERASED, false, &done, &problem), TLSPIN_OK);
  assert_null(problem);
  assert_int_equal(done.backups, 2);
  assert_int_equal(done.removed, 1);
  assert_int_equal(done.asides, 1);
  expect_clean(first, 0600);
  expect_clean(second, 0600);
  assert_int_equal(access(damaged, F_OK), -1);
  assert_int_equal(access(aside, F_OK), -1);
  assert_int_equal(access(wal, F_OK), -1);
  assert_int_equal(access(orphan, F_OK), -1);
  assert_int_equal(access(unfinished, F_OK), -1);
  assert_int_equal(access(other, F_OK), 0);
  assert_int_equal(unlink(other), 0);
  assert_int_equal(erase(stores, SHELF_ERASED, false, &done, &problem), TLSPIN_E_NOT_FOUND);
}

/* What may be a slip of the pen takes nothing away; what is known elsewhere does. */
static void test_unknown(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, STORES_NOW);
  g_autofree char *damaged = shelf_make(stores, STORES_NOW + 2);
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "nobody can tell");
  g_autofree char *problem = NULL;
  struct traces done;

  shelf_damage(damaged);
  assert_int_equal(erase(stores, "nowhere.example", false, &done, &problem), TLSPIN_E_NOT_FOUND);
  assert_null(problem);
  assert_int_equal(access(damaged, F_OK), 0);
  assert_int_equal(access(aside, F_OK), 0);
  assert_int_equal(erase(stores, "nowhere.example", true, &done, &problem), TLSPIN_OK);
  assert_int_equal(done.backups, 1);
  assert_int_equal(access(damaged, F_OK), -1);
  assert_int_equal(access(aside, F_OK), -1);
}

/* A name alone in the octets of a file is enough. */
static void test_named(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "..NOWHERE.exampletls");
  g_autofree char *problem = NULL;
  struct traces done;

  assert_int_equal(erase(stores, "nowhere.example", false, &done, &problem), TLSPIN_OK);
  assert_int_equal(done.asides, 1);
  assert_int_equal(done.backups, 0);
}

static char *plant_backup(struct stores *stores, const char *text)
{
  g_autofree char *name = g_build_filename("backups", ".pins.db-journal", NULL);

  return plant(stores, name, text);
}

/* What was cut off counts as well, and goes in any case: nobody has any use for it. */
static void test_unfinished(void **state)
{
  static const struct {
    const char *successor, *backup; /* what they hold */
    enum tlspin_code code;
  } cases[] = {{"..nowhere.exampletls", "", TLSPIN_OK},
               {"", "..nowhere.exampletls", TLSPIN_OK},
               {"else.example", "else.example", TLSPIN_E_NOT_FOUND}};
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, STORES_NOW);

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *journal = plant(stores, "pins.db.new-journal", cases[i].successor);
    g_autofree char *half = plant_backup(stores, cases[i].backup);
    g_autofree char *problem = NULL;
    struct traces done;

    assert_int_equal(erase(stores, "nowhere.example", false, &done, &problem), cases[i].code);
    assert_null(problem);
    assert_int_equal(access(journal, F_OK), -1);
    assert_int_equal(access(half, F_OK), -1);
    assert_true(stores_file_holds(backup, SHELF_ERASED));
  }
}

/* And where it can't be removed that there is no such entry isn't the last word. */
static void test_unfinished_stays(void **state)
{
  struct stores *stores = *state;
  g_autofree char *left = g_strconcat(stores->path, ".new", NULL);
  g_autofree char *half = g_build_filename(stores->home, "backups", ".pins.db", NULL);
  const char *const obstacles[] = {left, half};

  g_free(shelf_make(stores, STORES_NOW));
  for (size_t i = 0; i < G_N_ELEMENTS(obstacles); i++) {
    g_autofree char *problem = NULL;
    struct traces done;

    assert_int_equal(mkdir(obstacles[i], 0700), 0);
    assert_int_equal(erase(stores, "nowhere.example", false, &done, &problem), TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, "can't be removed"));
    assert_int_equal(rmdir(obstacles[i]), 0);
  }
}

/* What can't be opened may hold it: nothing is said to be done, and nothing is. */
static void test_unread(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, STORES_NOW);
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "nobody can tell");
  g_autofree char *problem = NULL;
  struct traces done;

  assert_int_equal(chmod(backup, 0644), 0);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, backup));
  assert_int_equal(access(aside, F_OK), 0);
  assert_true(stores_file_holds(backup, SHELF_ERASED));
}

/* Two backups, and a file that was set aside. */
struct relics {
  char *first, *second, *aside;
};

static struct relics plant_relics(struct stores *stores)
{
  return (struct relics){shelf_make(stores, STORES_NOW), shelf_make(stores, STORES_NOW + 1),
                         plant(stores, "damaged-20261123T062500Z.db", "nobody can tell")};
}

static void forget_relics(struct relics *relics)
{
  g_free(relics->first);
  g_free(relics->second);
  g_free(relics->aside);
}

/* Nor while the disk fails, which says nothing of what is in the backup: it is none of the damaged
 * ones, which are removed. */
static void test_hindered(void **state)
{
  struct stores *stores = *state;
  struct relics relics = plant_relics(stores);
  g_autofree char *problem = NULL;
  struct traces done;

  hinder(relics.first, 0);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, relics.first));
  assert_int_equal(done.backups + done.removed + done.asides, 0);
  assert_int_equal(access(relics.aside, F_OK), 0);
  hinder(NULL, 0);
  assert_true(stores_file_holds(relics.first, SHELF_ERASED));
  assert_true(stores_file_holds(relics.second, SHELF_ERASED));
  g_clear_pointer(&problem, g_free);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_OK);
  assert_int_equal(done.backups, 2);
  expect_clean(relics.first, 0600);
  expect_clean(relics.second, 0600);
  assert_int_equal(access(relics.aside, F_OK), -1);
  forget_relics(&relics);
}

/* The disk fails only after the search: the other backups are done, and nobody says that all is. */
static void test_hindered_later(void **state)
{
  struct stores *stores = *state;
  struct relics relics = plant_relics(stores);
  g_autofree char *problem = NULL;
  struct traces done;

  hinder(relics.first, 1);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_UNAVAILABLE);
  hinder(NULL, 0);
  assert_non_null(strstr(problem, relics.first));
  assert_int_equal(done.backups, 1);
  assert_int_equal(done.removed, 0);
  assert_true(stores_file_holds(relics.first, SHELF_ERASED));
  expect_clean(relics.second, 0600);
  assert_int_equal(access(relics.aside, F_OK), 0);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(erase(stores, SHELF_ERASED, false, &done, &problem), TLSPIN_OK);
  expect_clean(relics.first, 0600);
  forget_relics(&relics);
}

/* A folder that can't be listed, at any of its names: what is in it isn't taken for removed. */
static void test_unlisted(void **state)
{
  struct stores *stores = *state;
  struct relics relics = plant_relics(stores);
  g_autofree char *temporary = plant(stores, "etilqs_1", SHELF_ERASED), *problem = NULL;
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct traces done;
  unsigned call = 0;

  while (code != TLSPIN_OK) {
    g_clear_pointer(&problem, g_free);
    readdir_misfire = (struct misfire){.call = ++call, .error = EIO};
    code = erase(stores, SHELF_ERASED, true, &done, &problem);
    if (code == TLSPIN_OK)
      break;
    assert_int_equal(code, TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, "Input/output error"));
    assert_int_equal(access(relics.aside, F_OK), 0);
    assert_int_equal(done.asides, 0);
  }
  readdir_misfire.call = 0;
  assert_true(call > 20);
  assert_int_equal(access(relics.aside, F_OK), -1);
  assert_int_equal(access(temporary, F_OK), -1);
  expect_clean(relics.first, 0600);
  expect_clean(relics.second, 0600);
  forget_relics(&relics);
}

/* One that is owed stays owed: see owed.h. */
static void test_unlisted_asides(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "nobody can tell");
  g_autofree char *problem = NULL;
  unsigned removed;

  readdir_misfire = (struct misfire){.call = 1, .error = EACCES};
  assert_int_equal(traces_remove_asides(stores->path, &removed, &problem), TLSPIN_UNAVAILABLE);
  assert_int_equal(removed, 0);
  assert_non_null(strstr(problem, "can't be listed"));
  g_clear_pointer(&problem, g_free);
  assert_int_equal(traces_remove_asides(stores->path, &removed, &problem), TLSPIN_OK);
  assert_int_equal(removed, 1);
  assert_int_equal(access(aside, F_OK), -1);
}

/* SQLite's temporary files, which a loss of power has brought back, hold what the store held. */
static void test_temporaries(void **state)
{
  struct stores *stores = *state;
  g_autofree char *backup = shelf_make(stores, STORES_NOW), *problem = NULL;
  g_autofree char *left = g_build_filename("backups", "etilqs_2", NULL);
  g_autofree char *here = plant(stores, "etilqs_1", SHELF_ERASED);
  g_autofree char *there = plant(stores, left, SHELF_ERASED);
  struct traces done;

  assert_int_equal(unlink(backup), 0); /* nothing is written anew beside it */
  assert_int_equal(erase(stores, SHELF_ERASED, false, &done, &problem), TLSPIN_E_NOT_FOUND);
  assert_int_equal(access(here, F_OK), -1);
  assert_int_equal(access(there, F_OK), -1);
  assert_int_equal(mkdir(here, 0700), 0);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "etilqs_*"));
  assert_int_equal(rmdir(here), 0);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(mkdir(there, 0700), 0);
  assert_int_equal(erase(stores, SHELF_ERASED, true, &done, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "'etilqs_*'"));
}

static void check_unremoved(struct stores *stores)
{
  g_autofree char *left = g_strconcat(stores->path, ".new", NULL), *problem = NULL;
  unsigned removed;

  assert_int_equal(chmod(stores->home, 0500), 0);
  assert_int_equal(traces_remove_asides(stores->path, &removed, &problem), TLSPIN_UNAVAILABLE);
  assert_int_equal(removed, 0);
  assert_non_null(strstr(problem, "damaged-20261123T062500Z.db"));
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_equal(mkdir(left, 0700), 0);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(traces_remove_asides(stores->path, &removed, &problem), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, left));
  assert_int_equal(rmdir(left), 0);
  stores_write(left, 0, "cut off", 7);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(traces_remove_asides(stores->path, &removed, &problem), TLSPIN_OK);
  assert_int_equal(removed, 1);
  assert_int_equal(access(left, F_OK), -1);
}

static void test_unremoved(void **state)
{
  struct stores *stores = *state;
  g_autofree char *aside = plant(stores, "damaged-20261123T062500Z.db", "nobody can tell");

  stores_as_user(stores, check_unremoved);
  assert_int_equal(access(aside, F_OK), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_all, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unknown, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_named, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unfinished, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unfinished_stays, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unread, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_hindered, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_hindered_later, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unlisted, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unlisted_asides, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_temporaries, shelf_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_unremoved, shelf_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

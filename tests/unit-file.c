/* The file of a store, before SQLite sees it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/file.h"

#include "tests/descriptors.h"
#include "tests/filerules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_resolve_makes_folders(void **state)
{
  static const mode_t masks[] = {0, 022, 077};
  struct stores *stores = *state;

  for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
    g_autofree char *parent = g_strdup_printf("%s/%03o", stores->folder, (unsigned)masks[i]);
    g_autofree char *folder = g_build_filename(parent, "deep", "tlspin", NULL);
    g_autofree char *path = g_build_filename(folder, "pins.db", NULL);
    char *resolved = NULL, *problem = NULL;
    mode_t before = umask(masks[i]);

    assert_int_equal(file_resolve(path, user(), &resolved, &problem), TLSPIN_OK);
    umask(before);
    assert_true(g_str_has_suffix(resolved, "/deep/tlspin/pins.db"));
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(mode_of(parent), 0700);
    assert_false(file_exists(path));
    g_free(resolved);
  }
}

/* Links on the way are followed once, before SQLite is told to follow none. */
static void test_resolve_follows_folders(void **state)
{
  struct stores *stores = *state;
  g_autofree char *link = g_build_filename(stores->folder, "link", NULL);
  g_autofree char *path = g_build_filename(link, "pins.db", NULL);
  g_autofree char *real = NULL;
  char *resolved = NULL, *problem = NULL;

  assert_int_equal(mkdir(stores->home, 0700), 0);
  assert_int_equal(symlink("home", link), 0);
  real = g_canonicalize_filename(stores->path, NULL);
  assert_int_equal(file_resolve(path, user(), &resolved, &problem), TLSPIN_OK);
  assert_string_equal(resolved, real);
  g_free(resolved);
}

static void test_resolve_checks_folder(void **state)
{
  struct stores *stores = *state;
  struct file_rule other = {STORE_USER, geteuid() + 1};
  char *resolved = NULL, *problem = NULL;

  assert_int_equal(mkdir(stores->home, 0700), 0);
  assert_int_equal(file_resolve(stores->path, other, &resolved, &problem), TLSPIN_UNAVAILABLE);
  assert_null(resolved);
  expect_words(problem, "belongs to");
  problem = NULL;
  assert_int_equal(chmod(stores->home, 0750), 0);
  assert_int_equal(file_resolve(stores->path, user(), &resolved, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "chmod go=");
  problem = NULL;
  assert_int_equal(file_resolve(stores->path, layer(), &resolved, &problem), TLSPIN_OK);
  g_free(resolved);
  assert_int_equal(chmod(stores->home, 0770), 0);
  assert_int_equal(file_resolve(stores->path, layer(), &resolved, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "chmod go-w");
}

static void test_resolve_without_folder(void **state)
{
  struct stores *stores = *state;
  char *resolved = NULL, *problem = NULL;

  assert_int_equal(file_resolve(stores->path, layer(), &resolved, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "No such file");
  assert_false(file_exists(stores->home)); /* a layer's folder is never made */
  problem = NULL;
  stores_write(stores->home, 0, "x", 1);
  assert_int_equal(file_resolve(stores->path, user(), &resolved, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "is not a folder");
}

/* What can't be looked into may hold backups. */
static void test_backups(void **state)
{
  struct stores *stores = *state;
  g_autofree char *folder = g_build_filename(stores->folder, FILE_BACKUPS, NULL);
  g_autofree char *text = g_build_filename(folder, "pins-1.txt", NULL);
  g_autofree char *other = g_build_filename(folder, "other.db", NULL);
  g_autofree char *backup = g_build_filename(folder, "pins-1.db", NULL);

  assert_false(file_has_backups(stores->layer));
  stores_write(folder, 0, "no folder", 9);
  assert_true(file_has_backups(stores->layer));
  assert_int_equal(unlink(folder) + mkdir(folder, 0700), 0);
  assert_false(file_has_backups(stores->layer));
  stores_write(text, 0, "x", 1);
  stores_write(other, 0, "x", 1);
  assert_false(file_has_backups(stores->layer));
  stores_write(backup, 0, "x", 1);
  assert_true(file_has_backups(stores->layer));
}

static void check_unwritable(struct stores *stores)
{
  char *resolved = NULL, *problem = NULL;

  assert_int_equal(chmod(stores->folder, 0500), 0);
  assert_int_equal(file_resolve(stores->path, user(), &resolved, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "Permission denied");
  problem = NULL;
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "writable");
  assert_int_equal(chmod(stores->folder, 0700), 0);
}

static void test_unwritable(void **state)
{
  stores_as_user(*state, check_unwritable);
}

static void test_create(void **state)
{
  struct stores *stores = *state;
  char *problem = NULL;
  mode_t before = umask(0);

  assert_false(file_exists(stores->layer));
  assert_false(file_has_content(stores->layer));
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_OK);
  umask(before);
  assert_true(file_exists(stores->layer));
  assert_false(file_has_content(stores->layer));
  assert_int_equal(mode_of(stores->layer), 0600);
  stores_write(stores->layer, 0, "content", 7);
  assert_true(file_has_content(stores->layer));
  assert_int_equal(file_create(stores->layer, &problem), TLSPIN_OK); /* and it is kept */
  assert_true(file_has_content(stores->layer));
  accept(stores->layer, user());
}

static void test_create_without_folder(void **state)
{
  struct stores *stores = *state;
  char *problem = NULL;

  assert_int_equal(file_create(stores->path, &problem), TLSPIN_UNAVAILABLE);
  expect_words(problem, "No such file");
  assert_false(file_sync_folder(stores->path));
  assert_true(file_sync_folder(stores->layer));
}

/* Whether a file may be empty is not known here. */
static void test_empty(void **state)
{
  struct stores *stores = *state;

  stores_write(stores->layer, 0, "", 0);
  accept(stores->layer, user());
  accept(stores->layer, layer());
}

static void test_missing(void **state)
{
  struct stores *stores = *state;

  refuse(stores->layer, user(), "is missing");
  refuse(stores->layer, layer(), "is missing");
}

static void test_link(void **state)
{
  struct stores *stores = *state;
  g_autofree char *target = g_build_filename(stores->folder, "target", NULL);

  stores_write(target, 0, "x", 1);
  assert_int_equal(symlink("target", stores->layer), 0);
  refuse(stores->layer, user(), "symbolic link");
  refuse(stores->layer, layer(), "symbolic link");
  assert_int_equal(unlink(target), 0);
  assert_true(file_exists(stores->layer)); /* a dangling link is in the way, too */
  refuse(stores->layer, user(), "symbolic link");
}

static void test_no_regular_file(void **state)
{
  struct stores *stores = *state;

  assert_int_equal(mkfifo(stores->layer, 0600), 0);
  refuse(stores->layer, user(), "not a regular file"); /* and doesn't wait for a writer */
  refuse(stores->layer, layer(), "not a regular file");
  assert_int_equal(unlink(stores->layer), 0);
  assert_int_equal(mkdir(stores->layer, 0700), 0);
  refuse(stores->layer, user(), "Is a directory");
  refuse(stores->layer, layer(), "not a regular file");
}

static void test_owner(void **state)
{
  struct stores *stores = *state;
  struct file_rule other = {STORE_SYSTEM, geteuid() + 1};

  stores_write(stores->layer, 0, "x", 1);
  refuse(stores->layer, other, "belongs to");
  if (geteuid() == 0) {
    assert_int_equal(chown(stores->layer, 1, (gid_t)-1), 0);
    refuse(stores->layer, user(), "belongs to");
    refuse(stores->layer, layer(), "belongs to");
    other.owner = 1;
    accept(stores->layer, other);
  }
}

/* Every mode against both rules. */
static void test_modes(void **state)
{
  struct stores *stores = *state;

  stores_write(stores->layer, 0, "x", 1);
  for (mode_t mode = 0; mode <= 077; mode++) {
    g_autofree char *said = NULL;

    assert_int_equal(chmod(stores->layer, 0600 | mode), 0);
    said = g_strdup_printf("other users (mode %04o)", (unsigned)(0600 | mode));
    if (mode == 0)
      accept(stores->layer, user());
    else
      refuse(stores->layer, user(), said);
    if ((mode & 022) == 0)
      accept(stores->layer, layer());
    else
      refuse(stores->layer, layer(), said);
  }
}

static void check_unreadable(struct stores *stores)
{
  stores_write(stores->layer, 0, "x", 1);
  assert_int_equal(chmod(stores->layer, 0400), 0);
  refuse(stores->layer, user(), "Permission denied"); /* a user store must be writable */
  accept(stores->layer, layer());
  assert_int_equal(chmod(stores->layer, 0), 0);
  refuse(stores->layer, layer(), "Permission denied");
}

static void test_unreadable(void **state)
{
  stores_as_user(*state, check_unreadable);
}

/* Octets 18 and 19 of SQLite's header. */
static void test_wal(void **state)
{
  struct stores *stores = *state;
  static const char rollback[20] = "SQLite format 3\0\x10\0\1\1";
  char *problem = NULL;

  stores_write(stores->layer, 0, rollback, sizeof rollback);
  accept(stores->layer, user());
  stores_write(stores->layer, 18, "\2\2", 2);
  refuse(stores->layer, user(), "WAL");
  refuse(stores->layer, layer(), "WAL");
  stores_write(stores->layer, 18, "\1\2", 2);
  refuse(stores->layer, layer(), "WAL");
  assert_int_equal(file_check(stores->layer, user(), &problem), TLSPIN_STORE_DAMAGED);
  expect_words(problem, "first octets");
  problem = NULL;
  stores_write(stores->layer, 18, "\3\3", 2);
  accept(stores->layer, layer()); /* SQLite says what is wrong with it */
  assert_int_equal(file_check(stores->layer, user(), &problem), TLSPIN_STORE_DAMAGED);
  expect_words(problem, "first octets");
  stores_write(stores->layer, 18, "\1\1", 2);
  accept(stores->layer, layer());
}

/* What SQLite will put back from the journal isn't judged before. */
static void test_unfinished(void **state)
{
  struct stores *stores = *state;
  g_autofree char *journal = g_strconcat(stores->layer, "-journal", NULL);

  stores_write(stores->layer, 0, "\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\2\3", 20);
  stores_write(journal, 0, "", 0);
  refuse(stores->layer, layer(), "WAL");
  stores_write(journal, 0, "x", 1);
  accept(stores->layer, user());
  refuse(stores->layer, layer(), "WAL");
}

static void test_sweep(void **state)
{
  struct stores *stores = *state;
  g_autofree char *temporary = g_strconcat(stores->folder, "/etilqs_0123456789abcdef", NULL);
  g_autofree char *missing = g_strconcat(stores->folder, "/missing/pins.db", NULL);

  stores_write(stores->layer, 0, "x", 1);
  stores_write(temporary, 0, "host.example", 12);
  file_sweep(stores->layer);
  assert_false(file_exists(temporary));
  assert_true(file_exists(stores->layer));
  file_sweep(stores->layer);
  file_sweep(missing);
}

/* All of it, as far as that goes. */
static void test_remove_unfinished(void **state)
{
  struct stores *stores = *state;
  g_autofree char *left = g_strconcat(stores->layer, FILE_UNFINISHED, NULL);
  g_autofree char *journal = g_strconcat(left, "-journal", NULL);
  g_autofree char *wal = g_strconcat(left, "-wal", NULL);

  assert_true(file_remove_unfinished(stores->layer));
  stores_write(left, 0, "x", 1);
  stores_write(wal, 0, "x", 1);
  assert_int_equal(g_mkdir(journal, 0700), 0);
  assert_false(file_remove_unfinished(stores->layer));
  assert_int_equal(errno, EISDIR);
  assert_false(file_exists(left) || file_exists(wal));
  assert_int_equal(g_rmdir(journal), 0);
  stores_write(stores->layer, 0, "x", 1);
  stores_write(left, 0, "x", 1);
  file_sweep(stores->layer);
  assert_false(file_exists(left));
  assert_true(file_exists(stores->layer));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_resolve_makes_folders),
      TEST(test_resolve_follows_folders),
      TEST(test_resolve_checks_folder),
      TEST(test_resolve_without_folder),
      TEST(test_backups),
      TEST(test_unwritable),
      TEST(test_create),
      TEST(test_create_without_folder),
      TEST(test_empty),
      TEST(test_missing),
      TEST(test_link),
      TEST(test_no_regular_file),
      TEST(test_owner),
      TEST(test_modes),
      TEST(test_unreadable),
      TEST(test_wal),
      TEST(test_unfinished),
      TEST(test_sweep),
      TEST(test_remove_unfinished),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}

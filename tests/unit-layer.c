/* One of the ordered stores: its file, opened, or why it can't be read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layer.h"

#include "tests/folder.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

MISFIRE(int, access, (const char *path, int mode), (path, mode), -1)

/* A disk, where there is another than the real one. */
static const struct statvfs *disk;
static uid_t user;

int __real_statvfs(const char *path, struct statvfs *found);
int __wrap_statvfs(const char *path, struct statvfs *found);
int __wrap_statvfs(const char *path, struct statvfs *found)
{
  int result = __real_statvfs(path, found);

  if (disk == NULL)
    return result;
  *found = *disk;
  return disk->f_bsize == 0 ? -1 : 0;
}

/* In this test root is nobody else. */
uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
  return disk != NULL ? user : __real_geteuid();
}

static struct layer *open_user(struct stores *stores)
{
  struct layer *layer = layer_new("user", stores->path);

  assert_int_equal(layer_open(layer, STORE_USER, geteuid()), TLSPIN_OK);
  assert_non_null(layer->store);
  assert_null(layer->problem);
  return layer;
}

/* A system layer with a row, at the path of the fixture's. */
static struct layer *open_system(struct stores *stores)
{
  struct layer *layer = layer_new("50.db", stores->layer);
  struct ticket_row row = stores_row(1);
  struct layer_contents contents = {.ticket_count = 1, .tickets = &row};
  char *problem = NULL;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  layer->fingerprint = layer_fingerprint(stores->layer);
  assert_int_equal(layer_open(layer, STORE_SYSTEM, geteuid()), TLSPIN_OK);
  return layer;
}

/* What isn't UTF-8 in names and paths is replaced where it is shown. */
static void test_names(void **state)
{
  struct layer *layer = layer_new("a\xff.db", "/nowhere/a\xff.db");

  (void)state;
  assert_string_equal(layer->name, "a\xef\xbf\xbd.db");
  assert_string_equal(layer->path, "/nowhere/a\xff.db");
  layer_set_problem(layer, g_strdup("what of a\xff.db?"));
  assert_string_equal(layer->problem, "what of a\xef\xbf\xbd.db?");
  layer_set_problem(layer, g_strdup("another"));
  assert_string_equal(layer->problem, "another");
  layer_clear(layer);
  assert_null(layer->problem);
  layer_free(layer);
}

static void test_open(void **state)
{
  struct stores *stores = *state;
  struct layer *layer = open_user(stores);

  assert_true(layer->used && layer->tried);
  layer->waits = true;
  stores_write(stores->path, 0, "no database", 11);
  assert_int_equal(layer_open(layer, STORE_USER, geteuid()), TLSPIN_STORE_DAMAGED);
  assert_null(layer->store);
  assert_non_null(strstr(layer->problem, stores->path));
  assert_true(layer->used);
  assert_false(layer->waits);
  layer_free(layer);
}

/* A home that was unmounted is no reason to begin anew; a store that was only deleted is found to
 * be missing by what remembers it. */
static void test_gone(void **state)
{
  struct stores *stores = *state;
  struct layer *layer = open_user(stores), *other = layer_new("user", stores->path);

  folder_remove(stores->home);
  assert_int_equal(layer_open(layer, STORE_USER, geteuid()), TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(layer->problem, "went away while they were in use"));
  assert_int_not_equal(access(stores->home, F_OK), 0);
  assert_int_equal(layer_open(other, STORE_USER, geteuid()), TLSPIN_OK); /* which wasn't used */
  layer_free(other);
  assert_int_equal(layer_open(layer, STORE_USER, geteuid()), TLSPIN_OK); /* somebody has made it */
  layer_free(layer);
}

/* Where nothing is in the way nothing is said. */
static void test_write_problem(void **state)
{
  struct stores *stores = *state;
  struct layer *layer = open_user(stores);
  char *problem = layer_write_problem(layer);

  assert_null(problem);
  layer->waits = true;
  problem = layer_write_problem(layer);
  assert_non_null(strstr(problem, "An import waits to be finished."));
  assert_non_null(strstr(problem, "could not be written: no room on the disk, or in a quota?"));
  assert_non_null(strstr(problem, stores->path));
  g_free(problem);
  layer_free(layer);
}

static void check_forbidden(struct stores *stores)
{
  struct layer *layer = open_user(stores);
  char *problem;

  assert_int_equal(chmod(stores->home, 0500), 0);
  problem = layer_write_problem(layer);
  assert_non_null(strstr(problem, "can't be written: Permission denied."));
  assert_non_null(strstr(problem, "chmod u+rwx"));
  g_free(problem);
  assert_int_equal(chmod(stores->home, 0700), 0);
  assert_int_equal(chmod(stores->path, 0400), 0);
  problem = layer_write_problem(layer);
  assert_non_null(strstr(problem, "Permission denied"));
  assert_null(strstr(problem, "An import waits"));
  g_free(problem);
  layer->waits = true;
  problem = layer_write_problem(layer);
  assert_non_null(strstr(problem, "An import waits to be finished. The pin store"));
  g_free(problem);
  assert_int_equal(chmod(stores->path, 0600), 0);
  layer_free(layer);
}

static void test_forbidden(void **state)
{
  stores_as_user(*state, check_forbidden);
}

/* The file itself, or its folder, may not be written; or nothing on that file system. */
static void test_no_access(void **state)
{
  static const struct {
    unsigned call;
    int error;
    const char *words;
  } cases[] = {{1, EACCES, "Mend the permissions of the file"},
               {2, EACCES, "Mend the permissions of the file"},
               {1, EROFS, "read-only"},
               {2, EROFS, "read-only"}};
  struct layer *layer = open_user(*state);

  for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
    size_t n = i / 2;
    char *problem;

    layer->waits = i % 2 == 1;
    access_misfire = (struct misfire){.call = cases[n].call, .error = cases[n].error};
    problem = layer_write_problem(layer);
    assert_int_equal(access_misfire.done, 1);
    assert_non_null(problem);
    if (strstr(problem, cases[n].words) == NULL)
      fail_msg("case %zu: %s", n, problem);
    assert_int_equal(strstr(problem, "An import waits") != NULL, layer->waits);
    g_free(problem);
  }
  layer->waits = false;
  assert_null(layer_write_problem(layer));
  layer_free(layer);
}

/* Root's share of a full disk is no room for others; a file system that knows nothing of its room
 * isn't full, nor one that can't be asked. */
static void test_full_disk(void **state)
{
  static const struct {
    struct statvfs disk;
    bool full, full_for_root;
  } cases[] = {
      {{.f_bsize = 4096, .f_blocks = 100, .f_bfree = 10, .f_bavail = 5}, false, false},
      {{.f_bsize = 4096, .f_blocks = 100, .f_bfree = 1, .f_bavail = 1}, false, false},
      {{.f_bsize = 4096, .f_blocks = 1, .f_bfree = 5, .f_bavail = 0}, true, false},
      {{.f_bsize = 4096, .f_blocks = 100, .f_bfree = 0, .f_bavail = 0}, true, true},
      {{.f_bsize = 4096, .f_blocks = 0, .f_bfree = 0, .f_bavail = 0}, false, false},
      {{.f_bsize = 0, .f_blocks = 100, .f_bfree = 0, .f_bavail = 0}, false, false},
  };
  struct layer *layer = open_user(*state);

  for (size_t i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
    g_autofree char *problem = NULL;

    user = i % 2 == 0 ? 0 : 1000;
    disk = &cases[i / 2].disk;
    problem = layer_write_problem(layer);
    disk = NULL;
    assert_int_equal(problem != NULL, user == 0 ? cases[i / 2].full_for_root : cases[i / 2].full);
    if (problem != NULL)
      assert_non_null(strstr(problem, "the disk is full"));
  }
  layer_free(layer);
}

/* Whatever is done to a file shows. */
static void test_fingerprint(void **state)
{
  struct stores *stores = *state;
  g_autofree char *none = layer_fingerprint(stores->layer), *first = NULL, *journal = NULL;
  g_autofree char *beside = g_strconcat(stores->layer, "-journal", NULL);

  assert_string_equal(none, "");
  stores_write(stores->layer, 0, "text", 4);
  first = layer_fingerprint(stores->layer);
  for (int i = 0; i < 3; i++) {
    g_autofree char *now = NULL;

    if (i == 0)
      stores_write(stores->layer, 4, "more", 4);
    else if (i == 1)
      assert_int_equal(chmod(stores->layer, 0600), 0);
    else
      stores_write(beside, 0, "unfinished", 10);
    now = layer_fingerprint(stores->layer);
    assert_string_not_equal(now, first);
    g_free(g_steal_pointer(&first));
    first = g_strdup(now);
  }
  journal = layer_fingerprint(stores->layer);
  assert_string_equal(journal, first); /* and nothing is nothing */
  assert_int_equal(unlink(beside), 0);
}

/* A file that is the same goes on being served without being read, if nobody may have written it.
 */
static void test_serves(void **state)
{
  struct stores *stores = *state;
  struct layer *layer = open_system(stores);
  g_autofree char *moved = g_strconcat(stores->layer, ".old", NULL);

  assert_true(layer_serves(layer, layer->fingerprint, geteuid()));
  assert_false(layer_serves(layer, "another", geteuid()));
  assert_false(layer_serves(layer, NULL, geteuid()));
  assert_false(layer_serves(layer, layer->fingerprint, geteuid() + 1));
  assert_int_equal(chmod(stores->layer, 0666), 0);
  assert_false(layer_serves(layer, layer->fingerprint, geteuid()));
  assert_int_equal(chmod(stores->layer, 0644), 0);
  assert_int_equal(g_rename(stores->layer, moved), 0);
  assert_false(layer_serves(layer, layer->fingerprint, geteuid()));
  assert_int_equal(g_rename(moved, stores->layer), 0);
  layer_clear(layer);
  assert_false(layer_serves(layer, layer->fingerprint, geteuid()));
  layer_free(layer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_names),         TEST(test_open),      TEST(test_gone),
      TEST(test_write_problem), TEST(test_forbidden), TEST(test_fingerprint),
      TEST(test_serves),        TEST(test_no_access), TEST(test_full_disk),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One of the ordered stores: its file, opened, or why it can't be read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layer.h"

#include "tests/folder.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
      TEST(test_names),     TEST(test_open),        TEST(test_gone),   TEST(test_write_problem),
      TEST(test_forbidden), TEST(test_fingerprint), TEST(test_serves),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}

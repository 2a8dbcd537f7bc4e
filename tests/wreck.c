/* Stores to be recovered, and what became of them: see wreck.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/wreck.h"

#include "daemon/aside.h"
#include "daemon/recovery.h"

#include "tests/mishap.h"
#include "tests/ruins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SPOILED = 9 };

/* What each life begins with a copy of. */
static struct ruin {
  enum wreck_state state;
  int saved; /* rows that are in a backup; WRECK_NONE: there is none */
  struct wreck_end end;
  struct stores *stores; /* NULL: none was chosen yet */
  char *wreck;           /* the damaged file, which must stay */
  gsize size;
} ruin;

/* Names of hosts are overwritten, here and there. */
static void spoil(const struct stores *stores)
{
  for (int i = 0; i < SPOILED; i++)
    ruins_spoil(stores->path, 2 * i);
}

static void make(struct stores *stores)
{
  struct store *store;

  stores_make(stores->path, ruin.saved > WRECK_NONE ? ruin.saved : WRECK_ROWS);
  if (ruin.saved == WRECK_NONE)
    return;
  g_free(ruins_back_up(stores, STORES_NOW));
  store = stores_open(stores->path);
  for (int i = ruin.saved; i < WRECK_ROWS; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
  store_close(store);
}

static void damage_store(struct stores *stores)
{
  enum wreck_state state = ruin.state;
  struct stat status;

  assert_int_equal(stat(stores->path, &status), 0);
  if (state == WRECK_SPOILT)
    spoil(stores);
  if (state == WRECK_CUT)
    assert_int_equal(truncate(stores->path, status.st_size / 2), 0);
  if (state == WRECK_UNDONE)
    ruins_leave_journal(stores->path);
  assert_true(g_file_get_contents(stores->path, &ruin.wreck, &ruin.size, NULL));
  if (state == WRECK_MISSING || state == WRECK_FORGOTTEN || state == WRECK_UNDONE)
    assert_int_equal(unlink(stores->path), 0);
  if (state == WRECK_FORGOTTEN)
    assert_int_equal(unlink(stores->lock), 0);
}

static void copy_folder(const char *from, const char *to)
{
  GDir *dir = g_dir_open(from, 0, NULL);
  const char *name;

  assert_non_null(dir);
  assert_int_equal(mkdir(to, 0700), 0);
  while ((name = g_dir_read_name(dir)) != NULL) {
    g_autofree char *source = g_build_filename(from, name, NULL);
    g_autofree char *target = g_build_filename(to, name, NULL);

    if (g_file_test(source, G_FILE_TEST_IS_DIR))
      copy_folder(source, target);
    else
      stores_copy(source, target);
  }
  g_dir_close(dir);
}

void wreck_prepare(struct stores *stores)
{
  enum mishap mishap = mishap_pause();

  copy_folder(ruin.stores->home, stores->home);
  mishap_resume(mishap);
}

static enum tlspin_code open_store(const struct stores *stores, struct store **store,
                                   char **problem)
{
  *store = NULL;
  *problem = NULL;
  return store_open(stores->path, STORE_USER, geteuid(), store, problem);
}

enum tlspin_code wreck_open(const struct stores *stores, struct store **store, char **problem)
{
  enum tlspin_code code = open_store(stores, store, problem);

  if (code != TLSPIN_STORE_DAMAGED)
    return code;
  g_clear_pointer(problem, g_free);
  code = recovery_run(stores->path, geteuid(), WRECK_LATER, problem);
  return code == TLSPIN_OK ? open_store(stores, store, problem) : code;
}

/* Once for each fault in the way the file may have been set aside, under another name each time. */
static void expect_aside(const struct stores *stores, const char *named)
{
  g_autoptr(GPtrArray) names = aside_list(stores->path, NULL);
  bool there = named[0] == '\0';

  assert_int_equal(names->len > 0, ruin.state == WRECK_SPOILT || ruin.state == WRECK_CUT);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename(stores->home, names->pdata[i], NULL), *content = NULL;
    gsize size;

    assert_true(g_file_get_contents(path, &content, &size, NULL));
    assert_int_equal(size, ruin.size);
    assert_memory_equal(content, ruin.wreck, size);
    there = there || strcmp(named, names->pdata[i]) == 0;
  }
  assert_true(there);
}

/* What the store says it lost, which it forgets when the user has seen it. */
static struct damage see_damage(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct damage damage;
  enum tlspin_code code = damage_get(store, &damage);

  assert_int_equal(code, ruin.state == WRECK_WHOLE ? TLSPIN_E_NOT_FOUND : TLSPIN_OK);
  assert_int_equal(damage_stands(store), code == TLSPIN_OK && damage.missing != 0);
  assert_int_equal(damage_acknowledge(store), code);
  assert_false(damage_stands(store));
  store_close(store);
  return damage;
}

struct wreck_end wreck_conclude(struct stores *stores)
{
  struct store *store;
  struct damage damage;
  struct wreck_end end;
  char *problem;

  mishap_pause();
  if (wreck_open(stores, &store, &problem) != TLSPIN_OK)
    fail_msg("%s", problem);
  store_close(store);
  end.rows = ruins_rows(stores, WRECK_ROWS);
  damage = see_damage(stores);
  end.missing = damage.missing;
  if (end.rows < WRECK_ROWS && end.missing == 0)
    fail_msg("%d rows are missing, and nothing says so", WRECK_ROWS - end.rows);
  expect_aside(stores, damage.aside);
  return end;
}

void wreck_expect_end(struct stores *stores)
{
  struct wreck_end end = wreck_conclude(stores);

  assert_int_equal(end.rows, ruin.end.rows);
  assert_int_equal(end.missing, ruin.end.missing);
}

void wreck_leave(void)
{
  void *made = ruin.stores;

  mishap_pause();
  if (made != NULL)
    stores_teardown(&made);
  g_free(ruin.wreck);
  ruin = (struct ruin){.stores = NULL};
}

void wreck_choose(enum wreck_state state, int saved)
{
  void *made;

  wreck_leave();
  ruin.state = state;
  ruin.saved = saved;
  stores_setup(&made);
  ruin.stores = made;
  make(made);
  damage_store(made);
  stores_setup(&made);
  wreck_prepare(made);
  ruin.end = wreck_conclude(made);
  stores_teardown(&made);
  assert_int_equal(ruin.end.rows == WRECK_ROWS, saved == WRECK_ROWS || state == WRECK_WHOLE);
  assert_true(ruin.end.rows >= saved);
  assert_int_equal(ruin.end.missing == 0,
                   saved == WRECK_ROWS &&
                       (state == WRECK_SPOILT || state == WRECK_CUT || state == WRECK_WHOLE));
  if (state == WRECK_SPOILT && saved == WRECK_NONE)
    assert_true(ruin.end.rows == WRECK_ROWS - SPOILED && ruin.end.missing == SPOILED);
}

int wreck_saved(void)
{
  return ruin.saved;
}

void wreck_expect_part(struct stores *stores)
{
  struct wreck_end end = wreck_conclude(stores);

  assert_true(end.rows == ruin.saved || end.rows == ruin.end.rows);
  assert_int_not_equal(end.missing, 0);
}

/* Backups for tests: see shelf.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

int shelf_setup(void **state)
{
  stores_setup(state);
  stores_make(((struct stores *)*state)->path, SHELF_ROWS);
  return 0;
}

char *shelf_folder(const struct stores *stores)
{
  return g_build_filename(stores->home, "backups", NULL);
}

char *shelf_path(const struct stores *stores, const char *name)
{
  return g_build_filename(stores->home, "backups", name, NULL);
}

char *shelf_make(const struct stores *stores, int64_t now)
{
  struct backup_terms terms = {.asked = false};
  struct backup *made;
  char *problem, *path;
  enum tlspin_code code = backups_make(stores->path, geteuid(), now, &terms, &made, &problem);

  if (code != TLSPIN_OK)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_OK);
  assert_null(problem);
  path = g_steal_pointer(&made->path);
  backup_free(made);
  return path;
}

void shelf_refuse(const struct stores *stores, enum tlspin_code code, const char *words)
{
  struct backup_terms terms = {.asked = false};
  struct backup *made;
  char *problem;

  assert_int_equal(backups_make(stores->path, geteuid(), STORES_NOW, &terms, &made, &problem),
                   code);
  assert_null(made);
  assert_non_null(problem);
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
  g_free(problem);
}

struct store *shelf_open(const char *path)
{
  struct store *store;
  char *problem;
  enum backup_state backup = backup_open(path, geteuid(), &store, &problem);

  if (backup != BACKUP_WHOLE)
    print_error("%s\n", problem);
  assert_int_equal(backup, BACKUP_WHOLE);
  assert_null(problem);
  return store;
}

static unsigned count_names(const struct stores *stores, bool backups)
{
  g_autofree char *folder = shelf_folder(stores);
  g_autoptr(GDir) names = g_dir_open(folder, 0, NULL);
  const char *name;
  unsigned count = 0;

  while (names != NULL && (name = g_dir_read_name(names)) != NULL)
    count += (g_str_has_prefix(name, "pins-") && g_str_has_suffix(name, ".db")) == backups;
  return count;
}

unsigned shelf_others(const struct stores *stores)
{
  return count_names(stores, false);
}

unsigned shelf_count(const struct stores *stores)
{
  return count_names(stores, true);
}

void shelf_damage(const char *path)
{
  g_autofree char *content = NULL;
  const char *found;
  gsize size;

  assert_true(g_file_get_contents(path, &content, &size, NULL));
  found = memmem(content, size, "host-0007", 9);
  assert_non_null(found);
  stores_flip(content, path, (uint32_t)(found - content + 3) * 8);
}

void shelf_begin_import(struct store *store, int records)
{
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < records; i++) {
    struct keypin pin = stores_pin(i);

    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, change.operation, STORES_NOW, &edit),
                   TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
}

enum tlspin_code shelf_erase(struct store *store, void *data)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;
  enum tlspin_code code;

  (void)data;
  filter.host = SHELF_ERASED;
  code = store_clear(store, &filter, STORES_NOW, &change);
  return code == TLSPIN_OK ? stores_forget(store, INT64_MAX) : code;
}

void shelf_count_on(const char *path, uint64_t last)
{
  struct transaction change;
  struct database db;

  stores_open_database(path, &db);
  assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
  change.contents.last_operation = last;
  change.written = true;
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
  database_close(&db);
}

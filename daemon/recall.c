/* What the system's layers set when all of them could last be read: see recall.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recall.h"

#include <string.h>

#define MARK       "remembered"
#define MARK_VALUE "yes"

/* Neither names of files nor values of settings have one. */
enum { SEPARATOR = '/' };

static void put(struct recalled *recalled, const struct recalled *said)
{
  struct recalled new = {g_strdup(said->value), g_strdup(said->layer), said->locked, said->now};

  g_free(recalled->value);
  g_free(recalled->layer);
  *recalled = new;
}

void recall_clear(struct recall *recall)
{
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    put(&recall->at[i], &(struct recalled){.value = NULL});
}

void recall_renew(struct recall *recall)
{
  recall_clear(recall);
  recall->known = true;
}

void recall_age(struct recall *recall)
{
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    recall->at[i].now = false;
}

void recall_hold(struct recall *recall, size_t index, const struct recalled *said)
{
  struct recalled *held = &recall->at[index], kept = *held;
  g_autofree char *both = NULL;

  if (held->value == NULL || (said->locked && !held->locked)) {
    put(held, said);
    return;
  }
  if (held->locked && !said->locked)
    return;
  both = settings_stricter(index, said->value, held->value);
  kept.now = false;
  if (strcmp(both, said->value) == 0)
    put(held, said);
  else if (strcmp(both, held->value) != 0) {
    kept.value = both;
    put(held, &kept);
  }
}

/* Where the value begins in a row, and whether it is locked; NULL for a row that is none of ours,
 * or of a newer tlspin's. */
static const char *find_value(const struct setting_row *row, bool *locked)
{
  const char *end = strchr(row->value, SEPARATOR), *value;
  g_autofree char *problem = NULL;

  if (end == NULL)
    return NULL;
  *locked = end[1] != SEPARATOR;
  value = end + (*locked ? 1 : 2);
  return settings_check(row->name, value, &problem) ? value : NULL;
}

static bool is_mark(const struct setting_row *row)
{
  return strcmp(row->name, MARK) == 0 && strcmp(row->value, MARK_VALUE) == 0;
}

static bool read_row(struct recall *recall, const struct setting_row *row)
{
  g_autofree char *layer = NULL;
  bool locked;
  const char *value = find_value(row, &locked);

  if (value == NULL)
    return false;
  layer = g_strndup(row->value, strcspn(row->value, (const char[]){SEPARATOR, '\0'}));
  recall_hold(recall, settings_find(row->name),
              &(struct recalled){(char *)(uintptr_t)value, layer, locked, false});
  return true;
}

struct loading {
  struct recall *recall;
  bool marked, understood;
};

static bool load_row(const struct setting_row *row, void *data)
{
  struct loading *loading = data;

  if (is_mark(row))
    loading->marked = true;
  else if (!read_row(loading->recall, row))
    loading->understood = false;
  return true;
}

void recall_load(struct recall *recall, struct store *store)
{
  struct loading loading = {recall, false, true};

  if (recall->loaded || recall->known || store_settings(store, load_row, &loading) != TLSPIN_OK)
    return;
  recall->loaded = true;
  recall->known = loading.marked && loading.understood;
}

static void clear_row(void *data)
{
  struct setting_row *row = data;

  g_free((char *)(uintptr_t)row->name);
  g_free((char *)(uintptr_t)row->value);
}

/* value: goes over to the rows. */
static void add_row(GArray *rows, const char *name, char *value)
{
  const struct setting_row row = {g_strdup(name), value, false};

  g_array_append_val(rows, row);
}

static const struct setting_row *row_at(const GArray *rows, guint i)
{
  return &g_array_index(rows, struct setting_row, i);
}

static bool has_row(const GArray *rows, const char *name)
{
  for (guint i = 0; i < rows->len; i++)
    if (strcmp(row_at(rows, i)->name, name) == 0)
      return true;
  return false;
}

/* What a newer tlspin wrote is not ours to take away. */
static bool keep_strange(const struct setting_row *row, void *rows)
{
  bool locked;

  if (!is_mark(row) && find_value(row, &locked) == NULL)
    add_row(rows, row->name, g_strdup(row->value));
  return true;
}

/* The rows that the store should have beside the strange ones, which are there already and don't
 * make room for ours. Who has no layers of the system needs no mark either. */
static void list_rows(const struct recall *recall, GArray *rows)
{
  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    const struct recalled *held = &recall->at[i];

    if (held->value != NULL && !has_row(rows, settings_name(i)))
      add_row(rows, settings_name(i),
              g_strdup_printf("%s%s%s", held->layer, held->locked ? "/" : "//", held->value));
  }
  if (recall->known && !recall->empty && !has_row(rows, MARK))
    add_row(rows, MARK, g_strdup(MARK_VALUE));
}

struct comparison {
  const GArray *rows;
  size_t found, same;
};

static bool compare_row(const struct setting_row *row, void *data)
{
  struct comparison *comparison = data;

  comparison->found++;
  for (guint i = 0; i < comparison->rows->len; i++)
    if (strcmp(row->name, row_at(comparison->rows, i)->name) == 0 &&
        strcmp(row->value, row_at(comparison->rows, i)->value) == 0)
      comparison->same++;
  return true;
}

static bool store_says(struct store *store, const GArray *rows)
{
  struct comparison comparison = {rows, 0, 0};

  return store_settings(store, compare_row, &comparison) == TLSPIN_OK &&
         comparison.found == rows->len && comparison.same == rows->len;
}

static bool save(const struct recall *recall, struct store *store, GArray *rows)
{
  if (store_settings(store, keep_strange, rows) != TLSPIN_OK)
    return false;
  list_rows(recall, rows);
  return store_says(store, rows) ||
         store_put_settings(store, (const struct setting_row *)(const void *)rows->data,
                            rows->len) == TLSPIN_OK;
}

void recall_save(struct recall *recall, struct store *store)
{
  g_autoptr(GArray) rows = NULL;

  if (recall->saved || (!recall->known && !recall->loaded))
    return;
  rows = g_array_new(FALSE, FALSE, sizeof(struct setting_row));
  g_array_set_clear_func(rows, clear_row);
  recall->saved = save(recall, store, rows);
}

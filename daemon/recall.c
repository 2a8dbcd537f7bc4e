/* What the system's layers set when all of them could last be read: see recall.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/recall.h"

#include <string.h>

#define MARK       "remembered"
#define MARK_VALUE "yes"

/* Neither names of files nor values of settings have one. */
enum { SEPARATOR = '/', ROWS = SETTINGS_COUNT + 1 };

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

/* False for a row that is none of ours, or of a newer tlspin's. */
static bool read_row(struct recall *recall, const struct setting_row *row)
{
  const char *end = strchr(row->value, SEPARATOR), *value;
  g_autofree char *layer = NULL, *problem = NULL;
  bool locked;

  if (end == NULL)
    return false;
  locked = end[1] != SEPARATOR;
  value = end + (locked ? 1 : 2);
  if (!settings_check(row->name, value, &problem))
    return false;
  layer = g_strndup(row->value, (gsize)(end - row->value));
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

  if (strcmp(row->name, MARK) == 0)
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

/* The rows that the store should have; values: what they point to. Who has no layers of the system
 * needs no mark either. */
static size_t list_rows(const struct recall *recall, struct setting_row rows[ROWS],
                        char *values[SETTINGS_COUNT])
{
  size_t count = 0;

  for (size_t i = 0; i < SETTINGS_COUNT; i++) {
    const struct recalled *held = &recall->at[i];

    values[i] = NULL;
    if (held->value == NULL)
      continue;
    values[i] = g_strdup_printf("%s%s%s", held->layer, held->locked ? "/" : "//", held->value);
    rows[count++] = (struct setting_row){settings_name(i), values[i], false};
  }
  if (recall->known && !recall->empty)
    rows[count++] = (struct setting_row){MARK, MARK_VALUE, false};
  return count;
}

struct comparison {
  const struct setting_row *rows;
  size_t count, found, same;
};

static bool compare_row(const struct setting_row *row, void *data)
{
  struct comparison *comparison = data;

  comparison->found++;
  for (size_t i = 0; i < comparison->count; i++)
    if (strcmp(row->name, comparison->rows[i].name) == 0 &&
        strcmp(row->value, comparison->rows[i].value) == 0)
      comparison->same++;
  return true;
}

static bool store_says(struct store *store, const struct setting_row *rows, size_t count)
{
  struct comparison comparison = {rows, count, 0, 0};

  return store_settings(store, compare_row, &comparison) == TLSPIN_OK &&
         comparison.found == count && comparison.same == count;
}

void recall_save(struct recall *recall, struct store *store)
{
  struct setting_row rows[ROWS];
  char *values[SETTINGS_COUNT];
  size_t count;

  if (recall->saved || (!recall->known && !recall->loaded))
    return;
  count = list_rows(recall, rows, values);
  recall->saved =
      store_says(store, rows, count) || store_put_settings(store, rows, count) == TLSPIN_OK;
  for (size_t i = 0; i < SETTINGS_COUNT; i++)
    g_free(values[i]);
}

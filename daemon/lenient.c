/* Rows that let more through: see lenient.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lenient.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/setting.h"

#include <string.h>

/* The settings that are recalled (recall.h, settings.h), and what of each is the strictest; NULL:
 * any value is stricter than the default, or lets nothing through. */
static const struct {
  const char *name, *strict;
} settings[] = {
    {"anchors", "enforce"}, {"changes", NULL},      {"hpkp-cap", NULL},      {"learn", "no"},
    {"level", "leaf"},      {"lifetime-cap", NULL}, {"unavailable", "fail"},
};

static bool is_lenient_setting(const struct cell *cells)
{
  struct setting_texts texts;
  struct setting_row row;
  const char *value;

  if (!setting_of_cells(cells, STORE_USER, &row, &texts))
    return true;
  value = strrchr(row.value, '/'); /* behind the layer's name */
  for (size_t i = 0; i < G_N_ELEMENTS(settings); i++)
    if (strcmp(row.name, settings[i].name) == 0)
      return settings[i].strict != NULL &&
             g_strcmp0(value != NULL ? value + 1 : NULL, settings[i].strict) != 0;
  return true;
}

static bool is_lenient_pin(const struct keypin *pin)
{
  return pin->status == KEYPIN_OFF || pin->status == KEYPIN_EXCEPTED ||
         (pin->status == KEYPIN_ACTIVE && pin->origin != KEYPIN_TOFU);
}

static bool is_lenient_record(const struct cell *cells)
{
  struct pin_note note;
  struct keypin pin;

  return !pin_of_cells(cells, STORE_USER, &pin, &note) || is_lenient_pin(&pin);
}

static bool is_lenient_image(const struct cell *cells)
{
  struct pin_image image;
  struct pin_note note;

  return !pin_image_of_cells(cells, &image, &note) || (image.present && is_lenient_pin(&image.pin));
}

bool lenient_row(enum table_id table, const struct cell *cells)
{
  switch (table) {
  case TABLE_PIN:
    return is_lenient_record(cells);
  case TABLE_IMAGE:
    return is_lenient_image(cells);
  case TABLE_SETTING:
    return is_lenient_setting(cells);
  default:
    return false;
  }
}

bool lenient_beside(enum table_id table, const struct cell *cells)
{
  struct pin_note note;
  struct keypin pin;

  if (table != TABLE_PIN)
    return table == TABLE_TICKET;
  return !pin_of_cells(cells, STORE_USER, &pin, &note) ||
         (pin.status != KEYPIN_REJECTED && pin.status != KEYPIN_ON);
}

/* The key of a row, as octets that last. */
struct kept {
  enum table_id table;
  struct digest digest;
  struct cell key[TABLE_KEY];
  GBytes *octets[TABLE_KEY];
};

struct lenient {
  GHashTable *rows; /* by their digests: struct kept */
};

static void kept_free(void *data)
{
  struct kept *kept = data;

  for (int i = 0; i < TABLE_KEY; i++)
    g_bytes_unref(kept->octets[i]);
  g_free(kept);
}

static struct kept *kept_new(enum table_id table, const struct cell *cells,
                             const struct digest *digest)
{
  struct kept *kept = g_new0(struct kept, 1);

  kept->table = table;
  kept->digest = *digest;
  for (int i = 0; i < TABLE_KEY; i++) {
    bool used = i < tables[table].key;

    kept->octets[i] =
        g_bytes_new(used ? cells[i].bytes.data : NULL, used ? cells[i].bytes.size : 0);
    if (!used)
      continue;
    kept->key[i] = cells[i];
    kept->key[i].bytes.data = g_bytes_get_data(kept->octets[i], NULL);
  }
  return kept;
}

static void keep(GHashTable *rows, struct kept *kept)
{
  g_hash_table_replace(rows, &kept->digest, kept);
}

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct lenient *lenient = data;

  if (lenient_row(table, cells))
    keep(lenient->rows, kept_new(table, cells, digest));
  return true;
}

struct lenient *lenient_new(struct database *db)
{
  struct lenient *lenient = g_new0(struct lenient, 1);

  lenient->rows = g_hash_table_new_full(digest_hash, digest_same, NULL, kept_free);
  database_refuel_all(db);
  if (contents_walk(db, STORE_USER, on_row, lenient))
    return lenient;
  lenient_free(lenient);
  return NULL;
}

void lenient_free(struct lenient *lenient)
{
  if (lenient == NULL)
    return;
  g_hash_table_unref(lenient->rows);
  g_free(lenient);
}

void lenient_confirm(struct lenient *lenient, const struct digest *digest)
{
  g_hash_table_remove(lenient->rows, digest);
}

bool lenient_drop(const struct lenient *lenient, struct rebuild *rebuild, uint64_t *count)
{
  GHashTableIter iter;
  gpointer row;

  *count = 0;
  g_hash_table_iter_init(&iter, lenient->rows);
  while (g_hash_table_iter_next(&iter, NULL, &row)) {
    const struct kept *kept = row;

    if (!rebuild_drop(rebuild, kept->table, kept->key))
      return false;
    *count += 1;
  }
  return true;
}

/* The settings of a store: see store_settings and store_put_settings in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/setting.h"

#include "daemon/store-private.h"

#include <string.h>

bool setting_is_valid(const struct setting_row *setting, enum store_kind kind)
{
  size_t size = strnlen(setting->value, SETTING_VALUE_MAX + 1);

  return reason_is_valid(setting->name) && size <= SETTING_VALUE_MAX &&
         g_utf8_validate(setting->value, (gssize)size, NULL) &&
         (kind == STORE_SYSTEM || !setting->locked);
}

void setting_to_cells(const struct setting_row *setting, struct cell *cells)
{
  cells[0] = cell_text(setting->name);
  cells[1] = cell_text(setting->value);
  cells[2] = cell_integer(setting->locked);
}

bool setting_of_cells(const struct cell *cells, enum store_kind kind, struct setting_row *setting,
                      struct setting_texts *texts)
{
  *setting = (struct setting_row){texts->name, texts->value, cells[2].number == 1};
  return cell_read_text(&cells[0], texts->name, sizeof texts->name) &&
         cell_read_text(&cells[1], texts->value, sizeof texts->value) &&
         (cells[2].number == 0 || cells[2].number == 1) && setting_is_valid(setting, kind);
}

static enum tlspin_code step(struct store *store, struct setting_row *setting,
                             struct setting_texts *texts)
{
  struct cell cells[3];
  enum tlspin_code code =
      store_step(store, TABLE_SETTING, store->db.statements[STATEMENT_SETTINGS], cells);

  return code == TLSPIN_OK && !setting_of_cells(cells, store->kind, setting, texts)
             ? TLSPIN_UNAVAILABLE
             : code;
}

enum tlspin_code store_settings(struct store *store, store_setting_visit visit, void *data)
{
  struct setting_texts texts;
  struct setting_row setting;
  enum tlspin_code code;

  if (!store_has(store, TABLE_SETTING))
    return TLSPIN_OK;
  if (!store_trust(store))
    return TLSPIN_UNAVAILABLE;
  database_refuel_all(&store->db);
  while ((code = step(store, &setting, &texts)) == TLSPIN_OK && visit(&setting, data))
    ;
  database_reset(store->db.statements[STATEMENT_SETTINGS]);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static bool note_name(const struct setting_row *setting, void *data)
{
  g_ptr_array_add(data, g_strdup(setting->name));
  return true;
}

/* First the names, then the rows: what is walked over must not change. */
static enum tlspin_code drop_all(struct store *store, struct transaction *change)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
  enum tlspin_code code = store_settings(store, note_name, names);

  for (guint i = 0; i < names->len && code == TLSPIN_OK; i++) {
    struct cell key = cell_text(names->pdata[i]);

    code = transaction_drop(change, TABLE_SETTING, &key);
  }
  return code;
}

static enum tlspin_code replace(struct store *store, struct transaction *change,
                                const struct setting_row *settings, size_t count)
{
  enum tlspin_code code = drop_all(store, change);
  struct cell cells[TABLE_COLUMNS];

  for (size_t i = 0; i < count && code == TLSPIN_OK; i++) {
    setting_to_cells(&settings[i], cells);
    code = transaction_put(change, TABLE_SETTING, cells);
  }
  return code;
}

enum tlspin_code store_put_settings(struct store *store, const struct setting_row *settings,
                                    size_t count)
{
  struct transaction change;
  enum tlspin_code code;

  for (size_t i = 0; i < count; i++)
    if (!setting_is_valid(&settings[i], STORE_USER))
      return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  return code == TLSPIN_OK ? transaction_end(&change, replace(store, &change, settings, count))
                           : code;
}

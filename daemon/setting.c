/* The settings of a system layer: see store_settings in store.h.
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

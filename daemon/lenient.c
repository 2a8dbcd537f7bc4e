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

struct judge {
  lenient_confirm confirm;
  void *data;
};

static bool is_unconfirmed(enum table_id table, const struct cell *cells,
                           const struct digest *digest, void *data)
{
  const struct judge *judge = data;

  return lenient_row(table, cells) && !judge->confirm(table, cells, digest, judge->data);
}

bool lenient_drop(struct rebuild *rebuild, lenient_confirm confirm, void *data, uint64_t *count)
{
  struct judge judge = {confirm, data};

  return sift_drop(rebuild, is_unconfirmed, &judge, count);
}

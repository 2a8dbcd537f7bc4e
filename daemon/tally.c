/* Records that were met again: see tally.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/tally.h"

#include <glib.h>

struct tally {
  GArray *met; /* struct store_met, in the order of keypin_compare_key */
};

struct tally *tally_new(void)
{
  struct tally *tally = g_new0(struct tally, 1);

  tally->met = g_array_new(FALSE, FALSE, sizeof(struct store_met));
  return tally;
}

void tally_free(struct tally *tally)
{
  if (tally == NULL)
    return;
  g_array_unref(tally->met);
  g_free(tally);
}

static int compare(const void *a, const void *b)
{
  return keypin_compare_key(&((const struct store_met *)a)->pin,
                            &((const struct store_met *)b)->pin);
}

/* Where the record stands, or would. True where it is there. */
static bool find(const struct tally *tally, const struct store_met *met, guint *place)
{
  guint low = 0, high = tally->met->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    int order = compare(met, &g_array_index(tally->met, struct store_met, middle));

    if (order == 0) {
      *place = middle;
      return true;
    }
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  *place = low;
  return false;
}

bool tally_count(struct tally *tally, const struct keypin *pin, int64_t now)
{
  struct store_met met = {.pin = *pin, .last_seen = now, .count = 1};
  struct store_met *known;
  guint place;

  met.pin.note = ""; /* only the key counts, and the rest belongs to somebody else */
  met.pin.seen = (struct span){NULL, 0};
  met.pin.owned = NULL;
  if (!find(tally, &met, &place)) {
    if (tally->met->len < TALLY_MAX)
      g_array_insert_val(tally->met, place, met);
    return tally->met->len >= TALLY_MAX;
  }
  known = &g_array_index(tally->met, struct store_met, place);
  known->last_seen = MAX(known->last_seen, now);
  known->count++;
  return false;
}

enum tlspin_code tally_write(struct tally *tally, struct store *store)
{
  enum tlspin_code code = TLSPIN_OK;

  if (tally->met->len > 0)
    code = store_meet(store, (const struct store_met *)(const void *)tally->met->data,
                      tally->met->len);
  if (code == TLSPIN_OK)
    g_array_set_size(tally->met, 0);
  return code;
}

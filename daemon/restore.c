/* Records, and what images say of them: see restore.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/restore.h"

#include <string.h>

enum tlspin_code restore_find(struct store *store, const struct keypin *key, struct found *found)
{
  struct pin_note note;
  enum tlspin_code code = store_find_pin(store, key, &found->pin, &note);

  found->present = code == TLSPIN_OK;
  if (!found->present)
    found->pin = (struct keypin){.note = ""};
  else if (!keypin_own(&found->pin))
    code = TLSPIN_E_MEMORY;
  database_reset(store->db.get[TABLE_PIN]);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

bool restore_is_so(const struct found *found, const struct pin_image *state)
{
  return found->present == state->present &&
         (!found->present || pin_equal(&found->pin, &state->pin));
}

/* By its digest, since what an edit made stands nowhere else. */
bool restore_is_left(struct work *work, const struct pin_image *image, const struct found *found)
{
  struct digest digest;

  if (!found->present || !image->left)
    return found->present == image->left;
  return pin_digest(work->store->db.checksum, &found->pin, &digest) &&
         memcmp(&digest, &image->result, sizeof digest) == 0;
}

enum tlspin_code restore_put(struct transaction *change, const struct pin_image *state)
{
  struct cell cells[PIN_COLUMNS];

  pin_to_cells(&state->pin, cells); /* the key, and for a record that was there the rest */
  return state->present ? transaction_put(change, TABLE_PIN, cells)
                        : transaction_drop(change, TABLE_PIN, cells);
}

static enum tlspin_code walk(struct work *work, const struct operation_row *target,
                             const struct trail *trail, restore_each each)
{
  const struct keypin *after = NULL;
  enum tlspin_code code = TLSPIN_OK;
  struct pin_image image;
  struct keypin last;

  while (code == TLSPIN_OK) {
    code = journal_next_pin(work->store, target->id, after, &image);
    if (code != TLSPIN_OK)
      break;
    last = image.pin;
    after = &last;
    code = each(work, target, trail, &image);
    keypin_clear(&image.pin);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code restore_walk(struct work *work, const struct operation_row *target,
                              restore_each each)
{
  struct trail *trail;
  enum tlspin_code code = trail_read(work->store, target->id, &trail);

  if (code == TLSPIN_OK)
    code = walk(work, target, trail, each);
  trail_free(trail);
  return code;
}

/* What a store lost, and what was saved: see damage.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/damage.h"

#include "daemon/state.h"
#include "daemon/store-private.h"

#include <string.h>

enum { FORM = 1 };

size_t damage_encode(const struct damage *damage, uint8_t *value)
{
  struct writer w = writer_of(value, STATE_VALUE_MAX);

  writer_u8(&w, FORM);
  writer_u8(&w, (uint8_t)damage->cause);
  writer_u64(&w, (uint64_t)damage->found);
  writer_u64(&w, damage->saved);
  writer_u64(&w, damage->carved);
  writer_u64(&w, damage->merged);
  writer_u64(&w, (uint64_t)damage->missing);
  writer_u64(&w, (uint64_t)damage->backup);
  writer_put(&w, (struct span){(const uint8_t *)damage->aside, strlen(damage->aside)});
  return w.used;
}

static bool decode_name(struct span name, struct damage *damage)
{
  if (name.size > DAMAGE_NAME_MAX || memchr(name.data, '\0', name.size) != NULL)
    return false;
  memcpy(damage->aside, name.data, name.size);
  damage->aside[name.size] = '\0';
  return true;
}

bool damage_decode(struct span value, struct damage *damage)
{
  struct reader r = reader_of(value);
  uint8_t form = reader_u8(&r), cause = reader_u8(&r);

  *damage = (struct damage){.cause = (enum damage_cause)cause};
  damage->found = (int64_t)reader_u64(&r);
  damage->saved = reader_u64(&r);
  damage->carved = reader_u64(&r);
  damage->merged = reader_u64(&r);
  damage->missing = (int64_t)reader_u64(&r);
  damage->backup = (int64_t)reader_u64(&r);
  return !r.failed && form == FORM && cause > 0 && cause < DAMAGE_CAUSES &&
         time_is_valid(damage->found) && time_is_valid(damage->backup) &&
         damage->missing >= DAMAGE_UNKNOWN && decode_name((struct span){r.next, r.left}, damage);
}

enum tlspin_code damage_get(struct store *store, struct damage *damage)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size = 0;
  enum tlspin_code code = state_get(store, DAMAGE_ROW, value, &size);

  *damage = (struct damage){.found = 0};
  return code == TLSPIN_OK && !damage_decode((struct span){value, size}, damage)
             ? TLSPIN_UNAVAILABLE
             : code;
}

enum tlspin_code damage_put(struct store *store, const struct damage *damage)
{
  uint8_t value[STATE_VALUE_MAX];
  size_t size = damage_encode(damage, value);

  store->lost.reading = 0;
  return state_put(store, DAMAGE_ROW, (struct span){value, size});
}

enum tlspin_code damage_acknowledge(struct store *store)
{
  struct damage damage;

  if (damage_get(store, &damage) == TLSPIN_E_NOT_FOUND)
    return TLSPIN_E_NOT_FOUND;
  store->lost.reading = 0;
  return state_put(store, DAMAGE_ROW, (struct span){NULL, 0});
}

/* What can't be read or understood may say so; it is asked again the next time. */
static void learn_loss(struct store *store)
{
  struct damage damage;
  enum tlspin_code code = damage_get(store, &damage);

  store->lost.stands = code == TLSPIN_OK ? damage.missing != 0 : code != TLSPIN_E_NOT_FOUND;
  store->lost.reading = code == TLSPIN_UNAVAILABLE ? 0 : store->db.reading;
}

bool damage_stands(struct store *store)
{
  if (store->kind == STORE_SYSTEM)
    return false;
  if (store->lost.reading == 0 || store->lost.reading != store->db.reading)
    learn_loss(store);
  return store->lost.stands;
}

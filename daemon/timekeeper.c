/* The time that the daemon goes by: see timekeeper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/timekeeper.h"

/* A store that can't be read yet may be later; until then no answer of it is "no pin". */
static enum tlspin_code remember(struct timekeeper *keeper, struct store *store)
{
  enum tlspin_code code = store != NULL ? clock_load(store, &keeper->guard) : TLSPIN_UNAVAILABLE;

  keeper->known = code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND;
  return code;
}

static void believe(struct timekeeper *keeper, const struct clock_reading *reading)
{
  struct clock_guard *guard = &keeper->guard;
  bool before = guard->suspect;

  clock_believe(guard, reading);
  layers_tell_clock(keeper->layers, reading->says, guard->suspect);
  if (guard->suspect != before)
    g_message(guard->suspect ? "The computer's clock has jumped: pins are judged by the time "
                               "before that, for a day at the least."
                             : "The computer's clock is trusted again.");
}

/* In a new store the first mark is written before anything else is: what is pinned next must not be
 * there without it. */
int64_t timekeeper_now(struct timekeeper *keeper)
{
  const struct clock_reading reading = keeper->read();
  struct store *store = keeper->known ? NULL : layers_user(keeper->layers, reading.says)->store;
  bool fresh = !keeper->known && remember(keeper, store) == TLSPIN_E_NOT_FOUND;

  believe(keeper, &reading);
  if (fresh)
    clock_save(store, &keeper->guard);
  return keeper->guard.mark;
}

void timekeeper_save(struct timekeeper *keeper)
{
  const struct layer *user;

  user = layers_user(keeper->layers, timekeeper_now(keeper));
  if (user->store != NULL && clock_save(user->store, &keeper->guard) == TLSPIN_OK)
    keeper->known = true;
}

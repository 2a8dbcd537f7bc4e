/* The time that the daemon goes by: see timekeeper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/timekeeper.h"

/* A store that can't be read yet may be later; until then no answer of it is "no pin". */
static void remember(struct timekeeper *keeper, int64_t says)
{
  const struct layer *user = layers_user(keeper->layers, says);
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  if (user->store != NULL)
    code = clock_load(user->store, &keeper->guard);
  keeper->known = code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND;
}

int64_t timekeeper_now(struct timekeeper *keeper)
{
  struct clock_guard *guard = &keeper->guard;
  int64_t says = keeper->says();
  bool before = guard->suspect;

  if (!keeper->known)
    remember(keeper, says);
  clock_believe(guard, says);
  layers_tell_clock(keeper->layers, says, guard->suspect);
  if (guard->suspect != before)
    g_message(guard->suspect ? "The computer's clock has jumped: pins are judged by the time "
                               "before that, for a day at the least."
                             : "The computer's clock is trusted again.");
  return guard->mark;
}

void timekeeper_save(struct timekeeper *keeper)
{
  const struct layer *user;

  user = layers_user(keeper->layers, timekeeper_now(keeper));
  if (user->store != NULL && clock_save(user->store, &keeper->guard) == TLSPIN_OK)
    keeper->known = true;
}

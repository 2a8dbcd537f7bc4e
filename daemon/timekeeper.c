/* The time that the daemon goes by: see timekeeper.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/timekeeper.h"

/* Seconds. */
enum { WORTH = 300, WORTH_LEAVING = 15 };

/* A store that can't be read yet may be later; until then no answer of it is "no pin". */
static enum tlspin_code remember(struct timekeeper *keeper, struct store *store)
{
  enum tlspin_code code = store != NULL ? clock_load(store, &keeper->guard) : TLSPIN_UNAVAILABLE;

  keeper->known = code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND;
  if (code == TLSPIN_E_NOT_FOUND && keeper->guard.unread)
    keeper->guard = CLOCK_GUARD_NEW;
  return code;
}

static void say(const struct clock_guard *before, const struct clock_guard *guard)
{
  if (guard->unread && !before->unread)
    g_warning("What the store remembers of the clock can't be understood: perhaps a newer tlspin "
              "wrote it. No pin ends until that one runs again, or a backup is restored.");
  else if (!guard->unread && guard->suspect != before->suspect)
    g_message(guard->suspect ? "The computer's clock has jumped: pins are judged by the time "
                               "before that, for a day at the least."
                             : "The computer's clock is trusted again.");
}

/* Where what is remembered isn't understood it may be any time. What was believed while nothing
 * could be asked doesn't count, and it is no earlier than the newest of what the store holds: a pin
 * that is renewed meanwhile shall not end before that. */
static void distrust(struct timekeeper *keeper, struct store *store,
                     const struct clock_reading *reading)
{
  int64_t latest = CLOCK_RELEASED;

  if (!keeper->guard.unread) {
    (void)store_latest(store, &latest);
    keeper->guard = CLOCK_GUARD_AT(MAX(latest, CLOCK_RELEASED));
  }
  clock_distrust(&keeper->guard, reading);
}

/* In a new store the first mark is written before anything else is: what is pinned next must not be
 * there without it. What was not understood isn't while the store is away. */
int64_t timekeeper_now(struct timekeeper *keeper)
{
  const struct clock_reading reading = keeper->read();
  const struct clock_guard before = keeper->guard;
  struct store *store = keeper->known ? NULL : layers_user(keeper->layers, reading.says)->store;
  enum tlspin_code code = keeper->known ? TLSPIN_OK : remember(keeper, store);

  if (code == TLSPIN_STORE_DAMAGED)
    distrust(keeper, store, &reading);
  else if (code == TLSPIN_UNAVAILABLE && keeper->guard.unread)
    clock_distrust(&keeper->guard, &reading);
  else
    clock_believe(&keeper->guard, &reading);
  layers_tell_clock(keeper->layers, reading.says, keeper->guard.suspect);
  say(&before, &keeper->guard);
  if (code == TLSPIN_E_NOT_FOUND)
    clock_save(store, &keeper->guard, WORTH);
  return keeper->guard.mark;
}

static void save(struct timekeeper *keeper, int64_t worth)
{
  const struct layer *user = layers_user(keeper->layers, timekeeper_now(keeper));

  if (user->store != NULL && clock_save(user->store, &keeper->guard, worth) == TLSPIN_OK)
    keeper->known = true;
}

void timekeeper_save(struct timekeeper *keeper)
{
  save(keeper, WORTH);
}

void timekeeper_leave(struct timekeeper *keeper)
{
  save(keeper, WORTH_LEAVING);
}

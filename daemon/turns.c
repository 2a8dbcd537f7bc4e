/* Whose turn it is: see turns.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/turns.h"

#include <stdbool.h>

/* Microseconds. A long call of the user's doesn't count for all of what it took, so that the next
 * one isn't put off for as long. */
enum { DEBT_MAX = 100000 };

void turns_init(struct turns *turns)
{
  *turns = (struct turns){.waiting = g_ptr_array_new()};
}

void turns_clear(struct turns *turns)
{
  g_ptr_array_unref(turns->waiting);
}

void turns_join(struct turns *turns, struct turn *turn)
{
  turn->spent = MAX(turn->spent, turns->spent);
  turn->number = ++turns->number;
  turn->place = turns->waiting->len;
  g_ptr_array_add(turns->waiting, turn);
}

/* The last one takes its place. */
void turns_leave(struct turns *turns, struct turn *turn)
{
  struct turn *last = turns->waiting->pdata[turns->waiting->len - 1];

  turns->waiting->pdata[turn->place] = last;
  last->place = turn->place;
  g_ptr_array_set_size(turns->waiting, (gint)turns->waiting->len - 1);
}

static bool is_before(const struct turn *a, const struct turn *b)
{
  return a->spent != b->spent ? a->spent < b->spent : a->number < b->number;
}

struct turn *turns_next(const struct turns *turns, int64_t now)
{
  struct turn *next = NULL;

  for (guint i = 0; i < turns->waiting->len; i++) {
    struct turn *turn = turns->waiting->pdata[i];

    if (turn->rests_until <= now && (next == NULL || is_before(turn, next)))
      next = turn;
  }
  return next;
}

void turns_charge(struct turns *turns, struct turn *turn, uint64_t cost)
{
  turns->spent = MAX(turns->spent, turn->spent);
  turn->spent += MIN(cost, DEBT_MAX);
  turn->number = ++turns->number;
}

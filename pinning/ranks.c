/* Which of the entries speak for a peer: see ranks.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ranks.h"

#include <string.h>

bool ranks_are_exempt(const struct verdict_input *input)
{
  return input->chain != NULL && input->pki == PKI_OK && input->added_anchor &&
         !input->anchors_enforced;
}

enum rank ranks_of(const struct verdict_entry *entry)
{
  if (entry->layer > 0)
    return entry->pin->locked ? RANK_LOCKED : RANK_SYSTEM;
  switch (entry->pin->origin) {
  case KEYPIN_TOFU:
  case KEYPIN_HPKP:
    return RANK_LEARNED;
  case KEYPIN_PROGRAM:
    return RANK_PROGRAM;
  default:
    return RANK_OWN;
  }
}

static bool has_force(const struct keypin *pin, int64_t now, bool reported)
{
  enum keypin_force force = keypin_force(pin, now);

  return force == KEYPIN_ENFORCED ||
         (force == KEYPIN_REPORTED && reported && pin->kind == KEYPIN_PIN);
}

bool ranks_in_force(const struct verdict_input *input, const struct verdict_entry *entry)
{
  return place_covers(&entry->pin->place, input->peer) && has_force(entry->pin, input->now, true);
}

bool ranks_only_reported(const struct verdict_input *input, const struct verdict_entry *entry)
{
  return entry->pin->kind == KEYPIN_PIN && entry->pin->status != KEYPIN_INACTIVE &&
         keypin_force(entry->pin, input->now) == KEYPIN_REPORTED;
}

/* A pin that takes part in the walk, wherever it stands. */
static bool walks(const struct ranks *ranks, const struct verdict_entry *entry)
{
  const struct keypin *pin = entry->pin;

  return pin->kind == KEYPIN_PIN &&
         (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL) &&
         has_force(pin, ranks->input->now, ranks->reported) &&
         !(ranks->exempt && (!pin->always || ranks_of(entry) == RANK_LEARNED));
}

static bool is_candidate(const struct ranks *ranks, const struct verdict_entry *entry)
{
  return walks(ranks, entry) && place_covers(&entry->pin->place, ranks->input->peer);
}

static struct ranks_set *set_of(struct ranks *ranks, const struct verdict_entry *entry)
{
  return &ranks->sets[ranks_of(entry)][entry->pin->origin];
}

/* Below 0 where `a` decides rather than `b`: the more specific place, then the higher layer. */
static int compare(const struct verdict_entry *a, const struct verdict_entry *b)
{
  int places = place_compare(&a->pin->place, &b->pin->place);

  if (places != 0)
    return places;
  return a->layer == b->layer ? 0 : a->layer < b->layer ? -1 : 1;
}

/* A pin of a parent's alone ends the walk, as in Chromium; one of a first use never does. */
static void raise_floor(struct ranks *ranks, const struct verdict_entry *entry)
{
  const struct place *place = &entry->pin->place;
  struct ranks_set *set = set_of(ranks, entry);

  if (place->scope == SCOPE_EXACT && entry->pin->origin != KEYPIN_TOFU && walks(ranks, entry) &&
      place_is_above(place, ranks->input->peer) && strlen(place->host) > set->floor)
    set->floor = strlen(place->host);
}

static void take_best(struct ranks *ranks, int index)
{
  const struct verdict_entry *entry = &ranks->input->entries[index];
  struct ranks_set *set = set_of(ranks, entry);

  if (is_candidate(ranks, entry) && strlen(entry->pin->place.host) >= set->floor &&
      (set->best < 0 || compare(entry, &ranks->input->entries[set->best]) < 0))
    set->best = index;
}

bool ranks_holds(const struct ranks *ranks, const struct verdict_entry *entry)
{
  const struct ranks_set *set = &ranks->sets[ranks_of(entry)][entry->pin->origin];

  return set->best >= 0 && is_candidate(ranks, entry) &&
         compare(entry, &ranks->input->entries[set->best]) == 0;
}

/* A set is as strong as the strongest of its pins. */
static void sum_up(struct ranks *ranks, const struct verdict_entry *entry)
{
  if (entry->pin->status == KEYPIN_CRITICAL && ranks_holds(ranks, entry))
    set_of(ranks, entry)->critical = true;
}

/* "on" before "off" where nothing else tells them apart. */
static void take_mode(struct ranks *ranks, int index)
{
  const struct verdict_entry *entry = &ranks->input->entries[index], *best;
  enum rank rank = ranks_of(entry);
  int order;

  if (entry->pin->kind != KEYPIN_MODE || rank == RANK_LEARNED ||
      !ranks_in_force(ranks->input, entry))
    return;
  best = ranks->modes[rank] < 0 ? NULL : &ranks->input->entries[ranks->modes[rank]];
  order = best == NULL ? -1 : compare(entry, best);
  if (order < 0 || (order == 0 && entry->pin->status < best->pin->status))
    ranks->modes[rank] = index;
}

static void find(const struct verdict_input *input, bool exempt, bool reported, struct ranks *ranks)
{
  *ranks = (struct ranks){.input = input, .exempt = exempt, .reported = reported};
  for (int rank = 0; rank < RANKS; rank++) {
    ranks->modes[rank] = -1;
    for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
      ranks->sets[rank][origin].best = -1;
  }
  for (size_t i = 0; i < input->count; i++)
    raise_floor(ranks, &input->entries[i]);
  for (size_t i = 0; i < input->count; i++) {
    take_best(ranks, (int)i);
    take_mode(ranks, (int)i);
  }
  for (size_t i = 0; i < input->count; i++)
    sum_up(ranks, &input->entries[i]);
}

void ranks_find(const struct verdict_input *input, bool exempt, struct ranks *ranks)
{
  find(input, exempt, false, ranks);
}

void ranks_find_reported(const struct verdict_input *input, bool exempt, struct ranks *ranks)
{
  find(input, exempt, true, ranks);
}

static bool is_better(const struct ranks *ranks, const struct ranks_set *set,
                      const struct ranks_set *best)
{
  if (set->best < 0 || best == NULL)
    return set->best >= 0;
  return compare(&ranks->input->entries[set->best], &ranks->input->entries[best->best]) < 0;
}

int ranks_best(const struct ranks *ranks, enum rank rank)
{
  const struct ranks_set *best = NULL;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    if (is_better(ranks, &ranks->sets[rank][origin], best))
      best = &ranks->sets[rank][origin];
  return best != NULL ? best->best : -1;
}

bool ranks_speaks(const struct ranks *ranks, enum rank rank)
{
  bool speaks = ranks->modes[rank] >= 0;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    speaks = speaks || ranks->sets[rank][origin].best >= 0;
  return speaks;
}

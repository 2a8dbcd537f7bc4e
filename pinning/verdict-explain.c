/* What became of each entry: see verdict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ranks.h"

struct view {
  const struct verdict_input *in;
  const struct verdict *verdict;
  struct ranks all;  /* as rules 2 and 3 saw them */
  struct ranks left; /* as rule 6 did */
};

/* What an entry of a rank is that did not come to speak: shut out by a lock, or by something else.
 */
static enum verdict_role beaten(enum rank rank, bool locked)
{
  return locked && rank != RANK_LOCKED ? VERDICT_LOCKED_OUT : VERDICT_MASKED;
}

static bool decider_is_locked(const struct view *v)
{
  return v->verdict->decided_by >= 0 &&
         ranks_of(&v->in->entries[v->verdict->decided_by]) == RANK_LOCKED;
}

static enum verdict_role role_of_comparison(const struct view *v, const struct keypin *pin)
{
  bool matches = v->in->chain != NULL && keypin_match(pin, v->in->chain) == KEYPIN_MATCHES;

  return matches ? VERDICT_MATCHED : VERDICT_LOOKED_AT;
}

static enum verdict_role role_of_mode(const struct view *v, size_t index)
{
  enum rank rank = ranks_of(&v->in->entries[index]);

  if (v->all.modes[rank] != (int)index || v->verdict->rule == 1)
    return beaten(rank, decider_is_locked(v));
  for (enum rank above = RANK_LOCKED; above < rank; above++)
    if (ranks_speaks(&v->all, above) || (above == RANK_LOCKED && v->in->ticket_locked))
      return beaten(rank, above == RANK_LOCKED);
  return v->in->entries[index].pin->status == KEYPIN_ON ? VERDICT_MATCHED : VERDICT_MASKED;
}

static enum verdict_role role_of_exception(const struct view *v, size_t index)
{
  enum rank rank = ranks_of(&v->in->entries[index]);

  if (rank != RANK_LOCKED && ranks_speaks(&v->all, RANK_LOCKED))
    return VERDICT_LOCKED_OUT;
  return role_of_comparison(v, v->in->entries[index].pin);
}

/* In a lookup the search would end in the first rank that has an enforced critical set. */
static bool lookup_ends_in(const struct view *v, enum rank rank)
{
  bool ends = false;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    const struct ranks_set *set = &v->left.sets[rank][origin];

    ends = ends || (set->best >= 0 && set->critical && set->enforced);
  }
  return ends;
}

/* Whether it is of a set that had to be met before a program's pin could decide. */
static bool was_asked_beside(const struct view *v, const struct verdict_entry *entry)
{
  int decided_by = v->verdict->decided_by;

  return v->verdict->rule == 6 && v->verdict->answer == TLSPIN_MATCH && decided_by >= 0 &&
         ranks_of(&v->in->entries[decided_by]) == RANK_PROGRAM && ranks_of(entry) == RANK_LEARNED &&
         v->left.sets[RANK_LEARNED][entry->pin->origin].critical;
}

static bool was_asked(const struct view *v, enum rank rank)
{
  bool ended = false;

  if (v->in->chain == NULL) {
    for (enum rank above = RANK_LOCKED; above < rank; above++)
      ended = ended || lookup_ends_in(v, above);
    return v->verdict->reason == VERDICT_STANDS && !ended;
  }
  if (v->verdict->rule != 6) /* in 4 all were asked, and none passed over, where it is in doubt */
    return v->verdict->rule == 4 || v->verdict->rule == 7;
  /* what is only reported decides after all have been asked */
  return !v->verdict->enforced || rank <= ranks_of(&v->in->entries[v->verdict->decided_by]);
}

static enum verdict_role role_of_pin(const struct view *v, size_t index)
{
  const struct verdict_entry *entry = &v->in->entries[index];
  enum rank rank = ranks_of(entry);

  if (v->left.exempt && v->verdict->rule >= 4 && (rank == RANK_LEARNED || !entry->pin->always))
    return VERDICT_EXEMPTED;
  if (!ranks_holds(&v->left, entry))
    return VERDICT_MASKED;
  if (!was_asked(v, rank) && !was_asked_beside(v, entry))
    return beaten(rank, decider_is_locked(v));
  return v->in->chain == NULL ? VERDICT_DECIDED : role_of_comparison(v, entry->pin);
}

static enum verdict_role role_of(const struct view *v, size_t index)
{
  const struct verdict_entry *entry = &v->in->entries[index];

  if (!place_covers(&entry->pin->place, v->in->peer))
    return VERDICT_ELSEWHERE;
  if (!ranks_in_force(v->in, entry))
    return VERDICT_EXPIRED;
  if (v->verdict->decided_by == (int)index)
    return VERDICT_DECIDED;
  if (entry->pin->kind == KEYPIN_MODE)
    return role_of_mode(v, index);
  if (entry->pin->kind == KEYPIN_EXCEPTION)
    return role_of_exception(v, index);
  if (entry->pin->status == KEYPIN_INACTIVE)
    return VERDICT_HISTORY;
  if (entry->pin->status == KEYPIN_REJECTED)
    return role_of_comparison(v, entry->pin);
  return role_of_pin(v, index);
}

/* Rule 4: while a layer can't be read, only for a mismatch with what is left. */
static bool passes_over(const struct verdict_input *input, const struct verdict *verdict)
{
  return ranks_are_exempt(input) &&
         (!input->unreadable || (verdict->answer == TLSPIN_MISMATCH && verdict->enforced));
}

void verdict_explain(const struct verdict_input *input, struct verdict *verdict,
                     enum verdict_role *roles)
{
  struct view v = {.in = input, .verdict = verdict};

  verdict_judge(input, verdict);
  ranks_find(input, false, &v.all);
  ranks_find(input, passes_over(input, verdict), &v.left);
  for (size_t i = 0; i < input->count; i++)
    roles[i] = role_of(&v, i);
}

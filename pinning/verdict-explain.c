/* What became of each entry: see verdict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

/* One of the two judgements: of what is enforced, and as if all were. */
struct opinion {
  struct verdict verdict;
  struct ranks left; /* as rule 6 saw them */
};

struct view {
  const struct verdict_input *in;
  const struct verdict *verdict;
  struct ranks all; /* those that are enforced, as rules 2 and 3 saw them */
  struct opinion opinions[2];
};

/* What an entry of a rank is that did not come to speak: shut out by a lock, or by something else.
 */
static enum verdict_role beaten(enum rank rank, bool locked)
{
  return locked && rank != RANK_LOCKED ? VERDICT_LOCKED_OUT : VERDICT_MASKED;
}

static bool is_by_lock(const struct view *v, const struct verdict *verdict)
{
  return verdict->decided_by >= 0 && ranks_of(&v->in->entries[verdict->decided_by]) == RANK_LOCKED;
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
    return beaten(rank, is_by_lock(v, v->verdict));
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

/* In a lookup the search would end in the first rank that has a critical set. */
static bool lookup_ends_in(const struct opinion *of, enum rank rank)
{
  bool ends = false;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    ends = ends || of->left.sets[rank][origin].critical;
  return ends;
}

/* Whether it is of a set that had to be met before a program's pin could decide. Below such a pin
 * is only what was learned. */
static bool was_asked_beside(const struct view *v, const struct opinion *of,
                             const struct verdict_entry *entry)
{
  int decided_by = of->verdict.decided_by;

  return of->verdict.rule == 6 && of->verdict.answer == TLSPIN_MATCH &&
         ranks_of(&v->in->entries[decided_by]) == RANK_PROGRAM &&
         of->left.sets[RANK_LEARNED][entry->pin->origin].critical;
}

static bool was_asked(const struct view *v, const struct opinion *of, enum rank rank)
{
  bool ended = false;

  if (v->in->chain == NULL) {
    for (enum rank above = RANK_LOCKED; above < rank; above++)
      ended = ended || lookup_ends_in(of, above);
    return of->verdict.reason == VERDICT_STANDS && !ended;
  }
  if (of->verdict.rule != 6) /* in 4 all were asked, and none passed over, where it is in doubt */
    return of->verdict.rule == 4 || of->verdict.rule == 7;
  return rank <= ranks_of(&v->in->entries[of->verdict.decided_by]);
}

static enum verdict_role role_of_pin(const struct view *v, size_t index)
{
  const struct verdict_entry *entry = &v->in->entries[index];
  const struct opinion *of = &v->opinions[ranks_only_reported(v->in, entry)];
  enum rank rank = ranks_of(entry);

  if (of->left.exempt && of->verdict.rule >= 4 && (rank == RANK_LEARNED || !entry->pin->always))
    return VERDICT_EXEMPTED;
  if (!ranks_holds(&of->left, entry))
    return VERDICT_MASKED;
  if (!was_asked(v, of, rank) && !was_asked_beside(v, of, entry))
    return beaten(rank, is_by_lock(v, &of->verdict));
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

/* Rule 4: in doubt, only for a mismatch with what is left. */
static void give_opinions(struct view *v)
{
  struct opinion *held = &v->opinions[false], *told = &v->opinions[true];
  bool exempt = ranks_are_exempt(v->in), doubt = verdict_in_doubt(v->in);

  judgement_reach(v->in, &v->all, false, &held->verdict);
  ranks_find(v->in, exempt && (!doubt || held->verdict.answer == TLSPIN_MISMATCH), &held->left);
  judgement_reach(v->in, &v->all, true, &told->verdict);
  ranks_find_reported(v->in, exempt && !doubt, &told->left);
}

void verdict_explain(const struct verdict_input *input, struct verdict *verdict,
                     enum verdict_role *roles)
{
  struct view v = {.in = input, .verdict = verdict};

  verdict_judge(input, verdict);
  ranks_find(input, false, &v.all);
  give_opinions(&v);
  for (size_t i = 0; i < input->count; i++)
    roles[i] = role_of(&v, i);
}

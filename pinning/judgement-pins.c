/* Rule 6 of the verdict: what the pins say of a chain. See verdict.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

/* What a set of pins has to say of the chain. */
struct comparison {
  const struct ranks_set *set;
  int first;   /* the first of its strongest pins */
  int matched; /* the first that matches, or -1 */
  int unknown; /* the first of which it can't be known, or -1 */
  int another; /* the first that does not match for certain, or -1 */
};

static struct comparison compare(struct judgement *j, enum rank rank, enum keypin_origin origin)
{
  struct comparison c = {&j->ranks.sets[rank][origin], -1, -1, -1, -1};

  for (int i = 0; c.set->best >= 0 && i < (int)j->in->count; i++) {
    const struct verdict_entry *entry = judgement_entry(j, i);
    enum keypin_match found;

    if (ranks_of(entry) != rank || entry->pin->origin != origin || !ranks_holds(&j->ranks, entry))
      continue;
    found = keypin_match(entry->pin, j->in->chain);
    if (c.first < 0 && (entry->pin->status == KEYPIN_CRITICAL) == c.set->critical)
      c.first = i;
    if (c.matched < 0 && found == KEYPIN_MATCHES)
      c.matched = i;
    if (c.unknown < 0 && found == KEYPIN_UNKNOWN)
      c.unknown = i;
    if (c.another < 0 && found == KEYPIN_DIFFERS)
      c.another = i;
  }
  return c;
}

/* met: the first pin of a critical set that is met, or -1. */
static bool judge_critical(struct judgement *j, enum rank rank, int *met)
{
  *met = -1;
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    struct comparison c = compare(j, rank, (enum keypin_origin)origin);

    if (c.first < 0 || !c.set->critical)
      continue;
    if (c.matched < 0)
      return judgement_decide(j, TLSPIN_MISMATCH,
                              c.unknown < 0 ? VERDICT_CRITICAL_DIFFERS : VERDICT_PATH_UNKNOWN,
                              c.unknown < 0 ? c.first : c.unknown);
    if (*met < 0)
      *met = c.matched;
  }
  return false;
}

/* A learned pin that is in its set, or else one that is but history. */
static bool is_known(const struct judgement *j, const struct verdict_entry *entry, bool active)
{
  const struct keypin *pin = entry->pin;

  if (pin->kind != KEYPIN_PIN || pin->origin != KEYPIN_TOFU || ranks_of(entry) != RANK_LEARNED ||
      !place_covers(&pin->place, j->in->peer))
    return false;
  if (active)
    return ranks_holds(&j->ranks, entry);
  return pin->status == KEYPIN_INACTIVE ||
         (pin->status != KEYPIN_REJECTED && keypin_force(pin, j->in->now) == KEYPIN_EXPIRED);
}

/* More than a peer can have: a key beyond it is not known, and so not explained. */
enum { KNOWN_MAX = 256 };

static enum change classify(const struct judgement *j, int matched)
{
  const struct keypin *known[KNOWN_MAX];
  size_t count = 0;

  if (matched >= 0)
    known[count++] = judgement_entry(j, matched)->pin;
  for (int active = 1; active >= 0; active--)
    for (int i = 0; i < (int)j->in->count && count < KNOWN_MAX; i++)
      if (i != matched && is_known(j, judgement_entry(j, i), active))
        known[count++] = judgement_entry(j, i)->pin;
  return change_classify(known, count, j->in->chain, j->in->ticket == TICKET_PROVED, j->in->now);
}

static bool accepts(const struct judgement *j, enum change change)
{
  if (change == CHANGE_NONE)
    return true;
  return (j->in->changes >> change & 1) != 0 &&
         (j->in->pki != PKI_UNCHECKED || change == CHANGE_SAME_KEY);
}

static bool weigh_change(struct judgement *j, const struct comparison *c)
{
  int pin = c->matched >= 0 ? c->matched : c->first;

  if (accepts(j, j->change))
    return judgement_decide(j, TLSPIN_MATCH,
                            j->change == CHANGE_NONE || j->in->pki == PKI_UNCHECKED
                                ? VERDICT_ACTIVE_MATCHED
                                : VERDICT_CHANGE_ACCEPTED,
                            pin);
  if (c->matched < 0 && c->unknown >= 0)
    return judgement_decide(j, TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, c->unknown);
  return judgement_decide(j, TLSPIN_MISMATCH, VERDICT_CHANGED, pin);
}

/* What was learned at a first use. */
static bool judge_learned(struct judgement *j)
{
  struct comparison c = compare(j, RANK_LEARNED, KEYPIN_TOFU);

  if (c.first < 0 || c.set->critical)
    return false;
  j->change = classify(j, c.matched);
  return weigh_change(j, &c);
}

/* Sets that are critical, and those of a first use, have decided before. */
static bool judge_active(struct judgement *j, enum rank rank, enum keypin_origin origin)
{
  struct comparison c = compare(j, rank, origin);

  if (c.first < 0)
    return false;
  if (c.matched >= 0)
    return judgement_decide(j, TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, c.matched);
  if (j->differed < 0)
    j->differed = c.first;
  if (j->another < 0)
    j->another = c.another;
  return false;
}

/* A key that a program had accepted stands against the word of a first use, and not against keys
 * that must be met, whichever came first. */
static bool judge_beside(struct judgement *j, enum rank rank)
{
  int met;

  return rank == RANK_PROGRAM && judge_critical(j, RANK_LEARNED, &met);
}

/* Any program may note a header, so that what it says of another key excuses none: where a first
 * use has its word the header can but forbid. */
static bool judge_rank(struct judgement *j, enum rank rank)
{
  int met;

  if (judge_critical(j, rank, &met) || judge_beside(j, rank) ||
      (rank == RANK_LEARNED && judge_learned(j)) ||
      (met >= 0 && judgement_decide(j, TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, met)))
    return true;
  for (int origin = KEYPIN_ORIGINS - 1; origin >= 0; origin--)
    if (judge_active(j, rank, (enum keypin_origin)origin))
      return true;
  return false;
}

bool judgement_of_pins(struct judgement *j)
{
  for (enum rank rank = RANK_LOCKED; j->in->chain != NULL && rank < RANKS; rank++)
    if (judge_rank(j, rank))
      return true;
  return false;
}

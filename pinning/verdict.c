/* The one decision: see verdict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

static bool judge_rejected(struct judgement *j)
{
  for (int i = 0; j->in->chain != NULL && i < (int)j->in->count; i++) {
    const struct verdict_entry *entry = judgement_entry(j, i);

    if (entry->pin->status != KEYPIN_REJECTED || !ranks_in_force(j->in, entry) ||
        keypin_match(entry->pin, j->in->chain) == KEYPIN_DIFFERS)
      continue;
    if (judgement_mismatch(j, VERDICT_KEY_REJECTED, i,
                           keypin_force(entry->pin, j->in->now) == KEYPIN_ENFORCED))
      return true;
  }
  return false;
}

static bool has_more_specific(const struct judgement *j, enum rank rank, const struct place *place)
{
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    int best = j->ranks.sets[rank][origin].best;

    if (best >= 0 && place_compare(&judgement_entry(j, best)->pin->place, place) < 0)
      return true;
  }
  return false;
}

static bool judge_modes(struct judgement *j)
{
  for (enum rank rank = RANK_LOCKED; rank < RANK_LEARNED; rank++) {
    int mode = j->ranks.modes[rank];

    if (mode >= 0 && judgement_entry(j, mode)->pin->status == KEYPIN_OFF &&
        !has_more_specific(j, rank, &judgement_entry(j, mode)->pin->place))
      return judgement_decide(j, TLSPIN_OPTED_OUT,
                              rank == RANK_LOCKED ? VERDICT_LOCKED_OFF : VERDICT_OFF, mode);
    if (ranks_speaks(&j->ranks, rank) || (rank == RANK_LOCKED && j->in->ticket_locked))
      return false;
  }
  return false;
}

static bool may_except(const struct judgement *j, const struct verdict_entry *entry)
{
  enum rank rank = ranks_of(entry);

  return entry->pin->kind == KEYPIN_EXCEPTION && rank != RANK_LEARNED &&
         (rank == RANK_LOCKED || !ranks_speaks(&j->ranks, RANK_LOCKED)) &&
         ranks_in_force(j->in, entry) && keypin_match(entry->pin, j->in->chain) == KEYPIN_MATCHES;
}

static bool excused(struct judgement *j)
{
  unsigned left = j->in->errors;

  for (int i = 0; i < (int)j->in->count; i++) {
    const struct verdict_entry *entry = judgement_entry(j, i);

    if (!may_except(j, entry) || (left & entry->pin->errors) == 0)
      continue;
    left &= ~(entry->pin->errors & PKI_EXCUSABLE);
    if (j->exception < 0)
      j->exception = i;
  }
  return j->in->errors != 0 && left == 0;
}

/* The pin that speaks for all, or -1. */
static int first_pin(const struct judgement *j, bool *enforced)
{
  int first = -1;

  *enforced = false;
  for (enum rank rank = RANK_LOCKED; rank < RANKS && !*enforced; rank++) {
    int best = ranks_best(&j->ranks, rank);

    if (best < 0)
      continue;
    *enforced = j->ranks.sets[rank][judgement_entry(j, best)->pin->origin].enforced;
    if (first < 0 || *enforced)
      first = best;
  }
  return first;
}

static bool judge_pki(struct judgement *j)
{
  bool enforced, pinned;
  int first;

  if (j->in->chain == NULL || j->in->pki != PKI_FAILED || excused(j))
    return false;
  first = first_pin(j, &enforced);
  enforced = enforced || (j->in->ticket != TICKET_NONE && !j->in->ticket_reported);
  pinned = first >= 0 || j->in->ticket != TICKET_NONE;
  if (pinned && judgement_mismatch(j, VERDICT_PKI_FAILED, first, enforced))
    return true;
  return judgement_decide(j, j->in->unreadable ? TLSPIN_UNAVAILABLE : TLSPIN_NO_PIN,
                          VERDICT_PKI_FAILED, -1);
}

static bool refuses(const struct verdict *verdict)
{
  return verdict->answer == TLSPIN_MISMATCH && verdict->enforced;
}

/* The layer that can't be read may hold the word that nothing is exempt, or pins that hold in any
 * case. */
static bool judge_in_doubt(struct judgement *j)
{
  struct verdict_input exempt = *j->in, enforced = *j->in;

  exempt.unreadable = false;
  verdict_judge(&exempt, j->out);
  if (refuses(j->out))
    return true;
  enforced.anchors_enforced = true;
  verdict_judge(&enforced, j->out);
  return !refuses(j->out) || judgement_decide(j, TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1);
}

static bool judge_anchor(struct judgement *j)
{
  bool enforced;

  if (!ranks_are_exempt(j->in))
    return false;
  if (j->in->unreadable)
    return judge_in_doubt(j);
  ranks_find(j->in, true, &j->ranks);
  return first_pin(j, &enforced) < 0 &&
         judgement_decide(j, TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1);
}

static bool judge_ticket(struct judgement *j)
{
  return j->in->ticket == TICKET_FAILED && !j->ranks.exempt &&
         judgement_mismatch(j, VERDICT_TICKET, -1, !j->in->ticket_reported);
}

/* In a lookup all that is there stands; what is only reported too, so that it will be. */
static bool judge_lookup(struct judgement *j)
{
  bool enforced;
  int first = first_pin(j, &enforced);

  if (j->in->chain != NULL || (first < 0 && j->in->ticket == TICKET_NONE))
    return false;
  return judgement_decide(j, TLSPIN_MATCH, VERDICT_STANDS, first);
}

static bool judge_rest(struct judgement *j)
{
  if (judge_lookup(j))
    return true;
  if (j->in->ticket == TICKET_PROVED && !j->ranks.exempt)
    return judgement_decide(j, TLSPIN_MATCH, VERDICT_PROVED, -1);
  if (j->exception >= 0)
    return judgement_decide(j, TLSPIN_MATCH, VERDICT_EXCEPTED, j->exception);
  if (j->met.rule != 0) {
    *j->out = j->met;
    j->out->rule = j->rule;
    return true;
  }
  if (j->in->unreadable)
    return judgement_decide(j, TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1);
  return judgement_decide(j, TLSPIN_NO_PIN,
                          j->differed >= 0 ? VERDICT_ACTIVE_DIFFERS : VERDICT_NONE, j->differed);
}

static bool has_pins_above_learned(const struct judgement *j)
{
  for (enum rank rank = RANK_LOCKED; rank < RANK_LEARNED; rank++)
    if (ranks_best(&j->ranks, rank) >= 0)
      return true;
  return false;
}

static bool is_met(const struct judgement *j)
{
  const struct verdict *out = j->out;

  if (out->answer != TLSPIN_MATCH)
    return false;
  return out->decided_by >= 0 ? ranks_of(judgement_entry(j, out->decided_by)) == RANK_LEARNED
                              : !has_pins_above_learned(j);
}

/* Nothing is learned but what the PKI vouched for by itself, of what is known in full, and where
 * nothing but a learned pin, or a proof alone, had to decide. For a raw key no PKI can vouch, so
 * that it is but counted, where it is learned already. */
static bool may_learn(const struct judgement *j)
{
  enum verdict_reason reason = j->out->reason;

  if (j->in->chain == NULL || j->in->chain->alone || j->in->pki != PKI_OK || j->in->added_anchor ||
      j->in->unreadable)
    return false;
  if (j->in->chain->raw)
    return reason == VERDICT_ACTIVE_MATCHED && is_met(j);
  return (j->out->answer == TLSPIN_NO_PIN && reason == VERDICT_NONE) || is_met(j);
}

/* Ranks, the highest first: the locked entries of system layers; the user's own (commands,
 * imports); the other entries of system layers; what the user said to a program; what was learned
 * from the servers (first use, HPKP). A learned pin never masks one of policy: it would unlock it.
 * Nor does a click, which says less than a policy.
 *
 * Of one rank and origin those pins count together that cover the peer, are in force and stand at
 * the most specific place (place_compare); of several layers with that place only the highest.
 * Pins of a parent's name alone ("exact") end the walk as in Chromium: what stands above that
 * parent does not count. Those of a first use never end it: a visit to the parent would unpin what
 * is below. Inactive records are history and do not count.
 *
 * A set of pins is critical where one of them is, and enforced while one of the critical (else of
 * the active) ones is. What is only reported blocks nothing and opens nothing: unmet, it is told as
 * a mismatch that is not enforced, if no other mismatch is found, and if the answer is not
 * "unavailable"; met, it decides only where nothing else does; and it silences no mode and no
 * exception. Modes and exceptions count only while they are enforced.
 *
 * The first rule that applies decides.
 *
 * 1. A rejected key, of any layer, that is found in anything that was shown, validated or not: a
 * mismatch. Where no digest can be made of what was shown it counts as found. What was not shown
 * can't be known to be without it: of certificates without their path only these are looked at, and
 * of a key alone only the key. No lock, exception, mode or added anchor excuses it.
 * 2. Modes: rank by rank, but for what was learned, the most specific one ("on" before "off" at the
 * same place). "off" opts out, unless pins of the same rank are at a more specific place. Where a
 * rank has a mode or pins that are enforced (the first: or a locked ticket) the ranks below it are
 * not asked.
 * 3. The PKI said no: exceptions that match the chain may excuse its errors, and if they excuse all
 * of them the rest goes on as if it had said yes. Where the first rank has a mode or enforced pins
 * only its own exceptions count; learned ones never do. What is revoked, or has errors without a
 * name, is never excused. Else: a mismatch where anything is pinned, and no pin where nothing is
 * (unavailable where a layer can't be read).
 * 4. The path ends in an anchor that was added to the system, which policy exempts: learned pins,
 * the ticket and all pins that don't say otherwise are passed over from here. If that leaves no
 * pin: opted out. Where a layer can't be read it may be the one that says otherwise, and the
 * exemption opens nothing: a mismatch with what is left is one; else nothing is passed over, and if
 * that is a mismatch, it can't be known: unavailable.
 * 5. The ticket was not proved: a mismatch.
 * 6. Pins, rank by rank. Of each critical set one pin, critical or active, must match, else it is a
 * mismatch; if all are met it is a match. In a rank without an enforced critical set an active pin
 * that matches is a match; one that does not has no opinion, and the next rank is asked. Before a
 * program's pin is a match the critical sets of what was learned must be met, too. Learned
 * pins do have one: another key is a mismatch, unless the change is of a class that policy accepts
 * (see change.c). HPKP's critical ones must be met, too, but explain no other key, for any program
 * may note a header: they are a match only where no pin of a first use stands. Where the PKI was
 * not asked no other key is accepted, and a new certificate for the same key is no change. What is
 * above the server's own key is known of a validated path and of a raw key; otherwise a pin there
 * is not met, and neither is one of a certificate by a key alone: "path-unknown", the path is
 * unknown.
 * 7. Nothing decided. In a lookup, where nothing was shown: what is pinned stands. A proved ticket
 * is a match; so is an excused certificate, and what matched above but is only reported. If a layer
 * can't be read: unavailable. Else there is no pin, or none that had an opinion: the PKI decides.
 *
 * In a lookup the rules 1, 3, 4 and 6 have nothing to compare. */
void verdict_judge(const struct verdict_input *input, struct verdict *verdict)
{
  static bool (*const rules[])(struct judgement *) = {
      judge_rejected, judge_modes,       judge_pki, judge_anchor,
      judge_ticket,   judgement_of_pins, judge_rest};
  struct judgement j = {.in = input, .out = verdict, .exception = -1, .differed = -1};
  bool decided = false;

  ranks_find(input, false, &j.ranks);
  while (!decided)
    decided = rules[j.rule++](&j);
  if (j.reported.rule != 0 && !refuses(verdict) && verdict->answer != TLSPIN_UNAVAILABLE)
    *verdict = j.reported;
  verdict->learn = may_learn(&j);
}

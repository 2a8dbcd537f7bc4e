/* The one decision: see verdict.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

static bool judge_rejected(struct judgement *j)
{
  for (int i = 0; j->in->chain != NULL && i < (int)j->in->count; i++) {
    const struct verdict_entry *entry = judgement_entry(j, i);

    if (entry->pin->status == KEYPIN_REJECTED && ranks_in_force(j->in, entry) &&
        (j->ranks.reported || !ranks_only_reported(j->in, entry)) &&
        keypin_match(entry->pin, j->in->chain) != KEYPIN_DIFFERS)
      return judgement_decide(j, TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, i);
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
    if (ranks_speaks(j->enforced, rank) || (rank == RANK_LOCKED && j->in->ticket_locked))
      return false;
  }
  return false;
}

static bool may_except(const struct judgement *j, const struct verdict_entry *entry)
{
  enum rank rank = ranks_of(entry);

  return entry->pin->kind == KEYPIN_EXCEPTION && rank != RANK_LEARNED &&
         (rank == RANK_LOCKED || !ranks_speaks(j->enforced, RANK_LOCKED)) &&
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

/* Where nothing decided: what keeps that from being "no pin", the gravest first, and the reason. */
struct doubt {
  enum tlspin_code answer;
  enum verdict_reason reason;
};

static const struct doubt *doubt_of(const struct verdict_input *in)
{
  static const struct doubt unreadable = {TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE};
  static const struct doubt lost = {TLSPIN_STORE_DAMAGED, VERDICT_LOST};
  static const struct doubt suspect = {TLSPIN_CLOCK_SUSPECT, VERDICT_CLOCK};
  static const struct doubt none = {TLSPIN_NO_PIN, VERDICT_NONE};

  return in->unreadable ? &unreadable : in->lost ? &lost : in->suspect ? &suspect : &none;
}

static bool decide_doubt(struct judgement *j)
{
  const struct doubt *doubt = doubt_of(j->in);

  return judgement_decide(j, doubt->answer, doubt->reason, -1);
}

/* The pin that speaks for all, or -1. */
static int first_pin(const struct judgement *j)
{
  int first = -1;

  for (enum rank rank = RANK_LOCKED; rank < RANKS && first < 0; rank++)
    first = ranks_best(&j->ranks, rank);
  return first;
}

/* Whether the ticket is one that may forbid. */
static bool has_ticket(const struct judgement *j)
{
  return j->in->ticket != TICKET_NONE && (j->ranks.reported || !j->in->ticket_reported);
}

static bool judge_pki(struct judgement *j)
{
  int first = first_pin(j);

  if (j->in->chain == NULL || j->in->pki != PKI_FAILED || excused(j))
    return false;
  if (first >= 0 || has_ticket(j))
    return judgement_decide(j, TLSPIN_MISMATCH, VERDICT_PKI_FAILED, first);
  return judgement_decide(j, doubt_of(j->in)->answer, VERDICT_PKI_FAILED, -1);
}

/* What can't be read, or was lost, may be the word that nothing is exempt, or pins that hold in any
 * case. */
static bool judge_in_doubt(struct judgement *j)
{
  struct verdict_input exempt = *j->in, enforced = *j->in;

  exempt.unreadable = exempt.lost = exempt.suspect = false;
  judgement_reach(&exempt, j->enforced, false, j->out);
  if (j->out->answer == TLSPIN_MISMATCH)
    return true;
  enforced.anchors_enforced = true;
  judgement_reach(&enforced, j->enforced, false, j->out);
  return j->out->answer != TLSPIN_MISMATCH || decide_doubt(j);
}

static bool judge_anchor(struct judgement *j)
{
  if (!ranks_are_exempt(j->in))
    return false;
  if (verdict_in_doubt(j->in))
    return !j->ranks.reported && judge_in_doubt(j);
  if (j->ranks.reported)
    ranks_find_reported(j->in, true, &j->ranks);
  else
    ranks_find(j->in, true, &j->ranks);
  return first_pin(j) < 0 && judgement_decide(j, TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1);
}

static bool judge_ticket(struct judgement *j)
{
  return j->in->ticket == TICKET_FAILED && has_ticket(j) && !j->ranks.exempt &&
         judgement_decide(j, TLSPIN_MISMATCH, VERDICT_TICKET, -1);
}

/* In a lookup all that is there stands. */
static bool judge_lookup(struct judgement *j)
{
  int first = first_pin(j);

  if (j->in->chain != NULL || (first < 0 && j->in->ticket == TICKET_NONE))
    return false;
  return judgement_decide(j, TLSPIN_MATCH, VERDICT_STANDS, first);
}

/* No PKI decides between the keys here, and none can be asked. */
static bool judge_key_alone(struct judgement *j)
{
  return j->another >= 0 && !j->ranks.reported && j->in->chain->alone &&
         j->in->pki == PKI_UNCHECKED &&
         judgement_decide(j, TLSPIN_MISMATCH, VERDICT_CHANGED, j->another);
}

static bool judge_rest(struct judgement *j)
{
  if (judge_lookup(j))
    return true;
  if (j->in->ticket == TICKET_PROVED && !j->ranks.exempt)
    return judgement_decide(j, TLSPIN_MATCH, VERDICT_PROVED, -1);
  if (j->exception >= 0)
    return judgement_decide(j, TLSPIN_MATCH, VERDICT_EXCEPTED, j->exception);
  if (judge_key_alone(j))
    return true;
  if (verdict_in_doubt(j->in))
    return decide_doubt(j);
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
 * nothing but a learned pin, or a proof alone, had to decide; and from behind an added anchor only
 * where policy lets pins hold there. For a raw key no PKI can vouch, so that it is but counted,
 * where it is learned already. */
static bool may_learn(const struct judgement *j)
{
  enum verdict_reason reason = j->out->reason;

  if (j->in->chain == NULL || j->in->chain->alone || j->in->pki != PKI_OK ||
      ranks_are_exempt(j->in) || verdict_in_doubt(j->in))
    return false;
  if (j->in->chain->raw)
    return reason == VERDICT_ACTIVE_MATCHED && is_met(j);
  return (j->out->answer == TLSPIN_NO_PIN && reason == VERDICT_NONE) || is_met(j);
}

void judgement_reach(const struct verdict_input *input, const struct ranks *enforced, bool reported,
                     struct verdict *verdict)
{
  static bool (*const rules[])(struct judgement *) = {
      judge_rejected, judge_modes,       judge_pki, judge_anchor,
      judge_ticket,   judgement_of_pins, judge_rest};
  struct judgement j = {.in = input,
                        .out = verdict,
                        .enforced = enforced,
                        .exception = -1,
                        .differed = -1,
                        .another = -1};
  bool decided = false;

  if (reported)
    ranks_find_reported(input, false, &j.ranks);
  else
    j.ranks = *enforced;
  while (!decided)
    decided = rules[j.rule++](&j);
  verdict->learn = may_learn(&j);
}

bool verdict_in_doubt(const struct verdict_input *input)
{
  return doubt_of(input)->answer != TLSPIN_NO_PIN;
}

static bool is_doubt(enum tlspin_code answer)
{
  return answer == TLSPIN_UNAVAILABLE || answer == TLSPIN_STORE_DAMAGED ||
         answer == TLSPIN_CLOCK_SUSPECT;
}

static bool has_reported(const struct verdict_input *input)
{
  bool has = input->ticket != TICKET_NONE && input->ticket_reported;

  for (size_t i = 0; !has && i < input->count; i++)
    has = ranks_only_reported(input, &input->entries[i]);
  return has;
}

/* Ranks, the highest first: the locked entries of system layers; the user's own (commands,
 * imports); the other entries of system layers; what the user said to a program; what was learned
 * from the servers (first use, HPKP). A learned pin never masks one of policy: it would unlock it.
 * Nor does a click, which says less than a policy.
 *
 * In doubt: some layer can't be read (the answer is "unavailable"); else pins were lost from one
 * ("store-damaged"); else the clock can't be trusted and by another time there would be a pin
 * ("clock-suspect"). What would have been no pin is that answer then.
 *
 * Of one rank and origin those pins count together that cover the peer, are in force and stand at
 * the most specific place (place_compare); of several layers with that place only the highest.
 * Pins of a parent's name alone ("exact") end the walk as in Chromium: what stands above that
 * parent does not count. Those of a first use never end it: a visit to the parent would unpin what
 * is below. Inactive records are history and do not count.
 *
 * A set of pins is critical where one of them is. Modes and exceptions count only while they are
 * enforced.
 *
 * Of pins (blocked keys among them) only those count that are enforced: those that are only
 * reported block nothing and open nothing, so that the answer is the same without them. They meet
 * no set, stand in no set's place, end no walk, and silence no mode and no exception. Where that
 * answer is neither a mismatch nor in doubt, all is judged again as if what is only reported
 * were enforced, beside the rest. A mismatch then is the answer, not enforced, and nothing is
 * learned. Modes and exceptions are silenced then by what is enforced alone; and where rule 4 is in
 * doubt nothing is passed over.
 *
 * The first rule that applies decides.
 *
 * 1. A rejected key, of any layer, that is found in anything that was shown, validated or not: a
 * mismatch. Where no digest can be made of what was shown it counts as found. What was not shown
 * can't be known to be without it: of certificates without their path only these are looked at, and
 * of a key alone only the key. No lock, exception, mode or added anchor excuses it.
 * 2. Modes: rank by rank, but for what was learned, the most specific one ("on" before "off" at the
 * same place). "off" opts out, unless pins of the same rank are at a more specific place. Where a
 * rank has a mode or pins (the first: or a locked ticket) the ranks below it are not asked.
 * 3. The PKI said no: exceptions that match the chain may excuse its errors, and if they excuse all
 * of them the rest goes on as if it had said yes. Where the first rank has a mode or pins only
 * its own exceptions count; learned ones never do. What is revoked, or has errors without a
 * name, is never excused. Else: a mismatch where anything is pinned, and no pin where nothing is
 * (in doubt: the answer of that).
 * 4. The path ends in an anchor that was added to the system, which policy exempts: learned pins,
 * the ticket and all pins that don't say otherwise are passed over from here. If that leaves no
 * pin: opted out. In doubt what is missing may say otherwise, and the exemption opens nothing: a
 * mismatch with what is left is one; else nothing is passed over, and if that is a mismatch, it
 * can't be known: the answer is that of the doubt.
 * 5. The ticket was not proved: a mismatch.
 * 6. Pins, rank by rank. Of each critical set one pin, critical or active, must match, else it is a
 * mismatch; if all are met it is a match. In a rank without a critical set an active pin
 * that matches is a match; one that does not has no opinion, and the next rank is asked. Before a
 * program's pin is a match the critical sets of what was learned must be met, too. Learned
 * pins do have one: another key is a mismatch, unless the change is of a class that policy accepts
 * (see change.c). HPKP's critical ones must be met, too, but explain no other key, for any program
 * may note a header: they are a match only where no pin of a first use stands. Where the PKI was
 * not asked no other key is accepted, and a new certificate for the same key is no change. What is
 * above the server's own key is known of a validated path and of a raw key; otherwise a pin there
 * is not met, and neither is one of a certificate by a key alone: "path-unknown", the path is
 * unknown.
 * 7. Nothing decided. In a lookup, where nothing was shown: what is pinned stands, and what is
 * only reported too, so that it will be, but not in doubt. A proved ticket
 * is a match; so is an excused certificate. Of a key alone for which the PKI was not asked nobody
 * else decides: one that is another than that of an enforced active pin is a mismatch. In doubt:
 * the answer of that. Else there is no pin, or none that had an opinion: the PKI decides.
 *
 * In a lookup the rules 1, 3, 4 and 6 have nothing to compare. */
void verdict_judge(const struct verdict_input *input, struct verdict *verdict)
{
  struct ranks enforced;
  struct verdict told;

  ranks_find(input, false, &enforced);
  judgement_reach(input, &enforced, false, verdict);
  if (verdict->answer == TLSPIN_MISMATCH || is_doubt(verdict->answer) || !has_reported(input))
    return;
  judgement_reach(input, &enforced, true, &told);
  told.enforced = told.answer != TLSPIN_MISMATCH;
  told.learn = false;
  if (!told.enforced || (told.reason == VERDICT_STANDS && verdict->reason != VERDICT_STANDS))
    *verdict = told;
}

enum tlspin_code verdict_otherwise(const struct verdict_input *input)
{
  struct verdict_input without = *input;
  struct verdict verdict;
  struct ranks enforced;

  if (input->ticket_reported) {
    without.ticket = TICKET_NONE;
    without.ticket_locked = false;
  }
  ranks_find(&without, false, &enforced);
  judgement_reach(&without, &enforced, false, &verdict);
  return verdict.answer;
}

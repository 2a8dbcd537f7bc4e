/* The verdict once more: see oracle.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where verdict.c searches, rule by rule and rank by rank, and ends at the first that decides, this
 * is written without any order of events. Sets of entries are bit masks. Each thing that could be
 * said of the case is a claim, made by itself out of what is true of the sets ("there is an entry
 * such that there is no other ..."), with a number that says how much it counts. All claims are
 * made, and the one with the least number holds. */
#include "config.h"

#include "tests/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t mask;

/* Who speaks, the first first. */
enum { LOCKED, OWN, SYSTEM, PROGRAM, LEARNED, RANKS };

struct claim {
  int order;
  struct verdict verdict;
};

struct facts {
  const struct verdict_input *in;
  mask covering, enforced, reported; /* by place and time */
  mask active, critical, rejected, inactive, excepted, on, off;
  mask matching, unknown; /* by the chain */
  mask rank[RANKS], origin[KEYPIN_ORIGINS];
  mask members; /* of the sets that decide */
  bool exempt;
  struct claim claims[5 * ORACLE_MAX];
  size_t count;
};

#define BIT(i) ((mask)1 << (i))
#define FOR_EACH(i, f, set)                                                                        \
  for (size_t i = 0; i < (f)->in->count; i++)                                                      \
    if (((set)&BIT(i)) != 0)

static const struct keypin *pin_at(const struct facts *f, size_t i)
{
  return f->in->entries[i].pin;
}

/* The first entry of a set, or -1. */
static int first_of(const struct facts *f, mask set)
{
  FOR_EACH(i, f, set) return (int)i;
  return -1;
}

static bool ends_with(const char *text, const char *end)
{
  size_t size = strlen(text), tail = strlen(end);

  return size >= tail && strcmp(text + size - tail, end) == 0;
}

static bool fits(const struct place *place, const struct peer *peer)
{
  return (place->port == 0 || place->port == peer->port) &&
         (place->protocol == -1 || place->protocol == (int)peer->protocol);
}

static bool is_parent(const struct place *place, const struct peer *peer)
{
  char dotted[HOST_MAX + 2];

  snprintf(dotted, sizeof dotted, ".%s", place->host);
  return place->host[0] != '\0' && ends_with(peer->host, dotted);
}

static bool is_cover(const struct place *place, const struct peer *peer)
{
  size_t extra = strlen(peer->host) - strlen(place->host);
  bool same = strcmp(place->host, peer->host) == 0;
  bool below = is_parent(place, peer) || place->host[0] == '\0';

  if (!fits(place, peer))
    return false;
  switch (place->scope) {
  case SCOPE_EXACT:
    return same;
  case SCOPE_ONE_LABEL:
    return is_parent(place, peer) && strcspn(peer->host, ".") == extra - 1;
  default:
    return same || below;
  }
}

/* How specific a place is, and a layer's precedence in it: the greater number decides. */
static long weight(const struct facts *f, size_t i)
{
  const struct place *place = &pin_at(f, i)->place;

  return (long)strlen(place->host) * 100000 + (2 - (long)place->scope) * 10000 +
         (place->port != 0) * 2000 + (place->protocol != -1) * 1000 - (long)f->in->entries[i].layer;
}

static int rank_of(const struct verdict_entry *entry)
{
  static const int of_user[KEYPIN_ORIGINS] = {LEARNED, LEARNED, PROGRAM, OWN, OWN, OWN};

  if (entry->layer == 0)
    return of_user[entry->pin->origin];
  return entry->pin->locked ? LOCKED : SYSTEM;
}

static void find_facts(struct facts *f)
{
  mask *const by_status[KEYPIN_STATUSES] = {[KEYPIN_INACTIVE] = &f->inactive,
                                            [KEYPIN_ACTIVE] = &f->active,
                                            [KEYPIN_CRITICAL] = &f->critical,
                                            [KEYPIN_REJECTED] = &f->rejected,
                                            [KEYPIN_EXCEPTED] = &f->excepted,
                                            [KEYPIN_ON] = &f->on,
                                            [KEYPIN_OFF] = &f->off};

  for (size_t i = 0; i < f->in->count; i++) {
    const struct keypin *pin = pin_at(f, i);
    int64_t now = f->in->now;
    bool enforced = pin->enforce_until == KEYPIN_FOREVER || pin->enforce_until > now;
    bool told = pin->report_until == KEYPIN_FOREVER || pin->report_until > now;

    *by_status[pin->status] |= BIT(i);
    f->covering |= is_cover(&pin->place, f->in->peer) ? BIT(i) : 0;
    f->enforced |= enforced ? BIT(i) : 0;
    f->reported |= !enforced && told ? BIT(i) : 0;
    f->rank[rank_of(&f->in->entries[i])] |= BIT(i);
    f->origin[pin->origin] |= BIT(i);
    if (f->in->chain == NULL)
      continue;
    f->matching |= keypin_match(pin, f->in->chain) == KEYPIN_MATCHES ? BIT(i) : 0;
    f->unknown |= keypin_match(pin, f->in->chain) == KEYPIN_UNKNOWN ? BIT(i) : 0;
  }
}

/* Those of the same rank and origin. */
static mask fellows(const struct facts *f, size_t i)
{
  return f->rank[rank_of(&f->in->entries[i])] & f->origin[pin_at(f, i)->origin];
}

/* A pin decides where no fellow outweighs it, and no fellow that stands alone at a parent is
 * between it and the peer. */
static void find_members(struct facts *f)
{
  mask always = 0, pins, here;

  FOR_EACH(i, f, ~f->rank[LEARNED]) always |= pin_at(f, i)->always ? BIT(i) : 0;
  pins = (f->active | f->critical) & (f->enforced | f->reported) & (f->exempt ? always : ~(mask)0);
  here = pins & f->covering;
  f->members = here;
  FOR_EACH(i, f, here)
  {
    FOR_EACH(k, f, fellows(f, i) & here)
    if (weight(f, k) > weight(f, i))
      f->members &= ~BIT(i);
    FOR_EACH(k, f, fellows(f, i) & pins & ~f->origin[KEYPIN_TOFU])
    if (pin_at(f, k)->place.scope == SCOPE_EXACT && is_parent(&pin_at(f, k)->place, f->in->peer) &&
        fits(&pin_at(f, k)->place, f->in->peer) &&
        strlen(pin_at(f, k)->place.host) > strlen(pin_at(f, i)->place.host))
      f->members &= ~BIT(i);
  }
}

/* Of a set of pins, which of them make it as strong as it is. */
static mask strongest(const struct facts *f, mask set)
{
  return (set & f->critical) != 0 ? set & f->critical : set;
}

static bool set_is_enforced(const struct facts *f, mask set)
{
  return (strongest(f, set) & f->enforced) != 0;
}

static void claim(struct facts *f, int order, enum tlspin_code answer, enum verdict_reason reason,
                  int decided_by, bool enforced)
{
  if (f->count == sizeof f->claims / sizeof f->claims[0])
    abort();
  f->claims[f->count++] =
      (struct claim){order,
                     {.answer = answer,
                      .reason = reason,
                      .decided_by = decided_by,
                      .rule = (unsigned)(order / 1000),
                      .enforced = enforced,
                      .refusal = reason == VERDICT_TICKET ? f->in->refusal : REFUSAL_NONE}};
}

static bool rank_speaks(const struct facts *f, int rank)
{
  bool speaks = ((f->on | f->off) & f->covering & f->enforced & f->rank[rank]) != 0;

  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    speaks |= set_is_enforced(f, f->members & f->rank[rank] & f->origin[origin]);
  return speaks;
}

static void claim_rejected(struct facts *f)
{
  mask found = f->rejected & f->covering & (f->matching | f->unknown);

  FOR_EACH(i, f, found & (f->enforced | f->reported))
  claim(f, 1000 + (int)i, TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, (int)i,
        (f->enforced & BIT(i)) != 0);
}

static bool outweighed(const struct facts *f, size_t off, mask modes)
{
  FOR_EACH(k, f, modes)
  if (weight(f, k) > weight(f, off) ||
      (weight(f, k) == weight(f, off) && ((f->on & BIT(k)) != 0 || k < off)))
    return true;
  return false;
}

static void claim_modes(struct facts *f)
{
  for (int rank = LOCKED; rank < LEARNED; rank++) {
    mask modes = (f->on | f->off) & f->covering & f->enforced & f->rank[rank];

    FOR_EACH(i, f, modes & f->off)
    {
      bool stands = outweighed(f, i, modes);

      FOR_EACH(k, f, f->members & f->rank[rank])
      stands |= weight(f, k) + (long)f->in->entries[k].layer >
                weight(f, i) + (long)f->in->entries[i].layer;
      for (int above = 0; above < rank; above++)
        stands |= rank_speaks(f, above) || f->in->ticket_locked;
      if (!stands)
        claim(f, 2000 + rank, TLSPIN_OPTED_OUT, rank == LOCKED ? VERDICT_LOCKED_OFF : VERDICT_OFF,
              (int)i, true);
    }
  }
}

/* Of the sets' members the one that speaks for all: enforced before reported, then by rank, weight
 * and origin. */
static int spokesman(const struct facts *f, bool *enforced)
{
  long best = -1;
  int found = -1;

  *enforced = false;
  FOR_EACH(i, f, f->members)
  {
    bool is = set_is_enforced(f, f->members & fellows(f, i));
    long value = (is * 10L + LEARNED - rank_of(&f->in->entries[i])) * 1000000000L +
                 weight(f, i) * 10 + 5 - (long)pin_at(f, i)->origin;

    *enforced |= is;
    if (value > best) {
      best = value;
      found = (int)i;
    }
  }
  return found;
}

static mask exceptions(const struct facts *f)
{
  mask all = f->excepted & f->covering & f->enforced & f->matching & ~f->rank[LEARNED];

  return rank_speaks(f, LOCKED) ? all & f->rank[LOCKED] : all;
}

static bool excused(const struct facts *f)
{
  unsigned excuses = 0;

  FOR_EACH(i, f, exceptions(f)) excuses |= pin_at(f, i)->errors;
  return f->in->errors != 0 && (f->in->errors & ~(excuses & PKI_EXCUSABLE)) == 0;
}

static void claim_pki(struct facts *f)
{
  bool ticket = f->in->ticket != TICKET_NONE, enforced;
  int pin = spokesman(f, &enforced);

  if (f->in->chain == NULL || f->in->pki != PKI_FAILED || excused(f))
    return;
  if (pin >= 0 || ticket)
    claim(f, 3000, TLSPIN_MISMATCH, VERDICT_PKI_FAILED, pin,
          enforced || (ticket && !f->in->ticket_reported));
  claim(f, 3001, f->in->unreadable ? TLSPIN_UNAVAILABLE : TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1,
        true);
}

static void claim_anchor_and_ticket(struct facts *f)
{
  if (f->exempt && f->members == 0)
    claim(f, 4000, TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, true);
  if (!f->exempt && f->in->ticket == TICKET_FAILED)
    claim(f, 5000, TLSPIN_MISMATCH, VERDICT_TICKET, -1, !f->in->ticket_reported);
}

/* Critical sets: 6000 and up, by rank and origin; being met: 50 behind. What was learned is unmet
 * between the two of a program. */
static void claim_critical(struct facts *f, int rank, int origin)
{
  mask set = f->members & f->rank[rank] & f->origin[origin];
  int order = 6000 + 100 * rank, unmet = rank == LEARNED ? 6000 + 100 * PROGRAM + 20 : order;
  bool enforced = set_is_enforced(f, set);

  if ((set & f->critical) == 0)
    return;
  if ((set & f->matching) != 0)
    claim(f, order + 50 + origin, TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED,
          first_of(f, set & f->matching), enforced);
  else if ((set & f->unknown) != 0)
    claim(f, unmet + origin, TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, first_of(f, set & f->unknown),
          enforced);
  else
    claim(f, unmet + origin, TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS,
          first_of(f, set & f->critical), enforced);
}

static void claim_active(struct facts *f, int rank, int origin)
{
  mask set = f->members & f->rank[rank] & f->origin[origin];
  int order = 6060 + 100 * rank + 9 - origin;

  if (set == 0 || (set & f->critical) != 0 || (rank == LEARNED && origin == KEYPIN_TOFU))
    return;
  if ((set & f->matching) != 0)
    claim(f, order, TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, first_of(f, set & f->matching),
          set_is_enforced(f, set));
  else if (!f->in->unreadable)
    claim(f, 7500 + order % 1000, TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, first_of(f, set), true);
}

static enum change change_of(const struct facts *f, mask set)
{
  const struct keypin *known[ORACLE_MAX];
  mask history = f->inactive | (~f->enforced & ~f->reported & ~f->rejected);
  size_t count = 0;

  history &= ~(f->excepted | f->on | f->off);
  FOR_EACH(i, f, set | (history & f->covering & f->rank[LEARNED] & f->origin[KEYPIN_TOFU]))
  known[count++] = pin_at(f, i);
  return change_classify(known, count, f->in->chain, f->in->ticket == TICKET_PROVED, f->in->now);
}

/* Before HPKP's being met, behind its not being. */
static void claim_learned(struct facts *f)
{
  mask set = f->members & f->rank[LEARNED] & f->origin[KEYPIN_TOFU], match = set & f->matching;
  enum change change = set != 0 ? change_of(f, set) : CHANGE_NONE;
  bool checked = f->in->pki != PKI_UNCHECKED, enforced = set_is_enforced(f, set);
  bool accepted = (f->in->changes & 1u << change) != 0 && (checked || change == CHANGE_SAME_KEY);
  int decided_by = first_of(f, match != 0 ? match : set);
  int order = 6000 + 100 * LEARNED + 49;

  if (set == 0 || (set & f->critical) != 0)
    return;
  if (change == CHANGE_NONE || (accepted && !checked))
    claim(f, order, TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, decided_by, enforced);
  else if (accepted)
    claim(f, order, TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, decided_by, enforced);
  else if (match == 0 && (set & f->unknown) != 0)
    claim(f, order, TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, first_of(f, set & f->unknown), enforced);
  else
    claim(f, order, TLSPIN_MISMATCH, VERDICT_CHANGED, decided_by, enforced);
  f->claims[f->count - 1].verdict.change = change;
}

static void claim_pins(struct facts *f)
{
  if (f->in->chain == NULL)
    return;
  for (int rank = LOCKED; rank < RANKS; rank++)
    for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
      claim_critical(f, rank, origin);
      claim_active(f, rank, origin);
    }
  claim_learned(f);
}

static void claim_rest(struct facts *f)
{
  bool enforced, failed = f->in->chain != NULL && f->in->pki == PKI_FAILED;
  int pin = spokesman(f, &enforced);

  if (f->in->chain == NULL && (pin >= 0 || f->in->ticket != TICKET_NONE))
    claim(f, 7000, TLSPIN_MATCH, VERDICT_STANDS, pin, true);
  if (f->in->ticket == TICKET_PROVED && !f->exempt)
    claim(f, 7100, TLSPIN_MATCH, VERDICT_PROVED, -1, true);
  if (failed && excused(f))
    FOR_EACH(i, f, exceptions(f))
  if ((pin_at(f, i)->errors & f->in->errors) != 0)
    claim(f, 7200 + (int)i, TLSPIN_MATCH, VERDICT_EXCEPTED, (int)i, true);
  if (f->in->unreadable)
    claim(f, 7400, TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, true);
  claim(f, 8000, TLSPIN_NO_PIN, VERDICT_NONE, -1, true);
  f->claims[f->count - 1].verdict.rule = 7;
}

/* The claim with the least number, of matches or mismatches that are only reported or of the rest;
 * NULL where there is none before `end`. */
static const struct claim *least(const struct facts *f, bool enforced, enum tlspin_code answer,
                                 int end)
{
  const struct claim *best = NULL;

  for (size_t i = 0; i < f->count; i++) {
    const struct claim *c = &f->claims[i];

    if (c->verdict.enforced == enforced && c->order < end &&
        (enforced || c->verdict.answer == answer) && (best == NULL || c->order < best->order))
      best = c;
  }
  return best;
}

/* There is always one that holds: that nothing is known of the peer. */
static const struct claim *strongest_claim(const struct facts *f)
{
  const struct claim *held = least(f, true, TLSPIN_OK, 9999);

  if (held == NULL)
    abort();
  return held;
}

/* What is only reported does not hold by itself: a match does where nothing before "a layer can't
 * be read" does; a mismatch does before everything but an enforced mismatch and "unavailable", if
 * it was met with before the end. */
static struct verdict weigh(const struct facts *f)
{
  const struct claim *held = strongest_claim(f);
  const struct claim *met = least(f, false, TLSPIN_MATCH, 9999);
  const struct claim *told = least(f, false, TLSPIN_MISMATCH, held->order);
  struct verdict verdict = held->verdict;

  if (met != NULL && held->order >= 7300) {
    verdict = met->verdict;
    verdict.rule = 7;
    verdict.enforced = true;
  }
  if (told != NULL && verdict.answer != TLSPIN_MISMATCH && verdict.answer != TLSPIN_UNAVAILABLE)
    verdict = told->verdict;
  return verdict;
}

static bool learns(const struct facts *f, const struct verdict *verdict)
{
  mask policy = f->members & ~f->rank[LEARNED];
  bool by_learned = verdict->decided_by >= 0 && (f->rank[LEARNED] & BIT(verdict->decided_by)) != 0;

  if (f->in->chain == NULL || f->in->pki != PKI_OK || f->in->added_anchor || f->in->unreadable ||
      f->in->chain->alone)
    return false;
  switch (verdict->reason) {
  case VERDICT_NONE:
    return !f->in->chain->raw;
  case VERDICT_PROVED:
    return policy == 0 && !f->in->chain->raw;
  case VERDICT_ACTIVE_MATCHED:
    return by_learned;
  case VERDICT_CRITICAL_MATCHED:
  case VERDICT_CHANGE_ACCEPTED:
    return by_learned && !f->in->chain->raw;
  default:
    return false;
  }
}

/* All claims, and which holds, in a world where added anchors are exempt or in one where not. */
static struct verdict judge(struct facts *f, bool exempt)
{
  struct verdict verdict;

  f->count = 0;
  f->exempt = false;
  find_members(f);
  claim_rejected(f);
  claim_modes(f);
  claim_pki(f);
  f->exempt = exempt;
  find_members(f);
  claim_anchor_and_ticket(f);
  claim_pins(f);
  claim_rest(f);
  verdict = weigh(f);
  verdict.learn = learns(f, &verdict);
  return verdict;
}

static bool refuses(const struct verdict *verdict)
{
  return verdict->answer == TLSPIN_MISMATCH && verdict->enforced;
}

/* Whoever can't read all layers can't tell in which world he is: what either refuses is not to be
 * had; and only what the exemption would refuse, too, is a mismatch. */
void oracle_judge(const struct verdict_input *input, struct verdict *verdict)
{
  static const struct verdict unknown = {.answer = TLSPIN_UNAVAILABLE,
                                         .reason = VERDICT_UNREADABLE,
                                         .decided_by = -1,
                                         .rule = 4,
                                         .enforced = true};
  static struct facts facts;
  bool on_added = input->chain != NULL && input->pki == PKI_OK && input->added_anchor;
  struct verdict exempt, held;

  memset(&facts, 0, sizeof facts);
  facts.in = input;
  find_facts(&facts);
  exempt = judge(&facts, on_added);
  held = judge(&facts, false);
  if (!on_added || input->anchors_enforced)
    *verdict = held;
  else if (refuses(&exempt) || !input->unreadable)
    *verdict = exempt;
  else
    *verdict = refuses(&held) ? unknown : held;
}

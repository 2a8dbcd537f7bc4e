/* The verdict once more: see oracle.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where verdict.c searches, rule by rule and rank by rank, and ends at the first that decides, this
 * is written without any order of events. Sets of entries are bit masks. Each thing that could be
 * said of the case is a claim, made by itself out of what is true of the sets ("there is an entry
 * such that there is no other ..."), with a number that says how much it counts. All claims are
 * made, and the one with the least number holds.
 *
 * None of them knows of pins that are only reported: there is a store from which they were taken
 * out, and one in which they are enforced. What the first says holds; the second can but accuse. */
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
  mask covering, enforced; /* by place and time */
  mask active, critical, rejected, inactive, excepted, on, off;
  mask matching, unknown; /* by the chain */
  mask rank[RANKS], origin[KEYPIN_ORIGINS];
  mask members; /* of the sets that decide */
  bool exempt;
  bool imagined;        /* what is only reported was enforced */
  bool speaking[RANKS]; /* silences the modes below */
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

    *by_status[pin->status] |= BIT(i);
    f->covering |= is_cover(&pin->place, f->in->peer) ? BIT(i) : 0;
    f->enforced |= enforced ? BIT(i) : 0;
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
  pins = (f->active | f->critical) & f->enforced & (f->exempt ? always : ~(mask)0);
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

static void claim(struct facts *f, int order, enum tlspin_code answer, enum verdict_reason reason,
                  int decided_by)
{
  if (f->count == sizeof f->claims / sizeof f->claims[0])
    abort();
  f->claims[f->count++] =
      (struct claim){order,
                     {.answer = answer,
                      .reason = reason,
                      .decided_by = decided_by,
                      .rule = (unsigned)(order / 1000),
                      .enforced = true,
                      .refusal = reason == VERDICT_TICKET ? f->in->refusal : REFUSAL_NONE}};
}

static void find_speaking(struct facts *f)
{
  mask modes = (f->on | f->off) & f->covering & f->enforced;

  for (int rank = LOCKED; rank < RANKS; rank++)
    f->speaking[rank] = ((f->members | modes) & f->rank[rank]) != 0;
}

static void claim_rejected(struct facts *f)
{
  mask found = f->rejected & f->covering & (f->matching | f->unknown);

  FOR_EACH(i, f, found & f->enforced)
  claim(f, 1000 + (int)i, TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, (int)i);
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
        stands |= f->speaking[above] || f->in->ticket_locked;
      if (!stands)
        claim(f, 2000 + rank, TLSPIN_OPTED_OUT, rank == LOCKED ? VERDICT_LOCKED_OFF : VERDICT_OFF,
              (int)i);
    }
  }
}

/* Of the sets' members the one that speaks for all: by rank, weight and origin. */
static int spokesman(const struct facts *f)
{
  long best = -1;
  int found = -1;

  FOR_EACH(i, f, f->members)
  {
    long value = (long)(LEARNED - rank_of(&f->in->entries[i])) * 1000000000L + weight(f, i) * 10 +
                 5 - (long)pin_at(f, i)->origin;

    if (value > best) {
      best = value;
      found = (int)i;
    }
  }
  return found;
}

/* Of a ticket that is only to be reported the PKI's errors and a failure are held against a server
 * where one imagines that it were not. */
static bool has_ticket(const struct facts *f)
{
  return f->in->ticket != TICKET_NONE && (f->imagined || !f->in->ticket_reported);
}

static mask exceptions(const struct facts *f)
{
  mask all = f->excepted & f->covering & f->enforced & f->matching & ~f->rank[LEARNED];

  return f->speaking[LOCKED] ? all & f->rank[LOCKED] : all;
}

static bool excused(const struct facts *f)
{
  unsigned excuses = 0;

  FOR_EACH(i, f, exceptions(f)) excuses |= pin_at(f, i)->errors;
  return f->in->errors != 0 && (f->in->errors & ~(excuses & PKI_EXCUSABLE)) == 0;
}

static void claim_pki(struct facts *f)
{
  int pin = spokesman(f);

  if (f->in->chain == NULL || f->in->pki != PKI_FAILED || excused(f))
    return;
  if (pin >= 0 || has_ticket(f))
    claim(f, 3000, TLSPIN_MISMATCH, VERDICT_PKI_FAILED, pin);
  claim(f, 3001, f->in->unreadable ? TLSPIN_UNAVAILABLE : TLSPIN_NO_PIN, VERDICT_PKI_FAILED, -1);
}

static void claim_anchor_and_ticket(struct facts *f)
{
  if (f->exempt && f->members == 0)
    claim(f, 4000, TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1);
  if (!f->exempt && f->in->ticket == TICKET_FAILED && has_ticket(f))
    claim(f, 5000, TLSPIN_MISMATCH, VERDICT_TICKET, -1);
}

/* Critical sets: 6000 and up, by rank and origin; being met: 50 behind. What was learned is unmet
 * between the two of a program. */
static void claim_critical(struct facts *f, int rank, int origin)
{
  mask set = f->members & f->rank[rank] & f->origin[origin];
  int order = 6000 + 100 * rank, unmet = rank == LEARNED ? 6000 + 100 * PROGRAM + 20 : order;

  if ((set & f->critical) == 0)
    return;
  if ((set & f->matching) != 0)
    claim(f, order + 50 + origin, TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED,
          first_of(f, set & f->matching));
  else if ((set & f->unknown) != 0)
    claim(f, unmet + origin, TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, first_of(f, set & f->unknown));
  else
    claim(f, unmet + origin, TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS,
          first_of(f, set & f->critical));
}

/* 7210 and up: of a key alone that no PKI vouches for, another than an active pin's that is truly
 * enforced. No exception, at 7200, is in its way: it needs a PKI that said no. */
static void claim_another(struct facts *f, int rank, int origin, mask set)
{
  mask another = set & ~f->matching & ~f->unknown;

  if (another != 0 && !f->imagined && f->in->chain->alone && f->in->pki == PKI_UNCHECKED)
    claim(f, 7210 + 10 * rank + 9 - origin, TLSPIN_MISMATCH, VERDICT_CHANGED, first_of(f, another));
}

static void claim_active(struct facts *f, int rank, int origin)
{
  mask set = f->members & f->rank[rank] & f->origin[origin];
  int order = 6060 + 100 * rank + 9 - origin;

  if (set == 0 || (set & f->critical) != 0 || (rank == LEARNED && origin == KEYPIN_TOFU))
    return;
  if ((set & f->matching) != 0)
    claim(f, order, TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, first_of(f, set & f->matching));
  else
    claim_another(f, rank, origin, set);
  if ((set & f->matching) == 0 && !f->in->unreadable)
    claim(f, 7500 + order % 1000, TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, first_of(f, set));
}

static enum change change_of(const struct facts *f, mask set)
{
  const struct keypin *known[ORACLE_MAX];
  mask history = f->inactive | (~f->enforced & ~f->rejected);
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
  bool checked = f->in->pki != PKI_UNCHECKED;
  bool accepted = (f->in->changes & 1u << change) != 0 && (checked || change == CHANGE_SAME_KEY);
  int decided_by = first_of(f, match != 0 ? match : set);
  int order = 6000 + 100 * LEARNED + 49;

  if (set == 0 || (set & f->critical) != 0)
    return;
  if (change == CHANGE_NONE || (accepted && !checked))
    claim(f, order, TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, decided_by);
  else if (accepted)
    claim(f, order, TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, decided_by);
  else if (match == 0 && (set & f->unknown) != 0)
    claim(f, order, TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, first_of(f, set & f->unknown));
  else
    claim(f, order, TLSPIN_MISMATCH, VERDICT_CHANGED, decided_by);
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
  bool failed = f->in->chain != NULL && f->in->pki == PKI_FAILED;
  int pin = spokesman(f);

  if (f->in->chain == NULL && (pin >= 0 || f->in->ticket != TICKET_NONE))
    claim(f, 7000, TLSPIN_MATCH, VERDICT_STANDS, pin);
  if (f->in->ticket == TICKET_PROVED && !f->exempt)
    claim(f, 7100, TLSPIN_MATCH, VERDICT_PROVED, -1);
  if (failed && excused(f))
    FOR_EACH(i, f, exceptions(f))
  if ((pin_at(f, i)->errors & f->in->errors) != 0)
    claim(f, 7200 + (int)i, TLSPIN_MATCH, VERDICT_EXCEPTED, (int)i);
  if (f->in->unreadable)
    claim(f, 7400, TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1);
  claim(f, 8000, TLSPIN_NO_PIN, VERDICT_NONE, -1);
  f->claims[f->count - 1].verdict.rule = 7;
}

/* The claim with the least number. There is always one that holds: that nothing is known of the
 * peer. */
static struct verdict weigh(const struct facts *f)
{
  const struct claim *best = NULL;

  for (size_t i = 0; i < f->count; i++)
    if (best == NULL || f->claims[i].order < best->order)
      best = &f->claims[i];
  if (best == NULL)
    abort();
  return best->verdict;
}

static bool learns(const struct facts *f, const struct verdict *verdict)
{
  mask policy = f->members & ~f->rank[LEARNED];
  bool by_learned = verdict->decided_by >= 0 && (f->rank[LEARNED] & BIT(verdict->decided_by)) != 0;

  if (f->in->chain == NULL || f->in->pki != PKI_OK || f->in->unreadable || f->in->chain->alone ||
      (f->in->added_anchor && !f->in->anchors_enforced))
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

/* Whoever can't read all layers can't tell in which world he is: what either refuses is not to be
 * had; and only what the exemption would refuse, too, is a mismatch. Whoever imagines things takes
 * the world without an exemption. */
static struct verdict judge_worlds(struct facts *f)
{
  static const struct verdict unknown = {.answer = TLSPIN_UNAVAILABLE,
                                         .reason = VERDICT_UNREADABLE,
                                         .decided_by = -1,
                                         .rule = 4,
                                         .enforced = true};
  const struct verdict_input *in = f->in;
  bool on_added = in->chain != NULL && in->pki == PKI_OK && in->added_anchor;
  struct verdict exempt = judge(f, on_added), held = judge(f, false);

  if (!on_added || in->anchors_enforced || (in->unreadable && f->imagined))
    return held;
  if (exempt.answer == TLSPIN_MISMATCH || !in->unreadable)
    return exempt;
  return held.answer == TLSPIN_MISMATCH ? unknown : held;
}

/* A store of what is enforced, or of that and what is only reported, which is enforced in it. */
struct store {
  struct verdict_input in;
  struct keypin pins[ORACLE_MAX];
  struct verdict_entry entries[ORACLE_MAX];
  int indices[ORACLE_MAX]; /* in the true one */
};

static void fill(struct store *store, const struct verdict_input *from, bool imagined)
{
  store->in = *from;
  store->in.entries = store->entries;
  store->in.count = 0;
  for (size_t i = 0; i < from->count; i++) {
    struct keypin *pin = &store->pins[store->in.count];
    bool reported = from->entries[i].pin->status <= KEYPIN_REJECTED &&
                    from->entries[i].pin->status != KEYPIN_INACTIVE &&
                    keypin_force(from->entries[i].pin, from->now) == KEYPIN_REPORTED;

    *pin = *from->entries[i].pin;
    if (reported && !imagined)
      continue;
    if (reported)
      pin->enforce_until = pin->report_until;
    store->entries[store->in.count] = (struct verdict_entry){pin, from->entries[i].layer};
    store->indices[store->in.count++] = (int)i;
  }
}

/* speaking: to be found where nothing is imagined. */
static struct verdict judge_store(const struct verdict_input *input, bool imagined,
                                  bool speaking[RANKS])
{
  static struct store store;
  static struct facts facts;
  struct verdict verdict;

  fill(&store, input, imagined);
  memset(&facts, 0, sizeof facts);
  facts.in = &store.in;
  facts.imagined = imagined;
  find_facts(&facts);
  find_members(&facts);
  if (!imagined) {
    find_speaking(&facts);
    memcpy(speaking, facts.speaking, sizeof facts.speaking);
  }
  memcpy(facts.speaking, speaking, sizeof facts.speaking);
  verdict = judge_worlds(&facts);
  if (verdict.decided_by >= 0)
    verdict.decided_by = store.indices[verdict.decided_by];
  return verdict;
}

void oracle_judge(const struct verdict_input *input, struct verdict *verdict)
{
  bool speaking[RANKS];
  struct verdict imagined;

  *verdict = judge_store(input, false, speaking);
  imagined = judge_store(input, true, speaking);
  if (verdict->answer == TLSPIN_MISMATCH || verdict->answer == TLSPIN_UNAVAILABLE)
    return;
  if (imagined.answer == TLSPIN_MISMATCH ||
      (imagined.reason == VERDICT_STANDS && verdict->reason != VERDICT_STANDS)) {
    *verdict = imagined;
    verdict->enforced = imagined.answer != TLSPIN_MISMATCH;
    verdict->learn = false;
  }
}

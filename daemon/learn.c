/* What is recorded of a key that a server showed: see learn.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"

#include "daemon/policy-private.h"

#include <string.h>

/* An edit of the user's store, and what it is made from. */
struct lesson {
  const struct policy_judged *judged;
  struct chain *chain;
  int64_t now;
  struct store *store;
  struct store_edit *edit;
  enum tlspin_code code; /* of the edit: the first that wasn't TLSPIN_OK */
  bool history;          /* there is more of it than before */
  bool pinned;           /* by another daemon, since the verdict */
  int64_t expires;       /* of a key that the user accepted; 0: never */
  uint8_t octets[CHAIN_SEEN_MAX];
  struct span seen; /* in `octets`: the chain that is shown */
};

static const struct keypin *learned_at(const struct lesson *lesson, size_t i)
{
  const struct verdict_entry *entry = &lesson->judged->gathering.entries[i];
  bool ours = entry->layer == 0 && entry->pin->kind == KEYPIN_PIN &&
              entry->pin->origin == KEYPIN_TOFU &&
              place_covers(&entry->pin->place, lesson->judged->input.peer);

  return ours ? entry->pin : NULL;
}

static bool is_active(const struct keypin *pin, int64_t now)
{
  return pin->status == KEYPIN_ACTIVE && keypin_force(pin, now) != KEYPIN_EXPIRED;
}

static bool see(struct lesson *lesson)
{
  struct writer writer = writer_of(lesson->octets, sizeof lesson->octets);
  struct chain_seen seen;

  if (!chain_see(lesson->chain, &seen) || !chain_seen_encode(&seen, &writer))
    return false;
  lesson->seen = writer_span(&writer);
  return true;
}

static void put(struct lesson *lesson, const struct keypin *pin)
{
  if (lesson->code == TLSPIN_OK)
    lesson->code = store_edit_put(lesson->edit, pin);
}

/* Stores a record as active, as it was met with now. What is known of it stays. */
static void put_active(struct lesson *lesson, const struct keypin *fresh)
{
  struct keypin pin = *fresh;

  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct verdict_entry *entry = &lesson->judged->gathering.entries[i];

    if (entry->layer != 0 || keypin_compare_key(entry->pin, fresh) != 0)
      continue;
    pin.note = entry->pin->note;
    pin.first_seen = entry->pin->first_seen;
    pin.count_seen = entry->pin->count_seen + 1;
  }
  pin.status = KEYPIN_ACTIVE;
  pin.last_seen = lesson->now;
  pin.seen = lesson->seen;
  put(lesson, &pin);
}

/* The key at a level of the path as a new record. False: it isn't known. */
static bool take_key(const struct lesson *lesson, enum keypin_origin origin,
                     enum keypin_level level, struct keypin *pin)
{
  struct chain *chain = lesson->chain;
  struct place place = place_of_peer(lesson->judged->input.peer);
  struct span digest;
  size_t at = 0;

  if (level != KEYPIN_LEAF && !chain->raw && !chain->path)
    return false;
  if (chain->raw || chain->count < 2)
    level = KEYPIN_LEAF;
  if (level != KEYPIN_LEAF)
    at = level == KEYPIN_ISSUER ? 1 : chain->count - 1;
  if (!chain_digest_at(chain, at, SELECTOR_SPKI, MATCHING_SHA256, &digest))
    return false;
  *pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, origin);
  pin->level = level;
  memcpy(pin->digest, digest.data, digest.size);
  pin->first_seen = lesson->now;
  pin->count_seen = 1;
  return true;
}

/* 1, and the new key of 4. */
static bool learn_new(struct lesson *lesson)
{
  struct keypin pin;

  if (!take_key(lesson, KEYPIN_TOFU, lesson->judged->settings.level, &pin))
    return false;
  put_active(lesson, &pin);
  return true;
}

static bool visit_learned(const struct keypin *pin, void *data)
{
  struct lesson *lesson = data;

  lesson->pinned =
      pin->kind == KEYPIN_PIN && pin->origin == KEYPIN_TOFU && is_active(pin, lesson->now);
  return !lesson->pinned;
}

/* Of two daemons on one home that meet a server for the first time the first one's pin stands. */
static void learn_first(struct lesson *lesson)
{
  lesson->code = store_pins(lesson->store, lesson->judged->input.peer, visit_learned, lesson);
  if (lesson->code == TLSPIN_OK && !lesson->pinned)
    learn_new(lesson);
}

/* As much is known of the chain that is shown as of the one that was seen: else a later change
 * could not be explained by the issuer any more. */
static bool tells_as_much(const struct lesson *lesson, const struct keypin *pin)
{
  struct chain_seen seen;

  return lesson->chain->path || lesson->chain->raw || !chain_seen_decode(pin->seen, &seen) ||
         seen.count <= 1;
}

/* Whether the server's own certificate is another one than that which came with the key last. */
static bool is_renewed(const struct lesson *lesson, const struct keypin *pin)
{
  struct chain_seen before, now;

  return !chain_seen_decode(pin->seen, &before) || !chain_seen_decode(lesson->seen, &now) ||
         before.count == 0 || before.raw != now.raw ||
         memcmp(before.at[0].certificate, now.at[0].certificate, sizeof now.at[0].certificate) != 0;
}

/* 2. */
static void learn_certificate(struct lesson *lesson)
{
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);

    if (pin != NULL && is_active(pin, lesson->now) &&
        keypin_match(pin, lesson->chain) == KEYPIN_MATCHES && is_renewed(lesson, pin) &&
        tells_as_much(lesson, pin))
      put_active(lesson, pin);
  }
}

/* 3. */
static void learn_again(struct lesson *lesson)
{
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);
    struct keypin again;

    if (pin == NULL || is_active(pin, lesson->now) || pin->status == KEYPIN_REJECTED ||
        keypin_match(pin, lesson->chain) != KEYPIN_MATCHES)
      continue;
    again = *pin;
    again.enforce_until = again.report_until = KEYPIN_FOREVER;
    put_active(lesson, &again);
  }
}

/* Whether the new key follows this one: what vouches for the server vouches for all of its keys, an
 * issuer only for the one whose time was up. */
static bool is_followed(const struct lesson *lesson, const struct keypin *pin)
{
  return is_active(pin, lesson->now) && keypin_match(pin, lesson->chain) != KEYPIN_MATCHES &&
         (lesson->judged->verdict.change != CHANGE_SAME_ISSUER ||
          change_classify(&pin, 1, lesson->chain, false, lesson->now) == CHANGE_SAME_ISSUER);
}

/* 4. */
static void learn_successor(struct lesson *lesson)
{
  if (!learn_new(lesson))
    return;
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);
    struct keypin old;

    if (pin == NULL || !is_followed(lesson, pin))
      continue;
    old = *pin;
    old.status = KEYPIN_INACTIVE;
    put(lesson, &old);
    lesson->history = true;
  }
}

static void learn_change(struct lesson *lesson)
{
  switch (lesson->judged->verdict.change) {
  case CHANGE_SEEN_BEFORE:
    learn_again(lesson);
    break;
  case CHANGE_SAME_ISSUER:
  case CHANGE_PROVED:
    learn_successor(lesson);
    break;
  case CHANGE_SAME_KEY:
    learn_certificate(lesson);
    break;
  default:
    break;
  }
}

static bool matches_learned(const struct lesson *lesson)
{
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);

    if (pin != NULL && is_active(pin, lesson->now) &&
        keypin_match(pin, lesson->chain) == KEYPIN_MATCHES)
      return true;
  }
  return false;
}

/* 5. */
static void learn_vouched(struct lesson *lesson)
{
  if (matches_learned(lesson))
    learn_certificate(lesson);
  else
    learn_successor(lesson);
}

static void learn(struct lesson *lesson)
{
  switch (lesson->judged->verdict.reason) {
  case VERDICT_NONE:
  case VERDICT_PROVED:
    learn_first(lesson);
    break;
  case VERDICT_ACTIVE_MATCHED:
    learn_certificate(lesson);
    break;
  case VERDICT_CRITICAL_MATCHED:
    learn_vouched(lesson);
    break;
  case VERDICT_CHANGE_ACCEPTED:
    learn_change(lesson);
    break;
  default:
    break;
  }
}

/* One transaction of what `teach` puts. */
static enum tlspin_code hold(struct policy *policy, struct lesson *lesson,
                             enum store_journal journal, void (*teach)(struct lesson *lesson),
                             bool *learned, char **problem)
{
  struct store_change change = {0};

  lesson->store = policy_writable(policy, lesson->now, problem);
  if (lesson->store == NULL)
    return TLSPIN_UNAVAILABLE;
  lesson->code = store_edit_begin(lesson->store, journal, 0, lesson->now, &lesson->edit);
  if (lesson->code != TLSPIN_OK)
    return policy_fault(policy, lesson->code, problem);
  teach(lesson);
  lesson->code = store_edit_end(lesson->edit, lesson->code, &change);
  *learned = lesson->code == TLSPIN_OK && change.changed > 0;
  if (*learned && lesson->history)
    store_trim_history(lesson->store, HISTORY_MAX, HISTORY_EACH);
  return policy_fault(policy, lesson->code, problem);
}

static bool begin(struct lesson *lesson, const struct policy_judged *judged)
{
  lesson->judged = judged;
  lesson->chain = judged->input.chain;
  lesson->now = judged->input.now;
  lesson->code = TLSPIN_OK;
  lesson->history = lesson->pinned = false;
  return see(lesson);
}

/* Nothing is to be written for a key that was learned, in the certificate that was. */
static bool is_known(const struct lesson *lesson)
{
  const struct verdict *verdict = &lesson->judged->verdict;

  if (verdict->reason != VERDICT_ACTIVE_MATCHED && verdict->reason != VERDICT_CRITICAL_MATCHED)
    return false;
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);

    if (pin != NULL && is_active(pin, lesson->now) &&
        keypin_match(pin, lesson->chain) == KEYPIN_MATCHES && !is_renewed(lesson, pin))
      return true;
  }
  return false;
}

enum tlspin_code learn_key(struct policy *policy, const struct policy_judged *judged, bool *learned,
                           char **problem)
{
  struct lesson lesson;

  *learned = false;
  if (!judged->verdict.learn || !judged->settings.learn || !begin(&lesson, judged) ||
      is_known(&lesson))
    return TLSPIN_OK;
  return hold(policy, &lesson, STORE_LEARNED, learn, learned, problem);
}

/* Whether a record forbids it: it wants nothing but certain keys, or not this one. */
static bool forbids(const struct keypin *pin, struct chain *chain)
{
  return pin->locked || pin->status == KEYPIN_CRITICAL ||
         (pin->status == KEYPIN_REJECTED && keypin_match(pin, chain) != KEYPIN_DIFFERS);
}

/* What forbids it was said with more weight than a click; a layer that can't be read may hold one
 * such. */
static bool may_accept(const struct policy_judged *judged)
{
  const struct verdict_input *input = &judged->input;
  enum verdict_reason reason = judged->verdict.reason;

  if (input->unreadable || reason == VERDICT_OFF || reason == VERDICT_LOCKED_OFF)
    return false;
  for (size_t i = 0; i < input->count; i++) {
    const struct keypin *pin = input->entries[i].pin;

    if (place_covers(&pin->place, input->peer) && keypin_force(pin, input->now) != KEYPIN_EXPIRED &&
        forbids(pin, input->chain))
      return false;
  }
  return true;
}

static void accept_key(struct lesson *lesson)
{
  struct keypin pin;

  if (!take_key(lesson, KEYPIN_PROGRAM, KEYPIN_LEAF, &pin))
    return;
  if (lesson->expires != 0)
    pin.enforce_until = pin.report_until = lesson->expires;
  put_active(lesson, &pin);
}

enum tlspin_code learn_accepted(struct policy *policy, const struct policy_judged *judged,
                                int64_t expires, bool *learned, char **problem)
{
  struct lesson lesson;

  *learned = false;
  if (!may_accept(judged) || !begin(&lesson, judged))
    return TLSPIN_OK;
  lesson.expires = expires;
  return hold(policy, &lesson, STORE_UNDOABLE, accept_key, learned, problem);
}

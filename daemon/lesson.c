/* An edit of the user's store by what a server showed: see lesson.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lesson.h"

#include "daemon/learn.h"
#include "daemon/policy-private.h"

#include <string.h>

static bool see(struct lesson *lesson)
{
  struct writer writer = writer_of(lesson->octets, sizeof lesson->octets);
  struct chain_seen seen;

  if (!chain_see(lesson->chain, &seen) || !chain_seen_encode(&seen, &writer))
    return false;
  lesson->seen = writer_span(&writer);
  return true;
}

bool lesson_begin(struct lesson *lesson, const struct policy_judged *judged)
{
  lesson->judged = judged;
  lesson->chain = judged->input.chain;
  lesson->now = judged->input.now;
  lesson->code = TLSPIN_OK;
  lesson->history = lesson->pinned = lesson->crowded = false;
  lesson->expires = 0;
  lesson->operation = 0;
  return see(lesson);
}

/* What the edit ended with, with a text where there is one. */
static enum tlspin_code explain(struct policy *policy, const struct lesson *lesson, char **problem)
{
  struct place place = place_of_peer(lesson->judged->input.peer);

  if (lesson->code != TLSPIN_E_LIMIT)
    return policy_fault(policy, lesson->code, problem);
  return lesson->crowded ? accept_crowded(&place, problem) : policy_crowded(&place, problem);
}

enum tlspin_code lesson_hold(struct policy *policy, struct lesson *lesson,
                             enum store_journal journal, void (*teach)(struct lesson *lesson),
                             bool *learned, char **problem)
{
  struct store_change change = {0};

  *learned = false;
  if (!policy_may_write(lesson->judged))
    return TLSPIN_E_LIMIT;
  lesson->store = policy_writable(policy, lesson->now, problem);
  if (lesson->store == NULL)
    return TLSPIN_UNAVAILABLE;
  lesson->code = store_edit_begin(lesson->store, journal, 0, lesson->now, &lesson->edit);
  if (lesson->code != TLSPIN_OK)
    return policy_fault(policy, lesson->code, problem);
  teach(lesson);
  lesson->code = store_edit_end(lesson->edit, lesson->code, &change);
  *learned = lesson->code == TLSPIN_OK && change.changed > 0;
  lesson->operation = change.operation;
  policy->images += change.operation != 0 ? change.changed : 0;
  if (*learned && lesson->history)
    store_trim_history(lesson->store, HISTORY_MAX, HISTORY_EACH); /* else policy_tidy does */
  return explain(policy, lesson, problem);
}

bool lesson_take_key(const struct lesson *lesson, enum keypin_origin origin,
                     enum keypin_level level, struct keypin *pin)
{
  struct chain *chain = lesson->chain;
  struct place place = place_of_peer(lesson->judged->input.peer);
  struct span digest;
  size_t at = 0;

  if (level != KEYPIN_LEAF && !chain->path)
    return false;
  if (chain->count < 2)
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

bool lesson_tells_as_much(const struct lesson *lesson, const struct keypin *pin)
{
  const struct chain *chain = lesson->chain;
  struct chain_seen seen;

  return chain->path || (chain->raw && !chain->alone) || !chain_seen_decode(pin->seen, &seen) ||
         seen.count <= (chain->alone ? 0 : 1);
}

void lesson_put(struct lesson *lesson, const struct keypin *pin)
{
  if (lesson->code == TLSPIN_OK)
    lesson->code = store_edit_put(lesson->edit, pin);
}

void lesson_put_active(struct lesson *lesson, const struct keypin *fresh)
{
  struct keypin pin = *fresh;

  pin.status = KEYPIN_ACTIVE;
  pin.last_seen = lesson->now;
  pin.seen = lesson->seen;
  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct verdict_entry *entry = &lesson->judged->gathering.entries[i];

    if (entry->layer != 0 || keypin_compare_key(entry->pin, fresh) != 0)
      continue;
    pin.note = entry->pin->note;
    pin.first_seen = entry->pin->first_seen;
    pin.count_seen = entry->pin->count_seen + 1;
    if (!lesson_tells_as_much(lesson, entry->pin))
      pin.seen = entry->pin->seen;
  }
  lesson_put(lesson, &pin);
}

/* Another daemon on this home may have been faster. */
void lesson_drop(struct lesson *lesson, const struct keypin *pin)
{
  if (lesson->code == TLSPIN_OK)
    lesson->code = store_edit_drop(lesson->edit, pin);
  if (lesson->code == TLSPIN_E_NOT_FOUND)
    lesson->code = TLSPIN_OK;
}

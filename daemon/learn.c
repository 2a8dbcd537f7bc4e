/* What is recorded of a key that a server showed: see learn.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"

#include "daemon/lesson.h"

#include <string.h>

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

/* 1, and the new key of 4. */
static bool learn_new(struct lesson *lesson)
{
  struct keypin pin;

  if (!lesson_take_key(lesson, KEYPIN_TOFU, lesson->judged->settings.level, &pin))
    return false;
  lesson_put_active(lesson, &pin);
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
        lesson_tells_as_much(lesson, pin))
      lesson_put_active(lesson, pin);
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
    lesson_put_active(lesson, &again);
  }
}

/* Whether the new key follows this one: what vouches for the server vouches for all of its keys, an
 * issuer only for the one whose time was up. */
static bool is_followed(const struct lesson *lesson, const struct keypin *pin,
                        const GPtrArray *known)
{
  return is_active(pin, lesson->now) && keypin_match(pin, lesson->chain) != KEYPIN_MATCHES &&
         (lesson->judged->verdict.change != CHANGE_SAME_ISSUER ||
          change_is_renewal(pin, (const struct keypin *const *)known->pdata, known->len,
                            lesson->chain, lesson->now));
}

static void retire(struct lesson *lesson, const struct keypin *pin)
{
  struct keypin old = *pin;

  old.status = KEYPIN_INACTIVE;
  lesson_put(lesson, &old);
  lesson->history = true;
}

/* What is learned of the peer, active and inactive. */
static GPtrArray *collect_known(const struct lesson *lesson)
{
  GPtrArray *known = g_ptr_array_new();

  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct keypin *pin = learned_at(lesson, i);

    if (pin != NULL && pin->status != KEYPIN_REJECTED)
      g_ptr_array_add(known, (void *)pin);
  }
  return known;
}

/* 4. */
static void learn_successor(struct lesson *lesson)
{
  g_autoptr(GPtrArray) known = collect_known(lesson);

  if (!learn_new(lesson))
    return;
  for (guint i = 0; i < known->len; i++)
    if (is_followed(lesson, known->pdata[i], known))
      retire(lesson, known->pdata[i]);
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

static void learn(struct lesson *lesson)
{
  switch (lesson->judged->verdict.reason) {
  case VERDICT_NONE:
  case VERDICT_PROVED:
  case VERDICT_CRITICAL_MATCHED: /* HPKP's: no learned key stands beside them */
    learn_first(lesson);
    break;
  case VERDICT_ACTIVE_MATCHED:
    learn_certificate(lesson);
    break;
  case VERDICT_CHANGE_ACCEPTED:
    learn_change(lesson);
    break;
  default:
    break;
  }
}

/* Nothing is to be written for a key that was learned, in the certificate that was. */
static bool is_known(const struct lesson *lesson)
{
  const struct verdict *verdict = &lesson->judged->verdict;

  if (verdict->reason != VERDICT_ACTIVE_MATCHED)
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
  if (!judged->verdict.learn || !judged->settings.learn || judged->input.chain->raw ||
      !lesson_begin(&lesson, judged) || is_known(&lesson))
    return TLSPIN_OK;
  return lesson_hold(policy, &lesson, STORE_LEARNED, learn, learned, problem);
}

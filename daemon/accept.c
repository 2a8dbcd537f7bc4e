/* What is recorded of a key that the user accepted in a program: see learn.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"

#include "common/text.h"
#include "daemon/lesson.h"

/* What is only reported blocks nothing. */
static bool is_enforced(const struct keypin *pin, const struct verdict_input *input)
{
  return place_covers(&pin->place, input->peer) && keypin_force(pin, input->now) == KEYPIN_ENFORCED;
}

/* Whether a record forbids it: it wants nothing but certain keys, or not this one. */
static bool forbids(const struct keypin *pin, const struct verdict_input *input)
{
  if (!is_enforced(pin, input))
    return false;
  return pin->locked || pin->status == KEYPIN_CRITICAL ||
         (pin->status == KEYPIN_REJECTED && keypin_match(pin, input->chain) != KEYPIN_DIFFERS);
}

/* What forbids it for any key: that nothing is learned only where nobody but an administrator can
 * change that. */
static bool is_forbidden(const struct policy_judged *judged)
{
  const struct verdict_input *input = &judged->input;
  const struct settings *settings = &judged->settings;
  enum verdict_reason reason = judged->verdict.reason;

  return verdict_in_doubt(input) || (input->ticket_locked && !input->ticket_reported) ||
         reason == VERDICT_OFF || reason == VERDICT_LOCKED_OFF ||
         (!settings->learn && settings->learn_locked);
}

/* What forbids it was said with more weight than a click; a layer that can't be read may hold one
 * such. */
static bool may_accept(const struct policy_judged *judged)
{
  const struct verdict_input *input = &judged->input;

  if (is_forbidden(judged))
    return false;
  for (size_t i = 0; i < input->count; i++)
    if (forbids(input->entries[i].pin, input))
      return false;
  return true;
}

bool accept_overrules(const struct policy_judged *judged)
{
  const struct verdict_input *input = &judged->input;
  bool differs = false;

  for (size_t i = 0; i < input->count; i++) {
    const struct keypin *pin = input->entries[i].pin;

    if (pin->kind != KEYPIN_PIN || pin->status != KEYPIN_ACTIVE || !is_enforced(pin, input))
      continue;
    if (keypin_match(pin, input->chain) == KEYPIN_MATCHES)
      return false;
    differs = true;
  }
  return differs;
}

enum tlspin_code accept_crowded(const struct place *place, char **problem)
{
  char text[PLACE_TEXT_SIZE];

  place_text(place, text);
  *problem =
      g_strdup_printf(_("Programs had %d keys accepted for '%s' already, and there can't be more. "
                        "'tlspin list %s' shows them, 'tlspin clear --origin program %s' removes "
                        "them."),
                      ACCEPTED_EACH, text, place->host, place->host);
  return TLSPIN_E_LIMIT;
}

/* Whether there may be one more. Those that ended make way. */
static bool has_room(struct lesson *lesson, const struct keypin *fresh)
{
  size_t count = 0;

  for (size_t i = 0; i < lesson->judged->gathering.count; i++) {
    const struct verdict_entry *entry = &lesson->judged->gathering.entries[i];
    const struct keypin *pin = entry->pin;

    if (entry->layer != 0 || pin->kind != KEYPIN_PIN || pin->origin != KEYPIN_PROGRAM ||
        !place_equal(&pin->place, &fresh->place) || keypin_compare_key(pin, fresh) == 0)
      continue;
    if (keypin_force(pin, lesson->now) == KEYPIN_EXPIRED)
      lesson_drop(lesson, pin);
    else
      count++;
  }
  return count < ACCEPTED_EACH;
}

static void accept_key(struct lesson *lesson)
{
  struct keypin pin;

  if (!lesson_take_key(lesson, KEYPIN_PROGRAM, KEYPIN_LEAF, &pin))
    return;
  lesson->crowded = !has_room(lesson, &pin);
  if (lesson->crowded) {
    lesson->code = TLSPIN_E_LIMIT;
    return;
  }
  if (lesson->expires != 0)
    pin.enforce_until = pin.report_until = lesson->expires;
  lesson_put_active(lesson, &pin);
}

enum tlspin_code learn_accepted(struct policy *policy, const struct policy_judged *judged,
                                int64_t expires, uint64_t *operation, char **problem)
{
  struct lesson lesson;
  enum tlspin_code code;
  bool learned;

  *operation = 0;
  if (!may_accept(judged) || !lesson_begin(&lesson, judged))
    return TLSPIN_OK;
  lesson.expires = expires;
  code = lesson_hold(policy, &lesson, STORE_TOLD, accept_key, &learned, problem);
  *operation = lesson.operation;
  return code;
}

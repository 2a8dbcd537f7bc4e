/* What would change an answer: see advice.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/advice.h"

#include "daemon/clearing.h"
#include "daemon/remedy.h"
#include "daemon/standing.h"

static void clear_command(gpointer data)
{
  g_free(((struct advice_command *)data)->command);
}

void advice_clear(struct advice *advice)
{
  g_clear_pointer(&advice->commands, g_array_unref);
}

/* Takes the command; NULL: there is none. */
static void add(GArray *list, char *command, enum effect does)
{
  const struct advice_command made = {.command = command, .does = does};

  if (command != NULL)
    g_array_append_val(list, made);
}

static void add_pin(GArray *list, const struct policy_judged *judged, enum effect does)
{
  const struct advice_command made = {remedy_pin(judged), does, judged->input.chain == NULL};

  if (made.command != NULL)
    g_array_append_val(list, made);
}

static void add_off(GArray *list, const struct policy_judged *judged)
{
  if (!meant_any(judged, meant_as_narrower) && !meant_any(judged, meant_as_commanding))
    add(list, remedy_words(judged, "off"), EFFECT_OFF);
}

static void add_clear(GArray *list, const struct policy_judged *judged, meant_test test)
{
  g_autoptr(GPtrArray) meant = meant_find(judged, test);
  g_autoptr(GPtrArray) next = meant_find(judged, meant_as_next);
  bool leaves = meant->len > 0 ? clearing_leaves(judged, meant, next)
                               : clearing_of_ticket_leaves(judged, next);

  add(list, remedy_clear(judged, test), leaves ? EFFECT_CLEAR_NEXT : EFFECT_CLEAR);
}

/* Takes the first command; NULL: there is none. */
static char *both(char *first, const char *second)
{
  char *joined = first != NULL ? g_strconcat(first, " && ", second, NULL) : NULL;

  g_free(first);
  return joined;
}

/* An exception excuses the PKI; pins that the server doesn't meet, either, have to go as well, and
 * before it, as it would go with them. */
static void advise_failed(GArray *list, const struct policy_judged *judged,
                          const struct policy_judged *excused)
{
  g_autofree char *except = remedy_except(judged);

  if (except == NULL)
    return;
  if (excused == NULL || excused->verdict.answer != TLSPIN_MISMATCH) {
    add(list, g_steal_pointer(&except), EFFECT_EXCEPT);
    return;
  }
  add(list, both(remedy_pin(excused), except), EFFECT_EXCEPT_PIN);
  add(list, both(remedy_clear(excused, meant_as_unmet), except), EFFECT_EXCEPT_CLEAR);
}

static void advise_mismatch(GArray *list, const struct policy_judged *judged,
                            const struct policy_judged *excused)
{
  if (judged->verdict.reason == VERDICT_KEY_REJECTED) {
    add(list, remedy_clear(judged, meant_as_blocked), EFFECT_UNBLOCK);
  } else if (judged->verdict.reason == VERDICT_PKI_FAILED) {
    advise_failed(list, judged, excused);
  } else {
    add_clear(list, judged, meant_as_unmet);
    add_pin(list, judged, EFFECT_ACCEPT);
    add_off(list, judged);
  }
}

static void advise_opted_out(GArray *list, const struct policy_judged *judged)
{
  if (judged->verdict.reason == VERDICT_ADDED_ANCHOR)
    add_pin(list, judged, EFFECT_PIN_ALWAYS);
  else
    add(list, remedy_words(judged, "on"), EFFECT_ON);
}

static void advise_unpinned(GArray *list, const struct policy_judged *judged,
                            const struct policy_judged *excused)
{
  if (judged->verdict.reason == VERDICT_PKI_FAILED)
    advise_failed(list, judged, excused);
  else
    add_pin(list, judged, EFFECT_PIN);
  add_off(list, judged);
}

static void advise_match(GArray *list, const struct policy_judged *judged)
{
  if (judged->verdict.reason != VERDICT_EXCEPTED) {
    add_clear(list, judged, meant_as_decider);
    add_off(list, judged);
  }
  if (meant_any(judged, meant_as_excuse))
    add(list, remedy_clear(judged, meant_as_excuse), EFFECT_UNEXCEPT);
}

static void advise(GArray *list, const struct policy_judged *judged,
                   const struct policy_judged *excused)
{
  switch (judged->verdict.answer) {
  case TLSPIN_MISMATCH:
    advise_mismatch(list, judged, excused);
    break;
  case TLSPIN_OPTED_OUT:
    advise_opted_out(list, judged);
    break;
  case TLSPIN_NO_PIN:
    advise_unpinned(list, judged, excused);
    break;
  case TLSPIN_MATCH:
    advise_match(list, judged);
    break;
  default:
    add(list,
        g_strdup(judged->verdict.answer == TLSPIN_STORE_DAMAGED ? "tlspin doctor"
                                                                : "tlspin status"),
        EFFECT_STATUS);
  }
}

static const char *layer_of_first(struct policy *policy, const struct policy_judged *judged,
                                  meant_test test)
{
  g_autoptr(GPtrArray) found = meant_find(judged, test);

  return found->len > 0 ? gathering_layer(policy_layers(policy), found->pdata[0])->name : "";
}

static bool decider_is_locked(const struct policy_judged *judged)
{
  int decided_by = judged->verdict.decided_by;

  if (decided_by < 0)
    return judged->input.ticket_locked && standing_ticket_decided(judged);
  return meant_is_locked(&judged->gathering.entries[decided_by]);
}

/* The layer that stands behind an answer and that the user can't override. A blocked key of the
 * system's can't be excused by anything, be it locked or not. */
static const char *lock_of(struct policy *policy, const struct policy_judged *judged)
{
  switch (judged->verdict.reason) {
  case VERDICT_KEY_REJECTED:
    return layer_of_first(policy, judged, meant_as_systems_block);
  case VERDICT_PKI_FAILED:
    return layer_of_first(policy, judged, meant_as_commanding);
  case VERDICT_LOCKED_OFF:
    return judged->layer;
  default:
    return decider_is_locked(judged) ? judged->layer : "";
  }
}

static void fill(struct policy *policy, const struct policy_judged *judged,
                 const struct policy_judged *excused, struct advice *advice)
{
  advice->lock = lock_of(policy, judged);
  if (advice->lock[0] == '\0' && excused != NULL)
    advice->lock = lock_of(policy, excused);
  if (advice->lock[0] == '\0')
    advise(advice->commands, judged, excused);
}

void advice_make(struct policy *policy, const struct policy_shown *shown,
                 const struct policy_judged *judged, struct advice *advice)
{
  struct policy_shown valid = *shown;
  struct policy_judged excused;

  advice->commands = g_array_new(FALSE, FALSE, sizeof(struct advice_command));
  g_array_set_clear_func(advice->commands, clear_command);
  if (judged->verdict.reason != VERDICT_PKI_FAILED) {
    fill(policy, judged, NULL, advice);
    return;
  }
  valid.pki = PKI_OK;
  valid.errors = 0;
  policy_explain(policy, judged->input.peer, &valid, judged->input.now, &excused);
  fill(policy, judged, &excused, advice);
  policy_judged_clear(&excused);
}

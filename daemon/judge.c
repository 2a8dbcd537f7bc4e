/* The decision over what a server showed, and what follows from it: see policy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/learn.h"
#include "daemon/policy-private.h"
#include "daemon/report.h"

#include <string.h>

/* What a program says of the ticket counts where there is one, or where that can't be told: a pin
 * that was cleared since is none. */
static void regard_ticket(const struct layers_answer *known, const struct policy_shown *shown,
                          struct verdict_input *input)
{
  bool stands = known->code == TLSPIN_MATCH;
  bool failed = shown->ticket == TICKET_FAILED;

  input->ticket = TICKET_NONE;
  if (stands)
    input->ticket = shown->ticket == TICKET_NONE ? TICKET_STANDS : shown->ticket;
  else if (known->code == TLSPIN_UNAVAILABLE && failed)
    input->ticket = TICKET_FAILED;
  input->refusal = input->ticket == TICKET_FAILED ? shown->refusal : REFUSAL_NONE;
  input->ticket_reported = stands && known->row.lock == LOCK_REPORT;
  input->ticket_locked = stands && known->row.lock != LOCK_NONE;
}

/* Asked only where the answer may count: the certificates of the vendor are read then. */
static bool ends_in_added_anchor(struct policy *policy, const struct policy_shown *shown,
                                 const struct verdict_input *input)
{
  const struct chain *chain = shown->chain;
  bool counts = input->count > 0 || input->ticket != TICKET_NONE || shown->learn;

  return counts && shown->pki == PKI_OK && chain != NULL && chain->path && chain->count > 0 &&
         anchors_added(policy->anchors, chain->at[chain->count - 1].der);
}

/* Everything but the verdict. */
static void gather(struct policy *policy, const struct peer *peer, const struct policy_shown *shown,
                   int64_t now, struct policy_judged *judged)
{
  struct gathering *gathering = &judged->gathering;
  struct verdict_input *input = &judged->input;

  *judged = (struct policy_judged){.layer = "", .leave = shown->leave};
  gathering_make(policy->layers, peer, now, gathering);
  policy_settings(policy, &judged->settings, NULL, NULL);
  *input = (struct verdict_input){
      .peer = peer,
      .entries = gathering->entries,
      .count = gathering->count,
      .unreadable = gathering->unreadable != NULL,
      .lost = gathering->lost,
      .suspect = gathering->suspect,
      .chain = shown->chain,
      .pki = shown->pki,
      .errors = shown->errors,
      .anchors_enforced = judged->settings.anchors_enforced,
      .changes = judged->settings.changes,
      .now = now,
  };
  regard_ticket(&gathering->ticket, shown, input);
  input->added_anchor = ends_in_added_anchor(policy, shown, input);
}

/* Whether the ticket is what the verdict is about, where no record is. */
static bool is_of_ticket(const struct policy_judged *judged)
{
  switch (judged->verdict.reason) {
  case VERDICT_TICKET:
  case VERDICT_PROVED:
  case VERDICT_STANDS:
    return true;
  case VERDICT_PKI_FAILED:
    return judged->verdict.answer == TLSPIN_MISMATCH;
  default:
    return false;
  }
}

static const char *name_layer(struct policy *policy, const struct policy_judged *judged)
{
  const struct gathering *gathering = &judged->gathering;
  const struct layer *layer = NULL;

  if (judged->verdict.decided_by >= 0)
    layer = gathering_layer(policy->layers, &gathering->entries[judged->verdict.decided_by]);
  else if (judged->verdict.answer == TLSPIN_UNAVAILABLE)
    layer = gathering->unreadable;
  else if (judged->verdict.reason == VERDICT_LOST)
    layer = layers_at(policy->layers, 0);
  else if (is_of_ticket(judged))
    layer = gathering->ticket.layer;
  return layer != NULL ? layer->name : "";
}

/* Rule 3 of verdict.c: what comes after it was decided with the errors excused. */
static unsigned find_excused(const struct policy_judged *judged)
{
  switch (judged->verdict.reason) {
  case VERDICT_KEY_REJECTED:
  case VERDICT_OFF:
  case VERDICT_LOCKED_OFF:
  case VERDICT_PKI_FAILED:
    return 0;
  default:
    return judged->input.pki == PKI_FAILED && judged->input.chain != NULL ? judged->input.errors
                                                                          : 0;
  }
}

static void conclude(struct policy *policy, struct policy_judged *judged)
{
  judged->layer = name_layer(policy, judged);
  judged->excused = find_excused(judged);
}

void policy_judge(struct policy *policy, const struct peer *peer, const struct policy_shown *shown,
                  int64_t now, struct policy_judged *judged)
{
  gather(policy, peer, shown, now, judged);
  verdict_judge(&judged->input, &judged->verdict);
  conclude(policy, judged);
}

void policy_explain(struct policy *policy, const struct peer *peer,
                    const struct policy_shown *shown, int64_t now, struct policy_judged *judged)
{
  struct policy_shown whole = *shown;

  whole.learn = true; /* an added authority is why nothing would be learned: that is to be told */
  gather(policy, peer, &whole, now, judged);
  judged->roles = g_new(enum verdict_role, judged->gathering.count);
  verdict_explain(&judged->input, &judged->verdict, judged->roles);
  conclude(policy, judged);
}

bool policy_may_write(const struct policy_judged *judged)
{
  return judged->leave.ask == NULL || judged->leave.ask(judged->leave.data);
}

void policy_judged_clear(struct policy_judged *judged)
{
  gathering_clear(&judged->gathering);
  g_clear_pointer(&judged->roles, g_free);
}

/* Of the pins that stand with the one that decided, as they were noted. */
static char *make_report(const struct policy_judged *judged, const struct policy_shown *shown)
{
  const struct gathering *gathering = &judged->gathering;
  const struct keypin *decided = gathering->entries[judged->verdict.decided_by].pin;
  g_autofree uint8_t(*pins)[32] = g_malloc_n(gathering->count, sizeof *pins);
  struct report report = {
      .now = judged->input.now,
      .peer = judged->input.peer,
      .noted = decided->place.host,
      .subdomains = decided->place.scope == SCOPE_SUBTREE,
      .expires = decided->report_until,
      .pin = pins,
      .chain = judged->input.chain,
      .served = shown->served,
      .served_count = shown->served_count,
  };

  for (size_t i = 0; i < gathering->count; i++) {
    const struct keypin *pin = gathering->entries[i].pin;

    if (pin->origin == KEYPIN_HPKP && pin->matching == MATCHING_SHA256 &&
        place_compare(&pin->place, &decided->place) == 0)
      memcpy(pins[report.pins++], pin->digest, 32);
  }
  return report_text(&report, EVENT_REPORT_MAX);
}

static bool is_of_hpkp(const struct policy_judged *judged)
{
  int decided = judged->verdict.decided_by;

  return judged->verdict.answer == TLSPIN_MISMATCH && decided >= 0 &&
         judged->gathering.entries[decided].pin->origin == KEYPIN_HPKP;
}

/* The key of the server itself. */
static void write_key(struct chain *chain, char text[KEYPIN_KEY_TEXT_SIZE])
{
  struct place place = {.host = "", .scope = SCOPE_SUBTREE, .protocol = PLACE_ANY_PROTOCOL};
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU);
  struct span digest;

  text[0] = '\0';
  if (!chain_digest_at(chain, 0, SELECTOR_SPKI, MATCHING_SHA256, &digest))
    return;
  memcpy(pin.digest, digest.data, digest.size);
  keypin_key_text(&pin, text);
}

static const char *name_reason(const struct verdict *verdict)
{
  return verdict->reason == VERDICT_TICKET ? refusal_token(verdict->refusal)
                                           : verdict_reason_token(verdict->reason);
}

/* What is worth a line of the log, or NULL. That the PKI failed is the program's to tell; and that
 * a program knows no more than a key, or tells no more than a certificate, is nothing that the
 * server did. What went well is logged where the handshake is over, so that a connection has one
 * line. */
static const char *find_kind(const struct policy_judged *judged, const struct policy_shown *shown,
                             const char **reason)
{
  const struct verdict *verdict = &judged->verdict;

  *reason = name_reason(verdict);
  if (verdict->reason == VERDICT_PATH_UNKNOWN && (shown->chain->alone || shown->leaf_alone))
    return NULL;
  if (verdict->answer == TLSPIN_MISMATCH && verdict->reason != VERDICT_PKI_FAILED)
    return verdict->enforced ? "mismatch" : "reported";
  if (verdict->answer != TLSPIN_MATCH || !shown->learn)
    return NULL;
  if (judged->excused != 0)
    return "exception";
  if (verdict->reason != VERDICT_CHANGE_ACCEPTED ||
      (verdict->change == CHANGE_SAME_KEY && !judged->learned))
    return NULL;
  *reason = change_token(verdict->change);
  return "change";
}

/* The event's number. One that can't be logged changes no answer. operation: of the journal; 0:
 * none. */
static uint64_t log_as(struct policy *policy, const struct policy_shown *shown, int64_t now,
                       const struct policy_judged *judged, const char *kind, const char *reason,
                       uint64_t operation)
{
  const struct layer *user = layers_user(policy->layers, now);
  struct event_row event = {.kind = kind,
                            .peer = *judged->input.peer,
                            .reason = reason,
                            .layer = judged->layer,
                            .report = "",
                            .program = shown->program,
                            .operation = operation};
  g_autofree char *report = NULL;
  char key[KEYPIN_KEY_TEXT_SIZE];
  uint64_t number = 0;

  if (user->store == NULL || !policy_may_write(judged))
    return 0;
  write_key(shown->chain, key);
  event.key = key;
  if (is_of_hpkp(judged))
    event.report = report = make_report(judged, shown);
  if (store_log(user->store, &event, now, &number) != TLSPIN_OK)
    number = 0;
  g_debug("%s (%s).", kind, reason);
  return number;
}

static void log_event(struct policy *policy, const struct policy_shown *shown, int64_t now,
                      struct policy_judged *judged)
{
  const char *reason, *kind = find_kind(judged, shown, &reason);

  if (kind != NULL && shown->chain != NULL)
    judged->event = log_as(policy, shown, now, judged, kind, reason, 0);
}

/* A record of the user's that was met; not one that makes way for another key. */
static void count(struct policy *policy, const struct policy_judged *judged, int64_t now)
{
  const struct verdict *verdict = &judged->verdict;
  const struct verdict_entry *entry =
      verdict->decided_by >= 0 ? &judged->gathering.entries[verdict->decided_by] : NULL;

  if (verdict->answer != TLSPIN_MATCH || judged->learned || entry == NULL || entry->layer != 0 ||
      keypin_match(entry->pin, judged->input.chain) != KEYPIN_MATCHES)
    return;
  if (tally_count(policy->tally, entry->pin, now))
    policy_flush(policy, now);
}

/* What would have been said without the user's word, where that overrules something. */
static uint64_t log_word(struct policy *policy, const struct policy_shown *shown, int64_t now,
                         const struct policy_judged *judged, uint64_t operation)
{
  const struct verdict *verdict = &judged->verdict;

  if (!accept_overrules(judged))
    return 0;
  return log_as(policy, shown, now, judged, "accepted",
                verdict->change != CHANGE_NONE ? change_token(verdict->change)
                                               : name_reason(verdict),
                operation);
}

/* The user's word first: what follows is judged with it. */
static enum tlspin_code take_word(struct policy *policy, const struct peer *peer,
                                  const struct policy_shown *shown, int64_t now,
                                  struct policy_judged *judged, char **problem)
{
  uint64_t operation, acceptance;
  enum tlspin_code code = learn_accepted(policy, judged, shown->expires, &operation, problem);

  if (operation == 0)
    return code;
  acceptance = log_word(policy, shown, now, judged, operation);
  policy_judged_clear(judged);
  policy_judge(policy, peer, shown, now, judged);
  judged->learned = true;
  judged->acceptance = acceptance;
  return code;
}

/* That there was no room is no answer to the question about the server: it is logged. */
static enum tlspin_code learn(struct policy *policy, const struct policy_shown *shown, int64_t now,
                              struct policy_judged *judged, char **problem)
{
  bool learned;
  enum tlspin_code code = learn_key(policy, judged, &learned, problem);

  judged->learned = judged->learned || learned;
  if (code != TLSPIN_E_LIMIT)
    return code;
  g_clear_pointer(problem, g_free);
  judged->event = log_as(policy, shown, now, judged, "crowded", name_reason(&judged->verdict), 0);
  return TLSPIN_OK;
}

enum tlspin_code policy_check(struct policy *policy, const struct peer *peer,
                              const struct policy_shown *shown, int64_t now,
                              struct policy_judged *judged, char **problem)
{
  enum tlspin_code code = TLSPIN_OK;
  bool learns = shown->learn && !shown->private && shown->chain != NULL;

  policy_judge(policy, peer, shown, now, judged);
  if (learns && shown->accepted)
    code = take_word(policy, peer, shown, now, judged, problem);
  if (learns && code == TLSPIN_OK)
    code = learn(policy, shown, now, judged, problem);
  if (learns)
    count(policy, judged, now);
  if (!shown->private)
    log_event(policy, shown, now, judged);
  return code;
}

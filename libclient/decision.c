/* The verdict over all that the server of a session showed: see decision.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/decision.h"

#include "dbus/names.h"
#include "libclient/shown.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A key in a new certificate is still the key that is pinned. Whether any other change is to be
 * accepted is for the daemon to say. */
enum { CHANGES_OF_OUR_OWN = 1 << CHANGE_SAME_KEY };

static enum ticket_result ticket_result(const struct pin *pin)
{
  if (!pin->evidence.pinned)
    return TICKET_NONE;
  if (pin->refusal != REFUSAL_NONE)
    return TICKET_FAILED;
  return pin->evidence.proof_right ? TICKET_PROVED : TICKET_STANDS;
}

static bool lock_is(const struct pin *pin, const char *lock)
{
  return pin->entry != NULL && strcmp(tlspin_entry_lock(pin->entry), lock) == 0;
}

/* A program that checks the certificate by itself accepts what it accepts, perhaps for reasons of
 * its own; so without TLSPIN_VERIFY the PKI's yes counts, and its no is no more than silence. */
static enum pki_status pki_of(const struct pin *pin, const struct shown *shown)
{
  if (pin->verified)
    return pin->pki;
  return shown->path.pki == PKI_OK ? PKI_OK : PKI_UNCHECKED;
}

static void judge(const struct pin *pin, struct shown *shown, struct verdict *verdict)
{
  const struct verdict_input input = {
      .peer = &pin->peer,
      .entries = pin->keys.entries,
      .count = pin->keys.count,
      .unreadable = !pin->keys.known || (pin->keys.policy & BUS_POLICY_UNREADABLE) != 0,
      .chain = shown->there ? &shown->chain : NULL,
      .pki = pki_of(pin, shown),
      .errors = pin->errors,
      .anchors_enforced = (pin->keys.policy & BUS_POLICY_ANCHORS) != 0,
      .changes = CHANGES_OF_OUR_OWN,
      .ticket = ticket_result(pin),
      .refusal = pin->refusal,
      .ticket_reported = lock_is(pin, "report"),
      .ticket_locked = lock_is(pin, "enforce") || lock_is(pin, "report"),
      .now = time(NULL),
  };

  verdict_judge(&input, verdict);
}

/* A handshake without a certificate or key shows nothing that a pin could be met by. One that
 * resumes a session was judged when that was made. */
static void judge_nothing_shown(const struct pin *pin, struct verdict *verdict)
{
  if (verdict->reason != VERDICT_STANDS || pin->evidence.resumed)
    return;
  verdict->answer = TLSPIN_MISMATCH;
  verdict->reason = VERDICT_PATH_UNKNOWN;
  verdict->enforced = true;
}

/* The daemon has nothing to add. Where a store can't be read it would only say the same. */
static bool is_clear(const struct verdict *verdict)
{
  return verdict->answer != TLSPIN_MISMATCH && verdict->change == CHANGE_NONE;
}

static const char *layer_of(const struct pin *pin, const struct verdict *verdict)
{
  if (verdict->reason == VERDICT_TICKET || verdict->reason == VERDICT_PROVED)
    return pin->entry != NULL ? tlspin_entry_layer(pin->entry) : "";
  return verdict->decided_by >= 0 && pin->keys.entries[verdict->decided_by].layer == 0 ? "user"
                                                                                       : "";
}

static void keep(struct pin *pin, const struct verdict *verdict)
{
  struct tlspin_verdict *kept = &pin->verdict;
  const char *reason = verdict->reason == VERDICT_TICKET ? refusal_token(verdict->refusal)
                                                         : verdict_reason_token(verdict->reason);

  *kept = (struct tlspin_verdict){
      .peer = pin->peer,
      .answer = (int)verdict->answer,
      .enforced = verdict->enforced,
      .rule = verdict->rule,
  };
  snprintf(kept->reason, sizeof kept->reason, "%s", reason);
  snprintf(kept->change, sizeof kept->change, "%s", change_token(verdict->change));
  snprintf(kept->layer, sizeof kept->layer, "%s", layer_of(pin, verdict));
}

static const char *ticket_word(const struct pin *pin)
{
  switch (ticket_result(pin)) {
  case TICKET_PROVED:
    return "proved";
  case TICKET_FAILED:
    return refusal_token(pin->refusal);
  default:
    return NULL;
  }
}

/* A ticket that was not met is told by ReportFailure, which logs it, too. */
static bool is_private(const struct pin *pin)
{
  return (pin->flags & TLSPIN_PRIVATE) != 0 || ticket_result(pin) == TICKET_FAILED;
}

static struct bus_check_call question(const struct pin *pin, const struct shown *shown)
{
  enum pki_status pki = pki_of(pin, shown);

  return (struct bus_check_call){
      .chain = check_chain_of(&shown->chain),
      .options = {.path = shown->chain.path,
                  .raw_key = shown->chain.raw,
                  .pki = check_pki_token(pki),
                  .errors = pki == PKI_FAILED ? pin->errors : 0,
                  .ticket = ticket_word(pin),
                  .is_private = is_private(pin),
                  .program = check_program()},
  };
}

/* False where the daemon gave no word. That it can't read its store any more is none: it is no
 * answer to what we have read already. */
static bool ask(const struct pin *pin, struct bus_check_call *call, struct tlspin_verdict *verdict)
{
  if (check_ask(pin->context, &pin->peer, call, verdict) != TLSPIN_OK)
    return false;
  return verdict->answer == TLSPIN_MATCH || verdict->answer == TLSPIN_MISMATCH ||
         verdict->answer == TLSPIN_NO_PIN || verdict->answer == TLSPIN_OPTED_OUT;
}

/* A rejected key counts wherever it was shown, also in certificates that are in no path. */
static bool is_rejected(const struct verdict *verdict)
{
  return verdict->reason == VERDICT_KEY_REJECTED && verdict->enforced;
}

static void decide(gnutls_session_t session, struct pin *pin, struct shown *shown)
{
  struct tlspin_verdict word;
  struct bus_check_call call;
  struct verdict verdict;

  judge(pin, shown, &verdict);
  if (!is_rejected(&verdict) && (!is_clear(&verdict) || keyset_wants_path(&pin->keys))) {
    shown_validate(session, pin->peer.host, pin->anchor, shown);
    judge(pin, shown, &verdict);
  }
  if (!shown->there)
    judge_nothing_shown(pin, &verdict);
  keep(pin, &verdict);
  if (!is_clear(&verdict) && shown->there) {
    call = question(pin, shown);
    if (ask(pin, &call, &word))
      pin->verdict = word;
  }
}

void decision_make(gnutls_session_t session, struct pin *pin)
{
  struct shown shown;

  if (pin->decided)
    return;
  pin->decided = true;
  shown_read(session, &shown);
  decide(session, pin, &shown);
  shown_clear(&shown);
}

bool decision_permits(const struct pin *pin, int answer, bool enforced)
{
  enum verdict_level level = LEVEL_TOFU;

  if ((pin->flags & TLSPIN_STRICT) != 0)
    level = LEVEL_STRICT;
  else if ((pin->flags & TLSPIN_ADVISORY) != 0)
    level = LEVEL_ADVISORY;
  return verdict_permits((enum tlspin_code)answer, enforced, level,
                         (pin->keys.policy & BUS_POLICY_UNAVAILABLE_FAILS) != 0);
}

bool decision_permits_refusal(const struct pin *pin)
{
  return decision_permits(pin, TLSPIN_MISMATCH, !lock_is(pin, "report"));
}

/* Nothing is learned from a session that is resumed, in spite of anything, or where the store was
 * not clear. */
static bool may_learn(const struct pin *pin)
{
  bool asked = pin->answer == TLSPIN_MATCH || pin->answer == TLSPIN_NO_PIN ||
               pin->answer == TLSPIN_OPTED_OUT || pin->answer == TLSPIN_CANNOT_BE_PINNED;

  return asked && pin->keys.known && (pin->flags & TLSPIN_PRIVATE) == 0 &&
         (pin->keys.policy & BUS_POLICY_NO_LEARNING) == 0 && !pin->evidence.resumed &&
         pin->refusal == REFUSAL_NONE &&
         (pin->verdict.answer == TLSPIN_MATCH || pin->verdict.answer == TLSPIN_NO_PIN);
}

/* A change that the daemon has accepted is recorded, too; and of an exception that was used nothing
 * is learned, but it is logged. */
static bool has_news(const struct pin *pin, struct shown *shown)
{
  struct verdict verdict;

  if (shown->there && pki_of(pin, shown) == PKI_FAILED)
    return pin->verdict.answer == TLSPIN_MATCH;
  if (!shown->there || pki_of(pin, shown) != PKI_OK)
    return false;
  judge(pin, shown, &verdict);
  return verdict.learn || pin->verdict.change[0] != '\0';
}

/* What another program taught the daemon meanwhile doesn't change what was found; but that it won't
 * have this key does. */
static void learn(struct pin *pin, const struct shown *shown, bool wait)
{
  struct bus_check_call call = question(pin, shown);
  struct tlspin_verdict word;

  call.options.learn = true;
  if (!wait)
    check_post(pin->context, &pin->peer, &call);
  else if (ask(pin, &call, &word) && word.answer == TLSPIN_MISMATCH)
    pin->verdict = word;
}

void decision_learn(gnutls_session_t session, struct pin *pin, bool wait)
{
  struct shown shown;

  if (!may_learn(pin))
    return;
  shown_read(session, &shown);
  shown_validate(session, pin->peer.host, pin->anchor, &shown);
  if (has_news(pin, &shown))
    learn(pin, &shown, wait);
  shown_clear(&shown);
}

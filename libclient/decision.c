/* The verdict over all that the server of a session showed: see decision.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/decision.h"

#include "dbus/names.h"
#include "libclient/opinion.h"

#include <stdio.h>
#include <string.h>

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
  switch (opinion_ticket(pin)) {
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
  return (pin->flags & TLSPIN_PRIVATE) != 0 || opinion_ticket(pin) == TICKET_FAILED;
}

/* For the report of RFC 7469 section 3, which only the pins of a header lead to. */
static struct bus_chain served(const struct pin *pin, const struct shown *shown)
{
  struct bus_chain sent = {.count = 0};
  bool wanted = false;

  for (size_t i = 0; i < pin->keys.count; i++)
    wanted = wanted || pin->keys.pins[i].origin == KEYPIN_HPKP;
  if (!wanted)
    return sent;
  sent.count = shown->sent_count;
  memcpy(sent.at, shown->sent, sizeof shown->sent);
  return sent;
}

static struct bus_check_call question(const struct pin *pin, const struct shown *shown)
{
  enum pki_status pki = opinion_pki(pin, shown);

  return (struct bus_check_call){
      .chain = check_chain_of(&shown->chain),
      .options = {.path = shown->chain.path,
                  .raw_key = shown->chain.raw,
                  .pki = check_pki_token(pki),
                  .errors = pki == PKI_FAILED ? pin->errors : 0,
                  .ticket = ticket_word(pin),
                  .is_private = is_private(pin),
                  .program = check_program(),
                  .served = served(pin, shown)},
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

/* For a raw key our own word must do: what the daemon lets pass, it lets pass with the PKI. */
static bool is_vouched(const struct pin *pin, struct shown *shown, const struct verdict *verdict)
{
  return verdict->answer == TLSPIN_MATCH && shown->there && shown->chain.raw &&
         opinion_vouches(pin, shown);
}

/* There is nothing to be learned: an active pin of a first use is met, and its certificate is the
 * one that was seen with it last. */
static bool is_known(const struct pin *pin, const struct shown *shown,
                     const struct verdict *verdict)
{
  const struct verdict_entry *met =
      verdict->decided_by >= 0 ? &pin->keys.entries[verdict->decided_by] : NULL;

  return verdict->answer == TLSPIN_MATCH && verdict->reason == VERDICT_ACTIVE_MATCHED &&
         verdict->change == CHANGE_NONE && met != NULL && met->layer == 0 &&
         met->pin->origin == KEYPIN_TOFU && met->pin->seen.size > 0 && shown->there &&
         !shown->chain.raw && opinion_pki(pin, shown) != PKI_FAILED;
}

/* Of a certificate that can't be read the daemon was told nothing: what it might hold it can't take
 * back. */
static bool may_replace(const struct verdict *verdict, const struct tlspin_verdict *word)
{
  return !is_rejected(verdict) || word->answer == TLSPIN_MISMATCH;
}

static void decide(gnutls_session_t session, struct pin *pin, struct shown *shown)
{
  struct tlspin_verdict word;
  struct bus_check_call call;
  struct verdict verdict;

  opinion_form(pin, shown, &verdict);
  if (!is_rejected(&verdict) && (!is_clear(&verdict) || keyset_wants_path(&pin->keys))) {
    shown_validate(session, pin->peer.host, pin->anchor, shown);
    opinion_form(pin, shown, &verdict);
  }
  keep(pin, &verdict);
  pin->vouched = is_vouched(pin, shown, &verdict);
  pin->known = is_known(pin, shown, &verdict);
  if (!is_clear(&verdict) && shown->there) {
    call = question(pin, shown);
    if (ask(pin, &call, &word) && may_replace(&verdict, &word))
      pin->verdict = word;
  }
}

void decision_make(gnutls_session_t session, struct pin *pin)
{
  struct shown shown;

  if (pin->decided)
    return;
  pin->decided = true;
  shown_open(session, &pin->path, &shown);
  decide(session, pin, &shown);
  shown_close(&shown, &pin->path);
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
  return decision_permits(pin, TLSPIN_MISMATCH, !opinion_is_locked(pin, "report"));
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
 * is learned, but it is logged. What we know too little of is left to the daemon. */
static bool has_news(const struct pin *pin, struct shown *shown)
{
  struct verdict verdict;

  if (shown->there && opinion_pki(pin, shown) == PKI_FAILED)
    return pin->verdict.answer == TLSPIN_MATCH;
  if (!shown->there || shown->partly || opinion_pki(pin, shown) != PKI_OK)
    return false;
  opinion_form(pin, shown, &verdict);
  return verdict.learn || pin->verdict.change[0] != '\0' || keyset_is_crowded(&pin->keys);
}

/* True where there was time for a word. Until there is one, nobody knows what became of the key. */
static bool tell(struct pin *pin, struct bus_check_call *call, bool wait,
                 struct tlspin_verdict *word)
{
  bool said = false;

  call->options.learn = true;
  if (wait)
    said = ask(pin, call, word);
  else
    check_post(pin->context, &pin->peer, call);
  pin->unsettled = !said || word->answer == TLSPIN_OPTED_OUT;
  return said;
}

/* What another program taught the daemon meanwhile doesn't change what was found; but that it won't
 * have this key does. */
static void heed(struct pin *pin, const struct tlspin_verdict *word)
{
  if (word->answer == TLSPIN_MISMATCH)
    pin->verdict = *word;
}

static void teach(struct pin *pin, const struct shown *shown, bool wait)
{
  struct bus_check_call call = question(pin, shown);
  struct tlspin_verdict word;

  if (tell(pin, &call, wait, &word))
    heed(pin, &word);
}

/* For that the certificate alone does, and no path has to be validated. Whatever became of the pin
 * since, the daemon learns nothing where the PKI was not asked. Where a pin above the certificate
 * came since, the path is wanted after all; who doesn't wait is told of that pin by his next
 * lookup. */
static void count_key(gnutls_session_t session, struct pin *pin, struct shown *shown, bool wait)
{
  struct shown leaf = *shown;
  struct bus_check_call call;
  struct tlspin_verdict word;

  leaf.chain.count = 1;
  call = question(pin, &leaf);
  call.options.pki = check_pki_token(PKI_UNCHECKED);
  call.options.leaf_alone = true;
  if (!tell(pin, &call, wait, &word))
    return;
  if (strcmp(word.reason, verdict_reason_token(VERDICT_PATH_UNKNOWN)) != 0) {
    heed(pin, &word);
    return;
  }
  shown_validate(session, pin->peer.host, pin->anchor, shown);
  teach(pin, shown, wait);
}

static void learn(gnutls_session_t session, struct pin *pin, struct shown *shown, bool wait)
{
  shown_validate(session, pin->peer.host, pin->anchor, shown);
  if (has_news(pin, shown))
    teach(pin, shown, wait);
}

void decision_learn(gnutls_session_t session, struct pin *pin, bool wait)
{
  struct shown shown;

  if (!may_learn(pin))
    return;
  shown_open(session, &pin->path, &shown);
  if (pin->known && shown.there && !shown.validated)
    count_key(session, pin, &shown, wait);
  else
    learn(session, pin, &shown, wait);
  shown_close(&shown, &pin->path);
}

bool decision_anchor(gnutls_session_t session, struct pin *pin, struct decision_anchor *anchor)
{
  struct span digest;
  struct shown shown;
  bool legible;

  shown_open(session, &pin->path, &shown);
  shown_validate(session, pin->peer.host, pin->anchor, &shown);
  legible = shown.there && !shown.partly;
  anchor->known = legible && opinion_pki(pin, &shown) == PKI_OK && shown.chain.path &&
                  chain_digest_at(&shown.chain, shown.chain.count - 1, SELECTOR_CERTIFICATE,
                                  MATCHING_SHA256, &digest);
  if (anchor->known)
    memcpy(anchor->digest, digest.data, BUS_ANCHOR_SIZE);
  shown_close(&shown, &pin->path);
  return legible;
}

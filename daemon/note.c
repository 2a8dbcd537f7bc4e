/* Public-Key-Pins (RFC 7469): what is stored of a header. See policy.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The RFC pins host names, since its user agents speak nothing but HTTP. Here the pins hold for the
 * protocol and port that the header came over: a web server's header says nothing about the mail
 * server of the same name.
 *
 * Any program may tell of a header. So the pins only ever add to what is asked of a server: they
 * explain no other key (rule 6 of pinning/verdict.c), and no word about TOFU's comes from here.
 * Where another set takes the place of one that is in force, or none does, that is logged and can
 * be undone, by the number that the log names. While it can be, the next such change of the host's
 * pins can't, and names the same number: a program that tells of one header after the other doesn't
 * fill the journal, and the set that stood before all of them comes back. */
#include "config.h"

#include "daemon/policy-private.h"
#include "daemon/report.h"
#include "daemon/suffixes.h"

#include <string.h>

/* A header on its way into the store. */
struct noting {
  struct policy_judged judged; /* of the connection, and what is stored for the host */
  const struct peer *peer;
  int64_t now;
  struct hpkp hpkp;
  struct place place; /* of its pins */
  int64_t expires;
};

static void ignore(struct policy_noted *noted, const char *reason)
{
  noted->outcome = HPKP_IGNORE;
  noted->reason = reason;
}

/* All names below a public suffix: nobody speaks for their owners. */
static bool is_too_wide(const struct noting *noting)
{
  struct suffixes *suffixes;
  bool wide;

  if (!noting->hpkp.subdomains)
    return false;
  suffixes = suffixes_load();
  wide = suffixes_have(suffixes, noting->peer->host);
  suffixes_free(suffixes);
  return wide;
}

/* The host's own pins for this protocol and port, with or without the names below; those of the
 * names above it are never touched (section 2.3.3). */
static const struct keypin *noted_at(const struct noting *noting, size_t i)
{
  const struct verdict_entry *entry = &noting->judged.gathering.entries[i];
  struct place place = entry->pin->place;

  place.scope = noting->place.scope;
  return entry->layer == 0 && entry->pin->kind == KEYPIN_PIN && entry->pin->origin == KEYPIN_HPKP &&
                 place_equal(&place, &noting->place)
             ? entry->pin
             : NULL;
}

/* The connection doesn't meet what was noted before, whatever else it meets: then nobody but an
 * impostor may speak in it. */
static bool differs(const struct noting *noting)
{
  bool differs = false;

  for (size_t i = 0; i < noting->judged.gathering.count; i++) {
    const struct keypin *pin = noted_at(noting, i);

    if (pin == NULL || keypin_force(pin, noting->now) == KEYPIN_EXPIRED)
      continue;
    if (keypin_match(pin, noting->judged.input.chain) == KEYPIN_MATCHES)
      return false;
    differs = true;
  }
  return differs;
}

/* Section 2.5's first condition, and section 2.6's exemption. What was noted before may be removed
 * where nothing is learned any more. */
static bool may_note(const struct noting *noting, struct policy_noted *noted)
{
  const struct policy_judged *judged = &noting->judged;
  const struct settings *settings = &judged->settings;
  const struct verdict *verdict = &judged->verdict;

  if (noted->outcome == HPKP_NOTE && (!settings->learn || settings->hpkp_cap == 0))
    ignore(noted, "nothing is learned");
  else if (judged->input.added_anchor)
    ignore(noted, verdict_reason_text(VERDICT_ADDED_ANCHOR));
  else if (verdict->answer != TLSPIN_MATCH && verdict->answer != TLSPIN_NO_PIN)
    ignore(noted, verdict_reason_text(verdict->reason));
  else if (differs(noting))
    ignore(noted, "the pins that were noted before are not met");
  else
    return true;
  return false;
}

static struct keypin pin_of(const struct noting *noting, size_t i)
{
  struct keypin pin = keypin_new(&noting->place, KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_HPKP);

  pin.level = KEYPIN_ANY;
  memcpy(pin.digest, noting->hpkp.pin[i], sizeof noting->hpkp.pin[i]);
  pin.enforce_until = pin.report_until = noting->expires;
  pin.first_seen = pin.last_seen = noting->now;
  pin.count_seen = 1;
  pin.note = noting->hpkp.report_uri;
  return pin;
}

static bool is_of_set(const struct noting *noting, const struct keypin *pin)
{
  for (size_t i = 0; i < noting->hpkp.pins; i++) {
    struct keypin fresh = pin_of(noting, i);

    if (keypin_compare_key(&fresh, pin) == 0)
      return true;
  }
  return false;
}

/* A page has many parts, each with the header: the end of a set that stands already is only moved
 * where that is more than a thirtieth of its life. */
static bool stands(const struct noting *noting, int64_t *expires)
{
  int64_t slack = (noting->expires - noting->now) / 30;
  size_t standing = 0;

  for (size_t i = 0; i < noting->judged.gathering.count; i++) {
    const struct keypin *pin = noted_at(noting, i);

    if (pin == NULL)
      continue;
    if (!is_of_set(noting, pin) || strcmp(pin->note, noting->hpkp.report_uri) != 0 ||
        pin->enforce_until > noting->expires || pin->enforce_until < noting->expires - slack)
      return false;
    *expires = pin->enforce_until;
    standing++;
  }
  return standing == noting->hpkp.pins;
}

/* Whether the set has this pin as well: as far down, and as long. */
static bool keeps(const struct noting *noting, const struct keypin *pin)
{
  struct keypin moved = *pin;

  moved.place.scope = noting->place.scope;
  return is_of_set(noting, &moved) && pin->place.scope <= noting->place.scope &&
         pin->enforce_until <= noting->expires;
}

/* Whether pins that are in force make way: for none, or for a set with other keys, for fewer names
 * or with an earlier end. */
static bool give_way(const struct noting *noting, bool none)
{
  size_t standing = 0, kept = 0;

  for (size_t i = 0; i < noting->judged.gathering.count; i++) {
    const struct keypin *pin = noted_at(noting, i);

    if (pin == NULL || keypin_force(pin, noting->now) == KEYPIN_EXPIRED)
      continue;
    standing++;
    kept += !none && keeps(noting, pin);
  }
  return standing > 0 && (kept < standing || noting->hpkp.pins > standing);
}

static enum tlspin_code drop_others(const struct noting *noting, struct store_edit *edit, bool all)
{
  enum tlspin_code code = TLSPIN_OK;

  for (size_t i = 0; i < noting->judged.gathering.count && code == TLSPIN_OK; i++) {
    const struct keypin *pin = noted_at(noting, i);

    if (pin != NULL && (all || !is_of_set(noting, pin)))
      code = store_edit_drop(edit, pin);
    if (code == TLSPIN_E_NOT_FOUND) /* another daemon on this home was faster */
      code = TLSPIN_OK;
  }
  return code;
}

static enum tlspin_code put_set(const struct noting *noting, struct store_edit *edit)
{
  enum tlspin_code code = TLSPIN_OK;

  for (size_t i = 0; i < noting->hpkp.pins && code == TLSPIN_OK; i++) {
    struct keypin pin = pin_of(noting, i);

    code = store_edit_put(edit, &pin);
  }
  return code;
}

/* An event that can't be logged changes no outcome. */
static uint64_t log_as(struct store *store, const struct noting *noting, const char *reason,
                       const char *report, uint64_t operation)
{
  const struct event_row event = {.kind = "hpkp",
                                  .peer = *noting->peer,
                                  .reason = reason,
                                  .layer = "",
                                  .key = "",
                                  .report = report,
                                  .program = "",
                                  .operation = operation};
  uint64_t number = 0;

  return store_log(store, &event, noting->now, &number) == TLSPIN_OK ? number : 0;
}

/* *operation: what stands already and brings the older set back; 0: none. */
static enum tlspin_code begin(struct store *store, const struct noting *noting, bool gives_way,
                              uint64_t *operation, struct store_edit **edit)
{
  enum tlspin_code code = TLSPIN_OK;

  *operation = 0;
  if (gives_way)
    code = store_told_stands(store, &noting->place, KEYPIN_HPKP, operation);
  if (code != TLSPIN_OK)
    return code;
  return store_edit_begin(store, gives_way && *operation == 0 ? STORE_TOLD : STORE_LEARNED, 0,
                          noting->now, edit);
}

/* *operation: by which what gave way comes back; 0: nothing did. */
static enum tlspin_code edit_set(struct policy *policy, struct store *store,
                                 const struct noting *noting, bool none, bool gives_way,
                                 uint64_t *operation, bool *changed)
{
  struct store_change change = {0};
  struct store_edit *edit;
  enum tlspin_code code = begin(store, noting, gives_way, operation, &edit);

  if (code != TLSPIN_OK)
    return code;
  code = drop_others(noting, edit, none);
  if (code == TLSPIN_OK && !none)
    code = put_set(noting, edit);
  code = store_edit_end(edit, code, &change);
  *changed = code == TLSPIN_OK && change.changed > 0;
  if (change.operation == 0)
    return code;
  *operation = change.operation;
  policy->images += change.changed;
  return code;
}

/* Exactly the new set instead of the old (section 2.3.3), or none. */
static enum tlspin_code replace(struct policy *policy, const struct noting *noting, bool none,
                                struct policy_noted *noted, char **problem)
{
  struct store *store = policy_writable(policy, noting->now, problem);
  bool gives_way = give_way(noting, none);
  uint64_t operation;
  enum tlspin_code code;

  if (store == NULL)
    return TLSPIN_UNAVAILABLE;
  code = edit_set(policy, store, noting, none, gives_way, &operation, &noted->changed);
  if (noted->changed && gives_way)
    noted->event = log_as(store, noting, none ? "removed" : "replaced", "", operation);
  return code == TLSPIN_E_LIMIT ? policy_crowded(&noting->place, problem)
                                : policy_fault(policy, code, problem);
}

static void set_place_and_end(struct noting *noting)
{
  noting->place = place_of_peer(noting->peer);
  noting->place.scope = noting->hpkp.subdomains ? SCOPE_SUBTREE : SCOPE_EXACT;
  noting->expires = noting->now + MIN(hpkp_age(&noting->hpkp), noting->judged.settings.hpkp_cap);
}

/* Section 2.3.2: told, and that is all. */
static void evaluate(struct policy *policy, const struct noting *noting, struct chain *chain,
                     struct policy_noted *noted)
{
  const struct layer *user = layers_user(policy->layers, noting->now);
  struct report report = {.now = noting->now,
                          .peer = noting->peer,
                          .noted = noting->peer->host,
                          .subdomains = noting->hpkp.subdomains,
                          .expires = noting->expires,
                          .pins = noting->hpkp.pins,
                          .pin = noting->hpkp.pin,
                          .chain = chain};
  g_autofree char *text = NULL;

  if (hpkp_met(&noting->hpkp, chain) || user->store == NULL)
    return;
  text = report_text(&report, EVENT_REPORT_MAX);
  noted->event =
      log_as(user->store, noting, verdict_reason_token(VERDICT_CRITICAL_DIFFERS), text, 0);
}

/* The Public Suffix List is read only for what is new: what stands was not too wide. */
static enum tlspin_code note(struct policy *policy, const struct noting *noting,
                             struct policy_noted *noted, char **problem)
{
  noted->expires = noting->expires;
  if (stands(noting, &noted->expires))
    return TLSPIN_OK;
  if (!is_too_wide(noting))
    return replace(policy, noting, false, noted, problem);
  noted->expires = 0;
  ignore(noted, "it includes all names below a public suffix");
  return TLSPIN_OK;
}

static enum tlspin_code carry_out(struct policy *policy, struct noting *noting, struct chain *chain,
                                  struct policy_noted *noted, char **problem)
{
  switch (noted->outcome) {
  case HPKP_NOTE:
    return note(policy, noting, noted, problem);
  case HPKP_REMOVE:
    return replace(policy, noting, true, noted, problem);
  case HPKP_EVALUATE:
    evaluate(policy, noting, chain, noted);
    return TLSPIN_OK;
  default:
    return TLSPIN_OK;
  }
}

/* A connection without any error, judged as CheckChain does, but without a word to the log. */
static void judge_connection(struct policy *policy, struct chain *chain, struct noting *noting)
{
  struct policy_shown shown = {.chain = chain, .pki = PKI_OK, .learn = true};

  policy_judge(policy, noting->peer, &shown, noting->now, &noting->judged);
}

enum tlspin_code policy_note(struct policy *policy, const struct peer *peer,
                             const struct policy_header *header, int64_t now,
                             struct policy_noted *noted, char **problem)
{
  struct noting noting = {.peer = peer, .now = now};
  enum tlspin_code code = TLSPIN_OK;

  *noted = (struct policy_noted){.outcome = HPKP_IGNORE, .reason = "it is malformed"};
  if (header->text.size > HPKP_HEADER_MAX)
    noted->reason = "it is too long";
  else if (hpkp_read(header->text, &noting.hpkp)) {
    noted->outcome = hpkp_judge(&noting.hpkp, header->report_only, header->chain, &noted->reason);
    if (noted->outcome == HPKP_IGNORE && hpkp_forgets(&noting.hpkp, header->report_only))
      noted->outcome = HPKP_REMOVE;
  }
  if (noted->outcome == HPKP_IGNORE)
    return TLSPIN_OK;
  judge_connection(policy, header->chain, &noting);
  set_place_and_end(&noting);
  if (may_note(&noting, noted))
    code = carry_out(policy, &noting, header->chain, noted, problem);
  policy_judged_clear(&noting.judged);
  return code;
}

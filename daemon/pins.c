/* The methods of org.tlspin.Pins1: see handlers.h and dbus/org.tlspin.Pins1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "dbus/names.h"

#include <string.h>

static struct bus_lookup_reply reply_of(const struct layers_answer *answer)
{
  bool match = answer->code == TLSPIN_MATCH;

  return (struct bus_lookup_reply){
      .answer = tlspin_code_token(answer->code),
      .reason = answer->reason,
      .layer = answer->layer != NULL ? answer->layer->name : "",
      .ticket = match ? answer->row.ticket : (struct span){NULL, 0},
      .secret = match ? answer->row.secret : (struct span){NULL, 0},
      .hash = match ? ticket_hash_token(answer->row.hash) : "",
      .series = match ? answer->row.series : 0,
      .expires = match ? (uint64_t)answer->row.expires : 0,
      .lock = lock_token(answer->row.lock),
  };
}

/* The keys of a reply, and what they point into. */
struct keys {
  struct bus_key *at;
  uint8_t (*seen)[32];
  size_t count;
  bool crowded; /* there are more than a reply may have, and none is handed out */
};

static bool is_handed_out(const struct keypin *pin, int64_t now)
{
  return pin->status != KEYPIN_INACTIVE && keypin_force(pin, now) != KEYPIN_EXPIRED;
}

/* A program judges by its own clock, and that is the one that isn't trusted: what is in force at
 * the time that is believed is to have no end by it. */
static void hold(struct bus_key *key, const struct keypin *pin, int64_t now)
{
  key->enforce_until = keypin_force(pin, now) == KEYPIN_ENFORCED ? KEYPIN_FOREVER : 0;
  key->report_until = KEYPIN_FOREVER;
}

/* All or none: of a part a program would not know that it is one. */
static void add_key(const struct verdict_entry *entry, int64_t now, bool suspect, struct keys *keys)
{
  if (keys->count == BUS_KEYS_MAX) {
    keys->crowded = true;
    keys->count = 0;
    return;
  }
  keys->at[keys->count] = bus_key_of_pin(entry->pin, entry->layer, keys->seen[keys->count]);
  if (suspect)
    hold(&keys->at[keys->count], entry->pin, now);
  keys->count++;
}

static struct keys collect_keys(const struct gathering *gathering, int64_t now, bool suspect)
{
  size_t room = MIN(gathering->count, BUS_KEYS_MAX);
  struct keys keys = {g_new(struct bus_key, room), g_malloc_n(room, sizeof *keys.seen), 0, false};

  for (size_t i = 0; i < gathering->count && !keys.crowded; i++)
    if (is_handed_out(gathering->entries[i].pin, now))
      add_key(&gathering->entries[i], now, suspect, &keys);
  return keys;
}

static uint32_t doubt_bits(const struct gathering *gathering)
{
  bool unreadable = gathering->unreadable != NULL;
  uint32_t others =
      (gathering->lost ? BUS_POLICY_LOST : 0U) | (gathering->suspect ? BUS_POLICY_CLOCK : 0U);

  if (others == 0)
    return unreadable ? BUS_POLICY_UNREADABLE : 0U;
  return others | BUS_POLICY_UNREADABLE | (unreadable ? BUS_POLICY_UNREADABLE_TOO : 0U);
}

static uint32_t policy_bits(const struct gathering *gathering, const struct settings *settings,
                            bool crowded)
{
  return doubt_bits(gathering) | (crowded ? BUS_POLICY_CROWDED : 0U) |
         (settings->anchors_enforced ? BUS_POLICY_ANCHORS : 0U) |
         (settings->unavailable_fails ? BUS_POLICY_UNAVAILABLE_FAILS : 0U) |
         (settings->learn ? 0U : BUS_POLICY_NO_LEARNING);
}

/* An address is an answer here and not an error: the program that asks has done nothing wrong. */
enum tlspin_code pins_lookup(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct gathering gathering = {.ticket = {.code = TLSPIN_CANNOT_BE_PINNED, .reason = "address"}};
  struct settings settings = {.learn = true};
  struct bus_lookup_reply fields;
  struct bus_peer in;
  struct peer peer;
  struct keys keys;
  int64_t now = handlers->now();
  enum tlspin_code code;

  bus_read_peer(call, &in);
  code = handlers_read_peer(&in, &peer, problem);
  if (code != TLSPIN_OK && code != TLSPIN_CANNOT_BE_PINNED)
    return code;
  if (code == TLSPIN_OK)
    policy_lookup(handlers->policy, &peer, now, &gathering, &settings);
  keys = collect_keys(&gathering, now, layers_clock(policy_layers(handlers->policy)) != NULL);
  fields = reply_of(&gathering.ticket);
  fields.keys = keys.at;
  fields.key_count = keys.count;
  fields.policy = policy_bits(&gathering, &settings, keys.crowded);
  code = handlers_filled(bus_append_lookup_reply(reply, &fields));
  g_free(keys.at);
  g_free(keys.seen);
  gathering_clear(&gathering);
  return code;
}

/* The arguments beyond the peer; the text names the one that can't be used. */
static enum tlspin_code read_ticket(const struct bus_store_call *in, struct policy_ticket *out,
                                    GString *problem)
{
  enum tlspin_code code = handlers_check_length("hash", in->hash, BUS_WORD_MAX, problem);

  if (code != TLSPIN_OK)
    return code;
  if (in->ticket.size > BUS_TICKET_MAX) {
    g_string_printf(problem, _("argument '%s' is longer than %d octets"), "ticket", BUS_TICKET_MAX);
    return TLSPIN_E_ARGUMENT;
  }
  if (!ticket_hash_from_token(in->hash, &out->hash)) {
    g_string_printf(problem, _("argument '%s' is '%s'; it must be 'sha256' or 'sha384'"), "hash",
                    in->hash);
    return TLSPIN_E_ARGUMENT;
  }
  if (in->secret.size != ticket_hash_size(out->hash)) {
    g_string_printf(problem, _("argument '%s' has %zu octets; with '%s' it must have %d"), "secret",
                    in->secret.size, in->hash, ticket_hash_size(out->hash));
    return TLSPIN_E_ARGUMENT;
  }
  if (in->anchor.size != 0 && in->anchor.size != BUS_ANCHOR_SIZE) {
    g_string_printf(problem, _("argument '%s' has %zu octets; it must have none or %d"), "anchor",
                    in->anchor.size, BUS_ANCHOR_SIZE);
    return TLSPIN_E_ARGUMENT;
  }
  out->anchor = in->anchor;
  out->ticket = in->ticket;
  out->secret = in->secret;
  out->lifetime = in->lifetime;
  out->series = in->series;
  return TLSPIN_OK;
}

static const char *outcome_token(enum policy_outcome outcome)
{
  switch (outcome) {
  case POLICY_STORED:
  case POLICY_RENEWED:
  case POLICY_REPEATED:
    return "stored";
  case POLICY_NOTHING:
    return "nothing";
  case POLICY_OPTED_OUT:
    return "opted-out";
  default:
    return "superseded";
  }
}

enum tlspin_code pins_store_ticket(void *data, DBusMessage *call, DBusMessage *reply,
                                   GString *problem)
{
  struct handlers *handlers = data;
  struct bus_store_call in;
  struct bus_store_reply out;
  struct policy_ticket ticket;
  enum policy_outcome outcome;
  int64_t expires;
  enum tlspin_code code;
  char *text = NULL;

  bus_read_store_call(call, &in);
  code = handlers_read_peer(&in.peer, &ticket.peer, problem);
  if (code == TLSPIN_OK)
    code = read_ticket(&in, &ticket, problem);
  if (code != TLSPIN_OK)
    return code;
  code = policy_store(handlers->policy, &ticket, handlers->now(), &outcome, &expires, &text);
  if (code != TLSPIN_OK)
    return handlers_explain(code, text, problem);
  out = (struct bus_store_reply){outcome_token(outcome), (uint64_t)expires};
  if (outcome == POLICY_STORED || outcome == POLICY_RENEWED)
    announce_changed(&handlers->announce, outcome == POLICY_STORED ? "stored" : "renewed",
                     &ticket.peer, 1);
  return handlers_filled(bus_append_store_reply(reply, &out));
}

enum tlspin_code pins_report_failure(void *data, DBusMessage *call, DBusMessage *reply,
                                     GString *problem)
{
  struct handlers *handlers = data;
  struct bus_failure_call in;
  struct peer peer;
  enum refusal refusal;
  uint64_t event;
  enum tlspin_code code;
  char *text = NULL;

  (void)reply; /* it is empty */
  bus_read_failure_call(call, &in);
  code = handlers_read_peer(&in.peer, &peer, problem);
  if (code == TLSPIN_OK)
    code = handlers_check_length("reason", in.reason, BUS_WORD_MAX, problem);
  if (code != TLSPIN_OK)
    return code;
  if (!refusal_from_token(in.reason, &refusal)) {
    g_string_printf(problem, _("argument '%s' is '%s'; no such reason is known"), "reason",
                    in.reason);
    return TLSPIN_E_ARGUMENT;
  }
  code = policy_report(handlers->policy, &peer, refusal, handlers->now(), &event, &text);
  if (code != TLSPIN_OK)
    return handlers_explain(code, text, problem);
  g_message("A server did not meet its pin (%s).", in.reason);
  announce_failed(&handlers->announce, &peer, in.reason);
  handlers_logged(handlers, event);
  return TLSPIN_OK;
}

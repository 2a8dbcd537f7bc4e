/* Verdicts for programs with a handshake of their own, and HPKP: see tlspin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/check.h"

#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/describe.h"
#include "libclient/entry.h"
#include "libclient/last.h"
#include "pinning/hpkp.h"
#include "pinning/verdict.h"

#include <stdlib.h>
#include <string.h>

/* An answer that needs no asking, or for which nobody could be asked. */
static struct tlspin_verdict answer_of(const struct peer *peer, enum tlspin_code answer,
                                       const char *reason)
{
  struct tlspin_verdict verdict = {.peer = *peer, .answer = (int)answer, .otherwise = (int)answer};

  strcpy(verdict.reason, reason);
  return verdict;
}

static int ask(tlspin_t *context, const struct peer *peer, struct bus_check_call *call,
               struct tlspin_verdict *verdict)
{
  int code = check_ask(context, peer, call, verdict);

  if (code == TLSPIN_UNAVAILABLE)
    *verdict = answer_of(peer, TLSPIN_UNAVAILABLE, verdict_reason_token(VERDICT_UNREADABLE));
  return code == TLSPIN_OK ? verdict->answer : code;
}

/* The program's copy. */
static int hand_out(struct tlspin_verdict *verdict, tlspin_verdict_t **out)
{
  if (out == NULL)
    return verdict->answer;
  *out = malloc(sizeof **out);
  if (*out == NULL)
    return last_code(TLSPIN_E_MEMORY);
  describe_verdict(verdict, verdict->text, sizeof verdict->text);
  **out = *verdict;
  return verdict->answer;
}

int tlspin_check_chain(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                       const struct tlspin_check *check, tlspin_verdict_t **verdict)
{
  struct tlspin_verdict found;
  struct bus_check_call call;
  struct peer peer = {.host = ""};
  int code;

  last_clear();
  if (verdict != NULL)
    *verdict = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = check_read_question(check, &call);
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  if (code == TLSPIN_CANNOT_BE_PINNED)
    found = answer_of(&peer, TLSPIN_CANNOT_BE_PINNED, "address");
  else if (code == TLSPIN_OK)
    code = ask(context, &peer, &call, &found);
  return code < TLSPIN_E_ARGUMENT ? hand_out(&found, verdict) : code;
}

void tlspin_verdict_free(tlspin_verdict_t *verdict)
{
  free(verdict);
}

const char *tlspin_verdict_reason(const tlspin_verdict_t *verdict)
{
  return verdict->reason;
}

const char *tlspin_verdict_layer(const tlspin_verdict_t *verdict)
{
  return verdict->layer;
}

int tlspin_verdict_enforced(const tlspin_verdict_t *verdict)
{
  return verdict->enforced;
}

unsigned tlspin_verdict_rule(const tlspin_verdict_t *verdict)
{
  return verdict->rule;
}

const char *tlspin_verdict_change(const tlspin_verdict_t *verdict)
{
  return verdict->change;
}

int tlspin_verdict_learned(const tlspin_verdict_t *verdict)
{
  return verdict->learned;
}

unsigned tlspin_verdict_excused(const tlspin_verdict_t *verdict)
{
  return verdict->excused;
}

const char *tlspin_verdict_text(const tlspin_verdict_t *verdict)
{
  return verdict->text;
}

static const char *outcome_of(const char *token)
{
  static const char *const outcomes[] = {"note", "remove", "ignore", "evaluate"};

  for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
    if (strcmp(token, outcomes[i]) == 0)
      return outcomes[i];
  return NULL;
}

static int read_note(DBusMessage *reply, const char **outcome)
{
  struct bus_note_reply note;

  if (!bus_read_note_reply(reply, &note))
    return entry_garbled();
  *outcome = outcome_of(note.outcome);
  return *outcome != NULL ? TLSPIN_OK : entry_garbled();
}

static DBusMessage *note_message(const struct peer *peer, struct bus_note_call *note)
{
  DBusMessage *message = bus_call(BUS_PINS, "NoteHpkp");

  note->peer = (struct bus_peer){peer->host, protocol_token(peer->protocol), peer->port};
  if (message != NULL && !bus_append_note_call(message, note)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static int ask_to_note(tlspin_t *context, DBusMessage *message, const char **outcome)
{
  DBusMessage *reply = NULL;
  struct call call;
  int code;

  bus_lock(context->bus);
  call_init(&call, context->bus, message, &context->budget, true);
  code = call_wait(&call, &reply);
  if (code == TLSPIN_OK) {
    code = read_note(reply, outcome);
    dbus_message_unref(reply);
  }
  call_clear(&call);
  bus_unlock(context->bus);
  return code == TLSPIN_E_LIMIT ? code : context_code(code);
}

int tlspin_note_hpkp(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                     struct tlspin_octets header, int report_only,
                     const struct tlspin_octets *chain, size_t chain_size, const char **outcome)
{
  struct bus_note_call note = {.header = {header.data, header.size},
                               .report_only = report_only != 0};
  struct peer peer;
  int code;

  last_clear();
  if (outcome != NULL)
    *outcome = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK && header.size > 0)
    code = argument_there(header.data, "header");
  if (code == TLSPIN_OK)
    code = check_read_chain(chain, chain_size, false, true, &note.chain);
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  if (code != TLSPIN_OK)
    return code;
  if (note.header.size > HPKP_HEADER_MAX) /* it is ignored for its length, however long it is */
    note.header.size = HPKP_HEADER_MAX + 1;
  return outcome != NULL ? ask_to_note(context, note_message(&peer, &note), outcome)
                         : context_post(context, note_message(&peer, &note));
}

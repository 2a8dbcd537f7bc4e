/* Asking the daemon for its verdict: see check.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/check.h"

#include "common/text.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/entry.h"
#include "libclient/last.h"
#include "pinning/digest.h"
#include "pinning/verdict.h"

#include <errno.h>
#include <string.h>

const char *check_program(void)
{
  const char *name = program_invocation_short_name;

  return strlen(name) <= BUS_PROGRAM_MAX && dbus_validate_utf8(name, NULL) ? name : "";
}

struct bus_chain check_chain_of(const struct chain *chain)
{
  struct bus_chain sent = {.count = chain->count};

  for (size_t i = 0; i < chain->count; i++)
    sent.at[i] = chain->raw ? chain->at[i].spki : chain->at[i].der;
  return sent;
}

const char *check_pki_token(unsigned pki)
{
  static const char *const tokens[] = {
      [PKI_OK] = "ok", [PKI_FAILED] = "failed", [PKI_UNCHECKED] = "unchecked"};

  return tokens[pki];
}

static DBusMessage *check_message(const struct peer *peer, struct bus_check_call *call)
{
  DBusMessage *message = bus_call(BUS_PINS, "CheckChain");

  call->peer = (struct bus_peer){peer->host, protocol_token(peer->protocol), peer->port};
  if (message != NULL && !bus_append_check_call(message, call)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static bool is_answer(enum tlspin_code code)
{
  return code >= TLSPIN_MATCH && code <= TLSPIN_CANNOT_BE_PINNED;
}

/* "ticket" stands for a refusal's own word. */
static bool is_reason(const char *token)
{
  enum verdict_reason reason;
  enum refusal refusal;

  if (strcmp(token, "address") == 0 || refusal_from_token(token, &refusal))
    return true;
  return verdict_reason_from_token(token, &reason) && reason != VERDICT_TICKET;
}

static bool is_change(const char *token)
{
  enum change change;

  return token[0] == '\0' || change_from_token(token, &change);
}

int check_read(DBusMessage *reply, const struct peer *peer, struct tlspin_verdict *verdict)
{
  struct bus_check_reply read;
  enum tlspin_code answer, otherwise;

  if (!bus_read_check_reply(reply, &read))
    return entry_garbled();
  answer = tlspin_code_from_token(read.answer);
  otherwise = read.otherwise[0] != '\0' ? tlspin_code_from_token(read.otherwise) : answer;
  if (!is_answer(answer) || !is_answer(otherwise) || !is_reason(read.reason) ||
      !is_change(read.change) || strlen(read.layer) > NAME_MAX || read.excused > PKI_EXCUSABLE)
    return entry_garbled();
  *verdict = (struct tlspin_verdict){
      .peer = *peer,
      .answer = (int)answer,
      .enforced = read.enforced,
      .learned = read.learned,
      .rule = read.rule,
      .excused = read.excused,
      .otherwise = (int)otherwise,
  };
  strcpy(verdict->reason, read.reason);
  strcpy(verdict->layer, read.layer);
  strcpy(verdict->change, read.change);
  return TLSPIN_OK;
}

int check_ask(tlspin_t *context, const struct peer *peer, struct bus_check_call *call,
              struct tlspin_verdict *verdict)
{
  DBusMessage *reply = NULL;
  struct call asked;
  int code;

  bus_lock(context->bus);
  call_init(&asked, context->bus, check_message(peer, call), &context->budget, true);
  code = call_wait(&asked, &reply);
  if (code == TLSPIN_OK) {
    code = check_read(reply, peer, verdict);
    dbus_message_unref(reply);
  }
  call_clear(&asked);
  bus_unlock(context->bus);
  if (code == TLSPIN_OK || code == TLSPIN_E_ARGUMENT || code == TLSPIN_E_MEMORY ||
      code == TLSPIN_E_LIMIT)
    return code;
  return TLSPIN_UNAVAILABLE;
}

int check_post(tlspin_t *context, const struct peer *peer, struct bus_check_call *call)
{
  return context_post(context, check_message(peer, call));
}

static int check_flags(const struct tlspin_check *check)
{
  enum {
    KNOWN = TLSPIN_CHECK_PATH | TLSPIN_CHECK_RAW_KEY | TLSPIN_CHECK_LEARN | TLSPIN_CHECK_PRIVATE |
            TLSPIN_CHECK_ACCEPTED | TLSPIN_CHECK_KEY_ALONE,
    OTHER_FORMS = TLSPIN_CHECK_PATH | TLSPIN_CHECK_RAW_KEY
  };

  if ((check->flags & ~(unsigned)KNOWN) != 0)
    return last_say(TLSPIN_E_ARGUMENT, _("flags: there is a bit that has no meaning"));
  if ((check->flags & TLSPIN_CHECK_KEY_ALONE) != 0 && (check->flags & OTHER_FORMS) != 0)
    return last_say(TLSPIN_E_ARGUMENT, _("flags: KEY_ALONE doesn't go with PATH or RAW_KEY"));
  if ((check->flags & TLSPIN_CHECK_ACCEPTED) != 0 && (check->flags & TLSPIN_CHECK_LEARN) == 0)
    return last_say(TLSPIN_E_ARGUMENT, _("flags: ACCEPTED has a meaning only with LEARN"));
  if (check->expires != 0 && (check->flags & TLSPIN_CHECK_ACCEPTED) == 0)
    return last_say(TLSPIN_E_ARGUMENT, _("expires: it has a meaning only with ACCEPTED"));
  return TLSPIN_OK;
}

static void read_flags(const struct tlspin_check *check, struct bus_check_options *options)
{
  options->path = (check->flags & TLSPIN_CHECK_PATH) != 0;
  options->raw_key = (check->flags & TLSPIN_CHECK_RAW_KEY) != 0;
  options->key_alone = (check->flags & TLSPIN_CHECK_KEY_ALONE) != 0;
  options->learn = (check->flags & TLSPIN_CHECK_LEARN) != 0;
  options->is_private = (check->flags & TLSPIN_CHECK_PRIVATE) != 0;
  options->accepted = (check->flags & TLSPIN_CHECK_ACCEPTED) != 0;
  options->expires = check->expires;
}

static int read_pki(const struct tlspin_check *check, struct bus_check_options *options)
{
  switch (check->pki) {
  case TLSPIN_PKI_UNCHECKED:
    options->pki = check_pki_token(PKI_UNCHECKED);
    break;
  case TLSPIN_PKI_OK:
    options->pki = check_pki_token(PKI_OK);
    break;
  case TLSPIN_PKI_FAILED:
    options->pki = check_pki_token(PKI_FAILED);
    break;
  default:
    return last_say(TLSPIN_E_ARGUMENT, _("pki: it is none of enum tlspin_pki"));
  }
  if (check->errors >= 1U << PKI_ERRORS ||
      (check->errors != 0) != (check->pki == TLSPIN_PKI_FAILED))
    return last_say(TLSPIN_E_ARGUMENT, _("errors: they don't fit to pki"));
  options->errors = check->errors;
  return TLSPIN_OK;
}

static int read_words(const struct tlspin_check *check, struct bus_check_options *options)
{
  enum refusal refusal;
  int code = TLSPIN_OK;

  options->ticket = check->ticket;
  options->program = check->program;
  if (check->ticket != NULL && strcmp(check->ticket, "proved") != 0 &&
      !refusal_from_token(check->ticket, &refusal))
    code = last_say(TLSPIN_E_ARGUMENT, _("ticket: it is none of the words for CheckChain"));
  else if (check->program != NULL)
    code = argument_text(check->program, "program", BUS_PROGRAM_MAX);
  else
    options->program = check_program();
  return code;
}

int check_read_chain(const struct tlspin_octets *certificates, size_t count, bool raw, bool path,
                     struct bus_chain *chain)
{
  struct chain read;
  enum chain_fault fault;

  chain->count = 0;
  if (count > 0 && certificates == NULL)
    return argument_there(NULL, "chain");
  for (size_t i = 0; i < count && i < BUS_CHAIN_READ; i++) {
    if (certificates[i].size > 0 && certificates[i].data == NULL)
      return argument_there(NULL, "chain");
    chain->at[chain->count++] = (struct span){certificates[i].data, certificates[i].size};
  }
  fault = chain_read(chain->at, chain->count, raw, path, digest_gnutls, &read);
  if (fault != CHAIN_FINE)
    return last_say(TLSPIN_E_ARGUMENT, _("chain: %s"), _(chain_fault_text(fault)));
  return TLSPIN_OK;
}

/* What a server sends need not be a certificate. */
static int read_served(const struct tlspin_check *check, struct bus_chain *served)
{
  enum chain_fault fault = check->served_size > CHAIN_MAX ? CHAIN_LONG : CHAIN_FINE;

  if (check->served_size > 0 && check->served == NULL)
    return argument_there(NULL, "served");
  for (size_t i = 0; i < check->served_size && fault == CHAIN_FINE; i++) {
    const struct tlspin_octets *sent = &check->served[i];

    if (sent->size > 0 && sent->data == NULL)
      return argument_there(NULL, "served");
    if (sent->size > CHAIN_CERTIFICATE_MAX)
      fault = CHAIN_LARGE;
    served->at[served->count++] = (struct span){sent->data, sent->size};
  }
  if (fault != CHAIN_FINE)
    return last_say(TLSPIN_E_ARGUMENT, _("served: %s"), _(chain_fault_text(fault)));
  return TLSPIN_OK;
}

int check_read_question(const struct tlspin_check *check, struct bus_check_call *call)
{
  int code = argument_there(check, "check");

  *call = (struct bus_check_call){.chain = {.count = 0}};
  if (code == TLSPIN_OK)
    code = check_flags(check);
  if (code != TLSPIN_OK)
    return code;
  read_flags(check, &call->options);
  code = check_read_chain(check->chain, check->chain_size,
                          call->options.raw_key || call->options.key_alone, call->options.path,
                          &call->chain);
  if (code == TLSPIN_OK)
    code = read_served(check, &call->options.served);
  if (code == TLSPIN_OK)
    code = read_pki(check, &call->options);
  return code == TLSPIN_OK ? read_words(check, &call->options) : code;
}

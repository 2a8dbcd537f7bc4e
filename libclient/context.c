/* Contexts, and what is sent through them: see context.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/context.h"

#include "common/text.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/entry.h"
#include "libclient/last.h"
#include "pinning/refusal.h"
#include "pinning/ticket.h"

#include <stdlib.h>
#include <string.h>

static const struct call_budget usual_budget = {250, 1000}, usual_patience = {25000, 25000};

/* Ten minutes: the daemon changes a million records in less than one. */
static const struct call_budget usual_long_patience = {600000, 600000};

int tlspin_new(tlspin_t **context, const char *bus_address)
{
  tlspin_t *made;

  last_clear();
  if (context == NULL)
    return argument_there(context, "context");
  *context = NULL;
  made = calloc(1, sizeof *made);
  if (made == NULL || (made->bus = bus_new(bus_address)) == NULL) {
    free(made);
    return last_code(TLSPIN_E_MEMORY);
  }
  made->budget = usual_budget;
  made->patience = usual_patience;
  made->long_patience = usual_long_patience;
  *context = made;
  return TLSPIN_OK;
}

void tlspin_free(tlspin_t *context)
{
  if (context == NULL)
    return;
  bus_lock(context->bus);
  lookup_orphan_all(context);
  bus_unlock(context->bus);
  bus_free(context->bus);
  free(context);
}

/* Without a lock, which a fork in another thread might leave locked in the child. */
tlspin_t *tlspin_default(void)
{
  static tlspin_t *shared;
  tlspin_t *found = __atomic_load_n(&shared, __ATOMIC_ACQUIRE), *made;

  last_clear();
  if (found != NULL || tlspin_new(&made, NULL) != TLSPIN_OK)
    return found;
  if (__atomic_compare_exchange_n(&shared, &found, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return made;
  tlspin_free(made);
  return found;
}

void tlspin_set_budget(tlspin_t *context, unsigned warm, unsigned cold)
{
  if (context == NULL)
    return;
  bus_lock(context->bus);
  context->budget = (struct call_budget){warm, cold};
  bus_unlock(context->bus);
}

static int check_ticket(const struct tlspin_ticket *ticket)
{
  enum ticket_hash hash;
  int code = argument_there(ticket, "ticket");

  if (code == TLSPIN_OK && ticket->ticket_size > 0)
    code = argument_there(ticket->ticket, "ticket");
  if (code == TLSPIN_OK && ticket->ticket_size > BUS_TICKET_MAX)
    code = last_say(TLSPIN_E_ARGUMENT, _("ticket: it is longer than 65,535 octets"));
  if (code == TLSPIN_OK)
    code = argument_there(ticket->hash, "hash");
  if (code == TLSPIN_OK && !ticket_hash_from_token(ticket->hash, &hash))
    code = last_say(TLSPIN_E_ARGUMENT, _("hash: it is neither 'sha256' nor 'sha384'"));
  if (code == TLSPIN_OK)
    code = argument_there(ticket->secret, "secret");
  if (code == TLSPIN_OK && ticket->secret_size != ticket_hash_size(hash))
    code = last_say(TLSPIN_E_ARGUMENT, _("secret: it is not as long as the hash's output"));
  if (code == TLSPIN_OK && ticket->anchor_size != 0 &&
      (ticket->anchor_size != BUS_ANCHOR_SIZE || ticket->anchor == NULL))
    code = last_say(TLSPIN_E_ARGUMENT, _("anchor: it is not the SHA-256 of a certificate"));
  return code;
}

static DBusMessage *store_message(const struct peer *peer, const struct tlspin_ticket *ticket)
{
  const struct bus_store_call call = {
      .peer = {peer->host, protocol_token(peer->protocol), peer->port},
      .ticket = {ticket->ticket, ticket->ticket_size},
      .secret = {ticket->secret, ticket->secret_size},
      .hash = ticket->hash,
      .lifetime = ticket->lifetime,
      .series = ticket->series,
      .anchor = {ticket->anchor, ticket->anchor_size},
  };
  DBusMessage *message = bus_call(BUS_PINS, "StoreTicket");

  if (message != NULL && !bus_append_store_call(message, &call)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static DBusMessage *failure_message(const struct peer *peer, const char *reason)
{
  const struct bus_failure_call call = {
      .peer = {peer->host, protocol_token(peer->protocol), peer->port}, .reason = reason};
  DBusMessage *message = bus_call(BUS_PINS, "ReportFailure");

  if (message != NULL && !bus_append_failure_call(message, &call)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

/* Sends a message that is not waited for. message: goes over to this function. */
static int post(tlspin_t *context, DBusMessage *message)
{
  struct call call;
  int code;

  if (message != NULL)
    dbus_message_set_no_reply(message, TRUE);
  call_init(&call, context->bus, message, &context->budget, true);
  code = call_post(&call);
  call_clear(&call);
  return code;
}

/* What the daemon may answer to StoreTicket. */
static int read_outcome(DBusMessage *message, uint64_t *expires)
{
  struct bus_store_reply reply;
  bool stored, opted_out;

  if (!bus_read_store_reply(message, &reply))
    return entry_garbled();
  stored = strcmp(reply.outcome, "stored") == 0;
  opted_out = strcmp(reply.outcome, "opted-out") == 0;
  if (!stored && !opted_out && strcmp(reply.outcome, "nothing") != 0 &&
      strcmp(reply.outcome, "superseded") != 0)
    return entry_garbled();
  if (stored != (reply.expires != 0))
    return entry_garbled();
  *expires = reply.expires;
  return opted_out ? last_code(TLSPIN_OPTED_OUT) : TLSPIN_OK;
}

static int ask_to_store(tlspin_t *context, DBusMessage *message, uint64_t *expires)
{
  DBusMessage *reply = NULL;
  struct call call;
  int code;

  call_init(&call, context->bus, message, &context->budget, true);
  code = call_wait(&call, &reply);
  if (code == TLSPIN_OK) {
    code = read_outcome(reply, expires);
    dbus_message_unref(reply);
  }
  call_clear(&call);
  return code;
}

int context_code(int code)
{
  return code == TLSPIN_OK || code == TLSPIN_CANNOT_BE_PINNED || code == TLSPIN_E_ARGUMENT ||
                 code == TLSPIN_E_MEMORY
             ? code
             : TLSPIN_UNAVAILABLE;
}

int context_post(tlspin_t *context, DBusMessage *message)
{
  int code;

  bus_lock(context->bus);
  code = post(context, message);
  bus_unlock(context->bus);
  return context_code(code);
}

int context_store(tlspin_t *context, const struct peer *peer, const struct tlspin_ticket *ticket,
                  uint64_t *expires)
{
  int code = check_ticket(ticket);

  if (expires != NULL)
    *expires = 0;
  if (code != TLSPIN_OK)
    return code;
  bus_lock(context->bus);
  if (expires != NULL)
    code = ask_to_store(context, store_message(peer, ticket), expires);
  else
    code = post(context, store_message(peer, ticket));
  bus_unlock(context->bus);
  return code == TLSPIN_OPTED_OUT ? code : context_code(code);
}

int context_report(tlspin_t *context, const struct peer *peer, const char *reason)
{
  enum refusal refusal;
  int code = argument_there(reason, "reason");

  if (code == TLSPIN_OK && !refusal_from_token(reason, &refusal))
    code = last_say(TLSPIN_E_ARGUMENT, _("reason: it is none that org.tlspin.Pins1 lists"));
  return code == TLSPIN_OK ? context_post(context, failure_message(peer, reason)) : code;
}

int tlspin_store(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                 const struct tlspin_ticket *ticket, uint64_t *expires)
{
  struct peer peer;
  int code;

  last_clear();
  if (expires != NULL)
    *expires = 0;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  return code == TLSPIN_OK ? context_store(context, &peer, ticket, expires) : code;
}

int tlspin_report_failure(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                          const char *reason)
{
  struct peer peer;
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  return code == TLSPIN_OK ? context_report(context, &peer, reason) : code;
}

/* A lookup that is under way: see lookup.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/lookup.h"

#include "common/text.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "dbus/wipe.h"
#include "libclient/argument.h"
#include "libclient/context.h"
#include "libclient/deadline.h"
#include "libclient/entry.h"
#include "libclient/last.h"

#include <stdlib.h>

struct lookup {
  tlspin_t *context; /* NULL: freed before the lookup was ended */
  struct peer peer;
  struct call call;
  struct lookup *next, *previous; /* of the context's */
};

static DBusMessage *lookup_message(const struct peer *peer)
{
  const struct bus_peer named = {peer->host, protocol_token(peer->protocol), peer->port};
  DBusMessage *message = bus_call(BUS_PINS, "Lookup");

  if (message != NULL && !bus_append_peer(message, &named)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static void link_in(struct lookup *lookup)
{
  tlspin_t *context = lookup->context;

  lookup->next = context->lookups;
  if (lookup->next != NULL)
    lookup->next->previous = lookup;
  context->lookups = lookup;
}

static void link_out(struct lookup *lookup)
{
  if (lookup->next != NULL)
    lookup->next->previous = lookup->previous;
  if (lookup->previous != NULL)
    lookup->previous->next = lookup->next;
  else
    lookup->context->lookups = lookup->next;
}

int lookup_start(tlspin_t *context, const struct peer *peer, struct lookup **lookup)
{
  struct lookup *made = calloc(1, sizeof *made);

  *lookup = made;
  if (made == NULL)
    return last_code(TLSPIN_E_MEMORY);
  made->context = context;
  made->peer = *peer;
  bus_lock(context->bus);
  call_init(&made->call, context->bus, lookup_message(peer), &context->budget, true);
  link_in(made);
  call_send(&made->call, deadline_after(deadline_now(), LOOKUP_PATIENCE));
  bus_unlock(context->bus);
  last_clear();
  return TLSPIN_OK;
}

/* Only these tokens are answers of a lookup: an "ok" or a "mismatch" is none. */
static bool is_answer(enum tlspin_code code)
{
  switch (code) {
  case TLSPIN_MATCH:
  case TLSPIN_NO_PIN:
  case TLSPIN_STORE_DAMAGED:
  case TLSPIN_UNAVAILABLE:
  case TLSPIN_CLOCK_SUSPECT:
  case TLSPIN_OPTED_OUT:
  case TLSPIN_CANNOT_BE_PINNED:
    return true;
  default:
    return false;
  }
}

/* A reply that says "no pin" and brings one all the same is not believed. */
static bool is_empty(const struct bus_lookup_reply *reply)
{
  return reply->ticket.size == 0 && reply->secret.size == 0 && reply->series == 0;
}

/* What is read of a reply. A host that can't be pinned has no records either. */
static int read_parts(const struct peer *peer, DBusMessage *message,
                      const struct bus_lookup_reply *reply, enum tlspin_code answer,
                      tlspin_entry_t **entry, struct keyset *keys)
{
  int code;

  if (answer == TLSPIN_CANNOT_BE_PINNED && reply->key_count != 0)
    return entry_garbled();
  code = keyset_read(message, reply, peer, keys);
  return code == TLSPIN_OK && answer == TLSPIN_MATCH ? entry_of_lookup(peer, reply, entry) : code;
}

static int read_reply(const struct peer *peer, DBusMessage *message, tlspin_entry_t **entry,
                      struct keyset *keys)
{
  struct bus_lookup_reply reply;
  enum tlspin_code answer;
  int code;

  if (!bus_read_lookup_reply(message, &reply))
    return entry_garbled();
  answer = tlspin_code_from_token(reply.answer);
  if (!is_answer(answer) || (answer != TLSPIN_MATCH && !is_empty(&reply)))
    return entry_garbled();
  code = read_parts(peer, message, &reply, answer, entry, keys);
  if (code != TLSPIN_OK) {
    keyset_clear(keys);
    return code;
  }
  return answer == TLSPIN_MATCH || answer == TLSPIN_NO_PIN ? (int)answer : last_code(answer);
}

/* An error is no answer; of the rest the caller is told what is his to mend. */
static int code_of_failure(int code)
{
  return code == TLSPIN_E_ARGUMENT || code == TLSPIN_E_MEMORY ? code : TLSPIN_UNAVAILABLE;
}

static int wait_locked(struct lookup *lookup, tlspin_entry_t **entry, struct keyset *keys)
{
  DBusMessage *reply = NULL;
  int code = call_wait(&lookup->call, &reply);

  if (code != TLSPIN_OK)
    return code_of_failure(code);
  code = read_reply(&lookup->peer, reply, entry, keys);
  bus_stain(lookup->context->bus, bus_wipe(reply));
  dbus_message_unref(reply);
  return code;
}

int lookup_wait(struct lookup *lookup, tlspin_entry_t **entry, struct keyset *keys)
{
  struct keyset found = {.known = false};
  int code;

  *entry = NULL;
  if (keys != NULL)
    *keys = found;
  last_clear();
  if (lookup->context == NULL) {
    free(lookup);
    return last_say(TLSPIN_UNAVAILABLE, _("The way to the pin store was closed meanwhile."));
  }
  bus_lock(lookup->context->bus);
  code = wait_locked(lookup, entry, &found);
  bus_unlock(lookup->context->bus);
  lookup_cancel(lookup);
  if (keys != NULL)
    *keys = found;
  else
    keyset_clear(&found);
  return code;
}

void lookup_cancel(struct lookup *lookup)
{
  if (lookup == NULL)
    return;
  if (lookup->context != NULL) {
    struct bus *bus = lookup->context->bus;

    bus_lock(bus);
    call_clear(&lookup->call);
    link_out(lookup);
    bus_unlock(bus);
  }
  free(lookup);
}

void lookup_orphan_all(tlspin_t *context)
{
  for (struct lookup *lookup = context->lookups; lookup != NULL; lookup = lookup->next) {
    call_clear(&lookup->call);
    lookup->context = NULL;
  }
  context->lookups = NULL;
}

int tlspin_lookup(tlspin_t *context, const char *host, const char *protocol, unsigned port,
                  tlspin_entry_t **entry)
{
  struct lookup *lookup;
  struct peer peer;
  int code;

  last_clear();
  if (entry != NULL)
    *entry = NULL;
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = argument_there(entry, "entry");
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  if (code == TLSPIN_OK)
    code = lookup_start(context, &peer, &lookup);
  return code == TLSPIN_OK ? lookup_wait(lookup, entry, NULL) : code;
}

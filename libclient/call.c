/* One method call to the daemon: see call.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/call.h"

#include "common/text.h"
#include "common/tlspin-error.h"
#include "dbus/wipe.h"
#include "libclient/connect.h"
#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/owner.h"

#include <string.h>

/* How an attempt ended. */
enum outcome {
  ANSWERED,    /* by the daemon; or an error that no repetition mends */
  LOST,        /* the daemon may have carried it out or not */
  UNDELIVERED, /* the daemon did not get it */
  LATE         /* no time is left */
};

void call_init(struct call *call, struct bus *bus, DBusMessage *message,
               const struct call_budget *budget, bool repeatable)
{
  int64_t now = deadline_now();

  *call = (struct call){.bus = bus, .message = message, .repeatable = repeatable};
  call->limit = deadline_after(now, budget->warm);
  call->cold = deadline_later(call->limit, deadline_after(now, budget->cold));
}

static void forget_pending(struct call *call)
{
  if (call->pending == NULL)
    return;
  dbus_pending_call_cancel(call->pending);
  dbus_pending_call_unref(call->pending);
  call->pending = NULL;
}

/* What still waits to be sent stays as it is: it would be sent wiped. */
void call_clear(struct call *call)
{
  forget_pending(call);
  if (call->message != NULL) {
    if (!bus_sending(call->bus))
      bus_wipe(call->message);
    dbus_message_unref(call->message);
  }
  call->message = NULL;
}

/* A message that was sent once has its serial number, and libdbus doesn't give it another. */
static int renew(struct call *call)
{
  DBusMessage *copy = dbus_message_copy(call->message);

  if (copy == NULL)
    return last_code(TLSPIN_E_MEMORY);
  call_clear(call);
  call->message = copy;
  return TLSPIN_OK;
}

static bool is_lost(const struct call *call)
{
  return call->generation != call->bus->generation;
}

/* That a connection is lost shows when it is written to. Nothing was delivered then, so this is no
 * repetition. */
int call_send(struct call *call, int64_t deadline)
{
  int code = call->message != NULL ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);
  bool reply = code == TLSPIN_OK && !dbus_message_get_no_reply(call->message);

  if (code != TLSPIN_OK || call->pending != NULL)
    return code;
  for (int i = 0; i < 2; i++) {
    code = bus_connect(call->bus, deadline);
    if (code == TLSPIN_OK && dbus_message_get_serial(call->message) != 0)
      code = renew(call);
    if (code != TLSPIN_OK)
      return code;
    call->generation = call->bus->generation;
    code = bus_send(call->bus, call->message, reply ? &call->pending : NULL);
    if (code != TLSPIN_OK || !is_lost(call))
      return code;
    forget_pending(call);
  }
  return last_say(TLSPIN_UNAVAILABLE, _("The session bus closed the connection."));
}

static bool is_over(const struct call *call)
{
  return is_lost(call) || dbus_pending_call_get_completed(call->pending);
}

static void wait_until(struct call *call, int64_t deadline)
{
  while (!is_over(call) && bus_wait(call->bus, deadline))
    continue;
}

/* A daemon that is being started gets the time for that. */
static void wait_within_budget(struct call *call)
{
  const char *name = dbus_message_get_destination(call->message);
  int64_t question = (int64_t)CALL_QUESTION * 1000, fifth = (call->limit - deadline_now()) / 5;

  if (call->cold > call->limit) {
    wait_until(call, call->limit - (question < fifth ? question : fifth));
    if (!is_over(call) && owner_ask(call->bus, name, call->pending, call->limit) == OWNER_NONE)
      call->limit = call->cold;
  }
  wait_until(call, call->limit);
}

/* Where much waits to be sent the daemon says no more than the name. */
static const char *text_of_error(DBusMessage *error)
{
  enum tlspin_code code = tlspin_code_from_dbus_name(dbus_message_get_error_name(error));
  const char *text;

  if (dbus_message_get_args(error, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID) &&
      text[0] != '\0')
    return text;
  return code != TLSPIN_UNAVAILABLE ? tlspin_code_text(code) : dbus_message_get_error_name(error);
}

/* An error never becomes an answer: whatever is not an error that a method is documented to have is
 * TLSPIN_UNAVAILABLE. */
static int code_of_error(DBusMessage *error)
{
  int code = (int)tlspin_code_from_dbus_name(dbus_message_get_error_name(error));

  switch (code) {
  case TLSPIN_CANNOT_BE_PINNED:
  case TLSPIN_E_ARGUMENT:
  case TLSPIN_E_NOT_FOUND:
  case TLSPIN_E_NOTHING_TO_UNDO:
  case TLSPIN_E_UNKNOWN_METHOD:
  case TLSPIN_E_DENIED:
  case TLSPIN_E_LIMIT:
  case TLSPIN_E_BUSY:
    break;
  default:
    code = TLSPIN_UNAVAILABLE;
  }
  return last_say(code, "%s", text_of_error(error));
}

static bool is_unknown(DBusMessage *error)
{
  return dbus_message_is_error(error, DBUS_ERROR_SERVICE_UNKNOWN) ||
         dbus_message_is_error(error, DBUS_ERROR_NAME_HAS_NO_OWNER);
}

/* What the bus says in its own words is in English, and says nothing of what to do. */
static int code_of_bus_error(DBusMessage *error)
{
  static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";

  if (is_unknown(error))
    return last_say(TLSPIN_UNAVAILABLE,
                    _("The session bus doesn't know the pin store's daemon, tlspind. Install it; "
                      "where it is installed, but came after the session began, log in again."));
  if (strncmp(dbus_message_get_error_name(error), spawn, strlen(spawn)) == 0)
    return last_say(TLSPIN_UNAVAILABLE,
                    _("The session bus can't start the pin store's daemon, tlspind: %s. Start it "
                      "yourself to see why: tlspind"),
                    text_of_error(error));
  return code_of_error(error);
}

/* What the bus, or libdbus for a lost connection, said in the daemon's place. */
static enum outcome judge_bus_error(DBusMessage *error, int *code)
{
  *code = code_of_bus_error(error);
  if (dbus_message_is_error(error, DBUS_ERROR_NO_REPLY) ||
      dbus_message_is_error(error, DBUS_ERROR_DISCONNECTED))
    return LOST;
  return is_unknown(error) ? UNDELIVERED : ANSWERED;
}

static enum outcome judge_reply(struct call *call, DBusMessage *reply, int *code)
{
  const char *sender = dbus_message_get_sender(reply);
  const char *name = dbus_message_get_destination(call->message);
  bool error = dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR;

  if (error && (sender == NULL || strcmp(sender, DBUS_SERVICE_DBUS) == 0))
    return judge_bus_error(reply, code);
  if (sender == NULL || is_lost(call) ||
      !owner_is(call->bus, name, sender,
                deadline_later(call->limit, deadline_after(deadline_now(), CALL_GRACE)))) {
    *code = last_say(TLSPIN_UNAVAILABLE, _("The reply did not come from the pin store's daemon, "
                                           "or the daemon left right after it."));
    return LOST;
  }
  *code = error ? code_of_error(reply) : TLSPIN_OK;
  return ANSWERED;
}

/* Waits for the end of what was sent. *reply: with ANSWERED and *code TLSPIN_OK. */
static enum outcome await(struct call *call, int *code, DBusMessage **reply)
{
  enum outcome outcome = LOST;
  DBusMessage *got;

  wait_within_budget(call);
  if (dbus_pending_call_get_completed(call->pending)) {
    got = dbus_pending_call_steal_reply(call->pending);
    outcome = judge_reply(call, got, code);
    if (outcome == ANSWERED && *code == TLSPIN_OK)
      *reply = got;
    else
      dbus_message_unref(got);
  } else if (is_lost(call)) {
    *code = last_say(TLSPIN_UNAVAILABLE, _("The session bus closed the connection."));
  } else {
    *code = last_say(TLSPIN_UNAVAILABLE, _("The pin store's daemon, tlspind, did not answer in "
                                           "time. Look at 'tlspin status'."));
    outcome = LATE;
  }
  forget_pending(call);
  return outcome;
}

static bool may_repeat(const struct call *call, enum outcome outcome)
{
  if (call->repeated || deadline_poll(call->limit) == 0)
    return false;
  return outcome == UNDELIVERED || (outcome == LOST && call->repeatable);
}

int call_wait(struct call *call, DBusMessage **reply)
{
  call->limit = deadline_later(call->limit, deadline_after(deadline_now(), CALL_GRACE));
  for (;;) {
    enum outcome outcome;
    int code = call_send(call, call->limit);

    if (code != TLSPIN_OK)
      return code;
    outcome = await(call, &code, reply);
    call->unsure = code != TLSPIN_OK && (call->unsure || outcome == LOST || outcome == LATE);
    if (code == TLSPIN_OK)
      last_clear();
    if (!may_repeat(call, outcome))
      return code;
    call->repeated = true;
  }
}

int call_post(struct call *call)
{
  for (int i = 0; i < 2; i++) {
    int code = call_send(call, call->limit);

    if (code != TLSPIN_OK)
      return code;
    while (!is_lost(call) && bus_sending(call->bus))
      if (!bus_wait(call->bus, call->limit))
        return last_say(TLSPIN_UNAVAILABLE, _("The session bus does not answer."));
    if (!is_lost(call))
      return TLSPIN_OK;
  }
  return last_say(TLSPIN_UNAVAILABLE, _("The session bus closed the connection."));
}

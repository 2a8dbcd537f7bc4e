/* CheckChain and NoteHpkp of org.tlspin.Pins1: see handlers.h and dbus/org.tlspin.Pins1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/digest.h"
#include "daemon/shown.h"

static bool announce_event(const struct event_row *event, void *data)
{
  announce_logged(data, event);
  return false;
}

void handlers_logged(struct handlers *handlers, uint64_t event)
{
  policy_logged(handlers->policy, event, announce_event, &handlers->announce);
}

static struct bus_check_reply reply_of(const struct policy_judged *judged)
{
  const struct verdict *verdict = &judged->verdict;
  enum tlspin_code otherwise = verdict_otherwise(&judged->input);

  return (struct bus_check_reply){
      .answer = tlspin_code_token(verdict->answer),
      .reason = handlers_reason(verdict),
      .layer = judged->layer,
      .enforced = verdict->enforced,
      .rule = verdict->rule,
      .change = change_token(verdict->change),
      .learned = judged->learned,
      .excused = judged->excused,
      .event = judged->event != 0 ? judged->event : judged->acceptance,
      .otherwise = otherwise == verdict->answer ? "" : tlspin_code_token(otherwise),
  };
}

/* Signals come after the commit; what was done is told even where the rest failed. */
static void announce_judged(struct handlers *handlers, const struct peer *peer,
                            const struct policy_judged *judged)
{
  if (judged->learned)
    announce_changed(&handlers->announce, "learned", peer, 1);
  handlers_logged(handlers, judged->acceptance);
  handlers_logged(handlers, judged->event);
}

static enum tlspin_code refuse(GString *problem, const char *argument, const char *what)
{
  g_string_printf(problem, _("argument '%s' can't be used: %s"), argument, what);
  return TLSPIN_E_ARGUMENT;
}

/* A call that writes is charged for once, and only then. What it can't have written is left out; it
 * is judged all the same. */
struct purse {
  const struct handlers *handlers;
  GString *problem;
  bool asked, empty;
};

static bool ask(void *data)
{
  struct purse *purse = data;

  if (!purse->asked)
    purse->empty = dispatch_charge(purse->handlers->pins, purse->problem) != TLSPIN_OK;
  purse->asked = true;
  return !purse->empty;
}

static enum tlspin_code check(struct handlers *handlers, const struct shown *shown,
                              DBusMessage *reply, GString *problem)
{
  struct purse purse = {.handlers = handlers, .problem = problem};
  struct policy_shown with_leave = shown->shown;
  struct policy_judged judged;
  struct bus_check_reply out;
  char *text = NULL;
  enum tlspin_code code;

  with_leave.leave = (struct policy_leave){ask, &purse};
  code = policy_check(handlers->policy, &shown->peer, &with_leave, handlers->now(), &judged, &text);
  announce_judged(handlers, &shown->peer, &judged);
  out = reply_of(&judged);
  out.limited = purse.empty;
  if (code == TLSPIN_OK)
    code = handlers_filled(bus_append_check_reply(reply, &out));
  else
    handlers_explain(code, text, problem);
  policy_judged_clear(&judged);
  return code;
}

enum tlspin_code pins_check_chain(void *data, DBusMessage *call, DBusMessage *reply,
                                  GString *problem)
{
  static const struct bus_check_reply address = {
      .answer = "cannot-be-pinned", .reason = "address", .layer = "", .change = ""};
  struct handlers *handlers = data;
  struct shown shown;
  enum tlspin_code code = shown_read(call, &shown, problem);

  if (code != TLSPIN_OK && code != TLSPIN_CANNOT_BE_PINNED)
    return code;
  if (shown.shown.chain == NULL)
    return refuse(problem, "chain", _(chain_fault_text(CHAIN_EMPTY)));
  if (shown.shown.expires != 0 && shown.shown.expires <= handlers->now())
    return refuse(problem, "expires", _("the time is past"));
  if (code == TLSPIN_CANNOT_BE_PINNED)
    return handlers_filled(bus_append_check_reply(reply, &address));
  return check(handlers, &shown, reply, problem);
}

static struct bus_note_reply note_reply_of(const struct policy_noted *noted)
{
  return (struct bus_note_reply){hpkp_outcome_token(noted->outcome), noted->reason,
                                 (uint64_t)noted->expires};
}

enum tlspin_code pins_note_hpkp(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct bus_note_call in;
  struct bus_note_reply out;
  struct chain chain;
  struct policy_header header = {.chain = &chain};
  struct policy_noted noted;
  struct peer peer;
  enum chain_fault fault;
  enum tlspin_code code;
  char *text = NULL;

  bus_read_note_call(call, &in);
  code = handlers_read_peer(&in.peer, &peer, problem);
  if (code != TLSPIN_OK)
    return code;
  fault = chain_read(in.chain.at, in.chain.count, false, true, digest_glib, &chain);
  if (fault != CHAIN_FINE)
    return refuse(problem, "chain", _(chain_fault_text(fault)));
  header.text = in.header;
  header.report_only = in.report_only;
  code = policy_note(handlers->policy, &peer, &header, handlers->now(), &noted, &text);
  if (noted.changed)
    announce_changed(&handlers->announce, "learned", &peer, 1);
  handlers_logged(handlers, noted.event);
  if (code != TLSPIN_OK)
    return handlers_explain(code, text, problem);
  out = note_reply_of(&noted);
  return handlers_filled(bus_append_note_reply(reply, &out));
}

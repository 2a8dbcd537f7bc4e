/* The method Explain of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/advice.h"
#include "daemon/entries.h"
#include "daemon/shown.h"
#include "dbus/dict.h"

static const char *ticket_word(enum ticket_result ticket)
{
  switch (ticket) {
  case TICKET_STANDS:
    return "stands";
  case TICKET_PROVED:
    return "proved";
  case TICKET_FAILED:
    return "failed";
  default:
    return "none";
  }
}

static bool put_verdict(DBusMessageIter *iter, const struct handlers *handlers,
                        const struct policy_judged *judged, int decided, const char *lock)
{
  const struct verdict *verdict = &judged->verdict;
  DBusMessageIter dict;

  return bus_dict_open(iter, &dict) &&
         bus_dict_put_string(&dict, "answer", tlspin_code_token(verdict->answer)) &&
         bus_dict_put_string(&dict, "reason", handlers_reason(verdict)) &&
         bus_dict_put_string(&dict, "layer", judged->layer) &&
         bus_dict_put_number(&dict, "enforced", DBUS_TYPE_BOOLEAN, verdict->enforced) &&
         bus_dict_put_number(&dict, "rule", DBUS_TYPE_UINT32, verdict->rule) &&
         bus_dict_put_string(&dict, "change", change_token(verdict->change)) &&
         bus_dict_put_number(&dict, "excused", DBUS_TYPE_UINT32, judged->excused) &&
         bus_dict_put_number(&dict, "learn", DBUS_TYPE_BOOLEAN, verdict->learn) &&
         bus_dict_put_string(&dict, "ticket", ticket_word(judged->input.ticket)) &&
         bus_dict_put_string(&dict, "locked-by", lock) && handlers_put_clock(&dict, handlers) &&
         (decided < 0 ||
          bus_dict_put_number(&dict, "decided", DBUS_TYPE_UINT32, (uint64_t)decided)) &&
         bus_dict_close(iter, &dict);
}

struct page {
  DBusMessageIter array;
  bool filled;
};

static void append_setting(const char *name, const char *value, const char *source, bool locked,
                           void *data)
{
  struct page *page = data;
  DBusMessageIter dict;

  page->filled = page->filled && bus_dict_open(&page->array, &dict) &&
                 bus_dict_put_string(&dict, "name", name) &&
                 bus_dict_put_string(&dict, "value", value) &&
                 bus_dict_put_string(&dict, "source", source) &&
                 bus_dict_put_number(&dict, "locked", DBUS_TYPE_BOOLEAN, locked) &&
                 bus_dict_close(&page->array, &dict);
}

static bool put_settings(DBusMessageIter *iter, struct policy *policy)
{
  struct settings settings;
  struct page page = {.filled = bus_dicts_open(iter, &page.array)};

  policy_settings(policy, &settings, append_setting, &page);
  return page.filled && dbus_message_iter_close_container(iter, &page.array);
}

static bool put_command(DBusMessageIter *array, const struct advice_command *command)
{
  DBusMessageIter dict;

  return bus_dict_open(array, &dict) && bus_dict_put_string(&dict, "command", command->command) &&
         bus_dict_put_string(&dict, "does", effect_token(command->does)) &&
         bus_dict_put_number(&dict, "asks", DBUS_TYPE_BOOLEAN, command->asks) &&
         bus_dict_close(array, &dict);
}

static bool put_commands(DBusMessageIter *iter, const struct advice *advice)
{
  DBusMessageIter array;
  bool filled = bus_dicts_open(iter, &array);

  for (guint i = 0; i < advice->commands->len && filled; i++)
    filled = put_command(&array, &g_array_index(advice->commands, struct advice_command, i));
  return filled && dbus_message_iter_close_container(iter, &array);
}

/* The entry that decided is known only once all are in the reply, behind the verdict: they are
 * visited twice. */
static void pass_over(const struct policy_entry *entry, void *data)
{
  (void)entry, (void)data;
}

static bool fill(DBusMessage *reply, struct handlers *handlers, const struct policy_judged *judged,
                 const struct advice *advice, int64_t now)
{
  struct layers *layers = policy_layers(handlers->policy);
  int decided = policy_entries(handlers->policy, judged, now, pass_over, NULL);
  struct entries entries;
  DBusMessageIter iter;

  dbus_message_iter_init_append(reply, &iter);
  if (!put_verdict(&iter, handlers, judged, decided, advice->lock))
    return false;
  entries_open(&entries, &iter);
  policy_entries(handlers->policy, judged, now, entries_append, &entries);
  return entries_close(&entries, &iter) && handlers_put_layers(&iter, layers) &&
         put_settings(&iter, handlers->policy) && put_commands(&iter, advice);
}

enum tlspin_code admin_explain(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  int64_t now = handlers->now();
  struct policy_judged judged;
  struct advice advice;
  struct shown shown;
  enum tlspin_code code = shown_read(call, &shown, problem);

  if (code != TLSPIN_OK)
    return code;
  policy_flush(handlers->policy, now);
  policy_explain(handlers->policy, &shown.peer, &shown.shown, now, &judged);
  advice_make(handlers->policy, &shown.shown, &judged, &advice);
  code = handlers_filled(fill(reply, handlers, &judged, &advice, now));
  advice_clear(&advice);
  policy_judged_clear(&judged);
  return code;
}

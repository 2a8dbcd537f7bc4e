/* The methods of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/changes.h"
#include "daemon/cursor.h"
#include "daemon/entries.h"
#include "daemon/filter.h"
#include "dbus/names.h"

static enum tlspin_code bad_cursor(GString *problem)
{
  g_string_printf(problem, _("argument '%s' is not one that List returned, or its layer is gone"),
                  "cursor");
  return TLSPIN_E_ARGUMENT;
}

/* The arguments of List; the text names the one that can't be used. */
static enum tlspin_code read_list(DBusMessage *call, struct filter *filter,
                                  struct policy_cursor *cursor, uint32_t *limit, GString *problem)
{
  DBusMessageIter in;
  const char *text;
  enum tlspin_code code;

  dbus_message_iter_init(call, &in);
  code = filter_read(&in, filter, problem);
  dbus_message_iter_next(&in);
  dbus_message_iter_get_basic(&in, &text);
  dbus_message_iter_next(&in);
  dbus_message_iter_get_basic(&in, limit);
  if (code == TLSPIN_OK)
    code = filter_check_list(filter, problem);
  if (code == TLSPIN_OK)
    code = handlers_check_limit(*limit, problem);
  if (code == TLSPIN_OK)
    code = handlers_check_length("cursor", text, BUS_CURSOR_MAX, problem);
  if (code == TLSPIN_OK && !cursor_read(text, cursor))
    code = bad_cursor(problem);
  return code;
}

static bool append_cursor(DBusMessageIter *iter, const struct policy_cursor *cursor)
{
  g_autofree char *next = cursor_text(cursor);

  return dbus_message_iter_append_basic(iter, DBUS_TYPE_STRING, &next);
}

enum tlspin_code admin_list(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  DBusMessageIter iter;
  struct entries entries;
  struct filter filter;
  struct policy_cursor cursor;
  uint32_t limit;
  enum tlspin_code code = read_list(call, &filter, &cursor, &limit, problem);
  char *trouble = NULL;
  bool filled;

  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_init_append(reply, &iter);
  entries_open(&entries, &iter);
  code = policy_list(handlers->policy, &filter.store, handlers->now(), &cursor, limit,
                     entries_append, &entries, &trouble);
  filled = entries_close(&entries, &iter);
  if (code == TLSPIN_E_ARGUMENT)
    return bad_cursor(problem);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  return handlers_filled(filled && append_cursor(&iter, &cursor));
}

enum tlspin_code admin_get(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  DBusMessageIter iter;
  struct entries entries;
  struct bus_peer in;
  struct peer peer;
  enum tlspin_code code;
  char *trouble = NULL;
  bool filled;

  bus_read_peer(call, &in);
  code = handlers_read_peer(&in, &peer, problem);
  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_init_append(reply, &iter);
  entries_open(&entries, &iter);
  code = policy_get(handlers->policy, &peer, handlers->now(), entries_append, &entries, &trouble);
  filled = entries_close(&entries, &iter);
  return code == TLSPIN_OK ? handlers_filled(filled) : handlers_explain(code, trouble, problem);
}

enum tlspin_code admin_clear(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  DBusMessageIter in;
  struct filter filter;
  struct store_change change;
  enum tlspin_code code;
  char *trouble = NULL;

  dbus_message_iter_init(call, &in);
  code = filter_read(&in, &filter, problem);
  if (code == TLSPIN_OK)
    code = filter_check_clear(&filter, problem);
  if (code != TLSPIN_OK)
    return code;
  if (filter.forever)
    return handlers_erase(handlers, &filter.store, reply, problem);
  code = policy_clear(handlers->policy, &filter.store, handlers->now(), &change, &trouble);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  handlers_changed(handlers, "cleared", &change);
  return handlers_filled(dbus_message_append_args(reply, DBUS_TYPE_UINT64, &change.operation,
                                                  DBUS_TYPE_UINT64, &change.changed,
                                                  DBUS_TYPE_INVALID));
}

static enum tlspin_code undo(struct handlers *handlers, uint64_t operation,
                             struct store_change *change, GString *problem)
{
  char *trouble = NULL;
  enum tlspin_code code =
      policy_undo(handlers->policy, operation, handlers->now(), change, &trouble);

  if (code == TLSPIN_OK)
    handlers_changed(handlers, "restored", change);
  return handlers_explain(code, trouble, problem);
}

enum tlspin_code admin_undo(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct store_change change = {.operation = 0};
  struct bus_undo_reply out;
  dbus_uint64_t operation = 0;
  enum tlspin_code code;

  dbus_message_get_args(call, NULL, DBUS_TYPE_UINT64, &operation, DBUS_TYPE_INVALID);
  if (drafts_has(handlers->drafts, dbus_message_get_sender(call), operation))
    code = handlers_drop_draft(handlers, operation, problem);
  else
    code = undo(handlers, operation, &change, problem);
  if (code != TLSPIN_OK)
    return code;
  out = (struct bus_undo_reply){change.operation, change.changed, change.replaced};
  return handlers_filled(bus_append_undo_reply(reply, &out));
}

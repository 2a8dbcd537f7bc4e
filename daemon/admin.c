/* The methods of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "common/text.h"
#include "daemon/filter.h"
#include "dbus/dict.h"
#include "dbus/names.h"

#include <string.h>

struct page {
  DBusMessageIter *array;
  bool filled;
};

static bool put_failure(DBusMessageIter *dict, const struct failure_row *failure)
{
  return failure == NULL ||
         (bus_dict_put_number(dict, "failures", DBUS_TYPE_UINT32, failure->count) &&
          bus_dict_put_string(dict, "failure-reason", failure->reason) &&
          bus_dict_put_number(dict, "failed", DBUS_TYPE_UINT64, (uint64_t)failure->last));
}

static bool put_entry(DBusMessageIter *dict, const struct policy_entry *entry)
{
  const struct ticket_row *row = entry->row;

  return bus_dict_put_string(dict, "host", row->peer.host) &&
         bus_dict_put_string(dict, "protocol", protocol_token(row->peer.protocol)) &&
         bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, row->peer.port) &&
         bus_dict_put_string(dict, "kind", "ticket") &&
         bus_dict_put_string(dict, "layer", entry->layer->name) &&
         bus_dict_put_string(dict, "state", entry->state) &&
         bus_dict_put_string(dict, "lock", lock_token(row->lock)) &&
         bus_dict_put_string(dict, "hash", ticket_hash_token(row->hash)) &&
         bus_dict_put_number(dict, "ticket-size", DBUS_TYPE_UINT32, row->ticket.size) &&
         bus_dict_put_number(dict, "first-seen", DBUS_TYPE_UINT64, (uint64_t)row->first_seen) &&
         bus_dict_put_number(dict, "issued", DBUS_TYPE_UINT64, (uint64_t)row->issued) &&
         bus_dict_put_number(dict, "expires", DBUS_TYPE_UINT64, (uint64_t)row->expires) &&
         put_failure(dict, entry->failure);
}

static void append_entry(const struct policy_entry *entry, void *data)
{
  struct page *page = data;
  DBusMessageIter dict;

  page->filled = page->filled && bus_dict_open(page->array, &dict) && put_entry(&dict, entry) &&
                 bus_dict_close(page->array, &dict);
}

static enum tlspin_code check_limit(uint32_t limit, GString *problem)
{
  if (limit >= 1 && limit <= BUS_LIST_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' is %u; it must be 1 to %d"), "limit", limit,
                  BUS_LIST_MAX);
  return TLSPIN_E_ARGUMENT;
}

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
  if (code == TLSPIN_OK && filter->all)
    code = filter_all_alone(problem);
  if (code == TLSPIN_OK)
    code = check_limit(*limit, problem);
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
  DBusMessageIter iter, array;
  struct page page = {&array, true};
  struct filter filter;
  struct policy_cursor cursor;
  uint32_t limit;
  enum tlspin_code code = read_list(call, &filter, &cursor, &limit, problem);
  char *trouble = NULL;

  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_init_append(reply, &iter);
  if (!bus_dicts_open(&iter, &array))
    return TLSPIN_E_MEMORY;
  code = policy_list(handlers->policy, &filter.store, handlers->now(), &cursor, limit, append_entry,
                     &page, &trouble);
  page.filled = dbus_message_iter_close_container(&iter, &array) && page.filled;
  if (code == TLSPIN_E_ARGUMENT)
    return bad_cursor(problem);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  return handlers_filled(page.filled && append_cursor(&iter, &cursor));
}

enum tlspin_code admin_get(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  DBusMessageIter iter, array;
  struct page page = {&array, true};
  struct bus_peer in;
  struct peer peer;
  enum tlspin_code code;
  char *trouble = NULL;

  bus_read_peer(call, &in);
  code = handlers_read_peer(&in, &peer, problem);
  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_init_append(reply, &iter);
  if (!bus_dicts_open(&iter, &array))
    return TLSPIN_E_MEMORY;
  code = policy_get(handlers->policy, &peer, handlers->now(), append_entry, &page, &trouble);
  page.filled = dbus_message_iter_close_container(&iter, &array) && page.filled;
  return code == TLSPIN_OK ? handlers_filled(page.filled)
                           : handlers_explain(code, trouble, problem);
}

static void collect_peer(const struct peer *peer, void *data)
{
  g_array_append_vals(data, peer, 1);
}

/* Few peers are named in the signal, many are not. */
static void announce_operation(struct handlers *handlers, const char *what,
                               const struct store_change *change)
{
  g_autoptr(GArray) peers = g_array_new(FALSE, FALSE, sizeof(struct peer));

  if (change->changed <= BUS_CHANGED_MAX)
    policy_touched(handlers->policy, change->operation, BUS_CHANGED_MAX, collect_peer, peers);
  announce_changed(&handlers->announce, what, (const struct peer *)peers->data, peers->len);
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
  code = policy_clear(handlers->policy, &filter.store, handlers->now(), &change, &trouble);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  announce_operation(handlers, "cleared", &change);
  return handlers_filled(dbus_message_append_args(reply, DBUS_TYPE_UINT64, &change.operation,
                                                  DBUS_TYPE_UINT64, &change.changed,
                                                  DBUS_TYPE_INVALID));
}

enum tlspin_code admin_undo(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  struct store_change change;
  struct bus_undo_reply out;
  dbus_uint64_t operation = 0;
  enum tlspin_code code;
  char *trouble = NULL;

  dbus_message_get_args(call, NULL, DBUS_TYPE_UINT64, &operation, DBUS_TYPE_INVALID);
  code = policy_undo(handlers->policy, operation, handlers->now(), &change, &trouble);
  if (code != TLSPIN_OK)
    return handlers_explain(code, trouble, problem);
  announce_operation(handlers, "restored", &change);
  out = (struct bus_undo_reply){change.operation, change.changed, change.replaced};
  return handlers_filled(bus_append_undo_reply(reply, &out));
}

/* What the user does with the store: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/messages.h"
#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "libclient/selection.h"

#include <string.h>

/* A page of a list. */
struct page {
  struct entry_list entries;
  char next[BUS_CURSOR_MAX + 1]; /* "": this was the last one */
};

static int call_within(tlspin_t *context, const struct call_budget *patience, DBusMessage *message,
                       bool repeatable, admin_read read, void *data, bool *unsure)
{
  DBusMessage *reply = NULL;
  struct call call;
  int code;

  bus_lock(context->bus);
  call_init(&call, context->bus, message, patience, repeatable);
  code = call_wait(&call, &reply);
  *unsure = call.unsure;
  if (code == TLSPIN_OK) {
    code = read(reply, data);
    dbus_message_unref(reply);
    *unsure = code != TLSPIN_OK;
  }
  call_clear(&call);
  bus_unlock(context->bus);
  return code;
}

int admin_call(tlspin_t *context, DBusMessage *message, bool repeatable, admin_read read,
               void *data)
{
  bool unsure;

  return call_within(context, &context->patience, message, repeatable, read, data, &unsure);
}

int admin_call_long(tlspin_t *context, DBusMessage *message, admin_read read, void *data)
{
  bool unsure;

  return admin_change(context, message, true, read, data, &unsure);
}

int admin_change(tlspin_t *context, DBusMessage *message, bool lengthy, admin_read read, void *data,
                 bool *unsure)
{
  const struct call_budget *patience = lengthy ? &context->long_patience : &context->patience;

  return call_within(context, patience, message, false, read, data, unsure);
}

/* A page must lead on, so that a wrong reply can't keep the walk going round. */
static int read_list(DBusMessage *reply, void *data)
{
  struct page *page = data;
  DBusMessageIter iter;
  const char *next;
  int code;

  if (!dbus_message_has_signature(reply, "aa{sv}s"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  code = entry_list_read(&iter, ENTRY_STORED, BUS_LIST_MAX, &page->entries);
  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_get_basic(&iter, &next);
  if (strlen(next) > BUS_CURSOR_MAX ||
      (next[0] != '\0' && (page->entries.count == 0 || strcmp(next, page->next) == 0)))
    return entry_garbled();
  strcpy(page->next, next);
  return TLSPIN_OK;
}

static DBusMessage *list_message(const struct tlspin_filter *filter, const char *cursor)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "List");
  dbus_uint32_t limit = BUS_LIST_MAX;
  DBusMessageIter iter;

  if (message == NULL)
    return NULL;
  dbus_message_iter_init_append(message, &iter);
  if (selection_append(&iter, filter) &&
      dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &cursor) &&
      dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT32, &limit))
    return message;
  dbus_message_unref(message);
  return NULL;
}

bool admin_visit(const struct entry_list *entries, tlspin_visit visit, void *data)
{
  bool stop = false;

  for (size_t i = 0; i < entries->count && !stop; i++)
    stop = visit(entries->at[i], data) != 0;
  return stop;
}

static int list_pages(tlspin_t *context, const struct tlspin_filter *filter, struct page *page,
                      tlspin_visit visit, void *data)
{
  bool stop = false;
  int code;

  do {
    code = admin_call(context, list_message(filter, page->next), true, read_list, page);
    if (code == TLSPIN_OK)
      stop = admin_visit(&page->entries, visit, data);
    entry_list_clear(&page->entries);
  } while (code == TLSPIN_OK && !stop && page->next[0] != '\0');
  return code;
}

int tlspin_list(tlspin_t *context, const struct tlspin_filter *filter, tlspin_visit visit,
                void *data)
{
  struct page page = {.next = ""};
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK && visit == NULL)
    code = argument_there(NULL, "visit");
  if (code == TLSPIN_OK)
    code = selection_check(filter, SELECTION_LIST);
  return code == TLSPIN_OK ? list_pages(context, filter, &page, visit, data) : code;
}

static int read_get(DBusMessage *reply, void *data)
{
  struct entry_list *entries = data;
  DBusMessageIter iter;
  int code;

  if (!dbus_message_has_signature(reply, "aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  code = entry_list_read(&iter, ENTRY_STORED, BUS_LIST_MAX, entries);
  return code == TLSPIN_OK && entries->count == 0 ? entry_garbled() : code;
}

static DBusMessage *get_message(const struct peer *peer)
{
  const struct bus_peer named = {peer->host, protocol_token(peer->protocol), peer->port};
  DBusMessage *message = bus_call(BUS_ADMIN, "Get");

  if (message != NULL && !bus_append_peer(message, &named)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

int tlspin_get(tlspin_t *context, const char *host, const char *protocol, unsigned port,
               tlspin_visit visit, void *data)
{
  struct entry_list entries = {NULL, 0};
  struct peer peer;
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK && visit == NULL)
    code = argument_there(NULL, "visit");
  if (code == TLSPIN_OK)
    code = argument_peer(host, protocol, port, &peer);
  if (code != TLSPIN_OK)
    return code;
  code = admin_call(context, get_message(&peer), true, read_get, &entries);
  if (code == TLSPIN_OK)
    admin_visit(&entries, visit, data);
  entry_list_clear(&entries);
  return code;
}

static int read_clear(DBusMessage *reply, void *data)
{
  struct tlspin_change *change = data;
  dbus_uint64_t operation, count;

  if (!dbus_message_get_args(reply, NULL, DBUS_TYPE_UINT64, &operation, DBUS_TYPE_UINT64, &count,
                             DBUS_TYPE_INVALID))
    return entry_garbled();
  *change = (struct tlspin_change){.operation = operation, .count = count};
  return TLSPIN_OK;
}

static DBusMessage *clear_message(const struct tlspin_filter *filter)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Clear");
  DBusMessageIter iter;

  if (message == NULL)
    return NULL;
  dbus_message_iter_init_append(message, &iter);
  if (selection_append(&iter, filter))
    return message;
  dbus_message_unref(message);
  return NULL;
}

/* Not repeated: a second clear would find nothing, and say so. */
int tlspin_clear(tlspin_t *context, const struct tlspin_filter *filter,
                 struct tlspin_change *change)
{
  struct tlspin_change ignored;
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK)
    code = selection_check(filter, SELECTION_CLEAR);
  if (code != TLSPIN_OK)
    return code;
  return admin_call_long(context, clear_message(filter), read_clear,
                         change != NULL ? change : &ignored);
}

static int read_undo(DBusMessage *reply, void *data)
{
  struct tlspin_change *change = data;
  struct bus_undo_reply undone;

  if (!bus_read_undo_reply(reply, &undone))
    return entry_garbled();
  *change = (struct tlspin_change){undone.operation, undone.count, undone.replaced};
  return TLSPIN_OK;
}

static DBusMessage *undo_message(uint64_t operation)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Undo");
  dbus_uint64_t number = operation;

  if (message != NULL &&
      !dbus_message_append_args(message, DBUS_TYPE_UINT64, &number, DBUS_TYPE_INVALID)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

/* Not repeated: the newest operation might be another one by then. */
int tlspin_undo(tlspin_t *context, uint64_t operation, struct tlspin_change *change)
{
  struct tlspin_change ignored;
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code != TLSPIN_OK)
    return code;
  return admin_call_long(context, undo_message(operation), read_undo,
                         change != NULL ? change : &ignored);
}

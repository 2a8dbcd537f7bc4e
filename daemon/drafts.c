/* Whose the drafts are: see drafts.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/drafts.h"

#include "dbus/messages.h"

#include <glib.h>
#include <string.h>

struct draft {
  struct drafts *drafts;
  uint64_t operation;
  char *caller;
  char *rule;               /* by which the bus tells when the caller leaves */
  DBusPendingCall *pending; /* whether it had left already; NULL: answered */
};

struct drafts {
  DBusConnection *connection;
  drafts_left left;
  void *data;
  GPtrArray *list; /* struct draft */
};

static void draft_free(void *data)
{
  struct draft *draft = data;

  if (draft->pending != NULL) {
    dbus_pending_call_cancel(draft->pending);
    dbus_pending_call_unref(draft->pending);
  }
  if (draft->drafts->connection != NULL)
    dbus_bus_remove_match(draft->drafts->connection, draft->rule, NULL);
  g_free(draft->rule);
  g_free(draft->caller);
  g_free(draft);
}

/* One after the other, since each may change the list. */
static void caller_left(struct drafts *drafts, const char *caller)
{
  for (guint i = 0; i < drafts->list->len;) {
    const struct draft *draft = drafts->list->pdata[i];
    uint64_t operation = draft->operation;

    if (strcmp(draft->caller, caller) != 0) {
      i++;
      continue;
    }
    g_ptr_array_remove_index(drafts->list, i);
    drafts->left(drafts->data, operation);
    i = 0;
  }
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *message, void *data)
{
  const char *name = bus_read_left(message);

  (void)connection;
  if (name != NULL)
    caller_left(data, name);
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

struct drafts *drafts_new(DBusConnection *connection, drafts_left left, void *data)
{
  struct drafts *drafts = g_new0(struct drafts, 1);

  drafts->connection = connection;
  drafts->left = left;
  drafts->data = data;
  drafts->list = g_ptr_array_new_with_free_func(draft_free);
  if (connection != NULL)
    dbus_connection_add_filter(connection, on_message, drafts, NULL);
  return drafts;
}

void drafts_free(struct drafts *drafts)
{
  if (drafts->connection != NULL)
    dbus_connection_remove_filter(drafts->connection, on_message, drafts);
  g_ptr_array_unref(drafts->list);
  g_free(drafts);
}

static bool has_owner(DBusPendingCall *pending)
{
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);
  dbus_bool_t owned = FALSE;

  dbus_message_get_args(reply, NULL, DBUS_TYPE_BOOLEAN, &owned, DBUS_TYPE_INVALID);
  dbus_message_unref(reply);
  return owned;
}

static void on_answer(DBusPendingCall *pending, void *data)
{
  struct draft *draft = data;
  struct drafts *drafts = draft->drafts;
  g_autofree char *caller = g_strdup(draft->caller);

  draft->pending = NULL;
  if (!has_owner(pending))
    caller_left(drafts, caller);
  dbus_pending_call_unref(pending);
}

/* Without waiting. The caller may have left before the bus knew that we want to be told, so that is
 * asked, too. */
static void watch(struct draft *draft)
{
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "NameHasOwner");

  draft->rule =
      g_strdup_printf("type='signal',sender='" DBUS_SERVICE_DBUS "',interface='" DBUS_INTERFACE_DBUS
                      "',member='NameOwnerChanged',arg0='%s'",
                      draft->caller);
  dbus_bus_add_match(draft->drafts->connection, draft->rule, NULL);
  if (call != NULL &&
      dbus_message_append_args(call, DBUS_TYPE_STRING, &draft->caller, DBUS_TYPE_INVALID) &&
      dbus_connection_send_with_reply(draft->drafts->connection, call, &draft->pending,
                                      DBUS_TIMEOUT_INFINITE) &&
      draft->pending != NULL)
    dbus_pending_call_set_notify(draft->pending, on_answer, draft, NULL);
  if (call != NULL)
    dbus_message_unref(call);
}

static struct draft *find(const struct drafts *drafts, uint64_t operation)
{
  for (guint i = 0; i < drafts->list->len; i++)
    if (((struct draft *)drafts->list->pdata[i])->operation == operation)
      return drafts->list->pdata[i];
  return NULL;
}

void drafts_begin(struct drafts *drafts, const char *caller, uint64_t operation)
{
  struct draft *draft;

  if (find(drafts, operation) != NULL)
    return;
  draft = g_new0(struct draft, 1);
  draft->drafts = drafts;
  draft->operation = operation;
  draft->caller = g_strdup(caller);
  g_ptr_array_add(drafts->list, draft);
  if (drafts->connection != NULL)
    watch(draft);
}

void drafts_end(struct drafts *drafts, uint64_t operation)
{
  struct draft *draft = find(drafts, operation);

  if (draft != NULL)
    g_ptr_array_remove(drafts->list, draft);
}

bool drafts_has(const struct drafts *drafts, const char *caller, uint64_t operation)
{
  const struct draft *draft = find(drafts, operation);

  return draft != NULL && g_strcmp0(draft->caller, caller) == 0;
}

unsigned drafts_count(const struct drafts *drafts, const char *caller)
{
  unsigned count = 0;

  for (guint i = 0; i < drafts->list->len; i++)
    count += g_strcmp0(((struct draft *)drafts->list->pdata[i])->caller, caller) == 0;
  return count;
}

bool drafts_any(const struct drafts *drafts)
{
  return drafts->list->len > 0;
}

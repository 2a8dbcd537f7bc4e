/* Callers whose operations are being applied: see waiting.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/waiting.h"

#include "daemon/changes.h"
#include "daemon/dispatch.h"

struct waiter {
  uint64_t operation;
  DBusMessage *reply;
  GPtrArray *warnings;
};

struct waiting {
  DBusConnection *connection;
  GPtrArray *list; /* struct waiter */
};

/* Its reply is sent, or dropped, by then. */
static void waiter_free(void *data)
{
  struct waiter *waiter = data;

  if (waiter->reply != NULL)
    dbus_message_unref(waiter->reply);
  g_ptr_array_unref(waiter->warnings);
  g_free(waiter);
}

struct waiting *waiting_new(DBusConnection *connection)
{
  struct waiting *waiting = g_new0(struct waiting, 1);

  waiting->connection = connection;
  waiting->list = g_ptr_array_new_with_free_func(waiter_free);
  return waiting;
}

void waiting_free(struct waiting *waiting)
{
  g_ptr_array_unref(waiting->list);
  g_free(waiting);
}

void waiting_add(struct waiting *waiting, uint64_t operation, DBusMessage *reply,
                 GPtrArray *warnings)
{
  struct waiter *waiter = g_new0(struct waiter, 1);

  waiter->operation = operation;
  waiter->reply = reply;
  waiter->warnings = g_ptr_array_ref(warnings);
  g_ptr_array_add(waiting->list, waiter);
}

bool waiting_any(const struct waiting *waiting)
{
  return waiting->list->len > 0;
}

static bool append_warnings(DBusMessageIter *iter, const GPtrArray *warnings)
{
  DBusMessageIter array;

  if (!dbus_message_iter_open_container(iter, DBUS_TYPE_ARRAY, "s", &array))
    return false;
  for (guint i = 0; i < warnings->len; i++)
    if (!dbus_message_iter_append_basic(&array, DBUS_TYPE_STRING, &warnings->pdata[i]))
      return false;
  return dbus_message_iter_close_container(iter, &array);
}

bool waiting_fill(DBusMessage *reply, const struct store_change *change, const GPtrArray *warnings)
{
  DBusMessageIter iter;

  dbus_message_iter_init_append(reply, &iter);
  return dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &change->operation) &&
         dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT64, &change->changed) &&
         append_warnings(&iter, warnings);
}

struct store_change waiting_change(const struct store_applied *applied)
{
  bool none = applied->changed == 0 && applied->dropped == 0;

  return (struct store_change){none ? 0 : applied->operation, applied->changed, 0};
}

static void answer(struct waiting *waiting, guint i, enum tlspin_code code, const char *text)
{
  struct waiter *waiter = waiting->list->pdata[i];

  dispatch_send(waiting->connection, waiter->reply, code, text);
  waiter->reply = NULL;
  g_ptr_array_remove_index(waiting->list, i);
}

void waiting_over(struct waiting *waiting, const struct store_applied *applied)
{
  struct store_change change = waiting_change(applied);

  for (guint i = waiting->list->len; i > 0; i--) {
    const struct waiter *waiter = waiting->list->pdata[i - 1];
    bool filled;

    if (waiter->operation != applied->operation)
      continue;
    policy_warn_of_applied(applied, waiter->warnings);
    filled = waiting_fill(waiter->reply, &change, waiter->warnings);
    answer(waiting, i - 1, filled ? TLSPIN_OK : TLSPIN_E_MEMORY, NULL);
  }
}

void waiting_failed(struct waiting *waiting, enum tlspin_code code, const char *text)
{
  while (waiting_any(waiting))
    answer(waiting, 0, code, text);
}

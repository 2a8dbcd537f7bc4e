/* Those who call: see callers.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/callers.h"

#include "daemon/quota.h"
#include "dbus/messages.h"

#include <string.h>

/* The bus answers at once; one that doesn't can't tell who it is. */
enum { ANSWER_MS = 3000 };

#define LEFT_RULE                                                                                  \
  "type='signal',sender='" DBUS_SERVICE_DBUS "',interface='" DBUS_INTERFACE_DBUS                   \
  "',member='NameOwnerChanged',arg2=''"

struct callers {
  DBusConnection *connection;
  char *proc;
  callers_told told;
  GDestroyNotify drop;
  void *data;
  bool is_self; /* the bus and /proc have the same numbers for processes */
  uid_t user;   /* of the daemon, as the bus says */
  GHashTable *by_name;
  GQueue by_use;            /* the latest first */
  DBusPendingCall *pending; /* about the daemon itself */
};

static void pending_forget(DBusPendingCall **pending)
{
  if (*pending == NULL)
    return;
  dbus_pending_call_cancel(*pending);
  dbus_pending_call_unref(*pending);
  *pending = NULL;
}

static void caller_free(void *data)
{
  struct caller *caller = data;

  pending_forget(&caller->pending);
  g_queue_clear_full(&caller->calls, caller->callers->drop);
  g_queue_delete_link(&caller->callers->by_use, caller->link);
  g_free(caller->name);
  g_free(caller);
}

guint callers_count(const struct callers *callers)
{
  return g_hash_table_size(callers->by_name);
}

static void forget(struct caller *caller)
{
  g_hash_table_remove(caller->callers->by_name, caller->name);
}

void callers_idle(struct caller *caller)
{
  if (caller->gone && caller->known)
    forget(caller);
}

static void read_number(DBusMessageIter *value, dbus_uint32_t *number)
{
  if (dbus_message_iter_get_arg_type(value) == DBUS_TYPE_UINT32)
    dbus_message_iter_get_basic(value, number);
}

/* Octets that end in a zero (D-Bus specification, GetConnectionCredentials). */
static const char *read_label(DBusMessageIter *value)
{
  DBusMessageIter array;
  const char *at = NULL;
  int size = 0;

  if (dbus_message_iter_get_arg_type(value) != DBUS_TYPE_ARRAY ||
      dbus_message_iter_get_element_type(value) != DBUS_TYPE_BYTE)
    return "";
  dbus_message_iter_recurse(value, &array);
  dbus_message_iter_get_fixed_array(&array, &at, &size);
  return size > 0 && at[size - 1] == '\0' ? at : "";
}

static void read_credential(DBusMessageIter *entry, struct caller_credentials *told)
{
  DBusMessageIter pair, value;
  dbus_uint32_t number = 0;
  const char *key;

  dbus_message_iter_recurse(entry, &pair);
  dbus_message_iter_get_basic(&pair, &key);
  dbus_message_iter_next(&pair);
  dbus_message_iter_recurse(&pair, &value);
  read_number(&value, &number);
  if (strcmp(key, "UnixUserID") == 0) {
    told->has_user = dbus_message_iter_get_arg_type(&value) == DBUS_TYPE_UINT32;
    told->user = number;
  } else if (strcmp(key, "ProcessID") == 0) {
    told->process = (pid_t)number;
  } else if (strcmp(key, "LinuxSecurityLabel") == 0) {
    told->label = read_label(&value);
  }
}

/* What the bus doesn't tell stays unknown; so does all of an error. The label lives as long as the
 * reply. */
static struct caller_credentials read_credentials(DBusMessage *reply)
{
  struct caller_credentials told = {.label = ""};
  DBusMessageIter iter, entries;

  if (!dbus_message_has_sender(reply, DBUS_SERVICE_DBUS) ||
      dbus_message_get_type(reply) != DBUS_MESSAGE_TYPE_METHOD_RETURN ||
      !dbus_message_has_signature(reply, "a{sv}"))
    return told;
  dbus_message_iter_init(reply, &iter);
  dbus_message_iter_recurse(&iter, &entries);
  for (; dbus_message_iter_get_arg_type(&entries) == DBUS_TYPE_DICT_ENTRY;
       dbus_message_iter_next(&entries))
    read_credential(&entries, &told);
  return told;
}

/* NULL: nothing could be asked. */
static DBusPendingCall *ask(DBusConnection *connection, const char *name,
                            DBusPendingCallNotifyFunction answered, void *data)
{
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "GetConnectionCredentials");
  DBusPendingCall *pending = NULL;

  if (call != NULL && dbus_message_append_args(call, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID) &&
      dbus_connection_send_with_reply(connection, call, &pending, ANSWER_MS) && pending != NULL &&
      !dbus_pending_call_set_notify(pending, answered, data, NULL)) {
    dbus_pending_call_cancel(pending);
    dbus_pending_call_unref(pending);
    pending = NULL;
  }
  if (call != NULL)
    dbus_message_unref(call);
  return pending;
}

/* The bus answers in order: this comes before what it says of any caller. */
static void on_self(DBusPendingCall *pending, void *data)
{
  struct callers *callers = data;
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);
  struct caller_credentials told = read_credentials(reply);

  callers->is_self = caller_is_self(&told, callers->proc);
  callers->user = told.user;
  dbus_message_unref(reply);
}

static void tell(struct caller *caller, const struct caller_credentials *told)
{
  struct callers *callers = caller->callers;

  if (callers->is_self)
    caller->kind = caller_identify(told, callers->user, callers->proc);
  caller->process = told->process;
  caller->known = true;
  callers->told(callers->data, caller);
}

static void on_answer(DBusPendingCall *pending, void *data)
{
  struct caller *caller = data;
  DBusMessage *reply = dbus_pending_call_steal_reply(pending);
  struct caller_credentials told = read_credentials(reply);

  caller->pending = NULL;
  tell(caller, &told);
  dbus_message_unref(reply);
  dbus_pending_call_unref(pending);
}

static void caller_left(struct callers *callers, const char *name)
{
  struct caller *caller = g_hash_table_lookup(callers->by_name, name);

  if (caller == NULL)
    return;
  caller->gone = true;
  if (g_queue_is_empty(&caller->calls))
    callers_idle(caller);
}

static void tell_nothing(struct caller *caller)
{
  static const struct caller_credentials nothing = {.label = ""};

  pending_forget(&caller->pending);
  tell(caller, &nothing);
}

/* Nobody is there any more. libdbus doesn't complete what was pending when a connection ends. Each
 * that is told may be forgotten by that, and no other. */
static void bus_ended(struct callers *callers)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new();

  for (GList *link = callers->by_use.head; link != NULL; link = link->next) {
    struct caller *caller = link->data;

    caller->gone = true;
    if (!caller->known)
      g_ptr_array_add(asked, caller);
  }
  for (guint i = 0; i < asked->len; i++)
    tell_nothing(asked->pdata[i]);
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *message, void *data)
{
  const char *name = bus_read_left(message);

  (void)connection;
  if (dbus_message_is_signal(message, DBUS_INTERFACE_LOCAL, "Disconnected"))
    bus_ended(data);
  else if (name != NULL)
    caller_left(data, name);
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
}

struct callers *callers_new(DBusConnection *connection, const char *proc, callers_told told,
                            GDestroyNotify drop, void *data)
{
  struct callers *callers = g_new0(struct callers, 1);

  callers->connection = connection;
  callers->proc = g_strdup(proc);
  callers->told = told;
  callers->drop = drop;
  callers->data = data;
  callers->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, caller_free);
  dbus_connection_add_filter(connection, on_message, callers, NULL);
  dbus_bus_add_match(connection, LEFT_RULE, NULL);
  callers->pending = ask(connection, dbus_bus_get_unique_name(connection), on_self, callers);
  return callers;
}

void callers_free(struct callers *callers)
{
  dbus_connection_remove_filter(callers->connection, on_message, callers);
  pending_forget(&callers->pending);
  g_hash_table_unref(callers->by_name);
  g_free(callers->proc);
  g_free(callers);
}

/* Of those who have nothing waiting the one that hasn't called for longest; it is asked about again
 * when it does. */
static bool make_room(struct callers *callers)
{
  for (GList *link = callers->by_use.tail; link != NULL; link = link->prev) {
    struct caller *caller = link->data;

    if (g_queue_is_empty(&caller->calls)) {
      forget(caller);
      return true;
    }
  }
  return false;
}

static struct caller *add(struct callers *callers, const char *name)
{
  struct caller *caller = g_new0(struct caller, 1);

  caller->callers = callers;
  caller->name = g_strdup(name);
  g_queue_init(&caller->calls);
  g_queue_push_head(&callers->by_use, caller);
  caller->link = callers->by_use.head;
  g_hash_table_insert(callers->by_name, caller->name, caller);
  caller->pending = ask(callers->connection, name, on_answer, caller);
  if (caller->pending == NULL)
    tell_nothing(caller);
  return caller;
}

struct caller *callers_get(struct callers *callers, const char *name)
{
  struct caller *caller = g_hash_table_lookup(callers->by_name, name);

  if (caller == NULL) {
    if (callers_count(callers) >= QUOTA_CALLERS && !make_room(callers))
      return NULL;
    return add(callers, name);
  }
  g_queue_unlink(&callers->by_use, caller->link);
  g_queue_push_head_link(&callers->by_use, caller->link);
  return caller;
}

/* Hearing what happens: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/connect.h"
#include "libclient/deadline.h"
#include "libclient/last.h"
#include "libclient/owner.h"

#include <poll.h>
#include <string.h>

enum {
  QUEUE_MAX = 256,  /* messages; what is lost beyond that is said to be */
  OWNER_WAIT = 1000 /* milliseconds for the bus to say who sent a signal */
};

/* A connection of its own, which other calls of the program don't touch. */
struct listener {
  struct bus *bus;
  unsigned generation; /* of the connection that listens */
  DBusMessage *queue[QUEUE_MAX];
  size_t count;
  bool lost; /* something may have been missed */
  tlspin_heard heard;
  void *data;
};

static const char signals_rule[] =
    "type='signal',sender='" BUS_ADMIN "',interface='" BUS_ADMIN "',path='" BUS_ADMIN_PATH "'";
static const char owner_rule[] =
    "type='signal',sender='" DBUS_SERVICE_DBUS "',interface='" DBUS_INTERFACE_DBUS
    "',member='NameOwnerChanged',arg0='" BUS_ADMIN "'";

static DBusHandlerResult take_signal(DBusConnection *connection, DBusMessage *message, void *data)
{
  struct listener *l = data;

  (void)connection;
  if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_SIGNAL)
    return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
  if (l->count < QUEUE_MAX)
    l->queue[l->count++] = dbus_message_ref(message);
  else
    l->lost = true;
  return DBUS_HANDLER_RESULT_NOT_YET_HANDLED; /* libdbus has a use for some, too */
}

static bool start_daemon(struct bus *bus)
{
  const char *name = BUS_ADMIN;
  dbus_uint32_t flags = 0;
  DBusMessage *message = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                      DBUS_INTERFACE_DBUS, "StartServiceByName");
  bool sent;

  if (message == NULL)
    return false;
  dbus_message_set_no_reply(message, TRUE);
  sent = dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_UINT32, &flags,
                                  DBUS_TYPE_INVALID) &&
         bus_send(bus, message, NULL) == TLSPIN_OK;
  dbus_message_unref(message);
  return sent;
}

/* The rules go out before the daemon is started, so that nothing of it is missed. */
static int begin(struct listener *l, const struct call_budget *budget)
{
  int code = bus_connect(l->bus, deadline_after(deadline_now(), budget->cold));

  if (code != TLSPIN_OK)
    return code;
  if (!dbus_connection_add_filter(l->bus->connection, take_signal, l, NULL))
    return last_code(TLSPIN_E_MEMORY);
  dbus_bus_add_match(l->bus->connection, signals_rule, NULL);
  dbus_bus_add_match(l->bus->connection, owner_rule, NULL);
  l->generation = l->bus->generation;
  return start_daemon(l->bus) ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);
}

static bool is_owner_change(DBusMessage *message, bool *there)
{
  const char *name, *old, *new;

  if (!dbus_message_is_signal(message, DBUS_INTERFACE_DBUS, "NameOwnerChanged") ||
      !dbus_message_has_sender(message, DBUS_SERVICE_DBUS) ||
      !dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &old,
                             DBUS_TYPE_STRING, &new, DBUS_TYPE_INVALID))
    return false;
  *there = new[0] != '\0';
  return strcmp(name, BUS_ADMIN) == 0;
}

static int tell(struct listener *l, const char *signal, tlspin_entry_t *what)
{
  int stop = what != NULL ? l->heard(signal, what, l->data) : 0;

  tlspin_entry_free(what);
  return stop;
}

static int tell_lost(struct listener *l)
{
  l->lost = false;
  return tell(l, "Lost", entry_new());
}

static int tell_logged(struct listener *l, DBusMessage *message)
{
  tlspin_entry_t *event = NULL;
  DBusMessageIter iter, dict;

  if (!dbus_message_has_signature(message, "a{sv}"))
    return 0;
  dbus_message_iter_init(message, &iter);
  dbus_message_iter_recurse(&iter, &dict);
  entry_of_dict(&dict, ENTRY_OTHER, &event);
  return tell(l, "Logged", event);
}

/* Without a peer: more than could be named. */
static tlspin_entry_t *change_of(const char *change, DBusMessageIter *peer)
{
  tlspin_entry_t *what = entry_new();
  const char *host, *protocol;
  uint16_t port;
  bool made = what != NULL && entry_put_string(what, "change", change);

  if (made && peer != NULL) {
    dbus_message_iter_get_basic(peer, &host);
    dbus_message_iter_next(peer);
    dbus_message_iter_get_basic(peer, &protocol);
    dbus_message_iter_next(peer);
    dbus_message_iter_get_basic(peer, &port);
    made = entry_put_string(what, "host", host) && entry_put_string(what, "protocol", protocol) &&
           entry_put_number(what, "port", DBUS_TYPE_UINT16, port);
  }
  if (made)
    return what;
  tlspin_entry_free(what);
  return NULL;
}

static int tell_changed(struct listener *l, DBusMessage *message)
{
  DBusMessageIter iter, array, peer;
  const char *change;
  int stop = 0;

  if (!dbus_message_has_signature(message, "sa(ssq)"))
    return 0;
  dbus_message_iter_init(message, &iter);
  dbus_message_iter_get_basic(&iter, &change);
  dbus_message_iter_next(&iter);
  dbus_message_iter_recurse(&iter, &array);
  if (dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_INVALID)
    return tell(l, "Changed", change_of(change, NULL));
  for (; stop == 0 && dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT;
       dbus_message_iter_next(&array)) {
    dbus_message_iter_recurse(&array, &peer);
    stop = tell(l, "Changed", change_of(change, &peer));
  }
  return stop;
}

/* Anybody on the bus can send us a signal; only the daemon's count. */
static bool is_daemons(struct listener *l, DBusMessage *message)
{
  const char *sender = dbus_message_get_sender(message);
  bool is;

  bus_lock(l->bus);
  is = sender != NULL && dbus_message_has_interface(message, BUS_ADMIN) &&
       owner_is(l->bus, BUS_ADMIN, sender, deadline_after(deadline_now(), OWNER_WAIT));
  bus_unlock(l->bus);
  return is;
}

/* That the daemon went away says nothing yet: what happens next is told by the one that comes. */
static int tell_message(struct listener *l, DBusMessage *message)
{
  bool there;

  if (is_owner_change(message, &there))
    return there ? tell_lost(l) : 0;
  if (!is_daemons(l, message))
    return 0;
  if (dbus_message_has_member(message, "Logged"))
    return tell_logged(l, message);
  return dbus_message_has_member(message, "Changed") ? tell_changed(l, message) : 0;
}

/* The listener may call the library, so the bus is not locked. More may come in meanwhile. */
static int tell_all(struct listener *l)
{
  int stop = 0;

  while (l->count > 0) {
    DBusMessage *message = l->queue[0];

    memmove(l->queue, l->queue + 1, --l->count * sizeof l->queue[0]);
    if (stop == 0)
      stop = tell_message(l, message);
    dbus_message_unref(message);
  }
  return stop == 0 && l->lost ? tell_lost(l) : stop;
}

static bool is_readable(int descriptor)
{
  struct pollfd ready = {descriptor, POLLIN, 0};

  return descriptor >= 0 && poll(&ready, 1, 0) > 0;
}

static bool is_lost(const struct listener *l)
{
  return l->generation != l->bus->generation;
}

/* One wait; a connection that was lost is made anew, once. It may have been lost before, when the
 * bus was asked who sent a signal: then there is nothing to be waited for. */
static int wait_for_more(struct listener *l, const struct call_budget *budget, int stop,
                         int64_t deadline, bool *over)
{
  int code = TLSPIN_OK;

  bus_lock(l->bus);
  *over = !is_lost(l) && !bus_wait_for(l->bus, stop, deadline);
  if (!*over && is_lost(l)) {
    code = begin(l, budget);
    l->lost = code == TLSPIN_OK;
  }
  bus_unlock(l->bus);
  *over = *over || is_readable(stop);
  return code;
}

static int listen_until(struct listener *l, const struct call_budget *budget, int stop,
                        int64_t deadline)
{
  bool over = is_readable(stop);
  int code, word = 0;

  bus_lock(l->bus);
  code = begin(l, budget);
  bus_unlock(l->bus);
  while (code == TLSPIN_OK && word == 0 && !over) {
    code = wait_for_more(l, budget, stop, deadline, &over);
    if (code == TLSPIN_OK)
      word = tell_all(l);
  }
  return code == TLSPIN_OK && word != 0 ? word : code;
}

/* Another thread may set it anew. */
static struct call_budget budget_of(tlspin_t *context)
{
  struct call_budget budget;

  bus_lock(context->bus);
  budget = context->budget;
  bus_unlock(context->bus);
  return budget;
}

int tlspin_listen(tlspin_t *context, int milliseconds, int stop, tlspin_heard heard, void *data)
{
  struct listener l = {.heard = heard, .data = data};
  struct call_budget budget;
  int64_t deadline =
      milliseconds < 0 ? INT64_MAX : deadline_after(deadline_now(), (unsigned)milliseconds);
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK && heard == NULL)
    code = argument_there(NULL, "heard");
  if (code != TLSPIN_OK)
    return code;
  l.bus = bus_new(context->bus->address);
  if (l.bus == NULL)
    return last_code(TLSPIN_E_MEMORY);
  budget = budget_of(context);
  code = listen_until(&l, &budget, stop, deadline);
  bus_free(l.bus);
  while (l.count > 0)
    dbus_message_unref(l.queue[--l.count]);
  return code;
}

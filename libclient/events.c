/* The log: see tlspin-admin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/names.h"
#include "libclient/argument.h"
#include "libclient/last.h"

#include <string.h>

/* Numbers grow from event to event, so that a wrong reply can't keep the walk going round. */
static bool leads_on(const struct entry_list *events, uint64_t after)
{
  for (size_t i = 0; i < events->count; i++) {
    int64_t id = tlspin_entry_number(events->at[i], "id");

    if (id <= 0 || (uint64_t)id <= after)
      return false;
    after = (uint64_t)id;
  }
  return true;
}

static int read_events(DBusMessage *reply, void *data)
{
  struct entry_list *events = data;
  DBusMessageIter iter;

  if (!dbus_message_has_signature(reply, "aa{sv}"))
    return entry_garbled();
  dbus_message_iter_init(reply, &iter);
  return entry_list_read(&iter, ENTRY_OTHER, BUS_LIST_MAX, events);
}

static DBusMessage *events_message(uint64_t after, const char *host)
{
  DBusMessage *message = bus_call(BUS_ADMIN, "Events");
  dbus_uint64_t number = after;
  dbus_uint32_t limit = BUS_LIST_MAX;

  if (message != NULL &&
      !dbus_message_append_args(message, DBUS_TYPE_UINT64, &number, DBUS_TYPE_STRING, &host,
                                DBUS_TYPE_UINT32, &limit, DBUS_TYPE_INVALID)) {
    dbus_message_unref(message);
    message = NULL;
  }
  return message;
}

static int ask(tlspin_t *context, uint64_t after, const char *host, struct entry_list *events)
{
  int code = admin_call(context, events_message(after, host), true, read_events, events);

  return code == TLSPIN_OK && !leads_on(events, after) ? entry_garbled() : code;
}

static int walk(tlspin_t *context, uint64_t after, const char *host, tlspin_visit visit, void *data)
{
  bool more = true;
  int code = TLSPIN_OK;

  while (code == TLSPIN_OK && more) {
    struct entry_list events = {NULL, 0};

    code = ask(context, after, host, &events);
    more = code == TLSPIN_OK && events.count == BUS_LIST_MAX;
    if (code == TLSPIN_OK && events.count > 0) {
      after = (uint64_t)tlspin_entry_number(events.at[events.count - 1], "id");
      more = !admin_visit(&events, visit, data) && more;
    }
    entry_list_clear(&events);
  }
  return code;
}

int tlspin_events(tlspin_t *context, uint64_t after, const char *host, tlspin_visit visit,
                  void *data)
{
  char normal[HOST_MAX + 1] = "";
  int code;

  last_clear();
  code = argument_there(context, "context");
  if (code == TLSPIN_OK && visit == NULL)
    code = argument_there(NULL, "visit");
  if (code == TLSPIN_OK && host != NULL)
    code = argument_host(host, normal);
  return code == TLSPIN_OK ? walk(context, after, normal, visit, data) : code;
}

/* The method Events of org.tlspin.Admin1: see handlers.h and dbus/org.tlspin.Admin1.xml.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/handlers.h"

#include "daemon/catalogue.h"
#include "dbus/dict.h"

struct page {
  DBusMessageIter array;
  bool filled;
};

static bool append_event(const struct event_row *event, void *data)
{
  struct page *page = data;

  page->filled = announce_append_event(&page->array, event);
  return page->filled;
}

/* The arguments; the text names the one that can't be used. host: NULL where all are meant. */
static enum tlspin_code read_arguments(DBusMessage *call, uint64_t *after, char name[HOST_MAX + 1],
                                       const char **host, uint32_t *limit, GString *problem)
{
  const char *given;
  enum tlspin_code code;

  dbus_message_get_args(call, NULL, DBUS_TYPE_UINT64, after, DBUS_TYPE_STRING, &given,
                        DBUS_TYPE_UINT32, limit, DBUS_TYPE_INVALID);
  *host = given[0] != '\0' ? name : NULL;
  code = given[0] != '\0' ? handlers_read_host(given, name, problem) : TLSPIN_OK;
  return code == TLSPIN_OK ? handlers_check_limit(*limit, problem) : code;
}

enum tlspin_code admin_events(void *data, DBusMessage *call, DBusMessage *reply, GString *problem)
{
  struct handlers *handlers = data;
  char name[HOST_MAX + 1];
  const char *host;
  uint64_t after;
  uint32_t limit;
  struct page page;
  DBusMessageIter iter;
  enum tlspin_code code = read_arguments(call, &after, name, &host, &limit, problem);
  char *trouble = NULL;

  if (code != TLSPIN_OK)
    return code;
  dbus_message_iter_init_append(reply, &iter);
  page.filled = bus_dicts_open(&iter, &page.array);
  if (!page.filled)
    return TLSPIN_E_MEMORY;
  code = policy_events(handlers->policy, after, host, limit, handlers->now(), append_event, &page,
                       &trouble);
  page.filled = page.filled && dbus_message_iter_close_container(&iter, &page.array);
  return code == TLSPIN_OK ? handlers_filled(page.filled)
                           : handlers_explain(code, trouble, problem);
}

/* Filters and cursors: see filter.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/filter.h"

#include "common/text.h"
#include "daemon/handlers.h"
#include "dbus/dict.h"
#include "dbus/names.h"

#include <string.h>

typedef enum tlspin_code (*read_key)(const struct bus_value *value, struct filter *filter,
                                     GString *problem);

static enum tlspin_code read_host(const struct bus_value *value, struct filter *filter,
                                  GString *problem)
{
  filter->store.host = filter->host;
  return handlers_read_host(value->string, filter->host, problem);
}

static enum tlspin_code read_pattern(const struct bus_value *value, struct filter *filter,
                                     GString *problem)
{
  size_t size = strlen(value->string);

  filter->store.pattern = value->string;
  if (size >= 1 && size <= HOST_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' must have 1 to %d octets"), "pattern", HOST_MAX);
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code read_protocol(const struct bus_value *value, struct filter *filter,
                                      GString *problem)
{
  enum protocol protocol = PROTOCOL_TLS;
  enum tlspin_code code = handlers_read_protocol(value->string, &protocol, problem);

  filter->store.protocol = (int)protocol;
  return code;
}

static enum tlspin_code read_port(const struct bus_value *value, struct filter *filter,
                                  GString *problem)
{
  filter->store.port = (uint16_t)value->number;
  if (value->number != 0)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' is 0; it must be 1 to 65535"), "port");
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code read_since(const struct bus_value *value, struct filter *filter,
                                   GString *problem)
{
  filter->store.since = (int64_t)value->number;
  if (value->number >= 1 && value->number <= INT64_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' must be a time after 1970"), "since");
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code read_all(const struct bus_value *value, struct filter *filter,
                                 GString *problem)
{
  (void)problem;
  filter->all = value->number != 0;
  return TLSPIN_OK;
}

static const struct key {
  const char *name;
  int type;
  read_key read;
} keys[] = {
    {"host", DBUS_TYPE_STRING, read_host},         {"pattern", DBUS_TYPE_STRING, read_pattern},
    {"protocol", DBUS_TYPE_STRING, read_protocol}, {"port", DBUS_TYPE_UINT16, read_port},
    {"since", DBUS_TYPE_UINT64, read_since},       {"all", DBUS_TYPE_BOOLEAN, read_all},
};

static enum tlspin_code read_pair(const char *name, const struct bus_value *value,
                                  struct filter *filter, GString *problem)
{
  for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
    if (strcmp(keys[i].name, name) != 0)
      continue;
    if (keys[i].type == value->type)
      return keys[i].read(value, filter, problem);
    g_string_printf(problem, _("key '%s' of argument 'filter' must have type '%c'"), name,
                    keys[i].type);
    return TLSPIN_E_ARGUMENT;
  }
  g_string_printf(problem, _("argument 'filter' has no key '%s'"), name);
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code filter_read(DBusMessageIter *iter, struct filter *filter, GString *problem)
{
  enum tlspin_code code = TLSPIN_OK;
  DBusMessageIter dict;
  struct bus_value value;
  const char *name;

  filter->store = STORE_FILTER_ANY;
  filter->all = false;
  dbus_message_iter_recurse(iter, &dict);
  while (code == TLSPIN_OK && bus_dict_next(&dict, &name, &value))
    code = read_pair(name, &value, filter, problem);
  return code;
}

enum tlspin_code filter_all_alone(GString *problem)
{
  g_string_assign(problem,
                  _("key 'all' of argument 'filter' is for Clear, and for nothing beside it"));
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code filter_check_clear(const struct filter *filter, GString *problem)
{
  const struct store_filter *store = &filter->store;
  bool some = store->host != NULL || store->pattern != NULL || store->since != 0;
  bool narrowed = store->protocol != -1 || store->port != 0;

  if (filter->all)
    return some || narrowed ? filter_all_alone(problem) : TLSPIN_OK;
  if (some)
    return TLSPIN_OK;
  g_string_assign(problem,
                  _("argument 'filter' must name a host, a pattern or a time, or say 'all'"));
  return TLSPIN_E_ARGUMENT;
}

char *cursor_text(const struct policy_cursor *cursor)
{
  if (cursor->layer[0] == '\0')
    return g_strdup("");
  return g_strdup_printf("%s/%s/%s/%u", cursor->layer, cursor->peer.host,
                         protocol_token(cursor->peer.protocol), cursor->peer.port);
}

static bool read_cursor_peer(char *const *parts, struct peer *peer)
{
  guint64 port;

  if (host_normalise(parts[1], strlen(parts[1]), peer->host) != HOST_FINE ||
      !protocol_from_token(parts[2], &peer->protocol) ||
      !g_ascii_string_to_unsigned(parts[3], 10, 1, UINT16_MAX, &port, NULL))
    return false;
  peer->port = (uint16_t)port;
  return true;
}

bool cursor_read(const char *text, struct policy_cursor *cursor)
{
  g_auto(GStrv) parts = NULL;

  memset(cursor, 0, sizeof *cursor);
  if (text[0] == '\0')
    return true;
  if (strlen(text) > BUS_CURSOR_MAX)
    return false;
  parts = g_strsplit(text, "/", 0);
  return g_strv_length(parts) == 4 &&
         g_strlcpy(cursor->layer, parts[0], sizeof cursor->layer) < sizeof cursor->layer &&
         cursor->layer[0] != '\0' && read_cursor_peer(parts, &cursor->peer);
}

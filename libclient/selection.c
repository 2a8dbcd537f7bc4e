/* Which entries are meant: see selection.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/selection.h"

#include "common/text.h"
#include "dbus/dict.h"
#include "libclient/argument.h"
#include "libclient/last.h"

enum { PATTERN_MAX = 253 }; /* octets; org.tlspin.Admin1 */

static bool names_entries(const struct tlspin_filter *filter)
{
  return filter->host != NULL || filter->pattern != NULL || filter->since != 0;
}

static int check_use(const struct tlspin_filter *filter, enum selection_use use)
{
  bool other = names_entries(filter) || filter->protocol != NULL || filter->port != 0;

  if (filter->all && (use != SELECTION_CLEAR || other))
    return last_say(TLSPIN_E_ARGUMENT, _("all: it is only for clearing, and only alone"));
  if (use == SELECTION_CLEAR && !filter->all && !names_entries(filter))
    return last_say(TLSPIN_E_ARGUMENT, _("filter: it names none of host, pattern, since and all"));
  return TLSPIN_OK;
}

int selection_check(const struct tlspin_filter *filter, enum selection_use use)
{
  static const struct tlspin_filter any;
  char host[HOST_MAX + 1];
  enum protocol protocol;
  uint16_t port;
  int code;

  if (filter == NULL)
    filter = &any;
  code = check_use(filter, use);
  if (code == TLSPIN_OK && filter->host != NULL)
    code = argument_host(filter->host, host);
  if (code == TLSPIN_OK && filter->pattern != NULL)
    code = argument_text(filter->pattern, "pattern", PATTERN_MAX);
  if (code == TLSPIN_OK && filter->protocol != NULL)
    code = argument_protocol(filter->protocol, &protocol);
  if (code == TLSPIN_OK && filter->port != 0)
    code = argument_port(filter->port, &port);
  return code;
}

/* The host is sent normalised, because only that is certain to be UTF-8. */
static bool put_host(DBusMessageIter *dict, const char *host)
{
  char normal[HOST_MAX + 1];

  return argument_host(host, normal) == TLSPIN_OK && bus_dict_put_string(dict, "host", normal);
}

static bool put_members(DBusMessageIter *dict, const struct tlspin_filter *filter)
{
  return (filter->host == NULL || put_host(dict, filter->host)) &&
         (filter->pattern == NULL || bus_dict_put_string(dict, "pattern", filter->pattern)) &&
         (filter->protocol == NULL || bus_dict_put_string(dict, "protocol", filter->protocol)) &&
         (filter->port == 0 || bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, filter->port)) &&
         (filter->since == 0 ||
          bus_dict_put_number(dict, "since", DBUS_TYPE_UINT64, filter->since)) &&
         (!filter->all || bus_dict_put_number(dict, "all", DBUS_TYPE_BOOLEAN, 1));
}

bool selection_append(DBusMessageIter *message, const struct tlspin_filter *filter)
{
  DBusMessageIter dict;

  return bus_dict_open(message, &dict) && (filter == NULL || put_members(&dict, filter)) &&
         bus_dict_close(message, &dict);
}

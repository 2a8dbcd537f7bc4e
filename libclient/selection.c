/* Which entries are meant: see selection.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/selection.h"

#include "common/text.h"
#include "dbus/dict.h"
#include "libclient/argument.h"
#include "libclient/last.h"
#include "pinning/keypin.h"

#include <string.h>

enum { PATTERN_MAX = 253 }; /* octets; org.tlspin.Admin1 */

static bool names_entries(const struct tlspin_filter *filter)
{
  return filter->host != NULL || filter->pattern != NULL || filter->since != 0 ||
         filter->kind != NULL || filter->status != NULL || filter->origin != NULL ||
         filter->digest.size != 0;
}

static int check_use(const struct tlspin_filter *filter, enum selection_use use)
{
  bool other = names_entries(filter) || filter->protocol != NULL || filter->port != 0 ||
               filter->scope != NULL;

  if (filter->forever && use != SELECTION_CLEAR)
    return last_say(TLSPIN_E_ARGUMENT, _("forever: it is only for clearing"));
  if (filter->all && (use != SELECTION_CLEAR || other))
    return last_say(TLSPIN_E_ARGUMENT, _("all: it is only for clearing, and only alone"));
  if (use == SELECTION_CLEAR && !filter->all && !names_entries(filter))
    return last_say(TLSPIN_E_ARGUMENT,
                    _("filter: it names none of host, pattern, since, kind, status, origin, digest "
                      "and all"));
  return TLSPIN_OK;
}

static int unknown_word(const char *name)
{
  return last_say(TLSPIN_E_ARGUMENT, _("%s: it is no word that it can have"), name);
}

static int check_words(const struct tlspin_filter *filter)
{
  enum keypin_status status;
  enum keypin_origin origin;
  enum keypin_kind kind;
  enum scope scope;

  if (filter->kind != NULL && strcmp(filter->kind, "ticket") != 0 &&
      !keypin_kind_from_token(filter->kind, &kind))
    return unknown_word("kind");
  if (filter->status != NULL && !keypin_status_from_token(filter->status, &status))
    return unknown_word("status");
  if (filter->origin != NULL && !keypin_origin_from_token(filter->origin, &origin))
    return unknown_word("origin");
  if (filter->scope != NULL && !scope_from_token(filter->scope, &scope))
    return unknown_word("scope");
  return TLSPIN_OK;
}

static int check_digest(struct tlspin_octets digest)
{
  if (digest.size == 0)
    return TLSPIN_OK;
  if (digest.size != matching_size(MATCHING_SHA256) &&
      digest.size != matching_size(MATCHING_SHA512))
    return last_say(TLSPIN_E_ARGUMENT, _("digest: it has neither 32 nor 64 octets"));
  return argument_there(digest.data, "digest");
}

static int check_peer(const struct tlspin_filter *filter)
{
  char host[HOST_MAX + 1];
  enum protocol protocol;
  uint16_t port;
  int code = TLSPIN_OK;

  if (filter->host != NULL && filter->host[0] != '\0')
    code = argument_host(filter->host, host);
  if (code == TLSPIN_OK && filter->pattern != NULL)
    code = argument_text(filter->pattern, "pattern", PATTERN_MAX);
  if (code == TLSPIN_OK && filter->protocol != NULL)
    code = argument_protocol(filter->protocol, &protocol);
  if (code == TLSPIN_OK && filter->port != 0)
    code = argument_port(filter->port, &port);
  return code;
}

int selection_check(const struct tlspin_filter *filter, enum selection_use use)
{
  static const struct tlspin_filter any;
  int code;

  if (filter == NULL)
    filter = &any;
  code = check_use(filter, use);
  if (code == TLSPIN_OK)
    code = check_peer(filter);
  if (code == TLSPIN_OK)
    code = check_words(filter);
  return code == TLSPIN_OK ? check_digest(filter->digest) : code;
}

/* The host is sent normalised, because only that is certain to be UTF-8. */
static bool put_host(DBusMessageIter *dict, const char *host)
{
  char normal[HOST_MAX + 1] = "";

  return (host[0] == '\0' || argument_host(host, normal) == TLSPIN_OK) &&
         bus_dict_put_string(dict, "host", normal);
}

static bool put_word(DBusMessageIter *dict, const char *key, const char *word)
{
  return word == NULL || bus_dict_put_string(dict, key, word);
}

static bool put_record_members(DBusMessageIter *dict, const struct tlspin_filter *filter)
{
  const struct span digest = {filter->digest.data, filter->digest.size};

  return put_word(dict, "kind", filter->kind) && put_word(dict, "status", filter->status) &&
         put_word(dict, "origin", filter->origin) && put_word(dict, "scope", filter->scope) &&
         (digest.size == 0 || bus_dict_put_octets(dict, "digest", digest));
}

static bool put_members(DBusMessageIter *dict, const struct tlspin_filter *filter)
{
  return (filter->host == NULL || put_host(dict, filter->host)) &&
         put_word(dict, "pattern", filter->pattern) &&
         put_word(dict, "protocol", filter->protocol) &&
         (filter->port == 0 || bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, filter->port)) &&
         (filter->since == 0 ||
          bus_dict_put_number(dict, "since", DBUS_TYPE_UINT64, filter->since)) &&
         (!filter->all || bus_dict_put_number(dict, "all", DBUS_TYPE_BOOLEAN, 1)) &&
         (!filter->forever || bus_dict_put_number(dict, "forever", DBUS_TYPE_BOOLEAN, 1));
}

bool selection_append(DBusMessageIter *message, const struct tlspin_filter *filter)
{
  DBusMessageIter dict;

  return bus_dict_open(message, &dict) &&
         (filter == NULL || (put_members(&dict, filter) && put_record_members(&dict, filter))) &&
         bus_dict_close(message, &dict);
}

/* Filters: see filter.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/filter.h"

#include "common/text.h"
#include "daemon/handlers.h"
#include "dbus/fields.h"

#include <string.h>

/* As it stands in the message. */
struct filter_words {
  const char *host;
  const char *pattern;
  const char *protocol;
  uint16_t port;
  uint64_t since;
  const char *kind;
  const char *status;
  const char *origin;
  const char *scope;
  struct span digest;
  bool all;
  bool forever;
};

#define FIELD(type, member) BUS_FIELD(filter_words, #member, type, member)

static const struct bus_field members[] = {
    FIELD(DBUS_TYPE_STRING, host),     FIELD(DBUS_TYPE_STRING, pattern),
    FIELD(DBUS_TYPE_STRING, protocol), FIELD(DBUS_TYPE_UINT16, port),
    FIELD(DBUS_TYPE_UINT64, since),    FIELD(DBUS_TYPE_STRING, kind),
    FIELD(DBUS_TYPE_STRING, status),   FIELD(DBUS_TYPE_STRING, origin),
    FIELD(DBUS_TYPE_STRING, scope),    FIELD(BUS_OCTETS, digest),
    FIELD(DBUS_TYPE_BOOLEAN, all),     FIELD(DBUS_TYPE_BOOLEAN, forever),
};

enum { HAS_PORT = 1 << 3, HAS_SINCE = 1 << 4, HAS_DIGEST = 1 << 9 };

static enum tlspin_code unknown_word(const char *key, const char *word, GString *problem)
{
  g_string_printf(problem, _("key '%s' of argument '%s': there is no '%s'"), key, "filter", word);
  return TLSPIN_E_ARGUMENT;
}

/* "" is the host of what holds for every host. */
static enum tlspin_code read_host(const char *host, struct filter *filter, GString *problem)
{
  filter->store.host = filter->host;
  filter->host[0] = '\0';
  return host[0] != '\0' ? handlers_read_host(host, filter->host, problem) : TLSPIN_OK;
}

static enum tlspin_code read_pattern(const char *pattern, struct filter *filter, GString *problem)
{
  size_t size = strlen(pattern);

  filter->store.pattern = pattern;
  if (size >= 1 && size <= HOST_MAX)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' must have 1 to %d octets"), "pattern", HOST_MAX);
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code read_protocol(const char *token, struct filter *filter, GString *problem)
{
  enum protocol protocol = PROTOCOL_TLS;
  enum tlspin_code code = handlers_read_protocol(token, &protocol, problem);

  filter->store.protocol = (int)protocol;
  return code;
}

static enum tlspin_code read_port(uint16_t port, struct filter *filter, GString *problem)
{
  filter->store.port = port;
  if (port != 0)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' is 0; it must be 1 to 65535"), "port");
  return TLSPIN_E_ARGUMENT;
}

static enum tlspin_code read_since(uint64_t since, struct filter *filter, GString *problem)
{
  filter->store.since = (int64_t)since;
  if (since >= 1 && since <= KEYPIN_FOREVER)
    return TLSPIN_OK;
  g_string_printf(problem, _("argument '%s' must be a time from 1970 to 9999"), "since");
  return TLSPIN_E_ARGUMENT;
}

/* The peer and the time. */
static enum tlspin_code read_common(const struct filter_words *words, uint32_t which,
                                    struct filter *filter, GString *problem)
{
  enum tlspin_code code = TLSPIN_OK;

  if (words->host != NULL)
    code = read_host(words->host, filter, problem);
  if (code == TLSPIN_OK && words->pattern != NULL)
    code = read_pattern(words->pattern, filter, problem);
  if (code == TLSPIN_OK && words->protocol != NULL)
    code = read_protocol(words->protocol, filter, problem);
  if (code == TLSPIN_OK && (which & HAS_PORT) != 0)
    code = read_port(words->port, filter, problem);
  if (code == TLSPIN_OK && (which & HAS_SINCE) != 0)
    code = read_since(words->since, filter, problem);
  return code;
}

static enum tlspin_code read_kind(const char *word, struct filter *filter, GString *problem)
{
  enum keypin_kind kind;

  if (strcmp(word, "ticket") == 0) {
    filter->store.records = false;
    return TLSPIN_OK;
  }
  filter->store.tickets = false;
  if (!keypin_kind_from_token(word, &kind))
    return unknown_word("kind", word, problem);
  filter->store.kind = (int)kind;
  return TLSPIN_OK;
}

/* What only records have: no ticket is meant then. */
static enum tlspin_code read_record(const struct filter_words *words, struct filter *filter,
                                    GString *problem)
{
  struct store_filter *store = &filter->store;
  enum keypin_status status;
  enum keypin_origin origin;
  enum scope scope;

  if (words->status != NULL && !keypin_status_from_token(words->status, &status))
    return unknown_word("status", words->status, problem);
  if (words->origin != NULL && !keypin_origin_from_token(words->origin, &origin))
    return unknown_word("origin", words->origin, problem);
  if (words->scope != NULL && !scope_from_token(words->scope, &scope))
    return unknown_word("scope", words->scope, problem);
  store->status = words->status != NULL ? (int)status : -1;
  store->origin = words->origin != NULL ? (int)origin : -1;
  store->scope = words->scope != NULL ? (int)scope : -1;
  if (words->status != NULL || words->origin != NULL || words->scope != NULL)
    store->tickets = false;
  return TLSPIN_OK;
}

static enum tlspin_code read_digest(struct span digest, struct filter *filter, GString *problem)
{
  filter->store.digest = digest;
  filter->store.tickets = false;
  if (digest.size == matching_size(MATCHING_SHA256) ||
      digest.size == matching_size(MATCHING_SHA512))
    return TLSPIN_OK;
  g_string_printf(problem, _("key '%s' of argument '%s' must have 32 or 64 octets"), "digest",
                  "filter");
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code filter_read(DBusMessageIter *iter, struct filter *filter, GString *problem)
{
  static const struct bus_fields fields = {members, G_N_ELEMENTS(members)};
  struct filter_words words = {.host = NULL};
  struct bus_fault fault;
  uint32_t which;
  enum tlspin_code code;

  filter->store = STORE_FILTER_ANY;
  if (!bus_dict_read(iter, fields, &words, &which, &fault))
    return handlers_fault("filter", &fault, problem);
  filter->all = words.all;
  filter->forever = words.forever;
  code = read_common(&words, which, filter, problem);
  if (code == TLSPIN_OK && words.kind != NULL)
    code = read_kind(words.kind, filter, problem);
  if (code == TLSPIN_OK)
    code = read_record(&words, filter, problem);
  if (code == TLSPIN_OK && (which & HAS_DIGEST) != 0)
    code = read_digest(words.digest, filter, problem);
  return code;
}

static enum tlspin_code all_alone(GString *problem)
{
  g_string_assign(problem,
                  _("key 'all' of argument 'filter' is for Clear, and for nothing beside it"));
  return TLSPIN_E_ARGUMENT;
}

enum tlspin_code filter_check_list(const struct filter *filter, GString *problem)
{
  if (filter->all)
    return all_alone(problem);
  if (!filter->forever)
    return TLSPIN_OK;
  g_string_assign(problem, _("key 'forever' of argument 'filter' is for Clear"));
  return TLSPIN_E_ARGUMENT;
}

/* Whether it names at least one of what a clear must name. */
static bool says_which(const struct store_filter *store)
{
  return store->host != NULL || store->pattern != NULL || store->since != 0 || store->kind != -1 ||
         !store->records || store->status != -1 || store->origin != -1 || store->digest.size != 0;
}

enum tlspin_code filter_check_clear(const struct filter *filter, GString *problem)
{
  const struct store_filter *store = &filter->store;
  bool some = says_which(store);
  bool narrowed = store->protocol != -1 || store->port != 0 || store->scope != -1;

  if (filter->all)
    return some || narrowed ? all_alone(problem) : TLSPIN_OK;
  if (some)
    return TLSPIN_OK;
  g_string_assign(problem, _("argument 'filter' must name a host, a pattern, a time, a kind, a "
                             "status, an origin or a digest, or say 'all'"));
  return TLSPIN_E_ARGUMENT;
}

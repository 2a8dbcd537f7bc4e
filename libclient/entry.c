/* What tlspin_entry_t holds: see entry.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/entry.h"

#include "dbus/dict.h"
#include "dbus/names.h"
#include "libclient/last.h"
#include "pinning/ticket.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The dictionary of an entry, as org.tlspin.Admin1 documents it at List. */
static const struct field {
  const char *key;
  int type;
  size_t offset;
} fields[] = {
    {"host", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, host)},
    {"protocol", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, protocol)},
    {"kind", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, kind)},
    {"layer", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, layer)},
    {"lock", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, lock)},
    {"hash", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, hash)},
    {"state", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, state)},
    {"failure-reason", DBUS_TYPE_STRING, offsetof(struct tlspin_entry, failure_reason)},
    {"port", DBUS_TYPE_UINT16, offsetof(struct tlspin_entry, port)},
    {"expires", DBUS_TYPE_UINT64, offsetof(struct tlspin_entry, expires)},
    {"ticket-size", DBUS_TYPE_UINT32, offsetof(struct tlspin_entry, ticket_size)},
    {"first-seen", DBUS_TYPE_UINT64, offsetof(struct tlspin_entry, first_seen)},
    {"issued", DBUS_TYPE_UINT64, offsetof(struct tlspin_entry, issued)},
    {"failures", DBUS_TYPE_UINT32, offsetof(struct tlspin_entry, failures)},
    {"failed", DBUS_TYPE_UINT64, offsetof(struct tlspin_entry, failed)},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

static char **string_of(tlspin_entry_t *entry, const struct field *field)
{
  return (char **)(void *)((char *)entry + field->offset);
}

static uint64_t *number_of(tlspin_entry_t *entry, const struct field *field)
{
  return (uint64_t *)(void *)((char *)entry + field->offset);
}

int entry_garbled(void)
{
  return last_say(TLSPIN_UNAVAILABLE, "%s", tlspin_code_text(TLSPIN_E_REPLY));
}

static void wipe(uint8_t *octets, size_t size)
{
  if (octets != NULL)
    explicit_bzero(octets, size);
  free(octets);
}

void tlspin_entry_free(tlspin_entry_t *entry)
{
  if (entry == NULL)
    return;
  for (size_t i = 0; i < FIELDS; i++)
    if (fields[i].type == DBUS_TYPE_STRING)
      free(*string_of(entry, &fields[i]));
  if (entry->ticket != NULL)
    wipe(entry->ticket, entry->ticket_size);
  wipe(entry->secret, entry->secret_size);
  free(entry);
}

static bool is_lock(const char *token)
{
  static const char *const locks[] = {"none", "enforce", "report", "off"};

  for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++)
    if (strcmp(token, locks[i]) == 0)
      return true;
  return false;
}

static bool is_match(const struct bus_lookup_reply *reply)
{
  enum ticket_hash hash;

  return reply->ticket.size >= 1 && reply->ticket.size <= BUS_TICKET_MAX &&
         ticket_hash_from_token(reply->hash, &hash) &&
         reply->secret.size == ticket_hash_size(hash) && reply->series != 0 &&
         reply->layer[0] != '\0' && is_lock(reply->lock);
}

static uint8_t *copy_octets(struct span octets)
{
  uint8_t *copy = malloc(octets.size);

  if (copy != NULL)
    memcpy(copy, octets.data, octets.size);
  return copy;
}

static bool fill(tlspin_entry_t *entry, const struct peer *peer,
                 const struct bus_lookup_reply *reply)
{
  entry->host = strdup(peer->host);
  entry->protocol = strdup(protocol_token(peer->protocol));
  entry->kind = strdup("ticket");
  entry->layer = strdup(reply->layer);
  entry->lock = strdup(reply->lock);
  entry->hash = strdup(reply->hash);
  entry->ticket = copy_octets(reply->ticket);
  entry->secret = copy_octets(reply->secret);
  entry->port = peer->port;
  entry->expires = reply->expires;
  entry->series = reply->series;
  entry->ticket_size = reply->ticket.size;
  entry->secret_size = reply->secret.size;
  return entry->host != NULL && entry->protocol != NULL && entry->kind != NULL &&
         entry->layer != NULL && entry->lock != NULL && entry->hash != NULL &&
         entry->ticket != NULL && entry->secret != NULL;
}

int entry_of_lookup(const struct peer *peer, const struct bus_lookup_reply *reply,
                    tlspin_entry_t **entry)
{
  tlspin_entry_t *made;

  *entry = NULL;
  if (!is_match(reply))
    return entry_garbled();
  made = calloc(1, sizeof *made);
  if (made == NULL || !fill(made, peer, reply)) {
    tlspin_entry_free(made);
    return last_code(TLSPIN_E_MEMORY);
  }
  *entry = made;
  return TLSPIN_OK;
}

/* False without memory. */
static bool take(tlspin_entry_t *entry, const struct field *field, const struct bus_value *value)
{
  char **string;

  if (field->type != DBUS_TYPE_STRING) {
    *number_of(entry, field) = value->number;
    return true;
  }
  string = string_of(entry, field);
  free(*string);
  *string = strdup(value->string);
  return *string != NULL;
}

static int take_pair(tlspin_entry_t *entry, const char *key, const struct bus_value *value)
{
  for (size_t i = 0; i < FIELDS; i++)
    if (strcmp(fields[i].key, key) == 0) {
      if (fields[i].type != value->type)
        return entry_garbled();
      return take(entry, &fields[i], value) ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);
    }
  return TLSPIN_OK;
}

/* An entry must be one of a peer; the rest is for people to read. */
static bool has_peer(const tlspin_entry_t *entry)
{
  char host[HOST_MAX + 1];
  enum protocol protocol;

  return entry->host != NULL && entry->protocol != NULL &&
         host_normalise(entry->host, strlen(entry->host), host) == HOST_FINE &&
         strcmp(host, entry->host) == 0 && protocol_from_token(entry->protocol, &protocol) &&
         entry->port >= 1 && entry->port <= UINT16_MAX;
}

int entry_of_dict(DBusMessageIter *dict, tlspin_entry_t **entry)
{
  tlspin_entry_t *made = calloc(1, sizeof *made);
  struct bus_value value;
  const char *key;
  int code = made != NULL ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);

  *entry = NULL;
  while (code == TLSPIN_OK && bus_dict_next(dict, &key, &value))
    code = take_pair(made, key, &value);
  if (code == TLSPIN_OK && !has_peer(made))
    code = entry_garbled();
  if (code == TLSPIN_OK)
    *entry = made;
  else
    tlspin_entry_free(made);
  return code;
}

static const char *text(const char *string)
{
  return string != NULL ? string : "";
}

const char *tlspin_entry_host(const tlspin_entry_t *entry)
{
  return text(entry->host);
}

const char *tlspin_entry_protocol(const tlspin_entry_t *entry)
{
  return text(entry->protocol);
}

unsigned tlspin_entry_port(const tlspin_entry_t *entry)
{
  return (unsigned)entry->port;
}

const char *tlspin_entry_kind(const tlspin_entry_t *entry)
{
  return text(entry->kind);
}

const char *tlspin_entry_layer(const tlspin_entry_t *entry)
{
  return text(entry->layer);
}

const char *tlspin_entry_lock(const tlspin_entry_t *entry)
{
  return text(entry->lock);
}

const char *tlspin_entry_hash(const tlspin_entry_t *entry)
{
  return text(entry->hash);
}

uint64_t tlspin_entry_expires(const tlspin_entry_t *entry)
{
  return entry->expires;
}

uint64_t tlspin_entry_series(const tlspin_entry_t *entry)
{
  return entry->series;
}

const void *tlspin_entry_ticket(const tlspin_entry_t *entry, size_t *size)
{
  *size = entry->ticket != NULL ? entry->ticket_size : 0;
  return entry->ticket;
}

const void *tlspin_entry_secret(const tlspin_entry_t *entry, size_t *size)
{
  *size = entry->secret_size;
  return entry->secret;
}

const char *tlspin_entry_state(const tlspin_entry_t *entry)
{
  return text(entry->state);
}

unsigned tlspin_entry_ticket_size(const tlspin_entry_t *entry)
{
  return (unsigned)entry->ticket_size;
}

uint64_t tlspin_entry_first_seen(const tlspin_entry_t *entry)
{
  return entry->first_seen;
}

uint64_t tlspin_entry_issued(const tlspin_entry_t *entry)
{
  return entry->issued;
}

unsigned tlspin_entry_failures(const tlspin_entry_t *entry)
{
  return (unsigned)entry->failures;
}

uint64_t tlspin_entry_failed(const tlspin_entry_t *entry)
{
  return entry->failed;
}

const char *tlspin_entry_failure_reason(const tlspin_entry_t *entry)
{
  return text(entry->failure_reason);
}

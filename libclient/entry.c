/* What tlspin_entry_t holds: see entry.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/entry.h"

#include "common/vault.h"
#include "dbus/dict.h"
#include "dbus/fields.h"
#include "dbus/names.h"
#include "libclient/last.h"
#include "pinning/place.h"
#include "pinning/ticket.h"

#include <stdlib.h>
#include <string.h>

/* The types of what org.tlspin.Admin1 documents. */
static const struct {
  const char *names; /* between blanks */
  int type;
} documented[] = {
    {" host protocol kind layer state lock hash failure-reason scope status origin level key note"
     " role subject reason report name path problem answer change ticket value source locked-by"
     " command does ",
     DBUS_TYPE_STRING},
    {" selector matching ", DBUS_TYPE_BYTE},
    {" always enforced learn locked asks ", DBUS_TYPE_BOOLEAN},
    {" port ", DBUS_TYPE_UINT16},
    {" ticket-size failures errors rule excused decided count ", DBUS_TYPE_UINT32},
    {" first-seen issued expires failed enforced-until last-seen count-seen not-before not-after id"
     " made last ",
     DBUS_TYPE_UINT64},
    {" digest certificate ", BUS_OCTETS},
    {" chain ", BUS_DICTS},
};

int entry_garbled(void)
{
  return last_say(TLSPIN_UNAVAILABLE, "%s", tlspin_code_text(TLSPIN_E_REPLY));
}

/* Among the octets may be a secret. */
static void value_clear(struct entry_value *value)
{
  vault_give(value->octets);
  free(value->name);
  free(value->string);
  entry_list_clear(&value->list);
  *value = (struct entry_value){.name = NULL};
}

void tlspin_entry_free(tlspin_entry_t *entry)
{
  if (entry == NULL)
    return;
  for (size_t i = 0; i < entry->count; i++)
    value_clear(&entry->values[i]);
  free(entry->values);
  free(entry);
}

void entry_list_clear(struct entry_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    tlspin_entry_free(list->at[i]);
  free(list->at);
  *list = (struct entry_list){NULL, 0};
}

tlspin_entry_t *entry_new(void)
{
  return calloc(1, sizeof(tlspin_entry_t));
}

const struct entry_value *entry_find(const tlspin_entry_t *entry, const char *name)
{
  for (size_t i = 0; i < entry->count; i++)
    if (strcmp(entry->values[i].name, name) == 0)
      return &entry->values[i];
  return NULL;
}

/* The value of that name, emptied where it is there already; NULL without memory. */
static struct entry_value *place_for(tlspin_entry_t *entry, const char *name, int type)
{
  struct entry_value *value = (struct entry_value *)(uintptr_t)entry_find(entry, name), *grown;
  char *copy = strdup(name);

  if (copy == NULL)
    return NULL;
  if (value != NULL) {
    value_clear(value);
  } else {
    grown = reallocarray(entry->values, entry->count + 1, sizeof *grown);
    if (grown == NULL) {
      free(copy);
      return NULL;
    }
    entry->values = grown;
    value = &grown[entry->count++];
  }
  *value = (struct entry_value){.name = copy, .type = type};
  return value;
}

bool entry_put_string(tlspin_entry_t *entry, const char *name, const char *string)
{
  struct entry_value *value = place_for(entry, name, DBUS_TYPE_STRING);

  if (value != NULL)
    value->string = strdup(string);
  return value != NULL && value->string != NULL;
}

bool entry_put_number(tlspin_entry_t *entry, const char *name, int type, uint64_t number)
{
  struct entry_value *value = place_for(entry, name, type);

  if (value != NULL)
    value->number = number;
  return value != NULL;
}

bool entry_put_octets(tlspin_entry_t *entry, const char *name, struct span octets)
{
  struct entry_value *value = place_for(entry, name, BUS_OCTETS);

  if (value == NULL || octets.size == 0)
    return value != NULL;
  value->octets = vault_take(octets.size);
  if (value->octets == NULL)
    return false;
  memcpy(value->octets, octets.data, octets.size);
  value->size = octets.size;
  return true;
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

static bool fill(tlspin_entry_t *entry, const struct peer *peer,
                 const struct bus_lookup_reply *reply)
{
  return entry_put_string(entry, "host", peer->host) &&
         entry_put_string(entry, "protocol", protocol_token(peer->protocol)) &&
         entry_put_number(entry, "port", DBUS_TYPE_UINT16, peer->port) &&
         entry_put_string(entry, "kind", "ticket") &&
         entry_put_string(entry, "layer", reply->layer) &&
         entry_put_string(entry, "lock", reply->lock) &&
         entry_put_string(entry, "hash", reply->hash) &&
         entry_put_octets(entry, "ticket", reply->ticket) &&
         entry_put_octets(entry, "secret", reply->secret) &&
         entry_put_number(entry, "ticket-size", DBUS_TYPE_UINT32, reply->ticket.size) &&
         entry_put_number(entry, "expires", DBUS_TYPE_UINT64, reply->expires) &&
         entry_put_number(entry, "series", DBUS_TYPE_UINT64, reply->series);
}

int entry_of_lookup(const struct peer *peer, const struct bus_lookup_reply *reply,
                    tlspin_entry_t **entry)
{
  tlspin_entry_t *made;

  *entry = NULL;
  if (!is_match(reply))
    return entry_garbled();
  made = entry_new();
  if (made == NULL || !fill(made, peer, reply)) {
    tlspin_entry_free(made);
    return last_code(TLSPIN_E_MEMORY);
  }
  *entry = made;
  return TLSPIN_OK;
}

static bool is_named(const char *names, const char *name)
{
  size_t size = strlen(name);
  const char *found = size > 0 && strchr(name, ' ') == NULL ? strstr(names, name) : NULL;

  while (found != NULL && (found[-1] != ' ' || found[size] != ' '))
    found = strstr(found + 1, name);
  return found != NULL;
}

static bool type_fits(const char *name, int type)
{
  for (size_t i = 0; i < sizeof documented / sizeof documented[0]; i++)
    if (is_named(documented[i].names, name))
      return documented[i].type == type;
  return true;
}

static bool take(tlspin_entry_t *entry, const char *name, const struct bus_value *value)
{
  if (value->type == DBUS_TYPE_STRING)
    return entry_put_string(entry, name, value->string);
  if (value->type == BUS_OCTETS)
    return entry_put_octets(entry, name, value->octets);
  return entry_put_number(entry, name, value->type, value->number);
}

static int read_dict(DBusMessageIter *dict, bool nested, tlspin_entry_t *entry);

/* A list in a list would be of a later version. */
static int take_list(tlspin_entry_t *entry, const char *name, DBusMessageIter *dicts)
{
  struct entry_value *value = place_for(entry, name, BUS_DICTS);
  DBusMessageIter dict;
  int code = value != NULL ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);

  if (value != NULL)
    value->list.at = calloc(ENTRY_CHAIN_MAX, sizeof(tlspin_entry_t *));
  if (value != NULL && value->list.at == NULL)
    code = last_code(TLSPIN_E_MEMORY);
  for (; code == TLSPIN_OK && bus_dict_at(dicts); dbus_message_iter_next(dicts)) {
    tlspin_entry_t *made = value->list.count < ENTRY_CHAIN_MAX ? entry_new() : NULL;

    if (made == NULL)
      return value->list.count < ENTRY_CHAIN_MAX ? last_code(TLSPIN_E_MEMORY) : entry_garbled();
    value->list.at[value->list.count++] = made;
    dbus_message_iter_recurse(dicts, &dict);
    code = read_dict(&dict, true, made);
  }
  return code;
}

static int take_pair(tlspin_entry_t *entry, const char *name, struct bus_value *value, bool nested)
{
  if (!type_fits(name, value->type) || value->number > INT64_MAX)
    return entry_garbled();
  if (value->type == DBUS_TYPE_INVALID || (value->type == BUS_DICTS && nested))
    return TLSPIN_OK;
  if (entry->count == ENTRY_VALUES_MAX)
    return entry_garbled();
  if (value->type == BUS_DICTS)
    return take_list(entry, name, &value->dicts);
  return take(entry, name, value) ? TLSPIN_OK : last_code(TLSPIN_E_MEMORY);
}

static int read_dict(DBusMessageIter *dict, bool nested, tlspin_entry_t *entry)
{
  struct bus_value value;
  const char *name;
  int code = TLSPIN_OK;

  while (code == TLSPIN_OK && bus_dict_next(dict, &name, &value))
    code = take_pair(entry, name, &value, nested);
  return code;
}

/* A record, which alone has a scope, must be one of a place, and any other entry one of a peer; the
 * rest is for people to read. */
static bool has_place(const tlspin_entry_t *entry)
{
  const struct entry_value *port = entry_find(entry, "port");
  const char *host = tlspin_entry_string(entry, "host");
  const char *protocol = tlspin_entry_string(entry, "protocol");
  const char *scope = tlspin_entry_string(entry, "scope");
  struct place place = {.scope = SCOPE_EXACT};

  if (host == NULL || protocol == NULL || port == NULL || strlen(host) > HOST_MAX)
    return false;
  strcpy(place.host, host);
  place.port = (uint16_t)port->number;
  if (!place_protocol_from_token(protocol, &place.protocol) ||
      (scope != NULL && !scope_from_token(scope, &place.scope)) || !place_is_valid(&place))
    return false;
  return scope != NULL || (protocol[0] != '\0' && port->number != 0);
}

int entry_of_dict(DBusMessageIter *dict, enum entry_kind kind, tlspin_entry_t **entry)
{
  tlspin_entry_t *made = entry_new();
  int code = made != NULL ? read_dict(dict, false, made) : last_code(TLSPIN_E_MEMORY);

  *entry = NULL;
  if (code == TLSPIN_OK && kind == ENTRY_STORED && !has_place(made))
    code = entry_garbled();
  if (code == TLSPIN_OK)
    *entry = made;
  else
    tlspin_entry_free(made);
  return code;
}

int entry_list_read(DBusMessageIter *iter, enum entry_kind kind, size_t max,
                    struct entry_list *list)
{
  DBusMessageIter array, dict;
  int code = TLSPIN_OK;

  dbus_message_iter_recurse(iter, &array);
  for (; code == TLSPIN_OK && bus_dict_at(&array); dbus_message_iter_next(&array)) {
    tlspin_entry_t **grown;

    if (list->count == max)
      return entry_garbled();
    grown = reallocarray(list->at, list->count + 1, sizeof *grown);
    if (grown == NULL)
      return last_code(TLSPIN_E_MEMORY);
    list->at = grown;
    dbus_message_iter_recurse(&array, &dict);
    code = entry_of_dict(&dict, kind, &list->at[list->count]);
    if (code == TLSPIN_OK)
      list->count++;
  }
  dbus_message_iter_next(iter);
  return code;
}

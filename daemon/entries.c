/* Entries of the store as dictionaries: see entries.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/entries.h"

#include "daemon/seen.h"
#include "dbus/dict.h"
#include "dbus/record.h"

static bool put_failure(DBusMessageIter *dict, const struct failure_row *failure)
{
  return failure == NULL ||
         (bus_dict_put_number(dict, "failures", DBUS_TYPE_UINT32, failure->count) &&
          bus_dict_put_string(dict, "failure-reason", failure->reason) &&
          bus_dict_put_number(dict, "failed", DBUS_TYPE_UINT64, (uint64_t)failure->last));
}

/* How it stands, after the place and the kind. */
static bool put_standing(DBusMessageIter *dict, const struct policy_entry *entry, const char *lock)
{
  return bus_dict_put_string(dict, "layer", entry->layer->name) &&
         bus_dict_put_string(dict, "state", entry->state) &&
         bus_dict_put_string(dict, "lock", lock) &&
         (entry->role == NULL || bus_dict_put_string(dict, "role", entry->role));
}

static bool put_ticket(DBusMessageIter *dict, const struct policy_entry *entry)
{
  const struct ticket_row *row = entry->row;

  return bus_dict_put_string(dict, "host", row->peer.host) &&
         bus_dict_put_string(dict, "protocol", protocol_token(row->peer.protocol)) &&
         bus_dict_put_number(dict, "port", DBUS_TYPE_UINT16, row->peer.port) &&
         bus_dict_put_string(dict, "kind", "ticket") &&
         put_standing(dict, entry, lock_token(row->lock)) &&
         bus_dict_put_string(dict, "hash", ticket_hash_token(row->hash)) &&
         bus_dict_put_number(dict, "ticket-size", DBUS_TYPE_UINT32, row->ticket.size) &&
         bus_dict_put_number(dict, "first-seen", DBUS_TYPE_UINT64, (uint64_t)row->first_seen) &&
         bus_dict_put_number(dict, "issued", DBUS_TYPE_UINT64, (uint64_t)row->issued) &&
         bus_dict_put_number(dict, "expires", DBUS_TYPE_UINT64, (uint64_t)row->expires) &&
         put_failure(dict, entry->failure);
}

static struct bus_record record_of(const struct keypin *pin)
{
  return (struct bus_record){
      .host = pin->place.host,
      .scope = scope_token(pin->place.scope),
      .protocol = place_protocol_token(pin->place.protocol),
      .port = pin->place.port,
      .kind = keypin_kind_token(pin->kind),
      .status = keypin_status_token(pin->status),
      .origin = keypin_origin_token(pin->origin),
      .level = keypin_level_token(pin->level),
      .selector = (uint8_t)pin->selector,
      .matching = (uint8_t)pin->matching,
      .digest = {pin->digest, matching_size(pin->matching)},
      .expires = (uint64_t)pin->report_until,
      .enforced_until = (uint64_t)pin->enforce_until,
      .always = pin->always,
      .errors = pin->errors,
      .note = pin->note,
      .first_seen = (uint64_t)pin->first_seen,
      .last_seen = (uint64_t)pin->last_seen,
      .count_seen = pin->count_seen,
  };
}

/* What there is to say: no end, and no key of a mode. */
static uint32_t fields_of(const struct keypin *pin)
{
  const uint32_t key =
      BUS_RECORD_LEVEL | BUS_RECORD_SELECTOR | BUS_RECORD_MATCHING | BUS_RECORD_DIGEST;
  uint32_t which = BUS_RECORD_HOST | BUS_RECORD_SCOPE | BUS_RECORD_PROTOCOL | BUS_RECORD_PORT |
                   BUS_RECORD_KIND | BUS_RECORD_STATUS | BUS_RECORD_ORIGIN | BUS_RECORD_ALWAYS |
                   BUS_RECORD_NOTE | BUS_RECORD_FIRST_SEEN | BUS_RECORD_LAST_SEEN |
                   BUS_RECORD_COUNT_SEEN;

  if (pin->kind != KEYPIN_MODE)
    which |= key;
  if (pin->kind == KEYPIN_EXCEPTION)
    which |= BUS_RECORD_ERRORS;
  if (pin->report_until != KEYPIN_FOREVER)
    which |= BUS_RECORD_EXPIRES;
  if (pin->enforce_until != pin->report_until)
    which |= BUS_RECORD_ENFORCED_UNTIL;
  return which;
}

static bool put_key(DBusMessageIter *dict, const struct keypin *pin)
{
  char text[KEYPIN_KEY_TEXT_SIZE];

  return !keypin_key_text(pin, text) || bus_dict_put_string(dict, "key", text);
}

static enum lock lock_of(const struct keypin *pin)
{
  if (!pin->locked)
    return LOCK_NONE;
  if (pin->kind == KEYPIN_MODE && pin->status == KEYPIN_OFF)
    return LOCK_OFF;
  return pin->enforce_until == 0 ? LOCK_REPORT : LOCK_ENFORCE;
}

static bool put_record(DBusMessageIter *dict, const struct policy_entry *entry)
{
  const struct keypin *pin = entry->pin;
  const struct bus_record record = record_of(pin);
  return bus_dict_put_fields(dict, bus_record_fields, &record, fields_of(pin)) &&
         put_standing(dict, entry, lock_token(lock_of(pin))) &&
         (pin->kind == KEYPIN_MODE || put_key(dict, pin)) && seen_put(dict, pin->seen);
}

void entries_open(struct entries *entries, DBusMessageIter *parent)
{
  entries->filled = bus_dicts_open(parent, &entries->array);
}

void entries_append(const struct policy_entry *entry, void *data)
{
  struct entries *entries = data;
  DBusMessageIter dict;

  entries->filled = entries->filled && bus_dict_open(&entries->array, &dict) &&
                    (entry->row != NULL ? put_ticket(&dict, entry) : put_record(&dict, entry)) &&
                    bus_dict_close(&entries->array, &dict);
}

bool entries_close(struct entries *entries, DBusMessageIter *parent)
{
  return entries->filled && dbus_message_iter_close_container(parent, &entries->array);
}

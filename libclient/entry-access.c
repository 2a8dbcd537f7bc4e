/* What programs ask of an entry: see tlspin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/entry.h"

#include "dbus/fields.h"

static bool is_number(const struct entry_value *value)
{
  return value->type != DBUS_TYPE_STRING && value->type != BUS_OCTETS && value->type != BUS_DICTS;
}

const char *tlspin_entry_string(const tlspin_entry_t *entry, const char *name)
{
  const struct entry_value *value = entry_find(entry, name);

  return value != NULL ? value->string : NULL;
}

/* 0 where it isn't there. */
static uint64_t number_of(const tlspin_entry_t *entry, const char *name)
{
  const struct entry_value *value = entry_find(entry, name);

  return value != NULL && is_number(value) ? value->number : 0;
}

int64_t tlspin_entry_number(const tlspin_entry_t *entry, const char *name)
{
  const struct entry_value *value = entry_find(entry, name);

  if (value == NULL || !is_number(value))
    return -1;
  return value->number < INT64_MAX ? (int64_t)value->number : INT64_MAX;
}

const void *tlspin_entry_octets(const tlspin_entry_t *entry, const char *name, size_t *size)
{
  const struct entry_value *value = entry_find(entry, name);

  *size = value != NULL ? value->size : 0;
  return value != NULL ? value->octets : NULL;
}

size_t tlspin_entry_chain(const tlspin_entry_t *entry)
{
  const struct entry_value *value = entry_find(entry, "chain");

  return value != NULL ? value->list.count : 0;
}

const tlspin_entry_t *tlspin_entry_chain_at(const tlspin_entry_t *entry, size_t index)
{
  return index < tlspin_entry_chain(entry) ? entry_find(entry, "chain")->list.at[index] : NULL;
}

static const char *text_of(const tlspin_entry_t *entry, const char *name)
{
  const char *string = tlspin_entry_string(entry, name);

  return string != NULL ? string : "";
}

const char *tlspin_entry_host(const tlspin_entry_t *entry)
{
  return text_of(entry, "host");
}

const char *tlspin_entry_protocol(const tlspin_entry_t *entry)
{
  return text_of(entry, "protocol");
}

unsigned tlspin_entry_port(const tlspin_entry_t *entry)
{
  return (unsigned)number_of(entry, "port");
}

const char *tlspin_entry_kind(const tlspin_entry_t *entry)
{
  return text_of(entry, "kind");
}

const char *tlspin_entry_layer(const tlspin_entry_t *entry)
{
  return text_of(entry, "layer");
}

const char *tlspin_entry_lock(const tlspin_entry_t *entry)
{
  return text_of(entry, "lock");
}

const char *tlspin_entry_hash(const tlspin_entry_t *entry)
{
  return text_of(entry, "hash");
}

uint64_t tlspin_entry_expires(const tlspin_entry_t *entry)
{
  return number_of(entry, "expires");
}

uint64_t tlspin_entry_series(const tlspin_entry_t *entry)
{
  return number_of(entry, "series");
}

const void *tlspin_entry_ticket(const tlspin_entry_t *entry, size_t *size)
{
  return tlspin_entry_octets(entry, "ticket", size);
}

const void *tlspin_entry_secret(const tlspin_entry_t *entry, size_t *size)
{
  return tlspin_entry_octets(entry, "secret", size);
}

const char *tlspin_entry_state(const tlspin_entry_t *entry)
{
  return text_of(entry, "state");
}

unsigned tlspin_entry_ticket_size(const tlspin_entry_t *entry)
{
  return (unsigned)number_of(entry, "ticket-size");
}

uint64_t tlspin_entry_first_seen(const tlspin_entry_t *entry)
{
  return number_of(entry, "first-seen");
}

uint64_t tlspin_entry_issued(const tlspin_entry_t *entry)
{
  return number_of(entry, "issued");
}

unsigned tlspin_entry_failures(const tlspin_entry_t *entry)
{
  return (unsigned)number_of(entry, "failures");
}

uint64_t tlspin_entry_failed(const tlspin_entry_t *entry)
{
  return number_of(entry, "failed");
}

const char *tlspin_entry_failure_reason(const tlspin_entry_t *entry)
{
  return text_of(entry, "failure-reason");
}

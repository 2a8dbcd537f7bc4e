/* From records to keys in messages and back: see keys.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "dbus/keys.h"

#include <string.h>

enum { SHA256_SIZE = 32 };

/* The certificate that came with the key last. */
static struct span seen_of(const struct keypin *pin, uint8_t octets[SHA256_SIZE])
{
  struct chain_seen seen;

  if (!chain_seen_decode(pin->seen, &seen) || seen.count == 0 || seen.raw)
    return (struct span){NULL, 0};
  memcpy(octets, seen.at[0].certificate, SHA256_SIZE);
  return (struct span){octets, SHA256_SIZE};
}

struct bus_key bus_key_of_pin(const struct keypin *pin, unsigned layer, uint8_t octets[SHA256_SIZE])
{
  return (struct bus_key){
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
      .flags = (pin->locked ? BUS_KEY_LOCKED : 0U) | (pin->always ? BUS_KEY_ALWAYS : 0U),
      .enforce_until = (uint64_t)pin->enforce_until,
      .report_until = (uint64_t)pin->report_until,
      .errors = pin->errors,
      .seen = seen_of(pin, octets),
      .layer = layer,
  };
}

static bool read_words(const struct bus_key *key, struct keypin *pin)
{
  return strlen(key->host) <= HOST_MAX && scope_from_token(key->scope, &pin->place.scope) &&
         place_protocol_from_token(key->protocol, &pin->place.protocol) &&
         keypin_kind_from_token(key->kind, &pin->kind) &&
         keypin_status_from_token(key->status, &pin->status) &&
         keypin_origin_from_token(key->origin, &pin->origin) &&
         keypin_level_from_token(key->level, &pin->level);
}

static bool read_digest(const struct bus_key *key, struct keypin *pin)
{
  pin->selector = (enum selector)key->selector;
  pin->matching = (enum matching)key->matching;
  if (key->digest.size == 0 || key->digest.size != matching_size(pin->matching))
    return false;
  memcpy(pin->digest, key->digest.data, key->digest.size);
  return true;
}

/* The store's form of what was seen, of which the message has one digest. */
static bool own_seen(const struct bus_key *key, struct keypin *pin)
{
  struct chain_seen seen = {.count = 1};
  uint8_t octets[CHAIN_SEEN_MAX];
  struct writer writer = writer_of(octets, sizeof octets);

  if (key->seen.size == 0)
    return true;
  if (key->seen.size != SHA256_SIZE)
    return false;
  memcpy(seen.at[0].certificate, key->seen.data, SHA256_SIZE);
  if (!chain_seen_encode(&seen, &writer))
    return false;
  pin->seen = writer_span(&writer);
  return keypin_own(pin);
}

bool bus_key_to_pin(const struct bus_key *key, struct keypin *pin)
{
  *pin = (struct keypin){.note = ""};
  if (!read_words(key, pin) || !read_digest(key, pin) || key->enforce_until > KEYPIN_FOREVER ||
      key->report_until > KEYPIN_FOREVER)
    return false;
  memcpy(pin->place.host, key->host, strlen(key->host) + 1);
  pin->place.port = key->port;
  pin->locked = (key->flags & BUS_KEY_LOCKED) != 0;
  pin->always = (key->flags & BUS_KEY_ALWAYS) != 0;
  pin->enforce_until = (int64_t)key->enforce_until;
  pin->report_until = (int64_t)key->report_until;
  pin->errors = key->errors;
  return keypin_is_valid(pin) && own_seen(key, pin);
}

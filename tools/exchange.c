/* Records as they are passed on: see record.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/exchange.h"

#include "common/text.h"
#include "pinning/base64.h"
#include "tools/output.h"
#include "tools/when.h"

#include <string.h>

static const char *text_of(const tlspin_entry_t *entry, const char *name)
{
  const char *text = tlspin_entry_string(entry, name);

  return text != NULL ? text : "";
}

static int64_t number_of(const tlspin_entry_t *entry, const char *name, int64_t otherwise)
{
  int64_t number = tlspin_entry_number(entry, name);

  return number >= 0 ? number : otherwise;
}

static bool read_place(const tlspin_entry_t *entry, struct place *place)
{
  const char *host = tlspin_entry_host(entry);

  *place = (struct place){.port = (uint16_t)tlspin_entry_port(entry)};
  g_strlcpy(place->host, host, sizeof place->host);
  return strlen(host) <= HOST_MAX && scope_from_token(text_of(entry, "scope"), &place->scope) &&
         place_protocol_from_token(tlspin_entry_protocol(entry), &place->protocol);
}

static bool read_words(const tlspin_entry_t *entry, struct keypin *pin)
{
  return keypin_kind_from_token(tlspin_entry_kind(entry), &pin->kind) &&
         keypin_status_from_token(text_of(entry, "status"), &pin->status) &&
         keypin_origin_from_token(text_of(entry, "origin"), &pin->origin);
}

static bool read_key(const tlspin_entry_t *entry, struct keypin *pin)
{
  size_t size = 0;
  const void *digest = tlspin_entry_octets(entry, "digest", &size);

  if (pin->kind == KEYPIN_MODE)
    return true;
  pin->selector = (enum selector)number_of(entry, "selector", SELECTOR_COUNT);
  pin->matching = (enum matching)number_of(entry, "matching", MATCHING_COUNT);
  if (size == 0 || size != matching_size(pin->matching))
    return false;
  memcpy(pin->digest, digest, size);
  return keypin_level_from_token(text_of(entry, "level"), &pin->level);
}

static void read_rest(const tlspin_entry_t *entry, struct keypin *pin)
{
  int64_t expires = (int64_t)tlspin_entry_expires(entry);

  pin->report_until = expires > 0 ? expires : KEYPIN_FOREVER;
  pin->enforce_until = number_of(entry, "enforced-until", pin->report_until);
  pin->always = number_of(entry, "always", 0) != 0;
  pin->errors = (unsigned)number_of(entry, "errors", 0);
  pin->first_seen = (int64_t)tlspin_entry_first_seen(entry);
  pin->last_seen = number_of(entry, "last-seen", 0);
  pin->count_seen = (uint64_t)number_of(entry, "count-seen", 0);
  pin->note = text_of(entry, "note");
}

static bool read_certificate(const tlspin_entry_t *entry, struct chain_seen_certificate *at,
                             bool *raw)
{
  size_t size = 0;
  const void *digest = tlspin_entry_octets(entry, "certificate", &size);

  *raw = *raw || size == 0;
  if (size != 0 && size != sizeof at->certificate)
    return false;
  if (size != 0)
    memcpy(at->certificate, digest, size);
  g_strlcpy(at->subject, text_of(entry, "subject"), sizeof at->subject);
  at->not_before = number_of(entry, "not-before", 0);
  at->not_after = number_of(entry, "not-after", 0);
  return base64_read_key(text_of(entry, "key"), at->spki);
}

/* What was seen with a key is told, and not what decides: what can't be read of it is left out. */
static struct span read_chain(const tlspin_entry_t *entry, uint8_t octets[CHAIN_SEEN_MAX])
{
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);
  struct chain_seen seen = {.count = MIN(tlspin_entry_chain(entry), CHAIN_MAX)};

  for (size_t i = 0; i < seen.count; i++)
    if (!read_certificate(tlspin_entry_chain_at(entry, i), &seen.at[i], &seen.raw))
      return (struct span){NULL, 0};
  if (!chain_seen_encode(&seen, &writer))
    return (struct span){NULL, 0};
  return writer_span(&writer);
}

bool exchange_of_entry(const tlspin_entry_t *entry, uint8_t seen[CHAIN_SEEN_MAX],
                       struct keypin *pin)
{
  struct place place;

  if (strcmp(tlspin_entry_kind(entry), "ticket") == 0 || !read_place(entry, &place))
    return false;
  *pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER);
  if (!read_words(entry, pin) || !read_key(entry, pin))
    return false;
  read_rest(entry, pin);
  pin->seen = read_chain(entry, seen);
  return keypin_is_valid(pin);
}

struct exchange_chain {
  struct chain_seen seen;
  char keys[CHAIN_MAX][BASE64_KEY_SIZE];
  struct tlspin_seen at[CHAIN_MAX];
};

struct exchange_chain *exchange_chain_new(struct span seen)
{
  struct exchange_chain *chain;

  if (seen.size == 0)
    return NULL;
  chain = g_new0(struct exchange_chain, 1);
  chain_seen_decode(seen, &chain->seen);
  for (size_t i = 0; i < chain->seen.count; i++) {
    const struct chain_seen_certificate *at = &chain->seen.at[i];
    struct tlspin_octets digest = {at->certificate, chain->seen.raw ? 0 : sizeof at->certificate};

    base64_write_key(at->spki, chain->keys[i]);
    chain->at[i] = (struct tlspin_seen){at->subject, (uint64_t)MAX(at->not_before, 0),
                                        (uint64_t)MAX(at->not_after, 0), digest, chain->keys[i]};
  }
  return chain;
}

struct tlspin_record exchange_of_pin(const struct keypin *pin, const struct exchange_chain *chain)
{
  bool mode = pin->kind == KEYPIN_MODE, forever = pin->report_until == KEYPIN_FOREVER;
  bool reported = pin->enforce_until != pin->report_until;

  return (struct tlspin_record){
      .host = pin->place.host,
      .scope = scope_token(pin->place.scope),
      .protocol = place_protocol_token(pin->place.protocol),
      .port = pin->place.port,
      .kind = keypin_kind_token(pin->kind),
      .status = keypin_status_token(pin->status),
      .origin = keypin_origin_token(pin->origin),
      .level = mode ? NULL : keypin_level_token(pin->level),
      .selector = mode ? 0 : (unsigned)pin->selector,
      .matching = mode ? 0 : (unsigned)pin->matching,
      .digest = {mode ? NULL : pin->digest, mode ? 0 : matching_size(pin->matching)},
      .expires = forever ? 0 : (uint64_t)MAX(pin->report_until, 1),
      .enforced_until = reported ? (uint64_t)MAX(pin->enforce_until, 1) : 0,
      .not_always = !pin->always,
      .errors = pin->errors,
      .note = pin->note,
      .first_seen = (uint64_t)pin->first_seen,
      .last_seen = (uint64_t)pin->last_seen,
      .count_seen = pin->count_seen,
      .chain = chain != NULL ? chain->at : NULL,
      .chain_size = chain != NULL ? chain->seen.count : 0,
  };
}

char *exchange_text(const struct keypin *pin)
{
  char place[PLACE_TEXT_SIZE], key[KEYPIN_KEY_TEXT_SIZE] = "";
  g_autofree char *end = NULL, *until = NULL;

  place_text(&pin->place, place);
  if (pin->kind != KEYPIN_MODE)
    keypin_key_text(pin, key);
  if (pin->report_until != KEYPIN_FOREVER) {
    end = when_to_day((uint64_t)pin->report_until);
    /* TRANSLATORS: behind a pin in a list; %s is a day */
    until = g_strdup_printf(_("  until %s"), end);
  }
  return g_strdup_printf("%s  %s  %s%s%s%s\n", place, keypin_kind_token(pin->kind),
                         keypin_status_token(pin->status), key[0] != '\0' ? "  " : "", key,
                         until != NULL ? until : "");
}

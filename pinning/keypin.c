/* Key pins, exceptions and opt-outs: see keypin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/keypin.h"

#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>

struct keypin keypin_new(const struct place *place, enum keypin_kind kind,
                         enum keypin_status status, enum keypin_origin origin)
{
  return (struct keypin){
      .place = *place,
      .kind = kind,
      .status = status,
      .origin = origin,
      .level = KEYPIN_LEAF,
      .selector = SELECTOR_SPKI,
      .matching = MATCHING_SHA256,
      .enforce_until = KEYPIN_FOREVER,
      .report_until = KEYPIN_FOREVER,
      .note = "",
  };
}

static bool status_fits(const struct keypin *pin)
{
  switch (pin->kind) {
  case KEYPIN_PIN:
    return (unsigned)pin->status <= KEYPIN_REJECTED;
  case KEYPIN_EXCEPTION:
    return pin->status == KEYPIN_EXCEPTED;
  case KEYPIN_MODE:
    return pin->status == KEYPIN_ON || pin->status == KEYPIN_OFF;
  default:
    return false;
  }
}

static const char *key_fault(const struct keypin *pin)
{
  static const uint8_t zeros[CHAIN_DIGEST_MAX];

  if ((unsigned)pin->level >= KEYPIN_LEVELS)
    return "level";
  if ((unsigned)pin->selector >= SELECTOR_COUNT || matching_size(pin->matching) == 0)
    return "key";
  if (pin->kind != KEYPIN_MODE ||
      (pin->level == KEYPIN_LEAF && pin->selector == SELECTOR_SPKI &&
       pin->matching == MATCHING_SHA256 && memcmp(pin->digest, zeros, 32) == 0))
    return NULL;
  return "key";
}

static bool errors_fit(const struct keypin *pin)
{
  if (pin->kind != KEYPIN_EXCEPTION)
    return pin->errors == 0;
  return pin->errors != 0 && (pin->errors & ~(unsigned)PKI_EXCUSABLE) == 0;
}

static bool is_time(int64_t time)
{
  return time >= 0 && time <= KEYPIN_FOREVER;
}

static const char *times_fault(const struct keypin *pin)
{
  if (!is_time(pin->report_until))
    return "expires";
  if (!is_time(pin->enforce_until) || pin->enforce_until > pin->report_until)
    return "enforced-until";
  if (!is_time(pin->first_seen))
    return "first-seen";
  return is_time(pin->last_seen) ? NULL : "last-seen";
}

static bool note_is_valid(const char *note)
{
  size_t size = note != NULL ? strnlen(note, KEYPIN_NOTE_MAX + 1) : KEYPIN_NOTE_MAX + 1;

  return size <= KEYPIN_NOTE_MAX && utf8_is_text((struct span){(const uint8_t *)note, size});
}

static const char *rest_fault(const struct keypin *pin)
{
  if (pin->count_seen > INT64_MAX)
    return "count-seen";
  if (!note_is_valid(pin->note))
    return "note";
  return pin->seen.size <= CHAIN_SEEN_MAX ? NULL : "chain";
}

const char *keypin_fault(const struct keypin *pin)
{
  const char *fault = NULL;

  if (!place_is_valid(&pin->place))
    return "host";
  if (!status_fits(pin))
    return "status";
  if ((unsigned)pin->origin >= KEYPIN_ORIGINS)
    return "origin";
  fault = key_fault(pin);
  if (fault == NULL && !errors_fit(pin))
    fault = "errors";
  if (fault == NULL)
    fault = times_fault(pin);
  return fault != NULL ? fault : rest_fault(pin);
}

bool keypin_is_valid(const struct keypin *pin)
{
  return keypin_fault(pin) == NULL;
}

/* The store keeps these as their tokens, in whose order the table stands; those of scopes are in
 * that of the numbers. */
int keypin_compare_key(const struct keypin *a, const struct keypin *b)
{
  const int pairs[][2] = {
      {strcmp(a->place.host, b->place.host), 0},
      {(int)a->place.scope, (int)b->place.scope},
      {strcmp(place_protocol_token(a->place.protocol), place_protocol_token(b->place.protocol)), 0},
      {a->place.port, b->place.port},
      {strcmp(keypin_kind_token(a->kind), keypin_kind_token(b->kind)), 0},
      {strcmp(keypin_origin_token(a->origin), keypin_origin_token(b->origin)), 0},
      {strcmp(keypin_level_token(a->level), keypin_level_token(b->level)), 0},
      {(int)a->selector, (int)b->selector},
      {(int)a->matching, (int)b->matching},
  };

  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    if (pairs[i][0] != pairs[i][1])
      return pairs[i][0] < pairs[i][1] ? -1 : 1;
  return memcmp(a->digest, b->digest, matching_size(a->matching));
}

bool keypin_own(struct keypin *pin)
{
  size_t size = strlen(pin->note) + 1;
  char *copy = malloc(size + pin->seen.size);

  if (copy == NULL)
    return false;
  memcpy(copy, pin->note, size);
  if (pin->seen.size > 0)
    memcpy(copy + size, pin->seen.data, pin->seen.size);
  free(pin->owned);
  pin->owned = copy;
  pin->note = copy;
  pin->seen.data = (const uint8_t *)copy + size;
  return true;
}

void keypin_clear(struct keypin *pin)
{
  free(pin->owned);
  pin->owned = NULL;
  pin->note = "";
  pin->seen = (struct span){NULL, 0};
}

enum keypin_force keypin_force(const struct keypin *pin, int64_t now)
{
  if (pin->enforce_until == KEYPIN_FOREVER || now < pin->enforce_until)
    return KEYPIN_ENFORCED;
  return pin->report_until == KEYPIN_FOREVER || now < pin->report_until ? KEYPIN_REPORTED
                                                                        : KEYPIN_EXPIRED;
}

/* Certificates from `first` until before `end` are to be looked at; not all of them can be where
 * the path is not known. */
struct range {
  size_t first, end;
  bool known;
};

/* All that there is, and not only all that is known (RFC 7250). */
static bool is_bare(const struct chain *chain)
{
  return chain->raw && !chain->alone;
}

static struct range range_of(const struct keypin *pin, const struct chain *chain)
{
  size_t above = chain->count < 2 ? chain->count : 2;

  if (pin->status == KEYPIN_REJECTED)
    return (struct range){0, chain->count, true};
  if (pin->level == KEYPIN_LEAF || (pin->level == KEYPIN_ANY && !chain->path))
    return (struct range){0, 1, is_bare(chain) || pin->level == KEYPIN_LEAF};
  if (!chain->path) /* a bare key is known to have nothing above it */
    return (struct range){0, 0, is_bare(chain)};
  switch (pin->level) {
  case KEYPIN_ISSUER:
    return (struct range){1, above, true};
  case KEYPIN_ANCHOR:
    return (struct range){chain->count - 1, chain->count, true};
  case KEYPIN_AUTHORITY:
    return (struct range){1, chain->count, true};
  default:
    return (struct range){0, chain->count, true};
  }
}

/* A certificate is never found in a bare key; nor is a rejected one in a key alone, since it was
 * not shown. */
static enum keypin_match match_at(const struct keypin *pin, struct chain *chain, size_t index)
{
  struct span digest, wanted = {pin->digest, matching_size(pin->matching)};

  if (pin->selector == SELECTOR_CERTIFICATE &&
      (is_bare(chain) || (chain->alone && pin->status == KEYPIN_REJECTED)))
    return KEYPIN_DIFFERS;
  if (!chain_digest_at(chain, index, pin->selector, pin->matching, &digest))
    return KEYPIN_UNKNOWN;
  return span_equal(digest, wanted) ? KEYPIN_MATCHES : KEYPIN_DIFFERS;
}

enum keypin_match keypin_match(const struct keypin *pin, struct chain *chain)
{
  struct range range = range_of(pin, chain);
  enum keypin_match match = range.known ? KEYPIN_DIFFERS : KEYPIN_UNKNOWN;

  if (pin->kind == KEYPIN_MODE)
    return KEYPIN_DIFFERS;
  for (size_t i = range.first; i < range.end && match != KEYPIN_MATCHES; i++) {
    enum keypin_match one = match_at(pin, chain, i);

    if (one != KEYPIN_DIFFERS)
      match = one;
  }
  return match;
}

/* Records that a caller describes: see record-read.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/record-read.h"

#include "common/text.h"
#include "common/utf8.h"
#include "daemon/handlers.h"
#include "daemon/seen.h"
#include "dbus/record.h"

#include <string.h>

/* What is wrong with a record: a key, and a sentence about it. NULL: nothing. */
struct flaw {
  const char *key, *text;
};

static const struct flaw fine = {NULL, NULL};

static struct flaw flaw(const char *key, const char *text)
{
  return (struct flaw){key, text};
}

/* The first of those that must be there and isn't. */
static struct flaw find_missing(const struct bus_record *in, uint32_t which)
{
  static const struct {
    uint32_t bit;
    const char *key;
  } needed[] = {{BUS_RECORD_HOST, "host"},
                {BUS_RECORD_SCOPE, "scope"},
                {BUS_RECORD_KIND, "kind"},
                {BUS_RECORD_STATUS, "status"},
                {BUS_RECORD_DIGEST, "digest"}};

  for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
    bool mode = needed[i].bit == BUS_RECORD_DIGEST && strcmp(in->kind, "mode") == 0;

    if ((which & needed[i].bit) == 0 && !mode)
      return flaw(needed[i].key, _("it must be there"));
  }
  return fine;
}

static struct flaw read_place(const struct bus_record *in, struct place *place)
{
  enum host_fault fault = HOST_FINE;

  if (!scope_from_token(in->scope, &place->scope))
    return flaw("scope", _("it must be 'exact', 'one-label' or 'subtree'"));
  if (!place_protocol_from_token(in->protocol, &place->protocol))
    return flaw("protocol", _("it must be 'tls', 'dtls' or empty"));
  place->port = in->port;
  place->host[0] = '\0';
  if (in->host[0] != '\0')
    fault = host_normalise(in->host, strlen(in->host), place->host);
  if (fault != HOST_FINE)
    return flaw("host", _(host_fault_text(fault)));
  if (!place_is_valid(place))
    return flaw("host", _("only a subtree can be that of every host"));
  return fine;
}

static struct flaw read_words(const struct bus_record *in, struct keypin *pin)
{
  if (!keypin_kind_from_token(in->kind, &pin->kind))
    return flaw("kind", _("it must be 'pin', 'exception' or 'mode'"));
  if (!keypin_status_from_token(in->status, &pin->status))
    return flaw("status", _("there is no such status"));
  if (!keypin_origin_from_token(in->origin, &pin->origin) || pin->origin == KEYPIN_POLICY)
    return flaw("origin", _("it must be 'user', 'import', 'program', 'tofu' or 'hpkp'"));
  if (!keypin_level_from_token(in->level, &pin->level))
    return flaw("level", _("there is no such level"));
  return fine;
}

static struct flaw read_key(const struct bus_record *in, struct keypin *pin)
{
  pin->selector = (enum selector)in->selector;
  pin->matching = (enum matching)in->matching;
  if (in->selector >= SELECTOR_COUNT)
    return flaw("selector", _("it must be 0 or 1"));
  if (matching_size(pin->matching) == 0)
    return flaw("matching", _("it must be 1 or 2"));
  if (in->digest.size == 0 && pin->kind == KEYPIN_MODE)
    return fine;
  if (in->digest.size != matching_size(pin->matching))
    return flaw("digest", _("it must have 32 octets for SHA-256, or 64 for SHA-512"));
  memcpy(pin->digest, in->digest.data, in->digest.size);
  return fine;
}

static struct flaw read_times(const struct bus_record *in, struct keypin *pin)
{
  const struct {
    const char *key;
    uint64_t time;
    int64_t *to;
  } times[] = {{"expires", in->expires, &pin->report_until},
               {"enforced-until", in->enforced_until, &pin->enforce_until},
               {"first-seen", in->first_seen, &pin->first_seen},
               {"last-seen", in->last_seen, &pin->last_seen}};

  for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
    if (times[i].time > KEYPIN_FOREVER)
      return flaw(times[i].key, _("it is no time before the year 10000"));
    *times[i].to = (int64_t)times[i].time;
  }
  if (pin->enforce_until > pin->report_until)
    return flaw("enforced-until", _("it is after the end"));
  if (in->count_seen > INT64_MAX)
    return flaw("count-seen", _("it is above 9223372036854775807"));
  pin->count_seen = in->count_seen;
  return fine;
}

static struct flaw read_rest(const struct bus_record *in, struct keypin *pin)
{
  size_t size = strnlen(in->note, KEYPIN_NOTE_MAX + 1);

  pin->always = in->always;
  pin->errors = in->errors;
  pin->note = in->note;
  if (size > KEYPIN_NOTE_MAX)
    return flaw("note", _("it is longer than 1024 octets"));
  if (!utf8_is_text((struct span){(const uint8_t *)in->note, size}))
    return flaw("note", _("it has control characters"));
  if (pin->kind != KEYPIN_EXCEPTION && in->errors != 0)
    return flaw("errors", _("only an exception excuses errors"));
  if (pin->kind == KEYPIN_EXCEPTION &&
      (in->errors == 0 || (in->errors & ~(unsigned)PKI_EXCUSABLE) != 0))
    return flaw("errors", _("an exception needs some, and only such as can be excused"));
  if (pin->kind == KEYPIN_EXCEPTION && pin->report_until == KEYPIN_FOREVER)
    return flaw("expires", _("an exception must end"));
  return fine;
}

/* octets: what the record then points to. */
static struct flaw read_chain(struct bus_record *in, uint32_t which, uint8_t octets[CHAIN_SEEN_MAX],
                              struct keypin *pin)
{
  const char *wrong;

  if ((which & BUS_RECORD_CHAIN) == 0)
    return fine;
  if (pin->kind == KEYPIN_MODE)
    return flaw("chain", _("a mode is about no key"));
  wrong = seen_read(&in->chain, octets, &pin->seen);
  return wrong == NULL ? fine : flaw("chain", wrong);
}

/* What was read field by field may still not fit together. */
static struct flaw check_whole(const struct keypin *pin)
{
  if (keypin_is_valid(pin))
    return fine;
  if (pin->kind == KEYPIN_MODE && (pin->status == KEYPIN_ON || pin->status == KEYPIN_OFF))
    return flaw("kind", _("a mode is about no key"));
  return flaw("status", _("it does not go with the kind"));
}

/* What isn't there is as dbus/org.tlspin.Admin1.xml says. */
static void fill_in(struct bus_record *in, uint32_t which)
{
  if ((which & BUS_RECORD_EXPIRES) == 0)
    in->expires = KEYPIN_FOREVER;
  if ((which & BUS_RECORD_ENFORCED_UNTIL) == 0)
    in->enforced_until = in->expires;
  if ((which & BUS_RECORD_ALWAYS) == 0)
    in->always = strcmp(in->origin, keypin_origin_token(KEYPIN_USER)) == 0;
}

static struct flaw make_pin(const struct bus_record *in, uint32_t which, struct keypin *pin)
{
  struct flaw found = find_missing(in, which);

  if (found.key == NULL)
    found = read_place(in, &pin->place);
  if (found.key == NULL)
    found = read_words(in, pin);
  if (found.key == NULL)
    found = read_key(in, pin);
  if (found.key == NULL)
    found = read_times(in, pin);
  if (found.key == NULL)
    found = read_rest(in, pin);
  return found.key == NULL ? check_whole(pin) : found;
}

enum tlspin_code record_read(DBusMessageIter *iter, struct keypin *pin, bool *backed,
                             GString *problem)
{
  struct bus_record in = {.host = "",
                          .scope = "",
                          .protocol = "",
                          .kind = "",
                          .status = "",
                          .origin = "user",
                          .level = "leaf",
                          .selector = SELECTOR_SPKI,
                          .matching = MATCHING_SHA256,
                          .note = ""};
  uint8_t octets[CHAIN_SEEN_MAX];
  struct bus_fault fault;
  struct flaw found;
  uint32_t which;

  *pin = (struct keypin){.note = ""};
  *backed = false;
  if (!bus_dict_read(iter, bus_record_fields, &in, &which, &fault))
    return handlers_fault("entries", &fault, problem);
  fill_in(&in, which);
  *backed = in.backed;
  found = make_pin(&in, which, pin);
  if (found.key == NULL)
    found = read_chain(&in, which, octets, pin);
  if (found.key == NULL)
    return keypin_own(pin) ? TLSPIN_OK : TLSPIN_E_MEMORY;
  *pin = (struct keypin){.note = ""};
  g_string_printf(problem, _("key '%s' of argument '%s': %s"), found.key, "entries", found.text);
  return TLSPIN_E_ARGUMENT;
}

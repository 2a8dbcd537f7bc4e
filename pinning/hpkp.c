/* Public-Key-Pins (RFC 7469): see hpkp.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the RFC's grammar takes is read by it. What it doesn't take is read once more with the
 * tolerance of pinning/directives.h, and of URIs: Chromium's, whose servers had no reason to mind.
 * Neither reading repairs anything (section 2.1, rule 4): one malformed directive, also one that
 * is not known here, and the field is ignored. */
#include "config.h"

#include "pinning/hpkp.h"

#include "pinning/base64.h"
#include "pinning/directives.h"

#include <string.h>

/* Different directives other than pins; no honest field has a tenth of them. */
enum { NAMES_MAX = 64 };

struct reading {
  struct hpkp *hpkp;
  enum directives_manner manner;
  size_t count;
  struct span names[NAMES_MAX];
};

static struct span span_of(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

/* A value as text. buffer: HPKP_HEADER_MAX octets, as many as a value can have. */
static struct span text_of(const struct directive *d, uint8_t buffer[HPKP_HEADER_MAX])
{
  struct writer w = writer_of(buffer, HPKP_HEADER_MAX);

  directive_value(d, &w);
  return writer_span(&w);
}

/* 1*DIGIT, after unquoting (section 2.1.2); of any size. */
static bool read_max_age(struct reading *reading, const struct directive *d)
{
  uint8_t buffer[HPKP_HEADER_MAX];
  struct span digits = text_of(d, buffer);
  uint64_t age = 0;

  for (size_t i = 0; i < digits.size; i++) {
    unsigned digit = (unsigned)digits.data[i] - '0';

    if (digit > 9)
      return false;
    age = age > ((uint64_t)INT64_MAX - digit) / 10 ? INT64_MAX : age * 10 + digit;
  }
  reading->hpkp->max_age = age;
  reading->hpkp->has_max_age = true;
  return digits.size > 0;
}

/* Section 2.1.3. */
static bool read_subdomains(struct reading *reading, const struct directive *d)
{
  reading->hpkp->subdomains = true;
  return !d->has_value;
}

/* The octets of RFC 3986 section 2; the tolerant take any of ASCII that prints, and DEL. */
static bool is_uri_octet(uint8_t octet, enum directives_manner manner)
{
  if (octet <= ' ' || octet > 0x7f)
    return false;
  return manner == DIRECTIVES_TOLERANT || (octet != 0x7f && strchr("\"<>\\^`{|}", octet) == NULL);
}

/* Absolute, with a host, and http or https (section 2.1.4). */
static bool is_report_uri(struct span uri, enum directives_manner manner)
{
  static const char *const schemes[] = {"http://", "https://"};
  bool known = false;

  for (size_t i = 0; i < uri.size; i++)
    if (!is_uri_octet(uri.data[i], manner))
      return false;
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    size_t size = strlen(schemes[i]);

    known = known || (uri.size > size && strchr("/?#:", uri.data[size]) == NULL &&
                      directive_names_equal((struct span){uri.data, size}, span_of(schemes[i])));
  }
  return known;
}

static bool read_report_uri(struct reading *reading, const struct directive *d)
{
  uint8_t buffer[HPKP_HEADER_MAX];
  struct span uri = text_of(d, buffer);

  if (!d->quoted || !is_report_uri(uri, reading->manner))
    return false;
  if (uri.size <= HPKP_URI_MAX)
    memcpy(reading->hpkp->report_uri, uri.data, uri.size);
  return true;
}

static bool has_pin(const struct hpkp *hpkp, const uint8_t pin[32])
{
  for (size_t i = 0; i < hpkp->pins; i++)
    if (memcmp(hpkp->pin[i], pin, 32) == 0)
      return true;
  return false;
}

/* Always quoted (section 2.1.1). */
static bool read_pin(struct reading *reading, const struct directive *d)
{
  struct hpkp *hpkp = reading->hpkp;
  uint8_t buffer[HPKP_HEADER_MAX], pin[32];

  if (!d->quoted || !base64_read(text_of(d, buffer), pin))
    return false;
  if (has_pin(hpkp, pin))
    return true;
  if (hpkp->pins == HPKP_PINS_MAX)
    return false;
  memcpy(hpkp->pin[hpkp->pins++], pin, sizeof pin);
  return true;
}

/* A pin, which alone may come more than once (section 2.1, rule 2). */
static bool is_pin(struct span name)
{
  return name.size >= 4 && directive_names_equal((struct span){name.data, 4}, span_of("pin-"));
}

/* Notes a name. False where it was there before. */
static bool is_first(struct reading *reading, struct span name)
{
  for (size_t i = 0; i < reading->count; i++)
    if (directive_names_equal(reading->names[i], name))
      return false;
  if (reading->count == NAMES_MAX)
    return false;
  reading->names[reading->count++] = name;
  return true;
}

static bool read_directive(struct reading *reading, const struct directive *d)
{
  static const struct {
    const char *name;
    bool (*read)(struct reading *reading, const struct directive *d);
  } known[] = {
      {"pin-sha256", read_pin},
      {"max-age", read_max_age},
      {"includeSubDomains", read_subdomains},
      {"report-uri", read_report_uri},
  };

  if (!is_pin(d->name) && !is_first(reading, d->name))
    return false;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (directive_names_equal(d->name, span_of(known[i].name)))
      return known[i].read(reading, d);
  reading->hpkp->other_hashes |= is_pin(d->name);
  return true;
}

static bool read_field(struct span header, enum directives_manner manner, struct hpkp *hpkp)
{
  struct directives directives = directives_of(header, manner);
  struct reading reading = {.hpkp = hpkp, .manner = manner};
  enum directives_step step;
  struct directive d;
  bool fine = header.size <= HPKP_HEADER_MAX, any = false;

  *hpkp = (struct hpkp){.pins = 0};
  while (fine && (step = directives_next(&directives, &d)) != DIRECTIVES_END) {
    fine = step == DIRECTIVES_NEXT && read_directive(&reading, &d);
    any = true;
  }
  if (!fine)
    *hpkp = (struct hpkp){.pins = 0};
  return fine && any;
}

bool hpkp_read_strict(struct span header, struct hpkp *hpkp)
{
  return read_field(header, DIRECTIVES_STRICT, hpkp);
}

bool hpkp_read(struct span header, struct hpkp *hpkp)
{
  return hpkp_read_strict(header, hpkp) || read_field(header, DIRECTIVES_TOLERANT, hpkp);
}

const char *hpkp_outcome_token(enum hpkp_outcome outcome)
{
  static const char *const tokens[HPKP_OUTCOMES] = {
      [HPKP_IGNORE] = "ignore",
      [HPKP_NOTE] = "note",
      [HPKP_REMOVE] = "remove",
      [HPKP_EVALUATE] = "evaluate",
  };

  return tokens[outcome];
}

static bool is_among(const uint8_t pin[32], const uint8_t (*spki)[32], size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (memcmp(spki[i], pin, 32) == 0)
      return true;
  return false;
}

/* How many of the pins are keys of the path. */
static size_t count_met(const struct hpkp *hpkp, const uint8_t (*spki)[32], size_t count)
{
  size_t met = 0;

  for (size_t i = 0; i < hpkp->pins; i++)
    met += is_among(hpkp->pin[i], spki, count);
  return met;
}

static enum hpkp_outcome ignore(const char **reason, const char *why)
{
  *reason = why;
  return HPKP_IGNORE;
}

/* Section 2.5's second and third condition; the first is the connection's. */
static enum hpkp_outcome judge_pins(const struct hpkp *hpkp, const uint8_t (*spki)[32],
                                    size_t count, const char **reason)
{
  size_t met = count_met(hpkp, spki, count);

  if (met == 0)
    return ignore(reason, "none of its pins is a key of the path");
  if (met == hpkp->pins)
    return ignore(reason, "it has no backup pin: all its pins are keys of the path");
  return HPKP_NOTE;
}

enum hpkp_outcome hpkp_judge_digests(const struct hpkp *hpkp, bool report_only,
                                     const uint8_t (*spki)[32], size_t count, const char **reason)
{
  *reason = "";
  if (!report_only && !hpkp->has_max_age)
    return ignore(reason, "it has no max-age");
  if (!report_only && hpkp->max_age == 0)
    return HPKP_REMOVE;
  if (hpkp->pins == 0)
    return ignore(reason, "it has no pin by SHA-256");
  if (count == 0)
    return ignore(reason, "the path is not known");
  return report_only ? HPKP_EVALUATE : judge_pins(hpkp, spki, count, reason);
}

/* The digests of what counts of a chain: 0 of them where one can't be made. */
static size_t collect(struct chain *chain, uint8_t spki[CHAIN_MAX][32])
{
  size_t count = chain->path || chain->count == 0 ? chain->count : 1;
  struct span digest;

  for (size_t i = 0; i < count; i++) {
    if (!chain_digest_at(chain, i, SELECTOR_SPKI, MATCHING_SHA256, &digest))
      return 0;
    memcpy(spki[i], digest.data, digest.size);
  }
  return count;
}

enum hpkp_outcome hpkp_judge(const struct hpkp *hpkp, bool report_only, struct chain *chain,
                             const char **reason)
{
  uint8_t spki[CHAIN_MAX][32];
  size_t count = chain->path ? collect(chain, spki) : 0;

  return hpkp_judge_digests(hpkp, report_only, spki, count, reason);
}

bool hpkp_forgets(const struct hpkp *hpkp, bool report_only)
{
  return !report_only && hpkp->has_max_age && hpkp->pins == 0 && hpkp->other_hashes;
}

bool hpkp_met(const struct hpkp *hpkp, struct chain *chain)
{
  uint8_t spki[CHAIN_MAX][32];

  return count_met(hpkp, spki, collect(chain, spki)) > 0;
}

uint32_t hpkp_age(const struct hpkp *hpkp)
{
  return hpkp->max_age < HPKP_AGE_MAX ? (uint32_t)hpkp->max_age : HPKP_AGE_MAX;
}

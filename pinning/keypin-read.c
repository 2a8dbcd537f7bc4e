/* Reads the forms in which people write a key: see keypin.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"
#include "pinning/base64.h"
#include "pinning/digest.h"
#include "pinning/keypin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a key's text says. */
struct key {
  enum keypin_level level;
  enum selector selector;
  enum matching matching;
  uint8_t digest[CHAIN_DIGEST_MAX];
  unsigned errors;
};

static bool read_base64(const char *text, size_t size, struct key *key)
{
  *key = (struct key){.level = KEYPIN_ANY, .selector = SELECTOR_SPKI, .matching = MATCHING_SHA256};
  return base64_read((struct span){(const uint8_t *)text, size}, key->digest);
}

/* pin-sha256="BASE64", the quotes both there or both not (RFC 7469 section 2.1). */
static bool read_directive(const char *value, struct key *key)
{
  size_t size = strlen(value);
  bool quoted = size >= 2 && value[0] == '"' && value[size - 1] == '"';

  return quoted ? read_base64(value + 1, size - 2, key) : read_base64(value, size, key);
}

static int digit_of(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* An even number of digits, with any of the separators before, between and behind them. */
static bool read_hex(const char *text, const char *separators, struct writer *w)
{
  int high = -1;

  for (; *text != '\0' && !w->failed; text++) {
    int digit = digit_of(*text);

    if (digit < 0)
      w->failed = strchr(separators, *text) == NULL;
    else if (high < 0)
      high = digit;
    else {
      writer_u8(w, (uint8_t)(high << 4 | digit));
      high = -1;
    }
  }
  return high < 0 && !w->failed;
}

/* No colon, or one between each pair of digits and the next. */
static bool colons_fit(const char *text)
{
  size_t size = strlen(text);
  bool fit = strchr(text, ':') == NULL || size % 3 == 2;

  for (size_t i = 0; fit && i < size && strchr(text, ':') != NULL; i++)
    fit = (text[i] == ':') == (i % 3 == 2);
  return fit;
}

static bool read_fingerprint(const char *text, struct key *key)
{
  struct writer w = writer_of(key->digest, sizeof key->digest);

  if (!colons_fit(text) || !read_hex(text, ":", &w) || (w.used != 32 && w.used != 64))
    return false;
  key->level = KEYPIN_ANY;
  key->selector = SELECTOR_SPKI;
  key->matching = w.used == 32 ? MATCHING_SHA256 : MATCHING_SHA512;
  return true;
}

static const char blanks[] = " \t\r\n";

/* A number from 0 to `most` with a blank behind it. */
static bool read_number(const char **text, unsigned most, unsigned *value)
{
  const char *next = *text + strspn(*text, blanks);
  size_t digits = strspn(next, "0123456789");

  if (digits == 0 || digits > 3 || next[digits] == '\0' || strchr(blanks, next[digits]) == NULL)
    return false;
  *value = (unsigned)strtoul(next, NULL, 10);
  *text = next + digits;
  return *value <= most;
}

/* A whole certificate or key (matching type 0). */
static bool digest_record(struct span record, struct key *key)
{
  struct span spki;

  key->matching = MATCHING_SHA256;
  if (key->selector == SELECTOR_SPKI ? !spki_is_whole(record) : !spki_of_certificate(record, &spki))
    return false;
  return digest_gnutls(key->matching, record, key->digest);
}

static bool read_record(const char *text, struct key *key)
{
  size_t room = strlen(text) / 2 + 1;
  uint8_t *octets;
  struct writer w;
  bool done;

  if (room > 2 * CHAIN_CERTIFICATE_MAX)
    return false;
  octets = malloc(room);
  if (octets == NULL)
    return false;
  w = writer_of(octets, room);
  done = read_hex(text, blanks, &w) && w.used <= CHAIN_CERTIFICATE_MAX &&
         digest_record(writer_span(&w), key);
  free(octets);
  return done;
}

/* What stands against a certificate that only its record vouches for: with usage 2 the record is
 * the trust anchor; with usage 3 names and dates don't count either (RFC 7671 sections 5.1, 5.2).
 */
static const struct {
  enum keypin_level level;
  unsigned errors;
} usages[] = {
    {KEYPIN_AUTHORITY, 0},
    {KEYPIN_LEAF, 0},
    {KEYPIN_AUTHORITY, PKI_UNKNOWN_ISSUER},
    {KEYPIN_LEAF, PKI_UNKNOWN_ISSUER | PKI_EXPIRED | PKI_NOT_YET_VALID | PKI_NAME},
};

static bool read_tlsa(const char *text, struct key *key)
{
  struct writer w = writer_of(key->digest, sizeof key->digest);
  unsigned usage, selector, matching;

  if (!read_number(&text, 3, &usage) || !read_number(&text, SELECTOR_SPKI, &selector) ||
      !read_number(&text, MATCHING_SHA512, &matching))
    return false;
  key->level = usages[usage].level;
  key->errors = usages[usage].errors;
  key->selector = (enum selector)selector;
  key->matching = (enum matching)matching;
  if (matching == 0)
    return read_record(text, key);
  return read_hex(text, blanks, &w) && w.used == matching_size(key->matching);
}

/* What keypin_key_text writes. The digits stand in one piece, so that no TLSA record that was cut
 * off is taken for one. */
static bool read_written(const char *text, struct key *key)
{
  struct writer w = writer_of(key->digest, sizeof key->digest);
  unsigned selector, matching;

  if (!read_number(&text, SELECTOR_SPKI, &selector) ||
      !read_number(&text, MATCHING_SHA512, &matching))
    return false;
  *key = (struct key){.level = KEYPIN_ANY,
                      .selector = (enum selector)selector,
                      .matching = (enum matching)matching};
  text += strspn(text, blanks);
  return matching != 0 && read_hex(text, "", &w) && w.used == matching_size(key->matching);
}

static bool read_key(const char *text, struct key *key)
{
  if (strncmp(text, "sha256//", 8) == 0)
    return read_base64(text + 8, strlen(text + 8), key);
  if (strncasecmp(text, "pin-sha256=", 11) == 0)
    return read_directive(text + 11, key);
  return read_fingerprint(text, key) || read_tlsa(text, key) || read_written(text, key);
}

bool keypin_read_key(const char *text, struct keypin *pin, unsigned *errors)
{
  struct key key = {.errors = 0};

  if (!read_key(text, &key))
    return false;
  pin->level = key.level;
  pin->selector = key.selector;
  pin->matching = key.matching;
  memcpy(pin->digest, key.digest, sizeof pin->digest);
  *errors = key.errors;
  return true;
}

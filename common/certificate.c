/* What of an X.509 certificate pinning looks at: see certificate.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/certificate.h"

#include "common/der.h"
#include "common/spki.h"
#include "common/utf8.h"

/* TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, serialNumber, signature, issuer, validity,
 * subject, subjectPublicKeyInfo, ... } (RFC 5280 section 4.1) */
static bool read_tbs(struct span octets, struct certificate *c, struct span *validity)
{
  struct reader tbs = reader_of(octets);

  if (der_next_is(&tbs, DER_CONTEXT_0))
    der_read(&tbs, DER_CONTEXT_0);
  c->serial = der_read(&tbs, DER_INTEGER);
  der_read(&tbs, DER_SEQUENCE);
  c->issuer = der_read_whole(&tbs, DER_SEQUENCE);
  *validity = der_read(&tbs, DER_SEQUENCE);
  c->subject = der_read_whole(&tbs, DER_SEQUENCE);
  c->spki = der_read_whole(&tbs, DER_SEQUENCE);
  return !tbs.failed && c->serial.size > 0 && spki_is_whole(c->spki);
}

bool certificate_read_parts(struct span der, struct certificate *certificate, struct span *validity)
{
  struct reader outer = reader_of(der), body;
  struct span tbs;

  body = reader_of(der_read(&outer, DER_SEQUENCE));
  tbs = der_read(&body, DER_SEQUENCE);
  der_read(&body, DER_SEQUENCE);
  der_read(&body, DER_BIT_STRING);
  *certificate = (struct certificate){0};
  return reader_done(&outer) && reader_done(&body) && read_tbs(tbs, certificate, validity);
}

/* A number of so many decimal digits. */
static int64_t read_decimal(struct reader *r, int digits)
{
  int64_t value = 0;

  for (int i = 0; i < digits; i++) {
    uint8_t c = reader_u8(r);

    r->failed = r->failed || c < '0' || c > '9';
    value = value * 10 + (c - '0');
  }
  return r->failed ? 0 : value;
}

static int64_t read_between(struct reader *r, int64_t least, int64_t most)
{
  int64_t value = read_decimal(r, 2);

  r->failed = r->failed || value < least || value > most;
  return value;
}

static bool is_leap(int64_t year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
  static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first of a year from 0 to 9999 of the Gregorian calendar. */
static int64_t days_to_year(int64_t year)
{
  int64_t past = year + 399; /* so that it counts the leap days before the year */

  return year * 365 + past / 4 - past / 100 + past / 400 - 719624;
}

/* MMDDHHMMSSZ of a year: seconds and the Z must be there, and no fraction (RFC 5280 sections
 * 4.1.2.5.1 and 4.1.2.5.2). */
static int64_t read_rest(struct reader *r, int64_t year)
{
  int64_t month = read_between(r, 1, 12), day, days, hour, minute, second;

  if (r->failed)
    return 0;
  day = read_between(r, 1, days_of_month(year, month));
  hour = read_between(r, 0, 23);
  minute = read_between(r, 0, 59);
  second = read_between(r, 0, 59);
  r->failed = r->failed || reader_u8(r) != 'Z' || r->left > 0;
  days = days_to_year(year) + day - 1;
  for (int64_t m = 1; m < month; m++)
    days += days_of_month(year, m);
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

/* UTCTime has two digits of the year: from 50 on they are of the last century. Which of the two
 * forms a year should have (UTCTime until 2049) is not insisted on: many authorities have it wrong,
 * and it means the same. */
static int64_t read_time(struct reader *validity)
{
  bool utc = der_next_is(validity, DER_UTC_TIME);
  struct reader r = reader_of(der_read(validity, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME));
  int64_t year = read_decimal(&r, utc ? 2 : 4), time;

  if (utc)
    year += year < 50 ? 2000 : 1900;
  time = read_rest(&r, year);
  validity->failed = validity->failed || r.failed;
  return time;
}

bool certificate_read(struct span der, struct certificate *certificate)
{
  struct span validity;
  struct reader times;

  if (!certificate_read_parts(der, certificate, &validity))
    return false;
  times = reader_of(validity);
  certificate->not_before = read_time(&times);
  certificate->not_after = read_time(&times);
  return reader_done(&times);
}

/* The next character of a string of the given type (X.680 section 41); what isn't one fails. */
static uint32_t read_character(struct reader *r, uint8_t type)
{
  switch (type) {
  case DER_UTF8_STRING:
    return utf8_read(r);
  case DER_BMP_STRING:
    return reader_u16(r);
  case DER_UNIVERSAL_STRING:
    return reader_u32(r);
  default: /* Latin 1 is what goes by the name of TeletexString */
    return reader_u8(r);
  }
}

static bool is_string(uint8_t type)
{
  return type == DER_UTF8_STRING || type == DER_PRINTABLE_STRING || type == DER_IA5_STRING ||
         type == DER_TELETEX_STRING || type == DER_NUMERIC_STRING || type == DER_BMP_STRING ||
         type == DER_UNIVERSAL_STRING;
}

/* Writes what is harmless of it, as far as it fits; a '?' stands for the rest. */
static void write_text(struct span string, uint8_t type, char *text, size_t size)
{
  struct reader r = reader_of(string);
  struct writer w = writer_of((uint8_t *)text, size - 1);

  while (r.left > 0 && !r.failed && !w.failed) {
    uint32_t c = read_character(&r, type);

    utf8_write(&w, r.failed || !utf8_is_harmless(c) ? '?' : c);
  }
  text[w.used] = '\0';
}

/* The last value of an attribute, which is the most specific; its type, or 0 where there is none.
 * Name ::= SEQUENCE OF SET OF SEQUENCE { type, value } (RFC 5280 section 4.1.2.4) */
static uint8_t find_attribute(struct span name, struct span attribute, struct span *value)
{
  struct reader outer = reader_of(name), rdns;
  uint8_t type = 0;

  rdns = reader_of(der_read(&outer, DER_SEQUENCE));
  while (rdns.left > 0 && !rdns.failed) {
    struct reader set = reader_of(der_read(&rdns, DER_SET));

    while (set.left > 0 && !set.failed) {
      struct reader pair = reader_of(der_read(&set, DER_SEQUENCE));
      struct span oid = der_read(&pair, DER_OBJECT_IDENTIFIER);

      if (pair.left == 0 || !span_equal(oid, attribute) || !is_string(pair.next[0]))
        continue;
      type = pair.next[0];
      *value = der_read(&pair, type);
    }
  }
  return type;
}

void certificate_name_text(struct span name, char *text, size_t size)
{
  static const struct span attributes[] = {
      {(const uint8_t *)"\x55\x04\x03", 3}, /* commonName */
      {(const uint8_t *)"\x55\x04\x0a", 3}, /* organizationName */
  };

  text[0] = '\0';
  for (size_t i = 0; i < sizeof attributes / sizeof attributes[0] && text[0] == '\0'; i++) {
    struct span value = {NULL, 0};
    uint8_t type = find_attribute(name, attributes[i], &value);

    if (type != 0)
      write_text(value, type, text, size);
  }
}

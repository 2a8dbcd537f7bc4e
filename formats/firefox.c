/* cert_override.txt of Firefox: see firefox.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line an exception, its columns separated by tabs; '#' begins a comment:
 *
 *   HOST:PORT[:ATTRIBUTES]  OID.2.16.840.1.101.3.4.2.1  FINGERPRINT  [BITS  DBKEY]
 *
 * The fingerprint is the SHA-256 of the certificate, in hex with colons; an older OID stands for
 * SHA-1. BITS, which newer versions leave empty, say what is excused: 'U' an unknown issuer, 'M'
 * another name, 'T' a time outside of its validity. ATTRIBUTES restrict the exception to a
 * container or a partition of the browser. */
#include "config.h"

#include "formats/firefox.h"

#include "common/text.h"
#include "formats/lines.h"

#include <string.h>

#define SHA256_OID "OID.2.16.840.1.101.3.4.2.1"

enum { COLUMNS = 5, ALL = PKI_UNKNOWN_ISSUER | PKI_NAME | PKI_EXPIRED | PKI_NOT_YET_VALID };

bool firefox_detect(struct span octets)
{
  return span_begins(octets, "# PSM Certificate Override Settings file") ||
         span_holds(octets, "\t" SHA256_OID "\t");
}

static bool skipped(const struct reading *reading, size_t line, const char *text)
{
  reading_remark(reading, line, REMARK_SKIPPED, "%s", text);
  return false;
}

/* The host of "[2001:db8::1]:443" is an address, which reading_place tells. */
static struct span cut_host(struct span *rest, bool *found)
{
  if (span_begins(*rest, "[")) {
    struct span host;

    span_cut(rest, '[', found);
    host = span_cut(rest, ']', found);
    if (*found)
      span_cut(rest, ':', found);
    return host;
  }
  return span_cut(rest, ':', found);
}

static bool read_place(const struct reading *reading, size_t line, struct span column,
                       struct place *place)
{
  bool found, attributes;
  struct span host = cut_host(&column, &found), port = span_cut(&column, ':', &attributes);
  uint64_t number;

  if (!found || !span_number(port, UINT16_MAX, &number) || number == 0)
    return skipped(reading, line, _("the line doesn't begin with HOST:PORT."));
  if (column.size > 0)
    return skipped(reading, line,
                   _("the exception holds in one container of the browser only, and tlspin can't "
                     "say that. If it shall hold everywhere, use 'tlspin except'."));
  return reading_place(reading, line, host, (uint16_t)number, place);
}

/* A column of nothing is that of a version without one. */
static bool read_errors(const struct reading *reading, size_t line, struct span column,
                        unsigned *errors)
{
  *errors = column.size == 0 ? ALL : 0;
  for (size_t i = 0; i < column.size; i++)
    switch (column.data[i]) {
    case 'U':
      *errors |= PKI_UNKNOWN_ISSUER;
      break;
    case 'M':
      *errors |= PKI_NAME;
      break;
    case 'T':
      *errors |= PKI_EXPIRED | PKI_NOT_YET_VALID;
      break;
    default:
      return skipped(reading, line, _("what the exception excuses can't be read."));
    }
  return true;
}

static void read_line(const struct reading *reading, size_t line, struct span text)
{
  struct span columns[COLUMNS] = {{NULL, 0}};
  struct place place;
  struct keypin pin;
  bool more = true;
  unsigned errors;
  uint8_t digest[CHAIN_DIGEST_MAX] = {0};

  for (size_t i = 0; more && i < COLUMNS; i++)
    columns[i] = span_cut(&text, '\t', &more);
  if (!read_place(reading, line, columns[0], &place))
    return;
  if (!span_is(columns[1], SHA256_OID)) {
    skipped(reading, line,
            _("the fingerprint is not a SHA-256. Accept the certificate again with "
              "a browser of today, or use 'tlspin except'."));
    return;
  }
  if (!span_hex(columns[2], digest, 32)) {
    skipped(reading, line, _("the fingerprint is cut off or damaged."));
    return;
  }
  if (!read_errors(reading, line, columns[3], &errors))
    return;
  pin = reading_exception(reading, line, &place, errors, 0);
  pin.selector = SELECTOR_CERTIFICATE;
  pin.matching = MATCHING_SHA256;
  memcpy(pin.digest, digest, sizeof digest);
  reading_put(reading, line, &pin);
}

bool firefox_read(const struct reading *reading, struct span octets)
{
  struct lines lines = lines_of(octets);
  struct span line;

  while (lines_next(&lines, &line))
    if (line.size > 0 && !span_begins(line, "#"))
      read_line(reading, lines.number, line);
  return true;
}

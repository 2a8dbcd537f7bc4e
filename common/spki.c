/* The SubjectPublicKeyInfo of a certificate: see spki.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

enum { /* DER tags (X.690) */
       DER_INTEGER = 0x02,
       DER_BIT_STRING = 0x03,
       DER_SEQUENCE = 0x30,
       DER_VERSION = 0xa0 /* [0] EXPLICIT */
};

/* DER writes a length in as few octets as it needs (X.690 section 10.1). */
static size_t at_least(struct reader *r, size_t least, size_t length)
{
  r->failed = r->failed || length < least;
  return length;
}

/* A definite DER length; more than four octets of it can't be a certificate. */
static size_t read_length(struct reader *r)
{
  uint8_t first = reader_u8(r);

  switch (first) {
  case 0x81:
    return at_least(r, 0x80, reader_u8(r));
  case 0x82:
    return at_least(r, 0x100, reader_u16(r));
  case 0x83:
    return at_least(r, 0x10000, reader_u24(r));
  case 0x84:
    return at_least(r, 0x1000000, reader_u32(r));
  default:
    r->failed = r->failed || first >= 0x80;
    return first;
  }
}

/* The contents of the next element, which must carry the tag. */
static struct span read_element(struct reader *r, uint8_t tag)
{
  if (reader_u8(r) != tag)
    r->failed = true;
  return reader_take(r, read_length(r));
}

static bool next_is(const struct reader *r, uint8_t tag)
{
  return !r->failed && r->left > 0 && r->next[0] == tag;
}

/* TBSCertificate ::= SEQUENCE { [0] version OPTIONAL, serialNumber, signature, issuer, validity,
 * subject, subjectPublicKeyInfo, ... } (RFC 5280 section 4.1) */
bool spki_of_certificate(struct span certificate, struct span *spki)
{
  struct reader outer = reader_of(certificate), body, tbs;
  const uint8_t *start;

  body = reader_of(read_element(&outer, DER_SEQUENCE));
  tbs = reader_of(read_element(&body, DER_SEQUENCE));
  if (next_is(&tbs, DER_VERSION))
    read_element(&tbs, DER_VERSION);
  read_element(&tbs, DER_INTEGER);
  for (int i = 0; i < 4; i++) /* signature, issuer, validity, subject */
    read_element(&tbs, DER_SEQUENCE);
  start = tbs.next;
  read_element(&tbs, DER_SEQUENCE);
  if (!reader_done(&outer) || body.failed || tbs.failed)
    return false;
  *spki = (struct span){start, (size_t)(tbs.next - start)};
  return spki_is_whole(*spki);
}

bool spki_is_whole(struct span spki)
{
  struct reader outer = reader_of(spki), inner;

  inner = reader_of(read_element(&outer, DER_SEQUENCE));
  read_element(&inner, DER_SEQUENCE);
  read_element(&inner, DER_BIT_STRING);
  return reader_done(&outer) && reader_done(&inner);
}

bool spki_pin_text(struct span spki, char text[SPKI_PIN_TEXT_SIZE])
{
  uint8_t digest[32];
  gnutls_datum_t raw = {digest, sizeof digest}, base64;
  bool fits;

  if (gnutls_hash_fast(GNUTLS_DIG_SHA256, spki.data, spki.size, digest) < 0 ||
      gnutls_base64_encode2(&raw, &base64) < 0)
    return false;
  fits = base64.size == SPKI_PIN_TEXT_SIZE - 9;
  if (fits) {
    memcpy(text, "sha256//", 8);
    memcpy(text + 8, base64.data, base64.size);
    text[8 + base64.size] = '\0';
  }
  gnutls_free(base64.data);
  return fits;
}

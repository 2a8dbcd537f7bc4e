/* DER, read element by element: see der.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/der.h"

/* DER writes a length in as few octets as it needs (X.690 section 10.1). */
static size_t at_least(struct reader *r, size_t least, size_t length)
{
  r->failed = r->failed || length < least;
  return length;
}

/* A definite length; more than four octets of it can't be a certificate. */
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

struct span der_read(struct reader *r, uint8_t tag)
{
  if (reader_u8(r) != tag)
    r->failed = true;
  return reader_take(r, read_length(r));
}

struct span der_read_whole(struct reader *r, uint8_t tag)
{
  struct reader start = *r;

  der_read(r, tag);
  return r->failed ? (struct span){NULL, 0} : reader_take(&start, start.left - r->left);
}

bool der_next_is(const struct reader *r, uint8_t tag)
{
  return !r->failed && r->left > 0 && r->next[0] == tag;
}

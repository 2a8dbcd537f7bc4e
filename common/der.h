/* DER (X.690 section 10), read element by element.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * On a reader of bytes.h, and as sticky: after what isn't DER, or carries another tag than the one
 * asked for, the reader has failed.
 */
#ifndef DER_H
#define DER_H

#include "common/bytes.h"

enum {
  DER_INTEGER = 0x02,
  DER_BIT_STRING = 0x03,
  DER_OBJECT_IDENTIFIER = 0x06,
  DER_UTF8_STRING = 0x0c,
  DER_NUMERIC_STRING = 0x12,
  DER_PRINTABLE_STRING = 0x13,
  DER_TELETEX_STRING = 0x14,
  DER_IA5_STRING = 0x16,
  DER_UTC_TIME = 0x17,
  DER_GENERALIZED_TIME = 0x18,
  DER_UNIVERSAL_STRING = 0x1c,
  DER_BMP_STRING = 0x1e,
  DER_SEQUENCE = 0x30,
  DER_SET = 0x31,
  DER_CONTEXT_0 = 0xa0 /* [0], constructed */
};

/* The contents of the next element, which must carry the tag. */
struct span der_read(struct reader *r, uint8_t tag);

/* The next element itself, with its tag and length. */
struct span der_read_whole(struct reader *r, uint8_t tag);

/* Whether the next element carries the tag. */
bool der_next_is(const struct reader *r, uint8_t tag);

#endif

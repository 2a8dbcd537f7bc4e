/* Bounded reader and writer: the only pointer arithmetic of the code base.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both are sticky: after the first overrun every further call does nothing, and `failed` stays
 * set, so a codec reads a whole message and asks once. Numbers are big-endian, vectors carry a
 * length in front, as in the presentation language of RFC 8446 section 3.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets that belong to somebody else. */
struct span {
  const uint8_t *data;
  size_t size;
};

struct reader {
  const uint8_t *next;
  size_t left;
  bool failed;
};

struct writer {
  uint8_t *data;
  size_t size; /* of the buffer */
  size_t used; /* octets written */
  bool failed;
};

/* True where both hold the same octets. Not for secrets: see span_equal_secret. */
bool span_equal(struct span a, struct span b);

/* The same in a time that depends on the sizes alone. */
bool span_equal_secret(struct span a, struct span b);

struct reader reader_of(struct span bytes);
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u24(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
struct span reader_take(struct reader *r, size_t size);
struct span reader_vector8(struct reader *r);
struct span reader_vector16(struct reader *r);

/* True where all was read and nothing is left over. */
bool reader_done(const struct reader *r);

struct writer writer_of(uint8_t *buffer, size_t size);
void writer_u8(struct writer *w, uint8_t value);
void writer_u16(struct writer *w, uint16_t value);
void writer_u24(struct writer *w, uint32_t value);
void writer_u32(struct writer *w, uint32_t value);
void writer_u64(struct writer *w, uint64_t value);
void writer_put(struct writer *w, struct span bytes);
void writer_vector8(struct writer *w, struct span bytes);
void writer_vector16(struct writer *w, struct span bytes);

/* What was written; an empty span after a failure. Points into the buffer. */
struct span writer_span(const struct writer *w);

#endif

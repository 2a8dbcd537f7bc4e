/* Bounded reader and writer: see bytes.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/bytes.h"

#include <string.h>

bool span_equal(struct span a, struct span b)
{
  return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool span_equal_secret(struct span a, struct span b)
{
  uint8_t difference = 0;

  if (a.size != b.size)
    return false;
  for (size_t i = 0; i < a.size; i++)
    difference |= (uint8_t)(a.data[i] ^ b.data[i]);
  return difference == 0;
}

struct reader reader_of(struct span bytes)
{
  return (struct reader){bytes.data, bytes.size, false};
}

struct span reader_take(struct reader *r, size_t size)
{
  struct span taken = {NULL, 0};

  if (r->failed || size > r->left) {
    r->failed = true;
    return taken;
  }
  taken = (struct span){r->next, size};
  if (size > 0)
    r->next += size;
  r->left -= size;
  return taken;
}

static uint64_t read_number(struct reader *r, size_t octets)
{
  struct span bytes = reader_take(r, octets);
  uint64_t value = 0;

  for (size_t i = 0; i < bytes.size; i++)
    value = value << 8 | bytes.data[i];
  return value;
}

uint8_t reader_u8(struct reader *r)
{
  return (uint8_t)read_number(r, 1);
}

uint16_t reader_u16(struct reader *r)
{
  return (uint16_t)read_number(r, 2);
}

uint32_t reader_u24(struct reader *r)
{
  return (uint32_t)read_number(r, 3);
}

uint32_t reader_u32(struct reader *r)
{
  return (uint32_t)read_number(r, 4);
}

uint64_t reader_u64(struct reader *r)
{
  return read_number(r, 8);
}

struct span reader_vector8(struct reader *r)
{
  return reader_take(r, reader_u8(r));
}

struct span reader_vector16(struct reader *r)
{
  return reader_take(r, reader_u16(r));
}

bool reader_done(const struct reader *r)
{
  return !r->failed && r->left == 0;
}

struct writer writer_of(uint8_t *buffer, size_t size)
{
  return (struct writer){buffer, size, 0, false};
}

void writer_put(struct writer *w, struct span bytes)
{
  if (w->failed || bytes.size > w->size - w->used) {
    w->failed = true;
    return;
  }
  if (bytes.size > 0)
    memcpy(w->data + w->used, bytes.data, bytes.size);
  w->used += bytes.size;
}

static void write_number(struct writer *w, uint64_t value, size_t octets)
{
  uint8_t bytes[8];

  for (size_t i = 0; i < octets; i++)
    bytes[octets - 1 - i] = (uint8_t)(value >> (8 * i));
  writer_put(w, (struct span){bytes, octets});
}

void writer_u8(struct writer *w, uint8_t value)
{
  write_number(w, value, 1);
}

void writer_u16(struct writer *w, uint16_t value)
{
  write_number(w, value, 2);
}

void writer_u24(struct writer *w, uint32_t value)
{
  if (value > 0xffffff)
    w->failed = true;
  write_number(w, value, 3);
}

void writer_u32(struct writer *w, uint32_t value)
{
  write_number(w, value, 4);
}

void writer_u64(struct writer *w, uint64_t value)
{
  write_number(w, value, 8);
}

void writer_vector8(struct writer *w, struct span bytes)
{
  if (bytes.size > UINT8_MAX)
    w->failed = true;
  writer_u8(w, (uint8_t)bytes.size);
  writer_put(w, bytes);
}

void writer_vector16(struct writer *w, struct span bytes)
{
  if (bytes.size > UINT16_MAX)
    w->failed = true;
  writer_u16(w, (uint16_t)bytes.size);
  writer_put(w, bytes);
}

struct span writer_span(const struct writer *w)
{
  return (struct span){w->failed ? NULL : w->data, w->failed ? 0 : w->used};
}

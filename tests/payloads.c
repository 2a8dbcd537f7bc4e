/* Rows as SQLite lays them down: see payloads.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/payloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* Up to four octets, of which there is never need for more here. */
void payloads_varint(struct writer *w, uint64_t value)
{
  assert_true(value < UINT64_C(1) << 28);
  for (int shift = 21; shift > 0; shift -= 7)
    if (value >> shift != 0)
      writer_u8(w, (uint8_t)(0x80 | (value >> shift & 0x7f)));
  writer_u8(w, value & 0x7f);
}

static const int integer_sizes[] = {0, 1, 2, 3, 4, 6, 8};

static bool fits(int64_t number, int octets)
{
  int64_t most = octets == 8 ? INT64_MAX : (INT64_C(1) << (8 * octets - 1)) - 1;

  return number <= most && number >= -most - 1;
}

uint64_t payloads_type(const struct cell *cell)
{
  uint64_t type = 1;

  if (cell->type != CELL_INTEGER)
    return 12 + 2 * cell->bytes.size + (cell->type == CELL_TEXT);
  if (cell->number == 0 || cell->number == 1)
    return 8 + (uint64_t)cell->number;
  while (!fits(cell->number, integer_sizes[type]))
    type++;
  return type;
}

static void write_value(struct writer *w, const struct cell *cell)
{
  uint64_t type = payloads_type(cell);

  if (cell->type != CELL_INTEGER)
    writer_put(w, cell->bytes);
  else if (type < 8)
    for (int i = integer_sizes[type]; i > 0; i--)
      writer_u8(w, (uint8_t)((uint64_t)cell->number >> 8 * (i - 1)));
}

void payloads_record(struct writer *w, const struct cell *cells, int count)
{
  uint8_t buffer[128];
  struct writer types = writer_of(buffer, sizeof buffer);

  for (int i = 0; i < count; i++)
    payloads_varint(&types, payloads_type(&cells[i]));
  assert_true(!types.failed && types.used < 127);
  writer_u8(w, (uint8_t)(types.used + 1));
  writer_put(w, writer_span(&types));
  for (int i = 0; i < count; i++)
    write_value(w, &cells[i]);
}

void payloads_row(struct writer *w, enum table_id table, const struct cell *cells)
{
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct cell all[TABLE_COLUMNS + 1];
  struct digest digest;

  memcpy(all, cells, (size_t)tables[table].columns * sizeof *cells);
  assert_true(cells_digest(checksum, &tables[table], cells, &digest));
  all[tables[table].columns] = cell_blob((struct span){digest.octets, DIGEST_SIZE});
  payloads_record(w, all, tables[table].columns + 1);
  g_checksum_free(checksum);
}

static void put16(uint8_t *at, size_t value)
{
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static size_t get16(const uint8_t *at)
{
  return (size_t)at[0] << 8 | at[1];
}

void payloads_leaf(uint8_t *page, size_t page_size)
{
  memset(page, 0, page_size);
  page[0] = 0x0a;
  put16(page + 5, page_size);
}

size_t payloads_add(uint8_t *page, size_t page_size, size_t size, struct span local,
                    uint32_t overflow)
{
  uint8_t buffer[8192];
  struct writer w = writer_of(buffer, sizeof buffer);
  size_t cells = get16(page + 3), content = get16(page + 5);

  payloads_varint(&w, size);
  writer_put(&w, local);
  if (overflow != 0)
    writer_u32(&w, overflow);
  assert_true(!w.failed && content <= page_size && content >= w.used + 8 + 2 * cells + 2);
  content -= w.used;
  memcpy(page + content, buffer, w.used);
  put16(page + 8 + 2 * cells, content);
  put16(page + 3, cells + 1);
  put16(page + 5, content);
  return content;
}

void payloads_header(uint8_t *page, size_t page_size)
{
  static const char header[] = "SQLite format 3";

  memset(page, 0, page_size);
  memcpy(page, header, sizeof header);
  put16(page + 16, page_size);
}

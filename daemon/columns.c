/* The columns of a row as SQLite lays them down: see columns.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/columns.h"

#include "daemon/btree.h"
#include "daemon/row-sound.h"

#include <string.h>

enum { SERIAL_ZERO = 8, SERIAL_ONE = 9, SERIAL_BLOB = 12, DIGEST_AGREE = DIGEST_SIZE / 2 };

/* Integers by their serial types, in octets. 0, NULL, stands in no column of ours, and 7 is a
 * float. */
static const int8_t integer_sizes[] = {-1, 1, 2, 3, 4, 6, 8, -1, 0, 0};

static bool read_type(uint64_t serial, struct columns *columns, int i)
{
  struct cell *cell = &columns->cells[i];

  *cell = cell_integer(0);
  if (serial > SERIAL_BLOB + 1 + 2 * (uint64_t)PAYLOAD_MAX)
    return false;
  if (serial >= SERIAL_BLOB) {
    cell->type = serial % 2 == 0 ? CELL_BLOB : CELL_TEXT;
    cell->bytes.size = (size_t)(serial - SERIAL_BLOB) / 2;
    return true;
  }
  if (serial >= sizeof integer_sizes || integer_sizes[serial] < 0)
    return false;
  columns->number[i] = (uint8_t)serial;
  return true;
}

static size_t value_size(const struct columns *columns, int i)
{
  const struct cell *cell = &columns->cells[i];

  return cell->type == CELL_INTEGER ? (size_t)integer_sizes[columns->number[i]] : cell->bytes.size;
}

static bool types_fit(const struct columns *columns, const char *types, int count)
{
  static const char letters[] = {[CELL_INTEGER] = 'i', [CELL_TEXT] = 't', [CELL_BLOB] = 'b'};

  for (int i = 0; i < count; i++)
    if (letters[columns->cells[i].type] != types[i])
      return false;
  return true;
}

static bool table_fits(const struct columns *columns, const struct table *table)
{
  const struct cell *digest = &columns->cells[table->columns];

  return columns->count == table->columns + 1 && types_fit(columns, table->types, table->columns) &&
         digest->type == CELL_BLOB && digest->bytes.size == DIGEST_SIZE;
}

/* No two tables have as many columns of the same types. */
static bool find_table(struct columns *columns)
{
  for (columns->table = 0; columns->table < TABLES; columns->table++)
    if (table_fits(columns, &tables[columns->table]))
      return true;
  return columns->count == 2 && types_fit(columns, "tb", 2);
}

bool columns_read(struct span octets, size_t size, struct columns *columns)
{
  struct reader r = reader_of(octets);
  uint64_t header = btree_varint(&r);
  size_t left;

  columns->count = 0;
  if (r.failed || header > octets.size || header > size || header < octets.size - r.left)
    return false;
  columns->header = (size_t)header;
  left = size - columns->header;
  r = reader_of(reader_take(&r, columns->header - (octets.size - r.left)));
  while (r.left > 0) {
    if (columns->count == COLUMNS_MAX || !read_type(btree_varint(&r), columns, columns->count) ||
        value_size(columns, columns->count) > left)
      return false;
    left -= value_size(columns, columns->count++);
  }
  return !r.failed && left == 0 && find_table(columns);
}

/* Two's complement of any size, the highest octet first. */
static int64_t read_integer(uint8_t serial, struct span octets)
{
  uint64_t value = octets.size > 0 && (octets.data[0] & 0x80) != 0 ? UINT64_MAX : 0;

  if (serial == SERIAL_ZERO || serial == SERIAL_ONE)
    return serial == SERIAL_ONE;
  for (size_t i = 0; i < octets.size; i++)
    value = value << 8 | octets.data[i];
  return (int64_t)value;
}

void columns_fill(struct columns *columns, struct span payload)
{
  struct reader r = reader_of(payload);

  reader_take(&r, columns->header);
  for (int i = 0; i < columns->count; i++) {
    struct span value = reader_take(&r, value_size(columns, i));

    if (columns->cells[i].type == CELL_INTEGER)
      columns->cells[i].number = read_integer(columns->number[i], value);
    else
      columns->cells[i].bytes = value;
  }
}

static bool digest_is_near(const struct digest *digest, struct span stored)
{
  int equal = 0;

  for (size_t i = 0; i < DIGEST_SIZE; i++)
    equal += digest->octets[i] == stored.data[i];
  return equal >= DIGEST_AGREE;
}

bool columns_are_row(GChecksum *checksum, const struct columns *columns, enum store_kind kind,
                     struct digest *digest)
{
  const struct table *table = &tables[columns->table];

  return cells_digest(checksum, table, columns->cells, digest) &&
         digest_is_near(digest, columns->cells[table->columns].bytes) &&
         row_is_sound((enum table_id)columns->table, columns->cells, kind);
}

bool columns_have_digest(const struct columns *columns, const struct digest *digest)
{
  struct span stored = columns->cells[columns->count - 1].bytes;

  return span_equal(stored, (struct span){digest->octets, DIGEST_SIZE});
}

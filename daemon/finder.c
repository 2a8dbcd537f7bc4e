/* One cell of a damaged file after the other: see finder.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/finder.h"

enum {
  FRONT = 16, /* octets of a cell that hold its size, where that makes no sense */
  ZEROS = 64  /* so many at a stretch are no octet that was changed */
};

static bool spend(struct finder *finder, uint64_t octets)
{
  bool enough = octets <= finder->work;

  finder->work = enough ? finder->work - octets : 0;
  return enough;
}

/* A row of `meta`: name and value. */
static bool meta_is_sound(struct finder *finder)
{
  const struct cell *cells = finder->columns.cells;
  struct contents contents;
  struct census census;

  if (span_equal(cells[0].bytes, cell_text(CONTENTS_NAME).bytes))
    return contents_decode(finder->checksum, cells[1].bytes, &contents);
  return span_equal(cells[0].bytes, cell_text(CENSUS_NAME).bytes) &&
         census_decode(finder->checksum, cells[1].bytes, &census);
}

/* Whether what is in `payload`, whose header was read, is a row. */
static bool try_payload(void *data)
{
  struct finder *finder = data;
  struct span payload = {finder->payload, finder->size};

  if (!spend(finder, finder->size))
    return false;
  columns_fill(&finder->columns, payload);
  return finder->columns.table == COLUMNS_META
             ? meta_is_sound(finder)
             : columns_are_row(finder->checksum, &finder->columns, finder->kind, &finder->digest);
}

/* A payload is gathered only where its types are those of a table. */
bool finder_try(struct finder *finder, size_t offset, size_t *end)
{
  struct span page = pagefile_span(&finder->file);
  struct btree_cell cell;

  if (!btree_cell_read(page, offset, PAYLOAD_MAX, &cell) ||
      !columns_read((struct span){page.data + cell.start, cell.local}, cell.size,
                    &finder->columns) ||
      !spend(finder, cell.size - cell.local) ||
      !pagefile_gather(&finder->file, &cell, finder->payload))
    return false;
  finder->size = cell.size;
  *end = cell.end;
  return try_payload(finder);
}

static bool try_cell(void *data)
{
  struct finder *finder = data;
  size_t end;

  return finder_try(finder, finder->offset, &end);
}

/* What nothing but a sector that was lost leaves behind. */
static bool has_zeros(const uint8_t *octets, size_t size)
{
  size_t zeros = 0;

  for (size_t i = 0; i < size && zeros < ZEROS; i++)
    zeros = octets[i] == 0 ? zeros + 1 : 0;
  return zeros == ZEROS;
}

bool finder_mend(struct finder *finder, size_t offset, enum mend_change change)
{
  struct pagefile *file = &finder->file;
  struct btree_cell cell;
  bool sensible = btree_cell_read(pagefile_span(file), offset, PAYLOAD_MAX, &cell);
  size_t size = sensible ? cell.end - offset : MIN(FRONT, file->page_size - offset);

  if (change == MEND_OCTET && has_zeros(file->page + offset, size))
    return false;
  finder->offset = offset;
  if (mend(file->page + offset, size, change, &finder->work, try_cell, finder))
    return true;
  if (!sensible || cell.overflow == 0 || !pagefile_gather(file, &cell, finder->payload))
    return false;
  finder->size = cell.size;
  if (!columns_read((struct span){finder->payload, cell.size}, cell.size, &finder->columns))
    return false;
  return mend(finder->payload + cell.local, cell.size - cell.local, change, &finder->work,
              try_payload, finder);
}

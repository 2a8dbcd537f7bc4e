/* Pages and cells of an SQLite file: see btree.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/btree.h"

enum { KIND_INTERIOR = 0x02, KIND_LEAF = 0x0a, CELL_MIN = 4, POINTER_SIZE = 2 };

/* A reader of the page from the offset on. */
static struct reader reader_at(struct span page, size_t offset)
{
  struct reader r = reader_of(page);

  reader_take(&r, offset);
  return r;
}

uint64_t btree_varint(struct reader *r)
{
  uint64_t value = 0;

  for (int i = 0; i < 8; i++) {
    uint8_t octet = reader_u8(r);

    value = value << 7 | (octet & 0x7f);
    if ((octet & 0x80) == 0)
      return value;
  }
  return value << 8 | reader_u8(r);
}

bool btree_page_read(struct span octets, struct btree_page *page)
{
  struct reader r = reader_of(octets);
  uint8_t kind = reader_u8(&r);
  size_t room;

  *page = (struct btree_page){.octets = octets, .interior = kind == KIND_INTERIOR};
  page->array = page->interior ? 12 : 8;
  reader_u16(&r); /* the first free block */
  page->cells = reader_u16(&r);
  page->content = reader_u16(&r);
  if (r.failed || (kind != KIND_INTERIOR && kind != KIND_LEAF))
    return false;
  if (page->content == 0)
    page->content = PAGE_MAX;
  if (page->content < page->array || page->content > octets.size)
    page->content = page->array;
  room = page->content > page->array ? page->content : octets.size;
  room = (room - page->array) / POINTER_SIZE;
  if (page->cells > room)
    page->cells = room;
  return true;
}

/* What lies between the pointers and the content are octets that were left over there. */
size_t btree_pointer(const struct btree_page *page, size_t i)
{
  struct reader r = reader_at(page->octets, page->array + i * POINTER_SIZE);
  size_t offset = reader_u16(&r);
  size_t child = page->interior ? CHILD_SIZE : 0;

  if (r.failed || offset < page->content || offset < page->array + page->cells * POINTER_SIZE ||
      offset + CELL_MIN + child > page->octets.size)
    return 0;
  return offset + child;
}

/* How many octets of a payload are in the cell: P, U, X, M and K are those of section 1.6. */
static size_t local_size(size_t p, size_t u)
{
  size_t x = (u - 12) * 64 / 255 - 23;
  size_t m = (u - 12) * 32 / 255 - 23;
  size_t k;

  if (p <= x)
    return p;
  k = m + (p - m) % (u - 4);
  return k <= x ? k : m;
}

/* No octet at the end of a page is reserved in any file of ours. */
bool btree_cell_read(struct span page, size_t offset, size_t payload_max, struct btree_cell *cell)
{
  struct reader r = reader_at(page, offset);
  uint64_t size = btree_varint(&r);

  if (r.failed || size < 2 || size > payload_max)
    return false;
  cell->size = (size_t)size;
  cell->local = local_size(cell->size, page.size);
  cell->start = page.size - r.left;
  reader_take(&r, cell->local);
  cell->overflow = cell->local < cell->size ? reader_u32(&r) : 0;
  cell->end = page.size - r.left;
  return !r.failed && (cell->local == cell->size) == (cell->overflow == 0);
}

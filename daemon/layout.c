/* How the cells of a page lie beside each other: see layout.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layout.h"

#include <string.h>

enum {
  FREE_BLOCK_AT = 1, /* in the header of a page: where the first free block is */
  FRAGMENTS_AT = 7,  /* and how many octets are in fragments */
  FRAGMENT_MAX = 3   /* octets of one: four are a free block */
};

static size_t u16_at(struct span octets, size_t at)
{
  struct reader r = reader_of(octets);

  reader_take(&r, at);
  return reader_u16(&r);
}

/* Each free block begins with where the next one is, and how long it is; they are in order. */
static void read_free_blocks(struct layout *layout, struct span octets)
{
  size_t before = layout->first, at = u16_at(octets, FREE_BLOCK_AT);

  while (at >= before && at + 4 <= octets.size) {
    size_t size = u16_at(octets, at + 2);

    if (size < 4 || at + size > octets.size)
      return;
    layout->begins[at] = true;
    layout->ends[at + size] = true;
    before = at + size;
    at = u16_at(octets, at);
  }
}

void layout_begin(struct layout *layout, const struct btree_page *page)
{
  struct reader r = reader_of(page->octets);
  size_t fragments;

  memset(layout->rows, 0, page->octets.size);
  memset(layout->begins, false, page->octets.size + 1);
  memset(layout->ends, false, page->octets.size + 1);
  reader_take(&r, FRAGMENTS_AT);
  fragments = reader_u8(&r);
  layout->first = page->array + 2 * page->cells;
  layout->slack = fragments > FRAGMENT_MAX && fragments <= FRAGMENTS_MAX ? fragments : FRAGMENT_MAX;
  layout->ends[page->content > layout->first ? page->content : layout->first] = true;
  layout->begins[page->octets.size] = true;
  read_free_blocks(layout, page->octets);
}

bool layout_name(struct layout *layout, size_t start)
{
  bool named = layout->begins[start];

  layout->begins[start] = true;
  return !named;
}

void layout_add(struct layout *layout, size_t start, size_t end)
{
  for (size_t i = start; i < end; i++)
    if (layout->rows[i] < 2)
      layout->rows[i]++;
  layout->ends[end] = true;
}

static bool lies_beside(const struct layout *layout, size_t start, size_t end)
{
  for (size_t i = 0; i <= layout->slack; i++)
    if ((start >= i && layout->ends[start - i]) || layout->begins[end + i])
      return true;
  return false;
}

static bool is_free(const struct layout *layout, size_t start, size_t end, uint8_t rows)
{
  if (start < layout->first)
    return false;
  for (size_t i = start; i < end; i++)
    if (layout->rows[i] > rows)
      return false;
  return true;
}

bool layout_fits(const struct layout *layout, size_t start, size_t end)
{
  return is_free(layout, start, end, 1) && lies_beside(layout, start, end);
}

bool layout_has_room(const struct layout *layout, size_t start, size_t end)
{
  return is_free(layout, start, end, 0) && lies_beside(layout, start, end);
}

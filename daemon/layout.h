/* How the cells of a page lie beside each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite leaves no octet between the cells of a page but free blocks and a few fragments, and no
 * octet is in two of them (https://www.sqlite.org/fileformat2.html section 1.6). So a pointer in
 * which a bit was changed is found out, although it may lead to what is a row with a right digest:
 * one that a server wrote into its ticket lies inside of the ticket's own cell. Either that one is
 * named as well, and the two overlap, or nothing that is named begins or ends beside it.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "daemon/btree.h"

enum { FRAGMENTS_MAX = 60 }; /* octets of all fragments of a page */

struct layout {
  size_t first;           /* octet behind the header and the pointers */
  size_t slack;           /* octets of fragments that may lie between two cells */
  uint8_t rows[PAGE_MAX]; /* how many rows an octet is in; 2: or more */
  bool begins[PAGE_MAX + FRAGMENTS_MAX +
              1];          /* a cell that is named or a free block, or the page ends before it */
  bool ends[PAGE_MAX + 1]; /* a row, a free block, or what is before the content */
};

/* Of a page, with its free blocks and no cells. */
void layout_begin(struct layout *layout, const struct btree_page *page);

/* A pointer names a cell that begins here; false where another did before. */
bool layout_name(struct layout *layout, size_t start);

/* The cell is a row. */
void layout_add(struct layout *layout, size_t start, size_t end);

/* Whether a row that was added overlaps no other one, and lies beside something at one end at
 * least: beside the other the cell may be damaged. */
bool layout_fits(const struct layout *layout, size_t start, size_t end);

/* Whether one that was not added would fit, if it were. */
bool layout_has_room(const struct layout *layout, size_t start, size_t end);

#endif

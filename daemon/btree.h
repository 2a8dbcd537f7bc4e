/* Pages and cells of an SQLite file, read without SQLite.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * https://www.sqlite.org/fileformat2.html section 1.6: all tables of ours are WITHOUT ROWID, that
 * is index b-trees, whose rows are on leaves and interior pages alike. Plain functions of octets,
 * of which none is believed.
 */
#ifndef BTREE_H
#define BTREE_H

#include "common/bytes.h"

enum {
  PAGE_MIN = 512, /* the sizes that a page can have, powers of 2 */
  PAGE_MAX = 65536,
  CHILD_SIZE = 4 /* of the number of the child in front of a cell of an interior page */
};

struct btree_page {
  struct span octets;
  bool interior;
  size_t array;   /* where the cell pointers begin */
  size_t cells;   /* how many pointers there can be, if the page says more */
  size_t content; /* where the content of the cells begins; the pointers, if that is no place */
};

/* False where the page isn't of an index b-tree by its first octet. */
bool btree_page_read(struct span octets, struct btree_page *page);

/* Where cell i begins, without the child's number; 0 where the pointer can't be right. */
size_t btree_pointer(const struct btree_page *page, size_t i);

struct btree_cell {
  size_t start;      /* of the payload in the page */
  size_t local;      /* how many octets of it are there */
  size_t size;       /* of the payload */
  uint32_t overflow; /* the page that the rest begins on; 0 where there is none */
  size_t end;        /* of the cell in the page */
};

/* The cell that begins at the offset. payload_max: what is longer is none. */
bool btree_cell_read(struct span page, size_t offset, size_t payload_max, struct btree_cell *cell);

/* A number of variable length, up to 9 octets (section 1.6). */
uint64_t btree_varint(struct reader *r);

#endif

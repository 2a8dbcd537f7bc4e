/* Rows as SQLite lays them down, made by hand.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PAYLOADS_H
#define PAYLOADS_H

#include "daemon/cell.h"

void payloads_varint(struct writer *w, uint64_t value);

/* The serial type that SQLite gives a column. */
uint64_t payloads_type(const struct cell *cell);

/* A record of these columns. */
void payloads_record(struct writer *w, const struct cell *cells, int count);

/* A row of a table with its digest, of no more than 4,096 octets. */
void payloads_row(struct writer *w, enum table_id table, const struct cell *cells);

/* An empty leaf, and a cell more at its end: a payload of so many octets, of which these are in the
 * page, as it is said (any other number may be said, too); overflow: the page that it goes on with,
 * or 0. Where the cell begins. */
void payloads_leaf(uint8_t *page, size_t page_size);
size_t payloads_add(uint8_t *page, size_t page_size, size_t size, struct span local,
                    uint32_t overflow);

/* The header of a file with pages of this size, in its first page. */
void payloads_header(uint8_t *page, size_t page_size);

#endif

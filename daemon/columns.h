/* The columns of a row as SQLite lays them down.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * https://www.sqlite.org/fileformat2.html section 2.1: a header with the type of each column, then
 * their values. In tables of ours the columns stand in the order in which they were declared, since
 * those of the key are the first.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "daemon/contents.h"

enum {
  COLUMNS_MAX = TABLE_COLUMNS + 1,
  /* The most octets of a row: the longest report, all other columns, digest and header. */
  PAYLOAD_MAX = EVENT_REPORT_MAX + 4096 + 256
};

enum { COLUMNS_META = TABLES }; /* in the place of a table: a row of `meta` */

struct columns {
  int table; /* enum table_id, or COLUMNS_META: the only one whose types fit */
  int count; /* with the digest */
  size_t header;
  uint8_t number[COLUMNS_MAX]; /* the type of an integer */
  struct cell cells[COLUMNS_MAX];
};

/* Reads the header of a payload of so many octets, of which only the first need be there: false
 * unless all that it says fits together and its types are those of a table. */
bool columns_read(struct span octets, size_t size, struct columns *columns);

/* The values: all of a payload whose header was read. The cells point into it. */
void columns_fill(struct columns *columns, struct span payload);

/* Whether this is a row: the digest is right and what it says may stand in a store of the kind.
 *
 * The digest is right, too, where it differs from that of the row in no more than half of its
 * octets: that 16 given octets of 32 are equal by chance happens once in 2^128, and there are less
 * than 2^30 choices of 16. Then the damage is in the digest and not in the row. *digest is always
 * that of the row. */
bool columns_are_row(GChecksum *checksum, const struct columns *columns, enum store_kind kind,
                     struct digest *digest);

/* Whether a row has just this digest: otherwise that is damaged. */
bool columns_have_digest(const struct columns *columns, const struct digest *digest);

#endif

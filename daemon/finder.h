/* One cell of a damaged file after the other: is it a row?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FINDER_H
#define FINDER_H

#include "daemon/columns.h"
#include "daemon/mend.h"
#include "daemon/pagefile.h"

struct finder {
  struct pagefile file;
  enum store_kind kind;
  GChecksum *checksum;
  uint64_t work; /* octets of payloads that may be looked at still: in a hostile file every octet
                    can begin a long one */
  /* What was found last; the cells point into `payload`. */
  struct columns columns;
  struct digest digest; /* of a row of a table */
  size_t size;          /* of the payload */
  size_t offset;        /* of the cell that is being mended */
  uint8_t payload[PAYLOAD_MAX];
};

/* Whether there is a row, of a table or of `meta`, at an offset of the page that was read last. Its
 * overflow pages are in file.chain. *end: of the cell. */
bool finder_try(struct finder *finder, size_t offset, size_t *end);

/* Changes an octet of the cell, in its page or where it goes on, so that there is a row. */
bool finder_mend(struct finder *finder, size_t offset, enum mend_change change);

#endif

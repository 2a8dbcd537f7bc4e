/* The pages of a file that may be damaged.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PAGEFILE_H
#define PAGEFILE_H

#include "daemon/btree.h"
#include "daemon/columns.h"

/* The most pages that a payload has need of, where they are smallest. */
enum { CHAIN_PAGES = PAYLOAD_MAX / (PAGE_MIN - 4) + 1 };

struct pagefile {
  int fd;
  uint64_t size;
  int fault; /* errno of a read that failed; 0: none did */
  size_t page_size;
  uint64_t pages; /* the last may be cut off */
  uint8_t page[PAGE_MAX];
  uint8_t chained[PAGE_MAX];   /* an overflow page */
  uint64_t chain[CHAIN_PAGES]; /* the pages that the last payload was gathered from, from 0 on */
  size_t chain_count;
};

/* Opens a regular file, not followed if it is a link, never waited for; false with errno. */
bool pagefile_open(struct pagefile *file, const char *path);

/* Wipes what was read. */
void pagefile_close(struct pagefile *file);

void pagefile_set_page_size(struct pagefile *file, size_t page_size);

enum page_state {
  PAGE_WHOLE,
  PAGE_CUT,   /* zeros stand for what is behind the end of the file */
  PAGE_FAILED /* errno */
};

/* Reads page n, from 0 on, into `page`. */
enum page_state pagefile_read(struct pagefile *file, uint64_t n);

/* The next page from n on that may hold something: where the file has a hole there are only zeros.
 */
uint64_t pagefile_next(const struct pagefile *file, uint64_t n);

/* The octets of `page`. */
struct span pagefile_span(const struct pagefile *file);

/* Copies the payload of a cell of `page`, which has room for PAYLOAD_MAX. The rest is taken from
 * the overflow pages; that they form a circle is no matter, since no more of them are read than the
 * payload has need of. False where one isn't there. */
bool pagefile_gather(struct pagefile *file, const struct btree_cell *cell, uint8_t *payload);

#endif

/* Rows out of the octets of a damaged file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite gives up where a page is damaged, and what hangs below it is lost; it may as well give
 * rows that were never written. Here every page is read by itself. The digest of a row says whether
 * it is one, and of which table, so that nothing else in the file has to be believed: no tree, no
 * header, no count.
 *
 * A row in which one octet was changed is mended: the octet is found by trying until the digest is
 * right, which chance does not bring about. Of a row's digest itself half is enough to know the row
 * by: see columns.h.
 *
 * What the pointers of its page name is `reached`, but not where the cells of the page don't lie
 * beside each other as SQLite leaves them (layout.h), and nothing on a page in which a row goes on:
 * its octets may be those of a ticket. Which size the pages have is not asked of the file either.
 *
 * What is found by looking at every octet (not `reached`) was written by tlspin as a row at some
 * time, or was put into a row's octets by a server, who chooses those of its ticket and can make a
 * digest as we can. Such a row is to be believed only where the sum over the store proves that it
 * belongs there (missing.h). The sum itself, and the count of records, are known only if they are
 * reached: no other sum proves them.
 *
 * The file is only read. It is not locked, and a journal beside it is not looked at: it has to be
 * one that nobody writes to.
 */
#ifndef SALVAGE_H
#define SALVAGE_H

#include "daemon/contents.h"

/* A row that was found, whose digest is right: cells point into the salvage's own memory, for the
 * call. reached: by its page's own cell pointers; false: it was found only by looking at every
 * octet, and may be an older state of the row, one that was deleted, or none. All that are reached
 * come before all others. The same row may come twice. Returning false ends the walk. */
typedef bool (*salvage_visit)(enum table_id table, const struct cell *cells,
                              const struct digest *digest, bool reached, void *data);

struct salvage_found {
  bool contents_known; /* reached, their digest was right, and there weren't two that differed */
  struct contents contents;
  bool census_known;
  struct census census;
  uint64_t pages;
  uint64_t pages_damaged; /* unreadable, cut off, of no kind, or with a cell that isn't whole */
  uint64_t reached;       /* how often the visitor was called with that */
  uint64_t mended;        /* of these, how many had to be, or had their digest damaged */
  uint64_t carved;        /* and how often with a row that wasn't reached */
  uint64_t lost[TABLES];  /* cells that pages name, and that are no row and weren't mended, by the
                             table of the rows that were reached on the same page */
  int fault; /* errno of a page that couldn't be read, but may be the next time; or 0 */
};

/* Reads the file at `path`, which is not followed if it is a link. Everything in it is hostile:
 * time is bounded by its size, and memory to a MiB and a bit for each page. kind: of the
 * store that it was, which says what a row may hold. Pages that can't be read are passed over, and
 * counted. False with errno where nothing of it can be read; a file without an octet has no
 * pages. */
bool salvage_read(const char *path, enum store_kind kind, salvage_visit visit, void *data,
                  struct salvage_found *found);

#endif

/* What is to leave no trace in any file, and the erasing of it in a store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A clear that can't be undone. What a filter means is told for every row of every table, and in
 * every file, by the rules in erasure.c.
 */
#ifndef ERASURE_H
#define ERASURE_H

#include "daemon/store.h"

struct erasure;

/* filter: as for store_clear; it is copied. NULL where it can't be meant. */
struct erasure *erasure_new(const struct store_filter *filter);

/* NULL is fine. */
void erasure_free(struct erasure *erasure);

/* What was erased, or would be. */
struct erased {
  uint64_t entries; /* tickets and records in force */
  uint64_t others;  /* in the journal, in drafts and in the log */
};

/* Looks for it, and changes nothing. remember: the hosts of which nothing would be left in this
 * store, the user's own, are to leave no trace in the files that are seen to afterwards, either,
 * whatever stands there about them. Any thread, one at a time. */
enum tlspin_code erasure_survey(struct erasure *erasure, struct store *store, bool remember,
                                struct erased *found);

/* Erases it, and writes the file anew, also where nothing was found: what was deleted before may
 * stand in it yet. An operation that has no image left goes, but for an undo whose target stays. By
 * one transaction; where the file could not be written anew after it, TLSPIN_UNAVAILABLE, and
 * store_forget sees to that the next time. TLSPIN_E_BUSY as of store_clear. */
enum tlspin_code store_erase(struct store *store, const struct erasure *erasure,
                             struct erased *erased);

/* Whether the octets of a file, which this process must not have open (file.h), name what is meant
 * by its host or pattern, in whatever case and as a part of other names, too. True where the file
 * can't be read, or all is meant; false where the filter names neither, since its octets don't tell
 * then. */
bool erasure_is_named(const struct erasure *erasure, const char *path);

#endif

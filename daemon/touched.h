/* Which pins the operations of a journal touched, and when.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TOUCHED_H
#define TOUCHED_H

#include "daemon/contents.h"

struct touched;

/* Reads the journal of a database; NULL: it can't be read. */
struct touched *touched_new(struct database *db);
void touched_free(struct touched *touched);

/* Whether an operation with a higher number touched the row of TABLE_TICKET or TABLE_PIN with this
 * key; false for the other tables, which the journal doesn't know. */
bool touched_after(const struct touched *touched, enum table_id table, const struct cell *key,
                   uint64_t operation);

/* Whether it is known what was touched by each operation whose number is above the first and no
 * higher than the last: there are images of it, or it is a draft, which touches nothing. whole:
 * nothing of the journal is missing, so that a number of which nothing is there is none of theirs:
 * it was a draft's, an import's that changed nothing, or was forgotten. False where the last is
 * below the first: then there was a later one. */
bool touched_tells(const struct touched *touched, uint64_t after, uint64_t last, bool whole);

/* The last operation that changed such a row and wasn't taken back; 0: none, or of other tables. */
uint64_t touched_in_force(const struct touched *touched, enum table_id table,
                          const struct cell *key);

#endif

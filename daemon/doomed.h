/* Rows that are to be dropped: found in a walk over a store, which may not be changed meanwhile.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DOOMED_H
#define DOOMED_H

#include "daemon/contents.h"

struct doomed;

struct doomed *doomed_new(void);

/* NULL is fine. */
void doomed_free(struct doomed *doomed);

/* Copies the row's key. */
void doomed_add(struct doomed *doomed, enum table_id table, const struct cell *cells);

/* Drops the rows, each of which must be there. */
enum tlspin_code doomed_drop(const struct doomed *doomed, struct transaction *change);

/* The host that a row is about; false for a table whose rows are about none. */
bool doomed_host(enum table_id table, const struct cell *cells, char host[HOST_MAX + 1]);

#endif

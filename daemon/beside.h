/* Which records a row would stand beside.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BESIDE_H
#define BESIDE_H

#include "daemon/database.h"

/* Whether a record of the database counts. */
typedef bool (*beside_counts)(const struct cell *cells, void *data);

/* Whether the database has a record beside which this row of TABLE_TICKET or TABLE_PIN would stand:
 * one of just its place, or a pin of which some server's key is asked as well: the rules are in
 * beside.c. counts: only of those for which it says true; NULL: of all. TLSPIN_E_NOT_FOUND;
 * TLSPIN_UNAVAILABLE where that can't be told. */
enum tlspin_code beside_find(struct database *db, enum table_id table, const struct cell *cells,
                             beside_counts counts, void *data);

#endif

/* What would be answered about a server, and why, as people and programs read it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include "tools/advice.h"
#include "tools/clock.h"
#include "tools/columns.h"
#include "tools/json.h"

void explanation_print(const struct question *question, const struct columns_style *style);

/* The verdict, all entries with their roles, layers, settings and the commands that would change
 * the answer. To be freed by json_print. */
JsonBuilder *explanation_to_json(const struct question *question);

/* What the verdict of an explanation tells of the clock; its texts belong to the verdict. */
struct clock_told explanation_clock(const tlspin_entry_t *verdict);

/* A table of entries with their roles where nothing was shown, and a row of it. */
struct columns *explanation_table_new(const struct columns_style *style);
void explanation_add_row(struct columns *table, const tlspin_entry_t *entry);

#endif

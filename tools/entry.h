/* One entry of the store, as people and programs read it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ENTRY_H
#define ENTRY_H

#include "libclient/tlspin.h"
#include "tools/columns.h"
#include "tools/json.h"

/* A row of the list of entries. */
enum { ENTRY_COLUMNS = 7 };
extern const struct column entry_columns[ENTRY_COLUMNS];
void entry_add_row(struct columns *table, const tlspin_entry_t *entry);

/* All of it, for people. */
void entry_print(const tlspin_entry_t *entry, const struct columns_style *style);

/* All of it, for programs: the keys of org.tlspin.Admin1.List. To be freed by json_print or
 * json_array_add. */
JsonBuilder *entry_to_json(const tlspin_entry_t *entry);

/* The same as members of the object that is open. */
void entry_put_members(JsonBuilder *builder, const tlspin_entry_t *entry);

/* Lines below its row of a table: the key; what it says beyond the row, as how far up the path it
 * is looked for, and from when on it is only reported; and its comment. */
void entry_add_remarks(struct columns *table, const tlspin_entry_t *entry);

/* "50-site.db", and ", locked" behind it where it is. To be freed. */
char *entry_layer(const tlspin_entry_t *entry);

/* "imap.example.org:993", and for others than TLS the protocol behind it. To be freed. */
char *entry_server(const tlspin_entry_t *entry);

#endif

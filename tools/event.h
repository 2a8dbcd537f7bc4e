/* One event of the log, as people and programs read it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EVENT_H
#define EVENT_H

#include "libclient/tlspin.h"
#include "tools/columns.h"
#include "tools/json.h"

/* Some lines: when, which server, what; why; the key that it showed; the commands that say more,
 * and that take it back. Of the style, the ellipsis isn't used. */
void event_print(const tlspin_entry_t *event, const struct columns_style *style);

/* All of it: the keys of org.tlspin.Admin1.Events, and the report as an object and not as text. To
 * be freed by json_print or json_array_add. */
JsonBuilder *event_to_json(const tlspin_entry_t *event);

/* The same as members of the object that is open. */
void event_put_members(JsonBuilder *builder, const tlspin_entry_t *event);

#endif

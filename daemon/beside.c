/* Which records a row would stand beside: see beside.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * 1. A record of the same host, scope, protocol and port, of whatever kind.
 * 2. A pin of the same host, where some protocol and port belong to both.
 * 3. A pin of a domain above it that is about what is below it, under the same condition.
 * 4. Where the row is about what is below its host, a pin of a host there, under the same
 * condition.
 */
#include "config.h"

#include "daemon/beside.h"

#include "daemon/pinrow.h"

#include <string.h>

/* As place_to_cells; a ticket's columns lack the scope. */
static void place_of_row(enum table_id table, const struct cell *cells, struct cell *place)
{
  const bool scoped = table == TABLE_PIN;

  place[0] = cells[0];
  place[1] = scoped ? cells[1] : cell_text(scope_token(SCOPE_EXACT));
  place[2] = cells[1 + scoped];
  place[3] = cells[2 + scoped];
}

static enum tlspin_code ask(struct database *db, enum statement which, const struct cell *place)
{
  int64_t stands;

  database_refuel_all(db);
  if (!database_ask(db->statements[which], place, PLACE_COLUMNS, &stands))
    return TLSPIN_UNAVAILABLE;
  return stands != 0 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND;
}

/* The name above, at last ""; false where there is none. */
static bool go_up(struct cell *host)
{
  struct span *name = &host->bytes;
  const uint8_t *dot = name->size > 0 ? memchr(name->data, '.', name->size) : NULL;
  const uint8_t *above = dot != NULL ? dot + 1 : name->data + name->size;

  if (name->size == 0)
    return false;
  *name = (struct span){above, name->size - (size_t)(above - name->data)};
  return true;
}

enum tlspin_code beside_find(struct database *db, enum table_id table, const struct cell *cells)
{
  const struct cell exact = cell_text(scope_token(SCOPE_EXACT));
  struct cell place[PLACE_COLUMNS];
  enum tlspin_code code;

  place_of_row(table, cells, place);
  code = ask(db, STATEMENT_BESIDE, place); /* 1, 2 */
  if (code == TLSPIN_E_NOT_FOUND && !span_equal(place[1].bytes, exact.bytes))
    code = ask(db, STATEMENT_BELOW, place); /* 4 */
  while (code == TLSPIN_E_NOT_FOUND && go_up(&place[0]))
    code = ask(db, STATEMENT_ABOVE, place); /* 3 */
  return code;
}

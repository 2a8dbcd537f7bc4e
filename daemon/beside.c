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

struct question {
  struct database *db;
  beside_counts counts;
  void *data;
};

/* TLSPIN_E_NOT_FOUND: the statement's next record doesn't count. */
static enum tlspin_code look(const struct question *question, sqlite3_stmt *statement)
{
  struct database *db = question->db;
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;

  if (!cells_read(db->checksum, &tables[TABLE_PIN], statement, cells, &digest))
    return TLSPIN_UNAVAILABLE;
  return question->counts == NULL || question->counts(cells, question->data) ? TLSPIN_OK
                                                                             : TLSPIN_E_NOT_FOUND;
}

static enum tlspin_code ask(const struct question *question, enum statement which,
                            const struct cell *place)
{
  sqlite3_stmt *statement = question->db->statements[which];
  enum tlspin_code code = TLSPIN_E_NOT_FOUND;
  enum step step = STEP_FAILED;

  database_refuel_all(question->db);
  if (cells_bind(statement, place, PLACE_COLUMNS))
    while (code == TLSPIN_E_NOT_FOUND && (step = database_step(statement)) == STEP_ROW)
      code = look(question, statement);
  database_reset(statement);
  return step == STEP_FAILED ? TLSPIN_UNAVAILABLE : code;
}

/* The name above, at last ""; false where there is none. */
static bool go_up(struct cell *host)
{
  struct span *name = &host->bytes;
  const uint8_t *dot, *above;

  if (name->size == 0)
    return false;
  dot = memchr(name->data, '.', name->size);
  above = dot != NULL ? dot + 1 : name->data + name->size;
  *name = (struct span){above, name->size - (size_t)(above - name->data)};
  return true;
}

enum tlspin_code beside_find(struct database *db, enum table_id table, const struct cell *cells,
                             beside_counts counts, void *data)
{
  const struct question question = {db, counts, data};
  const struct cell exact = cell_text(scope_token(SCOPE_EXACT));
  struct cell place[PLACE_COLUMNS];
  enum tlspin_code code;

  place_of_row(table, cells, place);
  code = ask(&question, STATEMENT_BESIDE, place); /* 1, 2 */
  if (code == TLSPIN_E_NOT_FOUND && !span_equal(place[1].bytes, exact.bytes))
    code = ask(&question, STATEMENT_BELOW, place); /* 4 */
  while (code == TLSPIN_E_NOT_FOUND && go_up(&place[0]))
    code = ask(&question, STATEMENT_ABOVE, place); /* 3 */
  return code;
}

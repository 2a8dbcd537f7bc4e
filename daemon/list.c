/* Walks over the rows of a store: see store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include <string.h>

/* In SQLite's GLOB '[' begins a set, and "[[]" is the character itself. Hosts are in lower case. */
bool walk_init(struct walk *walk, const struct store_filter *filter)
{
  const char *pattern = filter->pattern != NULL ? filter->pattern : "*";
  char *out = walk->glob;

  walk->filter = filter;
  if (strlen(pattern) > HOST_MAX || filter->protocol < -1 || filter->protocol >= PROTOCOL_COUNT)
    return false;
  for (; *pattern != '\0'; pattern++)
    if (*pattern == '[')
      out = g_stpcpy(out, "[[]");
    else
      *out++ = g_ascii_tolower(*pattern);
  *out = '\0';
  return true;
}

/* Where the walk begins: after `after`, but not before the filter's one host. An empty protocol
 * stands before any, and ports begin at 1. */
static void first_key(const struct store_filter *filter, const struct peer *after,
                      struct cell *cells)
{
  if (after != NULL && (filter->host == NULL || strcmp(after->host, filter->host) >= 0)) {
    peer_to_cells(after, cells);
    return;
  }
  cells[0] = cell_text(filter->host != NULL ? filter->host : "");
  cells[1] = cell_text("");
  cells[2] = cell_integer(0);
}

/* Both ends of the range are bound, so that one host is looked up and not searched. DEL stands
 * behind every character that a host may have. */
static bool bind_walk(sqlite3_stmt *statement, const struct walk *walk, const struct peer *after,
                      uint32_t limit)
{
  const struct store_filter *filter = walk->filter;
  struct cell cells[9];

  first_key(filter, after, cells);
  cells[3] = cell_text(filter->host != NULL ? filter->host : "\x7f");
  cells[4] = cell_text(walk->glob);
  cells[5] =
      cell_text(filter->protocol >= 0 ? protocol_token((enum protocol)filter->protocol) : "");
  cells[6] = cell_integer(filter->port);
  cells[7] = cell_integer(filter->since);
  cells[8] = cell_integer(limit);
  return cells_bind(statement, cells, G_N_ELEMENTS(cells));
}

static enum tlspin_code step(struct store *store, struct ticket_row *row)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LIST];
  struct cell cells[TABLE_COLUMNS];
  struct digest digest;

  switch (database_step(statement)) {
  case STEP_ROW:
    return cells_read(store->db.checksum, &tables[TABLE_TICKET], statement, cells, &digest) &&
                   ticket_row_of_cells(cells, store->kind, row)
               ? TLSPIN_OK
               : TLSPIN_UNAVAILABLE;
  case STEP_DONE:
    return TLSPIN_E_NOT_FOUND;
  default:
    return TLSPIN_UNAVAILABLE;
  }
}

enum tlspin_code walk_next(struct store *store, const struct walk *walk, const struct peer *after,
                           struct ticket_row *row)
{
  return bind_walk(store->db.statements[STATEMENT_LIST], walk, after, 1) ? step(store, row)
                                                                         : TLSPIN_UNAVAILABLE;
}

enum tlspin_code store_list(struct store *store, const struct store_filter *filter,
                            const struct peer *after, uint32_t limit, store_visit visit, void *data)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LIST];
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct ticket_row row;
  struct walk walk;

  if (!walk_init(&walk, filter))
    return TLSPIN_E_ARGUMENT;
  database_refuel_all(&store->db);
  if (bind_walk(statement, &walk, after, limit))
    while ((code = step(store, &row)) == TLSPIN_OK && visit(&row, data))
      ;
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code store_count(struct store *store, uint64_t *count)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_COUNT];
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  *count = 0;
  database_refuel_all(&store->db);
  if (database_step(statement) == STEP_ROW) {
    *count = (uint64_t)sqlite3_column_int64(statement, 0);
    code = TLSPIN_OK;
  }
  database_reset(statement);
  return code;
}

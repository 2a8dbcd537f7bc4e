/* Walks over the tickets of a store: see store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include <string.h>

/* -1 or one of the values below `count`. */
static bool is_choice(int value, int count)
{
  return value >= -1 && value < count;
}

/* In SQLite's GLOB '[' begins a set, and "[[]" is the character itself. Hosts are in lower case. */
bool walk_init(struct walk *walk, const struct store_filter *filter)
{
  const char *pattern = filter->pattern != NULL ? filter->pattern : "*";
  char *out = walk->glob;

  walk->filter = filter;
  walk->same_port = false;
  if (strlen(pattern) > HOST_MAX || !is_choice(filter->protocol, PROTOCOL_COUNT) ||
      !is_choice(filter->kind, KEYPIN_KINDS) || !is_choice(filter->status, KEYPIN_STATUSES) ||
      !is_choice(filter->origin, KEYPIN_ORIGINS) || !is_choice(filter->scope, SCOPE_COUNT) ||
      filter->digest.size > CHAIN_DIGEST_MAX)
    return false;
  for (; *pattern != '\0'; pattern++)
    if (*pattern == '[')
      out = g_stpcpy(out, "[[]");
    else
      *out++ = g_ascii_tolower(*pattern);
  *out = '\0';
  return true;
}

/* DEL stands behind every character that a host may have. */
const char *walk_last_host(const struct walk *walk)
{
  return walk->filter->host != NULL ? walk->filter->host : "\x7f";
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

/* Both ends of the range are bound, so that one host is looked up and not searched. */
static bool bind_walk(sqlite3_stmt *statement, const struct walk *walk, const struct peer *after,
                      uint32_t limit)
{
  const struct store_filter *filter = walk->filter;
  struct cell cells[9];

  first_key(filter, after, cells);
  cells[3] = cell_text(walk_last_host(walk));
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
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code =
      store_step(store, TABLE_TICKET, store->db.statements[STATEMENT_LIST], cells);

  return code == TLSPIN_OK && !ticket_row_of_cells(cells, store->kind, row) ? TLSPIN_UNAVAILABLE
                                                                            : code;
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
  if (!filter->tickets)
    return TLSPIN_OK;
  database_refuel_all(&store->db);
  if (bind_walk(statement, &walk, after, limit))
    while ((code = step(store, &row)) == TLSPIN_OK && visit(&row, data))
      ;
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code store_latest(struct store *store, int64_t *latest)
{
  database_refuel_all(&store->db);
  return database_ask(store->db.statements[STATEMENT_LATEST], NULL, 0, latest) ? TLSPIN_OK
                                                                               : TLSPIN_UNAVAILABLE;
}

enum tlspin_code store_count(struct store *store, uint64_t *count)
{
  int64_t answer = 0;
  bool answered;

  database_refuel_all(&store->db);
  answered = database_ask(store->db.statements[STATEMENT_COUNT], NULL, 0, &answer);
  *count = (uint64_t)answer;
  return answered ? TLSPIN_OK : TLSPIN_UNAVAILABLE;
}

/* Lookups of records and walks over them: see store_pins and store_list_pins in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/store-private.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_PARAMETERS = PIN_KEY + 12 };

/* The statement's next record, which points into it and into *note. */
static enum tlspin_code step(struct store *store, sqlite3_stmt *statement, struct keypin *pin,
                             struct pin_note *note)
{
  struct cell cells[PIN_COLUMNS];
  enum tlspin_code code = store_step(store, TABLE_PIN, statement, cells);

  return code == TLSPIN_OK && !pin_of_cells(cells, store->kind, pin, note) ? TLSPIN_UNAVAILABLE
                                                                           : code;
}

enum tlspin_code store_find_pin(struct store *store, const struct keypin *key, struct keypin *pin,
                                struct pin_note *note)
{
  struct cell cells[PIN_COLUMNS], columns[PIN_KEY];
  struct digest digest;
  enum tlspin_code code;

  pin_key_to_cells(key, columns);
  code = contents_get(&store->db, TABLE_PIN, columns, cells, &digest);
  return code == TLSPIN_OK && !pin_of_cells(cells, store->kind, pin, note) ? TLSPIN_UNAVAILABLE
                                                                           : code;
}

static enum tlspin_code count_by(struct store *store, enum statement which,
                                 const struct cell *cells, int count, uint32_t *counted)
{
  int64_t answer;

  if (!database_ask(store->db.statements[which], cells, count, &answer))
    return TLSPIN_UNAVAILABLE;
  *counted = (uint32_t)answer;
  return TLSPIN_OK;
}

enum tlspin_code store_count_at(struct store *store, const struct place *place, bool learned,
                                uint64_t draft, uint32_t limit, uint32_t *count)
{
  struct cell cells[7];
  uint32_t staged = 0, replaced = 0;
  enum tlspin_code code;

  place_to_cells(place, cells);
  cells[4] = cell_integer(learned);
  cells[5] = cell_integer(limit);
  cells[6] = cell_integer((int64_t)draft);
  code = count_by(store, STATEMENT_COUNT_AT, cells, 6, count);
  if (code == TLSPIN_OK && draft != 0)
    code = count_by(store, STATEMENT_COUNT_STAGED_AT, cells, 7, &staged);
  if (code == TLSPIN_OK && staged > 0 && *count > 0)
    code = count_by(store, STATEMENT_COUNT_REPLACED_AT, cells, 7, &replaced);
  *count += staged - replaced;
  return code;
}

struct lookup {
  struct store *store;
  const struct peer *peer;
  store_pin_visit visit;
  void *data;
  bool ended; /* by the visitor */
};

/* Whether verdict_judge has to know the record: it covers the peer, or is a pin of a parent by
 * which the walk over wider ones ends. */
static bool counts_for(const struct keypin *pin, const struct peer *peer)
{
  return place_covers(&pin->place, peer) ||
         (pin->kind == KEYPIN_PIN && pin->origin != KEYPIN_TOFU &&
          (pin->status == KEYPIN_ACTIVE || pin->status == KEYPIN_CRITICAL) &&
          place_is_above(&pin->place, peer));
}

/* The records under one name. What was learned there is about that name alone, and left out by
 * SQLite where it isn't the peer's own. */
static enum tlspin_code visit_name(struct lookup *lookup, const char *name)
{
  const struct peer *peer = lookup->peer;
  sqlite3_stmt *statement = lookup->store->db.statements[STATEMENT_PINS];
  const struct cell cells[] = {cell_text(name), cell_text(protocol_token(peer->protocol)),
                               cell_integer(peer->port),
                               cell_integer(strcmp(name, peer->host) == 0)};
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct pin_note note;
  struct keypin pin;

  if (cells_bind(statement, cells, G_N_ELEMENTS(cells)))
    while (!lookup->ended && (code = step(lookup->store, statement, &pin, &note)) == TLSPIN_OK)
      lookup->ended = counts_for(&pin, peer) && !lookup->visit(&pin, lookup->data);
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static int compare_names(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Where no record is wide, there is only one name to look under. In the middle of a change nobody
 * has counted yet. */
static enum tlspin_code visit_names(struct lookup *lookup)
{
  const char *names[PLACE_NAMES_MAX] = {lookup->peer->host};
  enum tlspin_code code = TLSPIN_OK;
  struct census census;
  size_t count = 1;
  bool counted = !database_is_writing(&lookup->store->db);

  if (!census_load(&lookup->store->db, &census))
    return TLSPIN_UNAVAILABLE;
  if (counted && census.records == 0)
    return TLSPIN_OK;
  if (!counted || census.wide > 0)
    count = place_names(lookup->peer->host, names);
  qsort(names, count, sizeof names[0], compare_names);
  for (size_t i = 0; i < count && code == TLSPIN_OK && !lookup->ended; i++)
    code = visit_name(lookup, names[i]);
  return code;
}

enum tlspin_code store_pins(struct store *store, const struct peer *peer, store_pin_visit visit,
                            void *data)
{
  struct lookup lookup = {store, peer, visit, data, false};
  bool alone = !database_in_transaction(&store->db);
  enum tlspin_code code;

  if (!peer_is_valid(peer))
    return TLSPIN_E_ARGUMENT;
  if (!store_has(store, TABLE_PIN))
    return TLSPIN_OK;
  code = alone ? store_read_begin(store) : TLSPIN_OK;
  if (code != TLSPIN_OK)
    return code;
  code = visit_names(&lookup);
  if (alone)
    store_read_end(store);
  return code;
}

/* Where the walk begins: after `after`, but not before the filter's one host. */
static void first_key(const struct store_filter *filter, const struct keypin *after,
                      struct cell *cells)
{
  if (after != NULL && (filter->host == NULL || strcmp(after->place.host, filter->host) >= 0))
    pin_key_to_cells(after, cells);
  else
    pin_first_key_to_cells(filter->host != NULL ? filter->host : "", cells);
}

static bool bind_walk(sqlite3_stmt *statement, const struct walk *walk, const struct keypin *after,
                      uint32_t limit)
{
  const struct store_filter *f = walk->filter;
  struct cell cells[LIST_PARAMETERS], *rest = cells + PIN_KEY;

  first_key(f, after, cells);
  rest[0] = cell_text(walk_last_host(walk));
  rest[1] = cell_text(walk->glob);
  rest[2] = cell_text(place_protocol_token(f->protocol));
  rest[3] = cell_integer(f->port);
  rest[4] = cell_integer(walk->same_port ? f->port : PLACE_ANY_PORT);
  rest[5] = cell_integer(f->since);
  rest[6] = cell_text(f->kind >= 0 ? keypin_kind_token((enum keypin_kind)f->kind) : "");
  rest[7] = cell_text(f->status >= 0 ? keypin_status_token((enum keypin_status)f->status) : "");
  rest[8] = cell_text(f->origin >= 0 ? keypin_origin_token((enum keypin_origin)f->origin) : "");
  rest[9] = cell_text(f->scope >= 0 ? scope_token((enum scope)f->scope) : "");
  rest[10] = cell_blob(f->digest);
  rest[11] = cell_integer(limit);
  return cells_bind(statement, cells, LIST_PARAMETERS);
}

enum tlspin_code walk_next_pin(struct store *store, const struct walk *walk,
                               const struct keypin *after, struct keypin *pin,
                               struct pin_note *note)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LIST_PINS];

  return bind_walk(statement, walk, after, 1) ? step(store, statement, pin, note)
                                              : TLSPIN_UNAVAILABLE;
}

enum tlspin_code store_list_pins(struct store *store, const struct store_filter *filter,
                                 const struct keypin *after, uint32_t limit, store_pin_visit visit,
                                 void *data)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LIST_PINS];
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct pin_note note;
  struct keypin pin;
  struct walk walk;

  if (!walk_init(&walk, filter) || (after != NULL && !pin_key_is_valid(after)))
    return TLSPIN_E_ARGUMENT;
  if (!filter->records || !store_has(store, TABLE_PIN))
    return TLSPIN_OK;
  database_refuel_all(&store->db);
  if (bind_walk(statement, &walk, after, limit))
    while ((code = step(store, statement, &pin, &note)) == TLSPIN_OK && visit(&pin, data))
      ;
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code store_count_pins(struct store *store, uint64_t *count)
{
  struct census census;

  *count = 0;
  if (!census_load(&store->db, &census))
    return TLSPIN_UNAVAILABLE;
  *count = census.records;
  return TLSPIN_OK;
}

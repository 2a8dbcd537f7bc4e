/* The journal: see journal.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include "common/text.h"
#include "daemon/row.h"

#include <string.h>

enum tlspin_code journal_begin(struct work *work, struct store *store)
{
  *work = (struct work){.store = store};
  return store_begin(store, &work->change);
}

enum tlspin_code journal_end(struct work *work, enum tlspin_code code, struct store_change *change)
{
  code = transaction_end(&work->change, code);
  if (code == TLSPIN_OK)
    *change = work->done;
  return code;
}

enum tlspin_code journal_put(struct transaction *change, const struct operation_row *operation)
{
  struct cell cells[TABLE_COLUMNS];

  operation_row_to_cells(operation, cells);
  return transaction_put(change, TABLE_OPERATION, cells);
}

enum tlspin_code journal_drop(struct transaction *change, uint64_t operation)
{
  const struct cell key = cell_integer((int64_t)operation);

  return transaction_drop(change, TABLE_OPERATION, &key);
}

enum tlspin_code journal_mark_gone(struct transaction *change, const struct operation_row *row)
{
  const struct operation_row gone = {
      .id = row->id, .kind = OPERATION_GONE, .made = row->made, .undone = true};

  return journal_put(change, &gone);
}

enum tlspin_code journal_check_ready(struct store *store)
{
  struct operation_row row;
  enum tlspin_code code = journal_find_applying(store, &row);

  if (code == TLSPIN_OK)
    return TLSPIN_E_BUSY;
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* Neither changes a record at once. */
static bool may_wait(enum operation_kind kind)
{
  return kind == OPERATION_DRAFT || kind == OPERATION_APPLYING;
}

enum tlspin_code journal_number(struct work *work, enum operation_kind kind, uint64_t target,
                                int64_t now)
{
  enum tlspin_code code = may_wait(kind) ? TLSPIN_OK : journal_check_ready(work->store);

  if (code != TLSPIN_OK)
    return code;
  if (work->change.contents.last_operation >= OPERATION_LAST - 1) {
    g_warning(_("%s has no number left for another change. Run 'tlspin restore'."),
              work->store->path);
    return TLSPIN_UNAVAILABLE;
  }
  work->operation = (struct operation_row){
      .id = ++work->change.contents.last_operation, .kind = kind, .target = target, .made = now};
  work->done.operation = work->operation.id;
  return journal_put(&work->change, &work->operation);
}

enum tlspin_code journal_keep(struct work *work, const struct peer *peer,
                              const struct ticket_row *row)
{
  struct image_row image = {.operation = work->operation.id, .present = row != NULL};
  struct cell cells[TABLE_COLUMNS];

  if (row != NULL)
    image.ticket = *row;
  image.ticket.peer = *peer;
  image_row_to_cells(&image, cells);
  return transaction_put(&work->change, TABLE_BEFORE, cells);
}

enum tlspin_code journal_drop_failure(struct work *work, const struct peer *peer)
{
  struct cell key[TABLE_KEY];
  enum tlspin_code code;

  peer_to_cells(peer, key);
  code = transaction_drop(&work->change, TABLE_FAILURE, key);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

static enum tlspin_code read_operation(struct store *store, sqlite3_stmt *statement,
                                       struct operation_row *row)
{
  struct cell cells[TABLE_COLUMNS];
  enum tlspin_code code = store_step(store, TABLE_OPERATION, statement, cells);

  if (code == TLSPIN_OK && !operation_row_of_cells(cells, row))
    code = TLSPIN_UNAVAILABLE;
  database_reset(statement);
  return code;
}

enum tlspin_code journal_find(struct store *store, uint64_t id, struct operation_row *row)
{
  sqlite3_stmt *statement = store->db.get[TABLE_OPERATION];

  if (id == 0)
    return read_operation(store, store->db.statements[STATEMENT_NEWEST], row);
  sqlite3_bind_int64(statement, 1, (int64_t)id);
  return read_operation(store, statement, row);
}

enum tlspin_code journal_find_applying(struct store *store, struct operation_row *row)
{
  return read_operation(store, store->db.statements[STATEMENT_APPLYING], row);
}

enum tlspin_code journal_next_head(struct store *store, uint64_t after, struct operation_row *row)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_LATER];

  sqlite3_bind_int64(statement, 1, (int64_t)after);
  return read_operation(store, statement, row);
}

enum tlspin_code journal_last_head(struct store *store, uint64_t before, struct operation_row *row)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_EARLIER];

  sqlite3_bind_int64(statement, 1, (int64_t)before);
  return read_operation(store, statement, row);
}

enum tlspin_code journal_touched(struct store *store, uint64_t operation)
{
  const struct cell cell = cell_integer((int64_t)operation);
  int64_t touched;

  if (!database_ask(store->db.statements[STATEMENT_TOUCHED], &cell, 1, &touched))
    return TLSPIN_UNAVAILABLE;
  return touched != 0 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND;
}

enum tlspin_code journal_next(struct store *store, uint64_t operation, const struct peer *after,
                              struct image_row *image)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_IMAGES];
  struct cell cells[TABLE_COLUMNS];
  struct cell parameters[] = {cell_integer((int64_t)operation), cell_text(""), cell_text(""),
                              cell_integer(0)};
  enum tlspin_code code = TLSPIN_UNAVAILABLE;

  if (after != NULL)
    peer_to_cells(after, parameters + 1);
  if (cells_bind(statement, parameters, G_N_ELEMENTS(parameters)))
    code = store_step(store, TABLE_BEFORE, statement, cells);
  if (code == TLSPIN_OK && !image_row_of_cells(cells, image))
    code = TLSPIN_UNAVAILABLE;
  if (code == TLSPIN_OK && !ticket_row_own(&image->ticket))
    code = TLSPIN_E_MEMORY;
  database_reset(statement);
  return code;
}

/* Tells the peers that an operation touched; one twice only where its records differ in scope. */
struct telling {
  struct store *store;
  uint64_t operation;
  uint32_t left; /* how many more may be told */
  void (*visit)(const struct peer *peer, void *data);
  void *data;
};

static enum tlspin_code tell_tickets(struct telling *telling)
{
  const struct peer *after = NULL;
  enum tlspin_code code = TLSPIN_OK;
  struct image_row image;
  struct peer last;

  while (telling->left > 0 && code == TLSPIN_OK) {
    code = journal_next(telling->store, telling->operation, after, &image);
    if (code == TLSPIN_OK) {
      last = image.ticket.peer;
      after = &last;
      ticket_row_clear(&image.ticket);
      telling->visit(&last, telling->data);
      telling->left--;
    }
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

/* Whether the operation touched the peer's ticket, so that it was told already. */
static bool touched_ticket(struct telling *telling, const struct peer *peer)
{
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  bool touched;

  key[0] = cell_integer((int64_t)telling->operation);
  peer_to_cells(peer, key + 1);
  touched =
      contents_get(&telling->store->db, TABLE_BEFORE, key, cells, &digest) != TLSPIN_E_NOT_FOUND;
  database_reset(telling->store->db.get[TABLE_BEFORE]);
  return touched;
}

static bool peer_equal(const struct peer *a, const struct peer *b)
{
  return a->port == b->port && a->protocol == b->protocol && strcmp(a->host, b->host) == 0;
}

static enum tlspin_code tell_records(struct telling *telling)
{
  const struct keypin *after = NULL;
  enum tlspin_code code = TLSPIN_OK;
  struct peer peer, last = {.host = ""};
  struct pin_image image;
  struct keypin key;

  while (telling->left > 0 && code == TLSPIN_OK) {
    code = journal_next_pin(telling->store, telling->operation, after, &image);
    if (code != TLSPIN_OK)
      break;
    peer = journal_peer_of(&image.pin.place);
    if ((after == NULL || !peer_equal(&peer, &last)) && !touched_ticket(telling, &peer)) {
      telling->visit(&peer, telling->data);
      telling->left--;
    }
    last = peer;
    key = image.pin;
    after = &key;
    keypin_clear(&image.pin);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

enum tlspin_code store_touched(struct store *store, uint64_t operation, uint32_t limit,
                               void (*visit)(const struct peer *peer, void *data), void *data)
{
  struct telling telling = {store, operation, limit, visit, data};
  enum tlspin_code code;

  database_refuel_all(&store->db);
  code = tell_tickets(&telling);
  return code == TLSPIN_OK ? tell_records(&telling) : code;
}

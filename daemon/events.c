/* The event log: see store_log and store_events in store.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/events.h"

#include "daemon/store-private.h"

#include <string.h>

enum { COLUMNS = 14 };

static bool text_is_valid(const char *text, size_t max)
{
  size_t size = strnlen(text, max + 1);

  return size <= max && g_utf8_validate(text, (gssize)size, NULL);
}

bool event_is_valid(const struct event_row *event)
{
  return reason_is_valid(event->kind) && peer_is_valid(&event->peer) &&
         reason_is_valid(event->reason) && text_is_valid(event->layer, EVENT_LAYER_MAX) &&
         text_is_valid(event->key, KEYPIN_KEY_TEXT_SIZE - 1) &&
         text_is_valid(event->report, EVENT_REPORT_MAX) &&
         text_is_valid(event->program, EVENT_PROGRAM_MAX) && event->operation <= INT64_MAX;
}

void event_to_cells(const struct event_row *event, struct cell *cells)
{
  cells[0] = cell_integer((int64_t)event->id);
  cells[1] = cell_integer(event->made);
  cells[2] = cell_integer(event->last);
  cells[3] = cell_integer(event->count);
  cells[4] = cell_text(event->kind);
  peer_to_cells(&event->peer, cells + 5);
  cells[8] = cell_text(event->reason);
  cells[9] = cell_text(event->layer);
  cells[10] = cell_text(event->key);
  cells[11] = cell_text(event->report);
  cells[12] = cell_text(event->program);
  cells[13] = cell_integer((int64_t)event->operation);
}

bool event_of_cells(const struct cell *cells, struct event_row *event, struct event_texts *texts)
{
  *event = (struct event_row){.id = (uint64_t)cells[0].number,
                              .made = cells[1].number,
                              .last = cells[2].number,
                              .kind = texts->kind,
                              .reason = texts->reason,
                              .layer = texts->layer,
                              .key = texts->key,
                              .report = texts->report,
                              .program = texts->program,
                              .operation = (uint64_t)cells[13].number};
  if (cells[0].number < 1 || cells[3].number < 1 || cells[3].number > UINT32_MAX ||
      !cell_read_text(&cells[4], texts->kind, sizeof texts->kind) ||
      !peer_of_cells(cells + 5, &event->peer) ||
      !cell_read_text(&cells[8], texts->reason, sizeof texts->reason) ||
      !cell_read_text(&cells[9], texts->layer, sizeof texts->layer) ||
      !cell_read_text(&cells[10], texts->key, sizeof texts->key) ||
      !cell_read_text(&cells[11], texts->report, sizeof texts->report) ||
      !cell_read_text(&cells[12], texts->program, sizeof texts->program))
    return false;
  event->count = (uint32_t)cells[3].number;
  return time_is_valid(event->made) && time_is_valid(event->last) && event_is_valid(event);
}

/* The statement's next row. */
static enum tlspin_code step(struct store *store, sqlite3_stmt *statement, struct event_row *event,
                             struct event_texts *texts)
{
  struct cell cells[COLUMNS];
  enum tlspin_code code = store_step(store, TABLE_EVENT, statement, cells);

  return code == TLSPIN_OK && !event_of_cells(cells, event, texts) ? TLSPIN_UNAVAILABLE : code;
}

/* The newest event of the same kind, peer, reason, key and program. */
static enum tlspin_code find_like(struct store *store, const struct event_row *event,
                                  struct event_row *found, struct event_texts *texts)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_EVENT_LIKE];
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct cell cells[7];

  cells[0] = cell_text(event->kind);
  peer_to_cells(&event->peer, cells + 1);
  cells[4] = cell_text(event->reason);
  cells[5] = cell_text(event->key);
  cells[6] = cell_text(event->program);
  if (cells_bind(statement, cells, G_N_ELEMENTS(cells)))
    code = step(store, statement, found, texts);
  database_reset(statement);
  return code;
}

struct totals {
  int64_t count, report, first, last;
};

static bool count_events(struct store *store, struct totals *totals)
{
  sqlite3_stmt *statement = store->db.statements[STATEMENT_EVENT_TOTALS];
  bool counted = database_step(statement) == STEP_ROW;

  if (counted)
    *totals =
        (struct totals){sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                        sqlite3_column_int64(statement, 2), sqlite3_column_int64(statement, 3)};
  database_reset(statement);
  return counted;
}

/* The oldest go, but never the newest, so that no number is used again. */
static enum tlspin_code trim(struct store *store, struct transaction *change)
{
  enum tlspin_code code = TLSPIN_OK;
  struct totals totals;

  while (code == TLSPIN_OK) {
    struct cell key;

    if (!count_events(store, &totals))
      return TLSPIN_UNAVAILABLE;
    if (totals.count <= 1 || (totals.count <= EVENTS_KEPT && totals.report <= EVENTS_REPORT_TOTAL))
      return TLSPIN_OK;
    key = cell_integer(totals.first);
    code = transaction_drop(change, TABLE_EVENT, &key);
  }
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_UNAVAILABLE : code;
}

static enum tlspin_code put(struct transaction *change, const struct event_row *event)
{
  struct cell cells[COLUMNS];

  event_to_cells(event, cells);
  return transaction_put(change, TABLE_EVENT, cells);
}

static enum tlspin_code add(struct store *store, struct transaction *change,
                            const struct event_row *event, int64_t now, uint64_t *id)
{
  struct event_row new = *event;
  struct totals totals;
  enum tlspin_code code;

  if (!count_events(store, &totals))
    return TLSPIN_UNAVAILABLE;
  new.id = *id = (uint64_t)totals.last + 1;
  new.made = new.last = now;
  new.count = 1;
  code = put(change, &new);
  return code == TLSPIN_OK ? trim(store, change) : code;
}

/* A clock that went back is no reason to log the same thing over and over. */
static bool is_recent(int64_t last, int64_t now)
{
  return now - last < EVENT_PERIOD && last - now < EVENT_PERIOD;
}

static enum tlspin_code log_event(struct store *store, struct transaction *change,
                                  const struct event_row *event, int64_t now, uint64_t *id)
{
  struct event_texts texts;
  struct event_row like;
  enum tlspin_code code = find_like(store, event, &like, &texts);

  if (code == TLSPIN_E_NOT_FOUND || (code == TLSPIN_OK && !is_recent(like.last, now)))
    return add(store, change, event, now, id);
  if (code != TLSPIN_OK)
    return code;
  *id = like.id;
  like.last = MAX(like.last, now);
  if (like.count < UINT32_MAX)
    like.count++;
  if (event->operation != 0)
    like.operation = event->operation;
  return put(change, &like);
}

enum tlspin_code store_log(struct store *store, const struct event_row *event, int64_t now,
                           uint64_t *id)
{
  struct transaction change;
  enum tlspin_code code;

  *id = 0;
  if (!event_is_valid(event) || !time_is_valid(now))
    return TLSPIN_E_ARGUMENT;
  code = store_begin(store, &change);
  if (code != TLSPIN_OK)
    return code;
  code = transaction_end(&change, log_event(store, &change, event, now, id));
  if (code != TLSPIN_OK)
    *id = 0;
  return code;
}

enum tlspin_code store_events(struct store *store, uint64_t after, const char *host, uint32_t limit,
                              store_event_visit visit, void *data)
{
  struct event_texts texts;
  sqlite3_stmt *statement = store->db.statements[STATEMENT_EVENTS];
  enum tlspin_code code = TLSPIN_UNAVAILABLE;
  struct event_row event;
  struct cell cells[3];

  if (after > INT64_MAX || !store_has(store, TABLE_EVENT))
    return TLSPIN_OK;
  cells[0] = cell_integer((int64_t)after);
  cells[1] = cell_text(host != NULL ? host : "");
  cells[2] = cell_integer(limit);
  database_refuel_all(&store->db);
  if (cells_bind(statement, cells, G_N_ELEMENTS(cells)))
    while ((code = step(store, statement, &event, &texts)) == TLSPIN_OK && visit(&event, data))
      ;
  database_reset(statement);
  return code == TLSPIN_E_NOT_FOUND ? TLSPIN_OK : code;
}

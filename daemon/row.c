/* The rows of the store and their columns: see row.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/row.h"

#include "common/vault.h"

#include <string.h>

enum { TICKET_OCTETS_MAX = UINT16_MAX };

static const char *const locks[LOCK_COUNT] = {
    [LOCK_NONE] = "none",
    [LOCK_ENFORCE] = "enforce",
    [LOCK_REPORT] = "report",
    [LOCK_OFF] = "off",
};

static const char *const kinds[OPERATION_KINDS] = {
    [OPERATION_CLEAR] = "clear", [OPERATION_UNDO] = "undo",   [OPERATION_EDIT] = "edit",
    [OPERATION_TOLD] = "told",   [OPERATION_DRAFT] = "draft", [OPERATION_APPLYING] = "applying",
    [OPERATION_GONE] = "gone",
};

const char *lock_token(enum lock lock)
{
  return locks[lock];
}

bool lock_from_token(const char *token, enum lock *lock)
{
  for (int i = 0; i < LOCK_COUNT; i++)
    if (strcmp(locks[i], token) == 0) {
      *lock = (enum lock)i;
      return true;
    }
  return false;
}

static bool kind_from_token(const char *token, enum operation_kind *kind)
{
  for (int i = 0; i < OPERATION_KINDS; i++)
    if (strcmp(kinds[i], token) == 0) {
      *kind = (enum operation_kind)i;
      return true;
    }
  return false;
}

bool time_is_valid(int64_t time)
{
  return time >= 0 && time <= TIME_MAX;
}

bool peer_is_valid(const struct peer *peer)
{
  char normal[HOST_MAX + 1];

  return peer->port > 0 && peer->protocol < PROTOCOL_COUNT &&
         host_normalise(peer->host, strnlen(peer->host, sizeof peer->host), normal) == HOST_FINE &&
         strcmp(peer->host, normal) == 0;
}

bool reason_is_valid(const char *reason)
{
  size_t size = strlen(reason);

  return size >= 1 && size <= TOKEN_MAX &&
         strspn(reason, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

/* Only where pinning is off for the peer may there be no ticket. */
static bool octets_are_valid(const struct ticket_row *row)
{
  if (row->ticket.size == 0 && row->lock == LOCK_OFF)
    return row->secret.size == 0;
  return row->ticket.size >= 1 && row->ticket.size <= TICKET_OCTETS_MAX &&
         row->secret.size == ticket_hash_size(row->hash);
}

bool ticket_row_is_valid(const struct ticket_row *row, enum store_kind kind)
{
  return peer_is_valid(&row->peer) && row->hash < TICKET_HASHES && row->lock < LOCK_COUNT &&
         (kind == STORE_SYSTEM || row->lock == LOCK_NONE) && octets_are_valid(row) &&
         row->series != 0 && time_is_valid(row->first_seen) && time_is_valid(row->issued) &&
         time_is_valid(row->expires);
}

void peer_to_cells(const struct peer *peer, struct cell *cells)
{
  cells[0] = cell_text(peer->host);
  cells[1] = cell_text(protocol_token(peer->protocol));
  cells[2] = cell_integer(peer->port);
}

bool peer_of_cells(const struct cell *cells, struct peer *peer)
{
  char token[TOKEN_MAX + 1];

  if (!cell_read_text(&cells[0], peer->host, sizeof peer->host) ||
      !cell_read_text(&cells[1], token, sizeof token) ||
      !protocol_from_token(token, &peer->protocol) || cells[2].number < 1 ||
      cells[2].number > UINT16_MAX)
    return false;
  peer->port = (uint16_t)cells[2].number;
  return true;
}

/* SQLite's integers are signed: the bit pattern of the series is kept. */
void ticket_row_to_cells(const struct ticket_row *row, struct cell *cells)
{
  peer_to_cells(&row->peer, cells);
  cells[3] = cell_blob(row->ticket);
  cells[4] = cell_blob(row->secret);
  cells[5] = cell_text(ticket_hash_token(row->hash));
  cells[6] = cell_integer((int64_t)row->series);
  cells[7] = cell_integer(row->first_seen);
  cells[8] = cell_integer(row->issued);
  cells[9] = cell_integer(row->expires);
  cells[10] = cell_text(lock_token(row->lock));
}

bool ticket_row_of_cells(const struct cell *cells, enum store_kind kind, struct ticket_row *row)
{
  char hash[TOKEN_MAX + 1], lock[TOKEN_MAX + 1];

  *row = (struct ticket_row){
      .ticket = cells[3].bytes,
      .secret = cells[4].bytes,
      .series = (uint64_t)cells[6].number,
      .first_seen = cells[7].number,
      .issued = cells[8].number,
      .expires = cells[9].number,
  };
  return peer_of_cells(cells, &row->peer) && cell_read_text(&cells[5], hash, sizeof hash) &&
         ticket_hash_from_token(hash, &row->hash) &&
         cell_read_text(&cells[10], lock, sizeof lock) && lock_from_token(lock, &row->lock) &&
         ticket_row_is_valid(row, kind);
}

bool ticket_row_equal(const struct ticket_row *a, const struct ticket_row *b)
{
  return strcmp(a->peer.host, b->peer.host) == 0 && a->peer.protocol == b->peer.protocol &&
         a->peer.port == b->peer.port && span_equal(a->ticket, b->ticket) &&
         span_equal(a->secret, b->secret) && a->hash == b->hash && a->series == b->series &&
         a->first_seen == b->first_seen && a->issued == b->issued && a->expires == b->expires &&
         a->lock == b->lock;
}

bool ticket_row_own(struct ticket_row *row)
{
  size_t size = row->ticket.size + row->secret.size;
  uint8_t *octets = vault_take(size);
  struct writer w;

  if (octets == NULL)
    return false;
  w = writer_of(octets, size);
  writer_put(&w, row->ticket);
  writer_put(&w, row->secret);
  row->ticket.data = octets;
  row->secret.data = octets + row->ticket.size;
  row->owned = octets;
  return true;
}

void ticket_row_clear(struct ticket_row *row)
{
  vault_give(row->owned);
  *row = (struct ticket_row){.series = 0};
}

void failure_row_to_cells(const struct peer *peer, const struct failure_row *row,
                          struct cell *cells)
{
  peer_to_cells(peer, cells);
  cells[3] = cell_text(row->reason);
  cells[4] = cell_integer(row->first);
  cells[5] = cell_integer(row->last);
  cells[6] = cell_integer(row->count);
}

bool failure_row_of_cells(const struct cell *cells, struct peer *peer, struct failure_row *row)
{
  *row = (struct failure_row){.first = cells[4].number, .last = cells[5].number};
  if (!peer_of_cells(cells, peer) || !peer_is_valid(peer) ||
      !cell_read_text(&cells[3], row->reason, sizeof row->reason) ||
      !reason_is_valid(row->reason) || cells[6].number < 1 || cells[6].number > UINT32_MAX)
    return false;
  row->count = (uint32_t)cells[6].number;
  return time_is_valid(row->first) && time_is_valid(row->last);
}

void operation_row_to_cells(const struct operation_row *row, struct cell *cells)
{
  cells[0] = cell_integer((int64_t)row->id);
  cells[1] = cell_text(kinds[row->kind]);
  cells[2] = cell_integer((int64_t)row->target);
  cells[3] = cell_integer(row->made);
  cells[4] = cell_integer(row->undone);
}

static bool has_target(enum operation_kind kind)
{
  return kind == OPERATION_UNDO || kind == OPERATION_APPLYING;
}

bool operation_row_of_cells(const struct cell *cells, struct operation_row *row)
{
  char kind[TOKEN_MAX + 1];

  *row = (struct operation_row){
      .id = (uint64_t)cells[0].number,
      .target = (uint64_t)cells[2].number,
      .made = cells[3].number,
      .undone = cells[4].number == 1,
  };
  return cells[0].number >= 1 && row->id < OPERATION_LAST &&
         cell_read_text(&cells[1], kind, sizeof kind) && kind_from_token(kind, &row->kind) &&
         cells[2].number >= 0 && cells[2].number < cells[0].number &&
         (row->target != 0) == has_target(row->kind) && time_is_valid(row->made) &&
         (cells[4].number == 0 || cells[4].number == 1);
}

/* Where there was no row, its columns hold what a row of zeros has. */
void image_row_to_cells(const struct image_row *row, struct cell *cells)
{
  static const struct ticket_row nothing = {.series = 0};
  struct cell columns[TABLE_COLUMNS];

  ticket_row_to_cells(row->present ? &row->ticket : &nothing, columns);
  peer_to_cells(&row->ticket.peer, columns);
  cells[0] = cell_integer((int64_t)row->operation);
  memcpy(&cells[1], columns, 3 * sizeof *cells);
  cells[4] = cell_integer(row->present);
  memcpy(&cells[5], columns + 3, 8 * sizeof *cells);
}

bool image_row_of_cells(const struct cell *cells, struct image_row *row)
{
  struct cell columns[TABLE_COLUMNS];

  memcpy(columns, &cells[1], 3 * sizeof *cells);
  memcpy(columns + 3, &cells[5], 8 * sizeof *cells);
  row->operation = (uint64_t)cells[0].number;
  row->present = cells[4].number == 1;
  row->ticket = (struct ticket_row){.series = 0};
  if (cells[0].number < 1 || (cells[4].number != 0 && cells[4].number != 1))
    return false;
  if (row->present)
    return ticket_row_of_cells(columns, STORE_USER, &row->ticket);
  return peer_of_cells(columns, &row->ticket.peer) && peer_is_valid(&row->ticket.peer);
}

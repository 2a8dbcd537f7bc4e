/* The rows of the store, and the columns that they are made of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * X_to_cells points into its arguments. X_of_cells takes what a file says as hostile, even where
 * its digest is right: false unless every column is in its range and in its one normal form.
 */
#ifndef ROW_H
#define ROW_H

#include "daemon/cell.h"
#include "daemon/store.h"

/* 9999-12-31T23:59:59Z: times are from 0 to here, so that no difference of two can overflow. */
#define TIME_MAX INT64_C(253402300799)

bool time_is_valid(int64_t time);
bool peer_is_valid(const struct peer *peer);

enum { TOKEN_MAX = 31 };

/* A token is 1 to TOKEN_MAX of a-z, 0-9 and '-'. */
bool reason_is_valid(const char *reason);

/* Whether a row may stand in a store of the kind: see struct ticket_row. */
bool ticket_row_is_valid(const struct ticket_row *row, enum store_kind kind);

/* The columns of TABLE_TICKET; the first three, the key, also of TABLE_FAILURE. */
void peer_to_cells(const struct peer *peer, struct cell *cells);

/* Whether the host is in its normal form is still to be asked. */
bool peer_of_cells(const struct cell *cells, struct peer *peer);

void ticket_row_to_cells(const struct ticket_row *row, struct cell *cells);
bool ticket_row_of_cells(const struct cell *cells, enum store_kind kind, struct ticket_row *row);

/* True where every column is the same. Not for secrets of strangers: it takes no constant time. */
bool ticket_row_equal(const struct ticket_row *a, const struct ticket_row *b);

/* Copies the octets that the row points to, so that it owns them. False: no memory. */
bool ticket_row_own(struct ticket_row *row);

void failure_row_to_cells(const struct peer *peer, const struct failure_row *row,
                          struct cell *cells);
bool failure_row_of_cells(const struct cell *cells, struct peer *peer, struct failure_row *row);

enum operation_kind {
  OPERATION_CLEAR,
  OPERATION_UNDO,
  OPERATION_EDIT,
  OPERATION_TOLD,     /* an edit that a server or a program brought about, and not the user */
  OPERATION_DRAFT,    /* from here on: not in force; its images are records that are to be put once
                         it is finished */
  OPERATION_APPLYING, /* an edit that puts the records of a draft which was finished: see apply.c */
  OPERATION_GONE,     /* what is being forgotten: some of its images may be gone already */
  OPERATION_KINDS
};

/* No operation has this number, or a higher one: none is left then. No store gets there by
 * counting, so that a row or a sum that says so is damaged. */
#define OPERATION_LAST ((uint64_t)1 << 62)

struct operation_row {
  uint64_t id; /* 1 and up, never used again */
  enum operation_kind kind;
  uint64_t target; /* the operation that an undo took back, the draft that is applied; else 0 */
  int64_t made;
  bool undone; /* taken back, and not in force again since */
};

void operation_row_to_cells(const struct operation_row *row, struct cell *cells);
bool operation_row_of_cells(const struct cell *cells, struct operation_row *row);

/* What the ticket of a peer was before an operation touched it. */
struct image_row {
  uint64_t operation;
  bool present; /* false: there was none; then only ticket.peer counts */
  struct ticket_row ticket;
};

void image_row_to_cells(const struct image_row *row, struct cell *cells);
bool image_row_of_cells(const struct cell *cells, struct image_row *row);

#endif

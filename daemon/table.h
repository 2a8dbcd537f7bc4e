/* The tables that hold rows with digests, and the statements that every one of them has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The texts of their creation are in schema.c; what their columns mean is in row.h, pinrow.h,
 * events.h, setting.h, state.h and in tlspin-store(5).
 */
#ifndef TABLE_H
#define TABLE_H

enum table_id {
  TABLE_TICKET,    /* the pins of RFC 8672 */
  TABLE_FAILURE,   /* what was last reported about a peer */
  TABLE_OPERATION, /* clears, edits and undos: the journal's heads */
  TABLE_BEFORE,    /* what each ticket was before an operation touched it */
  TABLE_PIN,       /* the records: key pins, exceptions and modes */
  TABLE_EVENT,     /* the event log */
  TABLE_SETTING,   /* of a system layer, or what is recalled of those: see recall.h */
  TABLE_IMAGE,     /* what each record was before an operation touched it */
  TABLE_STATE,     /* of a user's store, what it knows of itself: see state.h */
  TABLES
};

enum {
  TABLE_COLUMNS = 24, /* the most that a table has, without the digest */
  TABLE_KEY = 11      /* the most columns in a primary key */
};

struct table {
  const char *name;
  int version;       /* the first form of the file that has it: see schema.h */
  int columns;       /* without the digest, which is the last */
  int key;           /* how many of them, from the left, are the primary key */
  const char *types; /* a letter for each column: i, t or b */
  const char *get;   /* SQL: the row of a key */
  const char *put;   /* SQL: a row with all columns, in place of the one with its key */
  const char *drop;  /* SQL: the row of a key goes */
  const char *scan;  /* SQL: all rows in the order of their keys */
};

extern const struct table tables[TABLES];

/* Columns, for the statements that walk over tables. */
#define EVENT_COLUMNS                                                                              \
  "id, made, last, count, kind, host, protocol, port, reason, layer, key, report, program, "       \
  "operation"
#define PIN_KEY_COLUMNS "host, scope, protocol, port, kind, origin, level, selector, matching, key"
#define PIN_REST_COLUMNS                                                                           \
  "status, locked, always, enforce_until, report_until, errors, first_seen, last_seen, "           \
  "count_seen, note, seen"

#endif

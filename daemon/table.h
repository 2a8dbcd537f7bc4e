/* The four tables that hold rows with digests, and the statements that every one of them has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The texts of their creation are in schema.c; what their columns mean is in row.h and in
 * tlspin-store(5).
 */
#ifndef TABLE_H
#define TABLE_H

enum table_id {
  TABLE_TICKET,    /* the pins */
  TABLE_FAILURE,   /* what was last reported about a peer */
  TABLE_OPERATION, /* clears and undos: the journal's heads */
  TABLE_BEFORE,    /* what each row was before an operation touched it */
  TABLES
};

enum {
  TABLE_COLUMNS = 14, /* the most that a table has, without the digest */
  TABLE_KEY = 4       /* the most columns in a primary key */
};

struct table {
  const char *name;
  int columns;       /* without the digest, which is the last */
  int key;           /* how many of them, from the left, are the primary key */
  const char *types; /* a letter for each column: i, t or b */
  const char *get;   /* SQL: the row of a key */
  const char *put;   /* SQL: a row with all columns, in place of the one with its key */
  const char *drop;  /* SQL: the row of a key goes */
  const char *scan;  /* SQL: all rows in the order of their keys */
};

extern const struct table tables[TABLES];

#endif

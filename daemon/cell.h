/* The columns of one row, and the digest over them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite's own checks miss most flipped bits, so each row ends in a column `digest`: SHA-256 over
 * the table's name and every other column, each with its type and length (tlspin-store(5)). What a
 * file holds is hostile until cells_read has said yes.
 */
#ifndef CELL_H
#define CELL_H

#include "common/bytes.h"
#include "daemon/table.h"

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32 };

enum cell_type {
  CELL_INTEGER = 1, /* the numbers are part of the file format: they go into the digest */
  CELL_TEXT,
  CELL_BLOB
};

struct cell {
  enum cell_type type;
  int64_t number;    /* of an integer */
  struct span bytes; /* of the others */
};

struct digest {
  uint8_t octets[DIGEST_SIZE];
};

/* The cell's octets as a string of at most size - 1 octets; false where they are more, or one of
 * them is a NUL. */
bool cell_read_text(const struct cell *cell, char *text, size_t size);

struct cell cell_integer(int64_t number);
struct cell cell_text(const char *text);
struct cell cell_blob(struct span bytes);

/* The digest of a row. False where a column is too long for any row of ours. checksum: a GChecksum
 * for SHA-256, which is reset. */
bool cells_digest(GChecksum *checksum, const struct table *table, const struct cell *cells,
                  struct digest *digest);

/* The columns of the statement's current row, which begin at its first column and end in the
 * digest. False where a type is not the table's or the digest is wrong. Spans point into the
 * statement, until it is stepped or reset. */
bool cells_read(GChecksum *checksum, const struct table *table, sqlite3_stmt *statement,
                struct cell *cells, struct digest *digest);

/* Binds the first `count` cells to the parameters from 1 on; octets must stay until the statement
 * is reset. */
bool cells_bind(sqlite3_stmt *statement, const struct cell *cells, int count);

/* Below, at or above 0 as the key of a stands before, at or after that of b in the table's order.
 */
int cells_compare(const struct table *table, const struct cell *a, const struct cell *b);

/* sum ^= digest: adds a row to the digest over all rows, and takes it out again. */
void digest_toggle(struct digest *sum, const struct digest *digest);

/* For a GHashTable whose keys are digests. */
guint digest_hash(gconstpointer digest);
gboolean digest_same(gconstpointer a, gconstpointer b);

#endif

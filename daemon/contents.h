/* What a file holds as a whole: transactions, and the digest over all rows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row's digest can't tell that a row is missing. So `meta` holds how many rows the tables have,
 * the XOR of all their digests, and the last operation's number, with a digest over these; every
 * write reads it inside its transaction and writes it back in the same one. Two processes can so
 * write to one file. A second row of `meta` counts the records, in the same way: a lookup asks it
 * whether there is anything to look for under the names above a host.
 */
#ifndef CONTENTS_H
#define CONTENTS_H

#include "daemon/database.h"

struct contents {
  uint64_t rows;           /* in all tables with digests */
  uint64_t last_operation; /* numbers aren't used again, even after the journal was forgotten */
  struct digest all;
};

/* The records of TABLE_PIN, counted. */
struct census {
  uint64_t records;
  uint64_t wide;     /* of them those whose scope isn't exact */
  uint64_t inactive; /* of them the history */
};

/* A transaction that writes. */
struct transaction {
  struct database *db;
  struct contents contents;
  struct census census;
  bool written; /* a row was put or dropped: the sum has to be written back */
  bool counted; /* and a record among them: the census, too */
  bool known;   /* the file was as we last verified or wrote it when the change began */
};

/* Reads the file through: SQLite's own check, then every row and the digest over them, in one
 * transaction. NULL: all is well; otherwise what is wrong, to be freed by g_free. */
char *contents_verify(struct database *db, enum store_kind kind);

/* Told of each row, whose cells point into a statement, for the call. Returning false ends the
 * walk.
 */
typedef bool (*contents_visit)(enum table_id table, const struct cell *cells,
                               const struct digest *digest, void *data);

/* Walks over all rows of all tables, table by table and in the order of their keys. Each row's
 * digest, form and place in that order are checked. False where one is wrong or the visitor said
 * no. To be called after database_refuel_all, inside of a transaction where others may write. */
bool contents_walk(struct database *db, enum store_kind kind, contents_visit visit, void *data);

/* The same over one table, which the file has. */
bool contents_walk_table(struct database *db, enum table_id table, enum store_kind kind,
                         contents_visit visit, void *data);

/* That a row is not there is believed only of a file that nobody else wrote to since it was read
 * through: damage in place, by a disk or by a hand, would look the same. True where it is as it was
 * verified or as we wrote it, or where it reads through again, from the disk; otherwise the
 * database is distrusted for good. So is a large layer, unread: it is opened again aside
 * (layers.h). Not inside a transaction: a change looks when it begins. */
bool contents_trust(struct database *db, enum store_kind kind);

/* The names of the rows of `meta`. */
#define CONTENTS_NAME "contents"
#define CENSUS_NAME   "records"

/* What the value of such a row says. False where it hasn't the right size, its digest is wrong, or
 * its last operation is one that none is (OPERATION_LAST): every write would be refused for ever.
 */
bool contents_decode(GChecksum *checksum, struct span value, struct contents *contents);
bool census_decode(GChecksum *checksum, struct span value, struct census *census);

/* Reads and checks what `meta` says. A file of version 1 has no records. */
bool contents_load(struct database *db, struct contents *contents);
bool census_load(struct database *db, struct census *census);

/* Counts a row of TABLE_PIN in, or out where by is -1. */
void census_count(struct census *census, const struct cell *cells, int by);

/* A row by its key, and its digest. Cells point into db->get[table], which the caller resets,
 * whatever the code is. TLSPIN_E_NOT_FOUND; TLSPIN_UNAVAILABLE where the row can't be read or is
 * damaged. */
enum tlspin_code contents_get(struct database *db, enum table_id table, const struct cell *key,
                              struct cell *cells, struct digest *digest);

/* Begins to write, which waits for other writers. TLSPIN_UNAVAILABLE: nothing was begun. */
enum tlspin_code transaction_begin(struct transaction *change, struct database *db);

/* Stores a row in place of the one with its key. */
enum tlspin_code transaction_put(struct transaction *change, enum table_id table,
                                 const struct cell *cells);

/* Stores a row where the caller knows that there is none with its key. */
enum tlspin_code change_add(struct transaction *change, enum table_id table,
                            const struct cell *cells);

/* Removes the row of a key; TLSPIN_E_NOT_FOUND where there is none. */
enum tlspin_code transaction_drop(struct transaction *change, enum table_id table,
                                  const struct cell *key);

/* Commits where code is TLSPIN_OK, else takes all back. Gives the code back, or TLSPIN_UNAVAILABLE
 * where the commit failed. */
enum tlspin_code transaction_end(struct transaction *change, enum tlspin_code code);

#endif

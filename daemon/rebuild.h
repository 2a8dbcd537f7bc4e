/* A new store, made of the rows that were found of a damaged one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows that are known for certain are added. Others are offered: those that were in the damaged
 * store are found by its sum (missing.h). All is one transaction, in a file of its own.
 */
#ifndef REBUILD_H
#define REBUILD_H

#include "daemon/contents.h"

struct rebuild;

/* Where a row comes from that is offered. */
enum rebuild_source {
  REBUILD_CARVED, /* the damaged file's octets */
  REBUILD_BACKUP,
  REBUILD_SOURCES
};

/* The most octets of all rows that are offered: the daemon's memory is limited. */
enum { REBUILD_OCTETS = 32 << 20 };

/* Begins in a new file at `path`, whose place must be free. NULL: *problem says why. */
struct rebuild *rebuild_new(const char *path, char **problem);

/* Whatever was not finished is gone, and so is its file. NULL is fine. */
void rebuild_free(struct rebuild *rebuild);

/* Adds a row; one whose key is there already stays as it is. False: it could not be written. */
bool rebuild_add(struct rebuild *rebuild, enum table_id table, const struct cell *cells);

/* Removes the row of a key that is there. */
bool rebuild_drop(struct rebuild *rebuild, enum table_id table, const struct cell *key);

/* Puts a row in the place of the one with its key, if there is one. */
bool rebuild_replace(struct rebuild *rebuild, enum table_id table, const struct cell *cells);

/* Offers a row whose key is not there; one that is offered twice is one, of the first source.
 * cells: are copied. Once there are more rows or octets of them than are chosen from (MISSING_MANY,
 * REBUILD_OCTETS), none is. False: it can't be told whether the key is there. */
bool rebuild_offer(struct rebuild *rebuild, enum rebuild_source source, enum table_id table,
                   const struct cell *cells, const struct digest *digest);

/* Whether a row with this key is there. False as well where that can't be told. */
bool rebuild_has(struct rebuild *rebuild, enum table_id table, const struct cell *cells);

/* Whether just this row is there. */
bool rebuild_holds(struct rebuild *rebuild, enum table_id table, const struct cell *cells,
                   const struct digest *digest);

/* How many rows of the damaged store, whose contents these were, are not there. */
uint64_t rebuild_missing(const struct rebuild *rebuild, const struct contents *contents);

/* Adds those of the offered rows by which the sum comes right; added: how many of each source.
 * TLSPIN_OK where it is right now: there is every row, and no other; TLSPIN_E_NOT_FOUND where it
 * isn't; TLSPIN_UNAVAILABLE where a row could not be written. */
enum tlspin_code rebuild_complete(struct rebuild *rebuild, const struct contents *contents,
                                  uint64_t added[REBUILD_SOURCES]);

/* How many rows there are. */
uint64_t rebuild_rows(const struct rebuild *rebuild);

/* The highest number of an operation of which anything is there, or that was told below. */
uint64_t rebuild_last_operation(const struct rebuild *rebuild);

/* The highest number of an operation that the new store will remember, if it isn't higher yet. One
 * that would leave less than half of all is not believed (OPERATION_LAST). */
void rebuild_raise_operation(struct rebuild *rebuild, uint64_t number);

/* The transaction's database, to be read: what has been added is there. */
struct database *rebuild_database(struct rebuild *rebuild);

/* Commits, and reads all that was written through. */
bool rebuild_finish(struct rebuild *rebuild, char **problem);

#endif

/* An open SQLite file, made safe against what may stand in it, and its prepared statements.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DATABASE_H
#define DATABASE_H

#include "daemon/cell.h"
#include "daemon/statements.h"
#include "daemon/store.h"

#include <sqlite3.h>
#include <sys/stat.h>

/* Octets of a page of every file of ours: no other size is read, since of a damaged one the size
 * can't be believed. */
enum { STORE_PAGE = 4096 };

/* The file of a layer itself, whatever has its name by now. */
struct database_hold {
  int fd; /* good for fstat(2) only */
  bool set;
};

/* How the file looked when it was last known to be as it was verified or as we wrote it. */
struct database_stamp {
  struct stat status;
  bool set;
};

struct database {
  sqlite3 *handle;
  int version;         /* of the file's form: it has the tables and statements of that */
  GChecksum *checksum; /* SHA-256, used again for every row */
  sqlite3_stmt *get[TABLES];
  sqlite3_stmt *put[TABLES];
  sqlite3_stmt *drop[TABLES];
  sqlite3_stmt *statements[STATEMENTS];
  struct database_hold hold; /* of a layer */
  struct database_stamp stamp;
  bool distrusted;  /* damage was found since it was opened */
  bool hindered;    /* from being read to its end, the last time: see database_is_hindered */
  uint64_t reading; /* how often it was read through */
  int64_t fuel;     /* how often the progress handler still says yes */
};

/* Opens a file that file_check has passed. Nothing is prepared or read yet, save by SQLite itself.
 * False: database_fault tells why; to be closed in any case. */
bool database_open(struct database *db, const char *path, enum store_kind kind);

/* Prepares every statement of the file's version, which needs its tables; the others are NULL. To
 * be called again after the version has changed. */
bool database_prepare(struct database *db);

/* Fine after a failed open, and for one that was never opened. */
void database_close(struct database *db);

/* Whether it can't be written, as SQLite opened it. */
bool database_is_fixed(const struct database *db);

/* SQLite's last word; until the next call. */
const char *database_fault(const struct database *db);

/* Whether the disk gives every octet of the file. */
bool database_is_readable(const struct database *db);

/* Whether SQLite's last word is one that may be another the next time: there is no memory, no room,
 * no access, the disk says no. Of the content it says nothing. */
bool database_is_hindered(const struct database *db);

/* Remembers how the file looks now; and whether it still does: false once anybody else wrote to it.
 * A layer that another has taken the place of still does: nobody wrote to it. One stat(2) each. */
void database_stamp(struct database *db);
bool database_unchanged(const struct database *db);

/* True between a BEGIN and its end. */
bool database_in_transaction(const struct database *db);

/* True once something was to be written in it: `meta` is behind the rows until it ends. */
bool database_is_writing(const struct database *db);

/* Forgets the pages that are kept in memory, so that the next read is of the file. */
void database_drop_cache(struct database *db);

/* False once the file was renamed, replaced or deleted. */
bool database_in_place(const struct database *db);

/* Allows the work of a lookup, or that of reading and changing all that a file of this size can
 * hold. Statements that go on for longer than that end with an error: a hostile file must not hang
 * the daemon. Within a statement or a transaction the first takes nothing away: a task that has the
 * work of the whole file keeps what it has left, whatever it looks up on its way. */
void database_refuel(struct database *db);
void database_refuel_all(struct database *db);

/* Writes the whole file anew. It is in order afterwards, and nothing of a deleted row is left:
 * secure_delete overwrites what is deleted, but not the copies that stay in a page when rows are
 * moved between pages. */
bool database_rewrite(struct database *db);

enum step {
  STEP_ROW,
  STEP_DONE,
  STEP_FAILED /* couldn't be read or written, or the time was up */
};

enum step database_step(sqlite3_stmt *statement);

/* Ends the statement's read and forgets what was bound. */
void database_reset(sqlite3_stmt *statement);

/* Runs a statement that gives no row, and resets it. */
bool database_finish(sqlite3_stmt *statement);

/* Runs a statement with these parameters, which gives one number, and resets it. False: it couldn't
 * be had, and *answer is as it was. */
bool database_ask(sqlite3_stmt *statement, const struct cell *cells, int count, int64_t *answer);

#endif

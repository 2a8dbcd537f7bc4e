/* The tables' making, and how a file is known as ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Migrations are an append-only array: entry n brings a file from user_version n to n + 1. None is
 * ever edited once released. Each names the text that sqlite_schema must hold afterwards, so that a
 * file with a view, a trigger or a table too many is refused before anything in it is read.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

enum { SCHEMA_APPLICATION = 0x746c7370 }; /* "tlsp": PRAGMA application_id */

struct migration {
  const char *change; /* SQL */
  const char *text;   /* of sqlite_schema afterwards, which no other version may have as well */
};

struct schema {
  const struct migration *migrations;
  int version; /* how many there are: the newest user_version */
};

extern const struct schema schema_current;

enum schema_state {
  SCHEMA_EMPTY,     /* a file of no pages */
  SCHEMA_FINE,      /* of the newest version, and as it should be */
  SCHEMA_OLDER,     /* of an older version, and as it should be */
  SCHEMA_NEWER,     /* written by a newer tlspin: by its number, and its tables aren't ours */
  SCHEMA_FOREIGN,   /* another program's database */
  SCHEMA_DIFFERENT, /* ours by its number, but with other tables than ours */
  SCHEMA_UNREADABLE /* SQLite refused: sqlite3_errmsg */
};

/* What a file is. Nothing of its content is read but sqlite_schema. */
enum schema_state schema_inspect(sqlite3 *database, const struct schema *schema);

/* The version that a file says it is of; 0 where it says none, -1 where it can't be read. */
int schema_version(sqlite3 *database);

/* Brings an empty or older file to the newest version in one transaction. False: nothing was
 * changed. */
bool schema_migrate(sqlite3 *database, const struct schema *schema);

#endif

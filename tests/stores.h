/* Folders, rows and files for the tests of the store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORES_H
#define STORES_H

#include "daemon/store.h"

#include <sqlite3.h>

enum { STORES_ROWS = 1024, STORES_NOW = 1700000000, STORES_LIFETIME = 7 * 86400 };

/* The state of a test: a folder of its own, and the paths of a store in it. */
struct stores {
  char *folder; /* holds nothing but `home`, which store_open makes */
  char *home;
  char *path;
  char *lock;
  char *journal;
  char *layer; /* a file of a folder that is there */
};

int stores_setup(void **state);
int stores_teardown(void **state);

/* Row n of a set that never changes: host-NNNN.example, port 443, series n + 1, tickets of various
 * sizes. Its octets stay until the program's end. */
struct ticket_row stores_row(int n);

/* Opens a user store that must open. */
struct store *stores_open(const char *path);

/* Puts rows 0 to count - 1, which must not be there. */
void stores_fill(struct store *store, int count);

/* A store with so many rows, closed. */
void stores_make(const char *path, int count);

/* The peer's row must be exactly this, or be missing. */
void stores_expect(struct store *store, const struct ticket_row *row);
void stores_expect_none(struct store *store, const struct peer *peer);

/* The file must be refused with TLSPIN_UNAVAILABLE and one line that holds these words. */
void stores_refuse(const char *path, enum store_kind kind, const char *words);

/* Opens the file with no care at all, and runs SQL in it as any program could. */
sqlite3 *stores_raw(const char *path);
void stores_sql(const char *path, const char *sql);

/* A number that SQL gives. */
int64_t stores_number(const char *path, const char *sql);

/* Writes octets over those of a file, or makes it. */
void stores_write(const char *path, size_t offset, const void *octets, size_t size);
void stores_copy(const char *from, const char *to);

/* Whether the text, without its NUL, or the octets stand anywhere in the file. */
bool stores_file_holds(const char *path, const char *text);
bool stores_file_holds_octets(const char *path, struct span octets);

/* fork(2) of a test, with no open store in it: 0 in the child, where a failed assertion aborts and
 * which must end in _exit. */
pid_t stores_fork(void);

/* The child must have ended with 0. */
void stores_join(pid_t child);

/* Ends the child wherever it is. */
void stores_kill(pid_t child);

/* Runs the check in a child process that isn't root, to whom the folder belongs meanwhile; it must
 * return. */
void stores_as_user(struct stores *stores, void (*check)(struct stores *stores));

#endif

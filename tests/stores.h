/* Folders, rows and files for the tests of the store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef STORES_H
#define STORES_H

#include "daemon/contents.h"

#include <sqlite3.h>
#include <sys/types.h>

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

/* Record n of another set: a learned pin of row n's peer, with a key, times, notes and chains of
 * its own. It points to what stays until the program's end. */
struct keypin stores_pin(int n);

/* The same with its place, as place_read takes it, of any protocol. */
struct keypin stores_pin_at(int n, const char *place);

/* Stores a record or drops one; the journal's number of that, which is 0 for what is learned. */
uint64_t stores_edit(struct store *store, const struct keypin *pin);
uint64_t stores_drop(struct store *store, const struct keypin *pin);
void stores_learn(struct store *store, const struct keypin *pin);

/* True where two records are the same in every column. */
bool stores_same_pin(const struct keypin *a, const struct keypin *b);

/* The record must be there as it is, or be missing. */
void stores_expect_pin(struct store *store, const struct keypin *pin);
void stores_expect_no_pin(struct store *store, const struct keypin *pin);

/* The file must be refused with TLSPIN_UNAVAILABLE and one line that holds these words. */
void stores_refuse(const char *path, enum store_kind kind, const char *words);

/* The same of a user's store, with TLSPIN_STORE_DAMAGED; and after each of these changes (SQL)
 * alone.
 */
void stores_damaged(const char *path, const char *words);
void stores_refuse_changed(struct stores *stores, const char *const *changes, size_t count);

/* Opens the file with no care at all, and runs SQL in it as any program could. */
sqlite3 *stores_raw(const char *path);

/* stores_setup, and the folder of the store. */
int stores_setup_home(void **state);

/* A new, empty file in the place of the layer, opened as a user's store; to be closed with
 * database_close. */
void stores_new_database(struct stores *stores, struct database *db);

sqlite3_stmt *stores_prepare(struct database *db, const char *sql);

/* Asks for one value, and expects this text of it. */
void stores_expect_sql(struct database *db, const char *sql, const char *answer);

/* Runs SQL and tells whether it was let through. */
bool stores_runs(struct database *db, const char *sql);
void stores_sql(const char *path, const char *sql);

/* A number that SQL gives. */
int64_t stores_number(const char *path, const char *sql);

/* Opens the file as the store does, without a look at its rows; stores one that may be anything,
 * with a right digest and sum. */
void stores_open_database(const char *path, struct database *db);
void stores_put_row(struct database *db, enum table_id table, const struct cell *cells);

/* Reading the file through must find this fault, or any (NULL). */
void stores_expect_fault(struct database *db, enum store_kind kind, const char *fault);

/* Forgets to the end what was made before a time. */
enum tlspin_code stores_forget(struct store *store, int64_t before);

/* Puts all records of drafts that were finished; how many were changed. */
uint64_t stores_apply(struct store *store);

/* Takes `target` back, which must have done exactly this. */
void stores_undo(struct store *store, uint64_t target, struct store_change expected);

/* Writes octets over those of a file, or makes it. */
void stores_write(const char *path, size_t offset, const void *octets, size_t size);
void stores_copy(const char *from, const char *to);

/* The path of a name in the folder of the store; to be freed by g_free. */
char *stores_beside(const struct stores *stores, const char *name);

/* The file must hold just this text. */
void stores_expect_content(const char *path, const char *expected);

/* Whether the text, without its NUL, or the octets stand anywhere in the file. */
bool stores_file_holds(const char *path, const char *text);
bool stores_file_holds_octets(const char *path, struct span octets);

/* xorshift: the same numbers in every run. */
uint32_t stores_random(uint32_t *seed);

/* Turns a bit of the file over, and of its content in memory. */
void stores_flip(char *content, const char *path, uint32_t bit);

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

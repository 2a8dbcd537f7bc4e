/* Damaged stores, and what was recovered of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RUINS_H
#define RUINS_H

#include "daemon/damage.h"

#include "tests/stores.h"

enum { RUINS_NOW = STORES_NOW + 86400 };

/* Recovers the store, which must succeed. */
void ruins_recover(struct stores *stores);

/* The recovery must be refused with these words; nothing may have been set aside. */
void ruins_refuse(struct stores *stores, const char *words);

/* What the store says of its damage, which must be known, and stand unless nothing was lost. */
struct damage ruins_damage(struct stores *stores);

/* Puts row n into the store; says in it that so many rows were lost with the file once. */
void ruins_put(struct stores *stores, int n);
void ruins_put_damage(struct stores *stores, int64_t missing);

/* Makes a backup of a store that is whole; its path, to be freed. */
char *ruins_back_up(struct stores *stores, int64_t now);

/* How many of the rows 0 to count - 1 are there; none may be otherwise than it was. */
int ruins_rows(struct stores *stores, int count);

/* Where the text stands in a file. */
size_t ruins_find(const char *path, const char *text);

/* Where the first page of a table of the store stands. */
size_t ruins_page(const char *path, const char *table);

/* Overwrites some octets in the middle of row n: no row is like that one. */
void ruins_spoil(const char *path, int n);

/* The same, wherever the text stands. */
void ruins_spoil_all(const char *path, const char *text);

/* Leaves the journal of a change that was broken off beside the store, which SQLite would undo. */
void ruins_leave_journal(const char *path);

/* How many damaged files were set aside. */
unsigned ruins_asides(const struct stores *stores);

/* A record: pinning is off for a host of this name. */
#define RUINS_HOST "bank.example"
struct keypin ruins_mode_off(void);

/* A key of row n's peer, learned there, of this status: each octet of its digest is that one. */
struct keypin ruins_key(int n, uint8_t octet, enum keypin_status status);

/* Each of the records must be there as it is (y), or be missing (n). */
void ruins_expect_pins(struct stores *stores, const struct keypin *pins, const char *there);

/* Clears row n, and forgets what the journal kept of that; the number of the operation. */
uint64_t ruins_clear(struct stores *stores, int n);

/* How many records there are of that host. */
int64_t ruins_modes(const struct stores *stores);

#endif

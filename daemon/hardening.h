/* What SQLite must not do with a file that may be hostile, and how it is to write ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HARDENING_H
#define HARDENING_H

#include "daemon/store.h"

#include <sqlite3.h>

/* Switches off what our tables never need, and limits the rest and the memory; nothing of the file
 * is read. False: SQLite can't do that. */
bool hardening_limit(sqlite3 *handle);

/* How a file of this kind is read and written, which is read back. The first use of the file: false
 * where it is no database, too. */
bool hardening_set(sqlite3 *handle, enum store_kind kind);

/* Whether SQLite's answer to a question in SQL begins with exactly this. */
bool hardening_answers(sqlite3 *handle, const char *question, const char *answer);

#endif

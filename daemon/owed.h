/* What is still to be done before hosts that have gone leave no trace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row of the state (state.h) for each, without a name in it. It is put together with what makes
 * it due, and dropped when it is done, so that neither a crash nor a full disk in between makes
 * anybody forget it.
 */
#ifndef OWED_H
#define OWED_H

#include "daemon/store.h"

#define OWED_REWRITE "rewrite"   /* the file is to be written anew: store_forget does it */
#define OWED_ASIDES  "set-aside" /* files that were set aside are to be removed (aside.h) */

struct cell;
struct transaction;

enum tlspin_code owed_put(struct transaction *change, const char *name);

/* Fine where it isn't owed. */
enum tlspin_code owed_drop(struct transaction *change, const char *name);
enum tlspin_code owed_settle(struct store *store, const char *name);

/* The row, of two cells. */
void owed_to_cells(const char *name, struct cell *cells);

enum tlspin_code owed_look(struct store *store, const char *name, bool *stands);

#endif

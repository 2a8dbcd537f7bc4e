/* Clears, what is logged beside them, and what is still owed to who made them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LOGGED_H
#define LOGGED_H

#include "tests/stores.h"

/* Logs that a pin was not met; layer: which decided; report: "" for none. */
void logged_with(struct store *store, const char *host, const char *layer, const char *report,
                 int64_t now);
void logged_of(struct store *store, const char *host, const char *layer, int64_t now);

/* The same of a pin of the user's. */
void logged_at(struct store *store, const char *host, int64_t now);

/* Clears all of a host, which must have something. */
void logged_clear(struct store *store, const char *host, int64_t now);

/* Whether files that were set aside are to be removed. */
bool logged_owed(struct store *store);

#endif

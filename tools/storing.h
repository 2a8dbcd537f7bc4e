/* Storing records of the user's, and what is said then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STORING_H
#define STORING_H

#include "tools/edit-keys.h"

/* Stores the edits as one operation, and says so: `done` is what was done, as a sentence; in its
 * place, where another entry decides all the same, that. Returns the status. */
int storing_run(const GPtrArray *edits, const char *done);

/* Reads the keys and stores the edits: `done` is what was done then, as a sentence. Returns the
 * status. */
int storing_put(const struct edit_keys *keys, const char *server, const struct edit *model,
                const char *done);

#endif

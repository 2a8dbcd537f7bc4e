/* Puts several new files in place of old ones, and takes others away: all, or none of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The new ones are written beside the old ones first. Each change is then one rename(2), and what
 * was there before has a second name until all are done, so that a change that fails can be taken
 * back. A loss of power in between leaves each file whole, the old one or the new one.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>

struct publish;

/* Locks the folder against another one that does the same, and makes it where it is missing, with
 * mode 0755. NULL: *problem says why (g_free). */
struct publish *publish_begin(const char *folder, char **problem);

/* Where the new file `name` is to be written; it is not there. The path stays until the end. */
const char *publish_add(struct publish *publish, const char *name);

/* The file is to go. */
void publish_drop(struct publish *publish, const char *name);

/* Does it all. False: nothing was changed, and *problem says why (g_free). */
bool publish_commit(struct publish *publish, char **problem);

/* Removes what was written and not put in place, unlocks and frees. NULL is fine. */
void publish_end(struct publish *publish);

#endif

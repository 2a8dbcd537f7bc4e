/* Which keys of a file have a second one beside them, wherever in the file it stands.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon sees a part of a long import at a time, and could take a key for the only one of its
 * server whose second one comes in another part. For each key that a server may show a mark of a
 * few octets is kept, less than its line in the file, and nothing more.
 */
#ifndef BACKUPS_H
#define BACKUPS_H

#include "pinning/keypin.h"

struct backups;

/* now: by which it is judged what has expired. */
struct backups *backups_new(int64_t now);
void backups_free(struct backups *backups);

/* Notes a record, in any order; those that are no key that a server may show don't count. */
void backups_note(struct backups *backups, const struct keypin *pin);

/* Whether another key was noted for the place of this one, and of the same origin. False for what
 * needs none. Not before the last was noted. */
bool backups_have(struct backups *backups, const struct keypin *pin);

#endif

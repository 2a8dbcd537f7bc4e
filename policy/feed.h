/* What one policy file says, as the contents of a layer: settings, and records one by one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file was looked over by lint_files, which knows where its groups are; they are read once
 * more, so that never more than one of them is in memory.
 */
#ifndef FEED_H
#define FEED_H

#include "daemon/store.h"
#include "policy/rules.h"

struct feed;

/* file: the number of it in `rules`, which must stay. NULL: after a finding. */
struct feed *feed_new(const char *path, const struct rules *rules, unsigned file, enum trust trust,
                      int64_t now, struct findings *findings);
void feed_free(struct feed *feed);

/* Its settings, and SETTINGS_COMPILED_FROM. They are the feed's. NULL: after a finding. */
const GArray *feed_settings(struct feed *feed);

/* The next record in the order of the store's table, until the next call; NULL at the end, and once
 * something was found. feed: a struct feed. */
const struct keypin *feed_next(void *feed);

/* How many groups there are, and how many of them were read. */
size_t feed_count(const struct feed *feed);
size_t feed_done(const struct feed *feed);

#endif

/* "12,000 entries ..." on standard error, for work that takes more than a second.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing is shown unless standard error is a terminal. A thread of its own writes it, since what
 * is waited for often is one long call.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <glib.h>

struct progress;

/* text: translated, what is being done; copied. */
struct progress *progress_start(const char *text);

/* So many are done. Cheap. */
void progress_count(struct progress *progress, unsigned count);

/* Takes the line away again, and frees. */
void progress_stop(struct progress *progress);

#endif

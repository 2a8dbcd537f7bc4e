/* Notices changes in a folder that may not exist yet.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WATCH_H
#define WATCH_H

struct watch;

/* Calls `changed` from the default main context whenever something in the folder, or the folder
 * itself, was made, written, renamed, removed, or changed its mode. Where the folder is missing,
 * its deepest parent is watched for it. NULL, with a line in the log, where the kernel refuses:
 * then changes are noticed at the next start. */
struct watch *watch_new(const char *folder, void (*changed)(void *data), void *data);
void watch_free(struct watch *watch);

#endif

/* The key file on disk: read with care, replaced whole (tlspin-keys(5)).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who can read the file can impersonate the pinning half of the server, who can write it can lock
 * out its clients: only a regular file of this user or of root that nobody else may read or write
 * is used, and no symbolic link is followed to it.
 */
#ifndef KEYFILE_H
#define KEYFILE_H

#include "common/bytes.h"
#include "libserver/trouble.h"

/* The octets of a key file. */
struct keyfile_text {
  uint8_t *octets;
  size_t size;
};

struct span keyfile_text_span(const struct keyfile_text *text);

/* Wipes and frees. */
void keyfile_text_free(struct keyfile_text *text);

/* Reads the file as it is now: since it is always replaced whole, no lock is needed.
 * False: nothing was read; the trouble says what to do. */
bool keyfile_read(const char *path, struct keyfile_text *text, struct trouble *trouble);

/* Waits until nobody else changes the file, then reads it. *lock: a descriptor, which holds the
 * lock until it is closed. False: nothing is locked and nothing was read. */
bool keyfile_lock(const char *path, int *lock, struct keyfile_text *text, struct trouble *trouble);

/* Puts new octets in the place of the file, mode 0600: a reader, and a machine that loses power,
 * sees the old file or the new one. To be called with the lock held. False: the old file stands,
 * unless the trouble says otherwise. */
bool keyfile_replace(const char *path, struct span text, struct trouble *trouble);

/* The same for a file that must not exist yet. */
bool keyfile_create(const char *path, struct span text, struct trouble *trouble);

#endif

/* A new file that takes the place of a user's store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is made beside the store, while nobody has that open, and is on the disk before it gets the
 * store's name. A crash leaves the one or the other; of one that isn't finished, what it leaves is
 * removed as soon as anybody opens the store (file_remove_unfinished).
 */
#ifndef SUCCESSOR_H
#define SUCCESSOR_H

#include "daemon/rebuild.h"
#include "daemon/store-private.h"

struct successor {
  struct store store; /* the old one: its path and its lock, which is exclusive */
  uid_t owner;
  char *new_path;
  struct rebuild *rebuild; /* the new one */
};

/* Locks the store, for which others must not have it open, and reads it through. TLSPIN_OK: it is
 * whole; TLSPIN_STORE_DAMAGED: see store_open; otherwise TLSPIN_UNAVAILABLE. With *problem, to be
 * freed by g_free, where it is not TLSPIN_OK. To be closed in any case. */
enum tlspin_code successor_open(struct successor *successor, const char *path, uid_t owner,
                                char **problem);

/* Begins the new one. */
bool successor_begin(struct successor *successor, char **problem);

/* Says that a row could not be written. */
enum tlspin_code successor_say_unwritable(struct successor *successor, char **problem);

/* Finishes it, and puts it in the place of the old one, which is kept under the name `aside` (see
 * aside_put) unless that is empty: then only what is unfinished beside it is kept, under a name by
 * `now`, seconds. After an error the old one stands; or, where the folder alone could not be synced,
 * the new one, until a loss of power may bring back the old one. */
enum tlspin_code successor_publish(struct successor *successor, const char *aside, int64_t now,
                                   char **problem);

void successor_close(struct successor *successor);

#endif

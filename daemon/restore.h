/* Records, and what images say of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What undo.c stands on.
 */
#ifndef RESTORE_H
#define RESTORE_H

#include "daemon/trail.h"

/* A record as it is now. */
struct found {
  bool present;
  struct keypin pin; /* owns what it points to: keypin_clear */
};

/* TLSPIN_OK also where there is none. */
enum tlspin_code restore_find(struct store *store, const struct keypin *key, struct found *found);

/* Whether it is in this state already, and whether it is as the operation of the image left it. */
bool restore_is_so(const struct found *found, const struct pin_image *state);
bool restore_is_left(struct work *work, const struct pin_image *image, const struct found *found);

/* Brings the record into the state. */
enum tlspin_code restore_put(struct transaction *change, const struct pin_image *state);

/* Told of each image of an operation's records. */
typedef enum tlspin_code (*restore_each)(struct work *work, const struct operation_row *target,
                                         const struct trail *trail, const struct pin_image *image);

/* Walks over them. That the target is taken back is to be noted in the journal before. */
enum tlspin_code restore_walk(struct work *work, const struct operation_row *target,
                              restore_each each);

#endif

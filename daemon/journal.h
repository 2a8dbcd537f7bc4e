/* The journal: what every operation's tickets and records were before it touched them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table `operation` has a row for each clear, edit or undo, the table `before` an image for
 * each peer whose ticket it touched, the table `image` one for each record. clear.c, edit.c and
 * undo.c write them in the same transaction as what they do; store_touched of store.h is here, the
 * images of records are in images.c, and what is forgotten in forget.c.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "daemon/store-private.h"

/* One clear, edit or undo at work. */
struct work {
  struct store *store;
  struct transaction change;
  struct operation_row operation; /* the one that is being made */
  struct store_change done;
  struct place place; /* that an undo is at */
  bool grown[2];      /* whether there is more now of what was not learned there, and of what was */
  struct place met;   /* where learned records were noted last: see images.c */
};

enum tlspin_code journal_begin(struct work *work, struct store *store);

/* The work of an edit, for what is a part of it. */
struct work *store_edit_work(struct store_edit *edit);

/* Begins an edit that goes on with the first operation that is being applied. TLSPIN_E_NOT_FOUND:
 * there is none. */
enum tlspin_code edit_begin_applying(struct store *store, struct store_edit **edit);

/* TLSPIN_E_BUSY while an operation is being applied. */
enum tlspin_code journal_check_ready(struct store *store);

/* Gives the operation its number and stores its head. TLSPIN_E_BUSY as above, but for a draft and
 * what is to be applied. */
enum tlspin_code journal_number(struct work *work, enum operation_kind kind, uint64_t target,
                                int64_t now);

enum tlspin_code journal_put(struct transaction *change, const struct operation_row *operation);
enum tlspin_code journal_drop(struct transaction *change, uint64_t operation);

/* From now on it is being forgotten. */
enum tlspin_code journal_mark_gone(struct transaction *change, const struct operation_row *row);

/* Stores the image of a peer's row; row: NULL where there is none. */
enum tlspin_code journal_keep(struct work *work, const struct peer *peer,
                              const struct ticket_row *row);

/* Removes what was reported about a peer: it says nothing about another pin or about none. */
enum tlspin_code journal_drop_failure(struct work *work, const struct peer *peer);

/* Commits where code is TLSPIN_OK and tells what was done, else takes all back. */
enum tlspin_code journal_end(struct work *work, enum tlspin_code code, struct store_change *change);

/* The operation of a number; 0: the newest clear or edit that stands. TLSPIN_E_NOT_FOUND. */
enum tlspin_code journal_find(struct store *store, uint64_t id, struct operation_row *row);

/* The first that is being applied. TLSPIN_E_NOT_FOUND. */
enum tlspin_code journal_find_applying(struct store *store, struct operation_row *row);

/* The first operation after a number, or the last before it. TLSPIN_E_NOT_FOUND. */
enum tlspin_code journal_next_head(struct store *store, uint64_t after, struct operation_row *row);
enum tlspin_code journal_last_head(struct store *store, uint64_t before, struct operation_row *row);

/* TLSPIN_E_NOT_FOUND: it has no image of anything that it touched. */
enum tlspin_code journal_touched(struct store *store, uint64_t operation);

/* The operation's first image after a peer (NULL: of all); image->ticket owns its octets.
 * TLSPIN_E_NOT_FOUND: no more. */
enum tlspin_code journal_next(struct store *store, uint64_t operation, const struct peer *after,
                              struct image_row *image);

/* Stores the image of a record. before, after: NULL where there is none; one of them has the key.
 * An image that the operation has of it already stays, but for what is left now. With a learned
 * record, those that stand beside it are noted. */
enum tlspin_code journal_keep_pin(struct work *work, const struct keypin *before,
                                  const struct keypin *after);

/* The same of a record that is there neither before nor after: that the operation touched it counts
 * for what is undone later (trail.h). */
enum tlspin_code journal_keep_absent(struct work *work, const struct keypin *key);

/* Whether a record is one of those that a server's first use left at its own place. */
bool journal_is_learned(const struct keypin *pin);

/* Whether an operation has an image of a record. */
enum tlspin_code journal_has_pin(struct store *store, uint64_t operation, const struct keypin *pin,
                                 bool *has);

/* Whether a record was not there when an operation later than `after`, but before `before`, touched
 * it for the first time: so that one of those put it there. */
enum tlspin_code journal_put_later(struct store *store, const struct keypin *pin, uint64_t after,
                                   uint64_t before, bool *put);

/* Puts a record into a draft, which is at work. fresh: there is none of its key yet. */
enum tlspin_code journal_stage(struct work *work, const struct keypin *pin, bool fresh);

/* The image that an operation has of a record; image->pin owns what it points to, and is empty
 * after an error. TLSPIN_E_NOT_FOUND. */
enum tlspin_code journal_find_pin(struct store *store, uint64_t operation, const struct keypin *pin,
                                  struct pin_image *image);

/* The operation's first image of a record after that of a key (NULL: of all); image->pin owns what
 * it points to. TLSPIN_E_NOT_FOUND: no more. */
enum tlspin_code journal_next_pin(struct store *store, uint64_t operation,
                                  const struct keypin *after, struct pin_image *image);

/* Removes the first image of a record that the operation has; *host: the record's. */
enum tlspin_code journal_forget_pin(struct store *store, struct transaction *change,
                                    uint64_t operation, char host[HOST_MAX + 1]);

/* The peer that signals name for a record: that of its place, and with port 0 one whose place is
 * wider than a peer. */
struct peer journal_peer_of(const struct place *place);

/* Where a record is about one peer alone, what was reported about that goes. */
enum tlspin_code journal_drop_failure_of(struct work *work, const struct place *place);

#endif

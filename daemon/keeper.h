/* Keeps backups of the user's store: makes them once changes have settled, and lets old ones go.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The work is done in a thread: a store of 100,000 records is copied in parts between which others
 * write, but it is also read through and waits for the disk, and that can't be done in parts. What
 * was done is taken over in the default main context, from which all of this is to be called.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "daemon/backups.h"
#include "daemon/traces.h"

struct keeper;

/* How things are now. */
struct keeper_terms {
  int64_t now;
  int64_t ran; /* seconds that pass however the clock is set, and whether it is believed or not */
  int64_t settled; /* of them, without a further change, after which a backup is due; 0: as usual */
  int64_t period;  /* of undo, in seconds: what was made before is forgotten in backups, too */
  bool suspect;    /* the clock can't be trusted: nothing goes and nothing is forgotten */
  bool lost;       /* pins were lost from the store: no backup is made by itself, and none goes */
};

/* store, owner: as in backups.h. moved: told whenever keeper_is_needed may say something else. */
struct keeper *keeper_new(const char *store, uid_t owner, void (*moved)(void *data), void *data);

/* Waits for what is under way, and tells whoever waits for something that it isn't done:
 * TLSPIN_UNAVAILABLE. NULL is fine. */
void keeper_free(struct keeper *keeper);

/* To be called every minute or so. opened: the store; NULL where it can't be used now. */
void keeper_tend(struct keeper *keeper, struct store *opened, const struct keeper_terms *terms);

/* Whether something is under way. */
bool keeper_is_busy(const struct keeper *keeper);

/* Whether that is so, or changes wait until they have settled: the daemon is to stay.
 */
bool keeper_is_needed(const struct keeper *keeper);

/* Told of the backup that was asked for, which is the keeper's, for the call; NULL with another
 * code than TLSPIN_OK, and a problem. */
typedef void (*keeper_told)(enum tlspin_code code, const struct backup *made, const char *problem,
                            void *data);

/* The user asks for a backup now, whatever the terms: it is made as soon as what is under way is
 * done. TLSPIN_E_BUSY where there is one that was asked for and isn't made yet. */
enum tlspin_code keeper_ask(struct keeper *keeper, const struct keeper_terms *terms,
                            keeper_told told, void *data);

/* Told what was erased beside the store, with a code and a problem as of traces_erase. */
typedef void (*keeper_erased)(enum tlspin_code code, const struct traces *done, const char *problem,
                              void *data);

/* The user asks for an erasure in all files beside the store, as soon as what is under way is done:
 * traces_erase. What is `found` in the store itself is the caller's to erase, when told; nothing is
 * begun before that. erasure: the caller's, who keeps it until then. TLSPIN_E_BUSY where there is
 * one that isn't done yet. */
enum tlspin_code keeper_erase(struct keeper *keeper, const struct keeper_terms *terms,
                              struct erasure *erasure, bool found, keeper_erased told, void *data);

/* Told of all backups (struct backup), each of which was read through; they are the keeper's, who
 * lets go of them after the call. NULL with a code and a problem as of backups_list. */
typedef void (*keeper_listed)(enum tlspin_code code, GPtrArray *backups, const char *problem,
                              void *data);

/* Reads all backups through. TLSPIN_E_BUSY where very many wait for something already. */
enum tlspin_code keeper_list(struct keeper *keeper, const struct keeper_terms *terms,
                             keeper_listed told, void *data);

#endif

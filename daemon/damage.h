/* What a store lost, and what was saved: the row "damage" of its state (state.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row is there from the recovery (recovery.h) until the user has seen what happened. As long as
 * it is, unless nothing is missing, "nothing is stored" can't be told from "what was stored is
 * lost". Its octets, all numbers in network order: form (1), 1; cause, 1; found, 8; saved, 8;
 * carved, 8; merged, 8; missing, 8; backup, 8; then the set-aside file's name.
 */
#ifndef DAMAGE_H
#define DAMAGE_H

#include "daemon/store.h"

enum damage_cause {
  DAMAGE_CONTENT = 1, /* octets were changed, lost or cut off */
  DAMAGE_MISSING,     /* the file was gone */
  DAMAGE_CAUSES
};

enum { DAMAGE_NAME_MAX = 255, DAMAGE_UNKNOWN = -1 };

struct damage {
  enum damage_cause cause;
  int64_t found;   /* when, in seconds since 1970 */
  uint64_t saved;  /* entries that were still whole in the file, */
  uint64_t carved; /* of them only by a search; perhaps an older state of theirs */
  uint64_t merged; /* entries that came from the backup */
  int64_t missing; /* entries that are lost; DAMAGE_UNKNOWN */
  int64_t backup;  /* when the backup was made; 0: there was none that could be used */
  char aside[DAMAGE_NAME_MAX + 1]; /* the file's name now, in the folder of the store; "": none */
};

/* TLSPIN_E_NOT_FOUND: nothing was lost, or the user has seen it. */
enum tlspin_code damage_get(struct store *store, struct damage *damage);

#define DAMAGE_ROW "damage"

/* False where it can't be understood. */
bool damage_decode(struct span value, struct damage *damage);

/* The row of the state: its value, for which there is room for STATE_VALUE_MAX; returns its size.
 * And puts it. */
size_t damage_encode(const struct damage *damage, uint8_t *value);
enum tlspin_code damage_put(struct store *store, const struct damage *damage);

/* The user has seen it: the row goes, also one that can't be understood. TLSPIN_E_NOT_FOUND where
 * there is none. */
enum tlspin_code damage_acknowledge(struct store *store);

/* Whether pins may have been lost from the store and the user hasn't seen it; true where that can't
 * be told. It costs nothing as long as nobody else writes to the file. */
bool damage_stands(struct store *store);

#endif

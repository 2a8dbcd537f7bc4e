/* What the system's layers set when all of them could last be read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is kept in the process, and for the next one in the user's store: a row of `setting` for each
 * setting, with LAYER/VALUE as its value where that is locked, else LAYER//VALUE, and one named
 * "remembered" that says that all layers could be read then. Rows of another form are a newer
 * tlspin's, and stay as they are. What holds by it: settings_resolve.
 */
#ifndef RECALL_H
#define RECALL_H

#include "daemon/settings.h"

struct recalled {
  char *value; /* NULL: not set */
  char *layer; /* that sets it */
  bool locked;
  bool now; /* a layer says so that can be read now */
};

/* All zero at first; to be cleared by recall_clear. */
struct recall {
  struct recalled at[SETTINGS_COUNT]; /* in the order of settings_name */
  bool known;                         /* every layer could be read at some time */
  bool loaded; /* from the user's store; then or where known it can be saved */
  bool empty;  /* there are no layers of the system */
  bool saved;  /* the user's store says the same */
};

void recall_clear(struct recall *recall);

/* Forgets all; every layer can be read, and what is held from now on is what they set. */
void recall_renew(struct recall *recall);

/* From here on, what is recalled is not said now. */
void recall_age(struct recall *recall);

/* Holds what a layer says of a setting. A lock counts more than a value without one; of two that
 * count the same the stricter holds (settings_stricter). said: is copied. */
void recall_hold(struct recall *recall, size_t index, const struct recalled *said);

/* Adds what the user's store recalls, once. What can't be read is as if nothing were known. */
void recall_load(struct recall *recall, struct store *store);

/* Writes it into the user's store where that says something else. A store that can't be written is
 * no error: `saved` stays false. */
void recall_save(struct recall *recall, struct store *store);

#endif

/* The records of the store (key pins, exceptions, modes) and the columns that they are made of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As in row.h: X_to_cells points into its arguments, X_of_cells takes what a file says as hostile.
 */
#ifndef PINROW_H
#define PINROW_H

#include "daemon/cell.h"
#include "daemon/store.h"

enum {
  PLACE_COLUMNS = 4,
  PIN_KEY = 10, /* columns of the key of TABLE_PIN, and the first of these of the place */
  PIN_COLUMNS = 21,
  PIN_SCOPE = 1, /* the column of the scope */
  PIN_STATUS = 10
};

/* A note with its NUL, which no column has. */
struct pin_note {
  char text[KEYPIN_NOTE_MAX + 1];
};

/* Whether a record may stand in a store of the kind: only a system layer's may be locked. */
bool pin_is_valid(const struct keypin *pin, enum store_kind kind);

/* Whether a record's key may stand in a store, which is all that counts where one is looked for. */
bool pin_key_is_valid(const struct keypin *pin);

/* The first PLACE_COLUMNS columns of TABLE_PIN. */
void place_to_cells(const struct place *place, struct cell *cells);

/* The columns of TABLE_PIN; the key alone is the first PIN_KEY of them. */
void pin_key_to_cells(const struct keypin *pin, struct cell *cells);
void pin_to_cells(const struct keypin *pin, struct cell *cells);

/* A key that stands before that of any record of a host ("": of any record): a record has a scope,
 * and nothing stands before an empty one. */
void pin_first_key_to_cells(const char *host, struct cell *cells);

/* pin->note points into *note, pin->seen into the cells. */
bool pin_of_cells(const struct cell *cells, enum store_kind kind, struct keypin *pin,
                  struct pin_note *note);

/* True where the record says the same: that it was met again (last_seen, count_seen) is no
 * difference. */
bool pin_equal(const struct keypin *a, const struct keypin *b);

/* A digest of what the record says, in the same sense. False where it can't be made. */
bool pin_digest(GChecksum *checksum, const struct keypin *pin, struct digest *digest);

/* What a record was before an operation touched it, and what the operation made of it. Of a draft
 * (row.h) instead the record that is to be put: `present`, and not `left`. */
struct pin_image {
  uint64_t operation;
  bool present;         /* false: there was none; then only the key of `pin` counts */
  struct keypin pin;    /* before */
  bool left;            /* the operation left a record there */
  bool noted;           /* as it was: the operation only met it, and touched others of its place */
  struct digest result; /* if it left one and didn't only meet it, the pin_digest of that */
};

void pin_image_to_cells(const struct pin_image *image, struct cell *cells);
bool pin_image_of_cells(const struct cell *cells, struct pin_image *image, struct pin_note *note);

#endif

/* What of the journal may have been lost with a damaged file: the row "torn" of the state.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row is there from a recovery that could not bring every row back until whatever was made before
 * it is forgotten. Its octets, all numbers in network order: form (1), 1; operation, 8; found, 8.
 */
#ifndef TORN_H
#define TORN_H

#include "daemon/store.h"

struct torn {
  uint64_t operation; /* up to this number operations may lack images, or heads; 0: none is left */
  int64_t found;      /* when the loss was noticed, in seconds since 1970; TORN_NEVER: none was */
};

enum { TORN_NEVER = -1 };

#define TORN_ROW "torn"

enum { TORN_OCTETS = 17 };

/* The row's value, for which there is room for TORN_OCTETS; returns its size. */
size_t torn_encode(const struct torn *torn, uint8_t *value);

/* TLSPIN_OK also where nothing was lost. What can't be understood may say that anything was, and
 * that it is noticed only at the end of time. */
enum tlspin_code torn_get(struct store *store, struct torn *torn);

#endif

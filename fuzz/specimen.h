/* Stores to be damaged, and all that one says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SPECIMEN_H
#define SPECIMEN_H

#include "daemon/store.h"

enum { SPECIMEN_NOW = 1796000000 };

struct specimen {
  char *path; /* where the file is tried */
  enum store_kind kind;
  uint8_t *octets; /* of the file, with rows in each of its tables; the same in every process */
  size_t size;
  char *text; /* what it says */
};

/* Static; made with the first call. */
const struct specimen *specimen_of(enum store_kind kind);

/* A copy of the file with some octets changed, as the reader says: two octets of where, counted
 * backwards from the end where bit 15 is set, and one to be XORed there. Of no more than 24, so
 * that they can't hold a digest. copy: has room for it. */
struct span specimen_change(const struct specimen *specimen, struct reader *r, uint8_t *copy);

/* Puts octets in the place of the file, as if nothing had ever been there, and opens it. NULL where
 * it was refused, which was explained. */
void specimen_put(const struct specimen *specimen, struct span octets);
struct store *specimen_open(const struct specimen *specimen);

/* All that the store says of its entries, each of which must be sound; NULL where anything of it
 * can't be read. To be freed by g_free. */
char *specimen_text(struct store *store);

#endif

/* Which of the rows that may have been in a store were in it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `contents` in `meta` holds the exclusive or of the digests of all rows, and their number
 * (contents.h). Once the digests of all rows that are known for certain are taken out of it, what
 * is left is that of those that are missing. Rows of a backup and rows that were found somewhere in
 * the file's octets are candidates: each was in the store at some time, but maybe as an older
 * state, or was deleted since. Those of them whose digests together give just what is left are the
 * ones that were there.
 *
 * That is no guess. A digest is SHA-256 of the row, 256 bits that are as good as drawn by lot. Of k
 * candidates there are 2^k choices, so that one of them gives the sum by chance, although none of
 * them is the right one, once in 2^(256 - k) cases: with at most MISSING_MAX of them less often
 * than once in 2^64. Nor are there two choices that give it, unless the candidates depend on each
 * other, which is looked at. And the number of rows has to be right as well.
 *
 * Candidates can be made so that they give a sum, by a server, say, that chooses the octets of its
 * ticket; but only by somebody who knows the sum, that is what is missing and all that it says:
 * times, random numbers, secrets.
 */
#ifndef MISSING_H
#define MISSING_H

#include "daemon/cell.h"

enum {
  MISSING_MAX = 192,  /* candidates of which any choice is looked for */
  MISSING_FEW = 2,    /* of more of them all but so many, or no more than that */
  MISSING_MANY = 8192 /* and no more than that */
};

/* chosen[i]: whether the candidate was in the store; none of them where false is returned.
 * wanted: how many rows are missing. sum: the exclusive or of their digests. False where no choice
 * of just so many candidates gives the sum, and where it wouldn't be the only one (a digest that is
 * there twice is enough for that). Of more than MISSING_MAX candidates, up to MISSING_MANY, only
 * choices are looked at that take no more than MISSING_FEW of them, or leave no more out: so the
 * rows of a whole backup can be proved if hardly anything was changed since. */
bool missing_find(const struct digest *candidates, size_t count, uint64_t wanted,
                  const struct digest *sum, bool *chosen);

#endif

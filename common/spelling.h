/* Which known word was meant by one that isn't known.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SPELLING_H
#define SPELLING_H

#include <stdbool.h>

enum {
  SPELLING_MOST = 32, /* octets of a word; a longer one is near to none */
  SPELLING_FAR = 3    /* changes that make it another word */
};

/* Whether the known word is nearer to `text` than *least changes: a letter that is changed, put in,
 * taken out or swapped with its neighbour; to be begun is one change. Then *least becomes their
 * number. Begin with SPELLING_FAR. A word is never near to one of as few letters as changes. */
bool spelling_is_nearer(const char *text, const char *known, unsigned *least);

#endif

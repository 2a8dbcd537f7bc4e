/* What went wrong, as a sentence for people: names the place and says what to do next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <limits.h>
#include <stdbool.h>

enum { TROUBLE_SIZE = PATH_MAX + 512 };

struct trouble {
  char text[TROUBLE_SIZE]; /* "" as long as nothing went wrong; cut where it doesn't fit */
};

/* Returns false, so that a function can end with it. */
bool trouble_set(struct trouble *trouble, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif

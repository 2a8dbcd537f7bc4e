/* Words that are nearly the same: see spelling.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spelling.h"

#include <stddef.h>
#include <string.h>

static unsigned least_of(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

/* Optimal string alignment. Both have at most SPELLING_MOST octets. */
static unsigned distance(const char *a, const char *b)
{
  unsigned rows[SPELLING_MOST + 1][SPELLING_MOST + 1];
  size_t m = strlen(a), n = strlen(b);

  for (size_t i = 0; i <= m; i++)
    for (size_t j = 0; j <= n; j++) {
      if (i == 0 || j == 0) {
        rows[i][j] = (unsigned)(i + j);
        continue;
      }
      rows[i][j] = least_of(least_of(rows[i - 1][j], rows[i][j - 1]) + 1,
                            rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[i][j] = least_of(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  return rows[m][n];
}

bool spelling_is_nearer(const char *text, const char *known, unsigned *least)
{
  size_t size = strlen(text);
  unsigned changes;

  if (size > SPELLING_MOST || strlen(known) > SPELLING_MOST)
    return false;
  changes = size > 1 && size < strlen(known) && strncmp(known, text, size) == 0
                ? 1
                : distance(text, known);
  if (changes >= *least || changes >= strlen(known))
    return false;
  *least = changes;
  return true;
}

/* Less work for a test that is run in full elsewhere: make check TESTS_BRIEF=yes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * To be included after cmocka.h.
 */
#ifndef TESTS_BRIEF_H
#define TESTS_BRIEF_H

#include <stdlib.h>

/* The number, or a tenth of it in a brief run; which one it was is said. */
static inline unsigned brief_number(unsigned number, const char *of)
{
  const char *brief = getenv("TESTS_BRIEF");

  if (brief != NULL && brief[0] != '\0')
    number /= 10;
  print_message("           with %u %s\n", number, of);
  return number;
}

#endif

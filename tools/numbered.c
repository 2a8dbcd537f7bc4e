/* Messages about one of several records: see numbered.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tools/numbered.h"

#include <stdlib.h>
#include <string.h>

unsigned long numbered_read(const char *text, const char **rest)
{
  const char *digits = text + strcspn(text, "0123456789:");
  char *colon;
  unsigned long number = strtoul(digits, &colon, 10);

  *rest = text;
  if (colon == digits || strncmp(colon, ": ", 2) != 0)
    return 0;
  *rest = colon + 2;
  return number;
}

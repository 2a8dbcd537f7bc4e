/* Memory that isn't needed any more: see slack.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/slack.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void slack_share(void)
{
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

/* Elsewhere than with glibc the system's allocator is left to itself. */
void slack_return(void)
{
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/* Erasing for good: what is asked before, and what is said afterwards.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FOREVER_H
#define FOREVER_H

#include "libclient/tlspin-admin.h"

#include <stdbool.h>

/* The files beside the store that are seen to. */
struct forever {
  unsigned long backups;
  unsigned long damaged; /* backups that are removed; known only afterwards */
  unsigned long asides;  /* damaged, and set aside */
};

/* Looks at them, and asks at the terminal; yes: doesn't ask. all: everything is meant. An exit
 * status; STATUS_FINE: go on. */
int forever_confirm(tlspin_t *context, bool all, bool yes, struct forever *files);

/* Says what became of the files: what the daemon did the last time, as far as it tells. */
void forever_print(tlspin_t *context, const struct forever *files);

#endif

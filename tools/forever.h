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
  unsigned long asides; /* damaged, and set aside */
};

/* Looks at them, and asks at the terminal; yes: doesn't ask. all: everything is meant. An exit
 * status; STATUS_FINE: go on. */
int forever_confirm(tlspin_t *context, bool all, bool yes, struct forever *files);

/* What became of the files. */
void forever_print(const struct forever *files);

#endif

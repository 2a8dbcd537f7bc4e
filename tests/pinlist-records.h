/* What is known of a peer: in a layer, or to the daemon on the session bus.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PINLIST_RECORDS_H
#define PINLIST_RECORDS_H

#include "pinning/verdict.h"

#include <glib.h>

/* layer: its file; NULL: the daemon. What can't be read, here and later, ends the program. */
void records_open(const char *layer);
void records_close(void);

struct records {
  GArray *pins;    /* struct keypin */
  GArray *entries; /* struct verdict_entry, of the pins */
};

/* All records that cover the peer, to be freed by records_clear. */
struct records records_of(const struct peer *peer);
void records_clear(struct records *records);

#endif

/* All that the layers say about a peer, in one snapshot of each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GATHERING_H
#define GATHERING_H

#include "daemon/layers.h"
#include "pinning/verdict.h"

struct gathering {
  struct layers_answer ticket;   /* as layers_get says; without regard to modes */
  struct verdict_entry *entries; /* every record that covers the peer, of every layer that could be
                                    read, in order of precedence; layer 0 is the user's */
  size_t count;
  const struct layer *unreadable; /* some layer that could not be read, or NULL */
  bool lost;                      /* pins were lost from the user's: see damage.h */
  bool suspect;        /* the clock isn't trusted, and by what it says some ticket or record
                          would have another force: see clock.h */
  struct keypin *pins; /* what the entries point to; owned */
};

void gathering_make(struct layers *layers, const struct peer *peer, int64_t now,
                    struct gathering *gathering);
void gathering_clear(struct gathering *gathering);

/* The layer of an entry; valid until the layers are reloaded. */
const struct layer *gathering_layer(struct layers *layers, const struct verdict_entry *entry);

#endif

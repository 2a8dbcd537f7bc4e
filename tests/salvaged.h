/* What a salvage tells of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SALVAGED_H
#define SALVAGED_H

#include "daemon/salvage.h"

#include <glib.h>

/* Digests of rows (tests/lived.h), and how it went. */
struct salvaged {
  GHashTable *reached, *carved;
  struct salvage_found found;
  uint64_t calls, most; /* after so many calls that's enough */
};

void salvaged_new(struct salvaged *take);
void salvaged_free(struct salvaged *take);

/* A visitor; data: a struct salvaged. */
bool salvaged_visit(enum table_id table, const struct cell *cells, const struct digest *digest,
                    bool reached, void *data);

/* Reads a file that can be read, of a user's store or of that kind; to be freed. */
void salvaged_read(struct salvaged *take, const char *path);
void salvaged_read_as(struct salvaged *take, const char *path, enum store_kind kind);

#endif

/* What the parts of an erasure share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef ERASURE_PRIVATE_H
#define ERASURE_PRIVATE_H

#include "daemon/erasure.h"
#include "daemon/store-private.h"

struct erasure {
  struct store_filter filter; /* points into what follows */
  char host[HOST_MAX + 1];
  char pattern[HOST_MAX + 1];
  uint8_t digest[CHAIN_DIGEST_MAX];
  struct walk walk;
  GHashTable *gone; /* names: see erasure_survey */
};

/* Whether it names places alone, so that everything about them goes. */
bool erasure_is_plain(const struct erasure *erasure);

/* Whether a row's place is meant, of a table whose rows have one; *host: the place's. */
bool erasure_has_place(const struct erasure *erasure, enum table_id table,
                       const struct cell *cells, char host[HOST_MAX + 1]);

/* Whether a row at such a place is meant by itself. made: when the operation of an image was made.
 */
bool erasure_fits(const struct erasure *erasure, enum table_id table, const struct cell *cells,
                  int64_t made);

#endif

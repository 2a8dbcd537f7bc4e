/* A store with very many records, made quickly.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef BULK_H
#define BULK_H

#include <stdint.h>

/* The host of record n; n spreads over the whole of the table's order. */
void bulk_host(uint32_t n, char host[64]);

/* Makes a user's store with records 0 to count - 1, each an active pin that was learned for its
 * host and port 443. */
void bulk_fill(const char *path, uint32_t count);

#endif

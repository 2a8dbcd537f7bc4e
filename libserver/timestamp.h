/* A moment as text: RFC 3339 section 5.6, in UTC and whole seconds ("2026-11-22T17:00:00Z").
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TIMESTAMP_H
#define TIMESTAMP_H

#include "common/bytes.h"

enum { TIMESTAMP_SIZE = 20 + 1 };

/* text: exactly 20 octets. seconds: since 1970; years 1970 to 9999. False: no such moment. */
bool timestamp_parse(struct span text, int64_t *seconds);

/* False where the moment is before 1970 or after the year 9999. */
bool timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE]);

#endif

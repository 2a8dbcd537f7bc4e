/* Dates in policy text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MOMENT_H
#define MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Reads "2027-06-30", the first moment of that day in UTC, or "2027-06-30T12:00:00Z" (RFC 3339
 * section 5.6; also with an offset), from 1970 to 9999. seconds: since 1970. */
bool moment_read(const char *text, int64_t *seconds);

/* "2027-06-30T12:00:00Z"; to be freed by the caller. */
char *moment_text(int64_t seconds);

#endif

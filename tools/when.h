/* Moments as people write and read them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef WHEN_H
#define WHEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads "2026-11-22T17:00:00Z" (RFC 3339), "2026-11-22" and "2026-11-22 17:00" (local time), or how
 * long ago: "30min", "2h", "3d", "1w". now, *seconds: since 1970. False: none of them, before 1970,
 * or after `now`; *problem says what is wrong, to be freed by the caller. */
bool when_parse(const char *text, int64_t now, uint64_t *seconds, char **problem);

/* The same for the end of something: a moment after `now`, or how long from now. */
bool when_parse_end(const char *text, int64_t now, uint64_t *seconds, char **problem);

/* RFC 3339 in UTC; NULL for 0, which stands for never, and for moments that have no such form. To
 * be freed by the caller. */
char *when_to_rfc3339(uint64_t seconds);

/* Local time to the minute, and to the day; "?" for moments that have no such form. To be freed. */
char *when_to_text(uint64_t seconds);
char *when_to_day(uint64_t seconds);

/* "31 days", "2 hours", "1 minute": the largest unit of which there is a whole one, rounded down.
 * To be freed. */
char *when_span(uint64_t seconds);

#endif

/* What the daemon tells of the computer's clock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TOOLS_CLOCK_H
#define TOOLS_CLOCK_H

#include "tools/json.h"
#include "tools/sheet.h"

#include <stdint.h>

/* Times in seconds since 1970; below 0: not told. */
struct clock_told {
  const char *clock;   /* "ok", "suspect", or NULL: not told */
  int64_t believed;    /* the time that pins are judged by */
  int64_t now;         /* what a suspect clock says, */
  int64_t jumped;      /* what it said when it had jumped, */
  int64_t trusted;     /* and from when on it may be trusted */
  const char *problem; /* why else it is suspect; or NULL */
};

/* Says what is wrong with it; nothing where it is fine. */
void clock_add(struct sheet *sheet, const struct clock_told *told);

/* Of what has ended by one of the two times, and by the other not: a sentence about it, to be freed
 * by g_free. NULL: there is no such doubt. end: 0: never. */
char *clock_doubt(const struct clock_told *told, uint64_t end);

/* The members "clock", "believed", "clock-now", "clock-jumped", "clock-trusted" and
 * "clock-problem". */
void clock_put(JsonBuilder *builder, const struct clock_told *told);

#endif

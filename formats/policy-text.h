/* Records as policy text, for administrators.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A place a group, in GKeyFile's syntax.
 */
#ifndef FORMATS_POLICY_TEXT_H
#define FORMATS_POLICY_TEXT_H

#include "formats/reader.h"

struct policy_text;

/* until: when all of it ends, seconds since 1970; 0: as the records say. told: what a group can't
 * say, and what became of it. */
struct policy_text *policy_text_new(int64_t now, int64_t until, reading_told told, void *data);

/* A record of the user's layer, in any order. What says nothing now is left out. */
void policy_text_put(struct policy_text *text, const struct keypin *pin, size_t line);

/* The text; "" where there is no group. It accepts no key that the records don't. whole: false
 * where pins were left out that refuse keys, because no group can say what they do, which was told.
 * Frees; the text is to be freed by g_free. */
char *policy_text_end(struct policy_text *text, bool *whole);

#endif

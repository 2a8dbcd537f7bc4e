/* The values of keys that are a word, a date or a text.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each is passed over where the section has no such key; false after a finding.
 */
#ifndef VALUE_H
#define VALUE_H

#include "policy/section.h"

#include <stdint.h>

/* The key of this name, or NULL. */
const struct section_key *value_find(const struct section *section, const char *name);

/* One of the words; *choice: which. At most 8 words. */
bool value_choice(const struct section *section, const char *name, const char *const *words,
                  size_t count, struct findings *findings, int *choice);

/* "yes" or "no". */
bool value_flag(const struct section *section, const char *name, struct findings *findings,
                bool *flag);

bool value_date(const struct section *section, const char *name, struct findings *findings,
                int64_t *seconds);

/* *text: to be freed by the caller. */
bool value_text(const struct section *section, const char *name, size_t most,
                struct findings *findings, char **text);

/* Finds each key of the section that is none of `known`. */
bool value_check_names(const struct section *section, const char *const *known, size_t count,
                       struct findings *findings);

#endif

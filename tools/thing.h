/* What an entry, an event or a part of an explanation says, without NULLs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef THING_H
#define THING_H

#include "libclient/tlspin.h"

#include <stdbool.h>

/* "" where it isn't there; belongs to the entry. */
const char *thing_text(const tlspin_entry_t *entry, const char *name);

/* 0 where it isn't there. */
uint64_t thing_number(const tlspin_entry_t *entry, const char *name);

/* Its "reason" as a sentence of the user's language: a word of the verdict, of a ticket that was
 * not met, or of a change; what a newer daemon may say is left as it is. */
const char *thing_reason(const tlspin_entry_t *entry);

bool thing_is(const tlspin_entry_t *entry, const char *name, const char *text);

#endif

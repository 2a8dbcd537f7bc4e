/* Verdicts in words, for people: calm, exact, and with the command that mends it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "libclient/check.h"

#include <stddef.h>

/* One sentence: what was found. */
void describe_verdict(const struct tlspin_verdict *verdict, char *text, size_t size);

/* Appends what to do about a mismatch: whom to ask, and the command. Nothing where nothing can be
 * done. */
void describe_remedy(const struct tlspin_verdict *verdict, char *text, size_t size);

/* Appends what the PKI said against a server that nothing else vouches for, and the command that
 * accepts its key all the same; errors: 0 for a raw key. key: as text, or "". */
void describe_unvouched(const struct tlspin_verdict *verdict, unsigned errors, const char *key,
                        char *text, size_t size);

#endif

/* Commands that would change what is answered about a server, as they are typed: quoted for a
 * shell. Each is to be freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef REMEDY_H
#define REMEDY_H

#include "daemon/meant.h"

/* "tlspin WORDS SERVER" */
char *remedy_words(const struct policy_judged *judged, const char *words);

/* Clears what is meant, or the ticket where that decided. NULL where nothing of the user's did. */
char *remedy_clear(const struct policy_judged *judged, meant_test test);

/* Pins the key that was shown; where nothing was, one that is asked for (--from-server). NULL where
 * no pin of the user's would be heard, or nobody knows the key. */
char *remedy_pin(const struct policy_judged *judged);

/* An exception for all errors, or NULL. It names the key as a TLSA record, which says that it is
 * the server's own. */
char *remedy_except(const struct policy_judged *judged);

#endif

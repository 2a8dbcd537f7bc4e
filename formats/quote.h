/* Octets of a file that somebody else wrote, as they are shown to people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_QUOTE_H
#define FORMATS_QUOTE_H

#include "common/bytes.h"

/* The octets in the quotation marks of the user's language, at most 64 characters of them; what is
 * no character, or one that a terminal would obey, as "\x1b". UTF-8; to be freed by g_free. */
char *quote(struct span octets);

#endif

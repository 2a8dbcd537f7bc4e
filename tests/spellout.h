/* Words of calls that are too long to be written, in short.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * {N*TEXT} is TEXT so often, <N> a chain of N certificates, and <=N> a certificate of N octets;
 * TEXT holds none of these.
 */
#ifndef SPELLOUT_H
#define SPELLOUT_H

/* The word in full, to be freed by g_free. The same chain is the same each time. */
char *spell_out(const char *word);

#endif

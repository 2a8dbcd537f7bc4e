/* Characters of UTF-8 (RFC 3629), one at a time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef UTF8_H
#define UTF8_H

#include "common/bytes.h"

/* The next character. Overlong forms, surrogates and what is above U+10FFFF fail the reader. */
uint32_t utf8_read(struct reader *r);

/* Writes a character whole or fails the writer; a number that is none as U+FFFD. */
void utf8_write(struct writer *w, uint32_t character);

/* False for what a terminal or a reader could be misled by: control characters (C0, DEL, C1), line
 * and paragraph separators, and the marks that change the direction of writing (Unicode 15, Bidi
 * Control). */
bool utf8_is_harmless(uint32_t character);

/* True where the octets are UTF-8 without control characters. */
bool utf8_is_text(struct span octets);

#endif

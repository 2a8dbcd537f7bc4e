/* How many cells of a terminal a text takes, and how to make it take others.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Texts are UTF-8. An ideograph takes two cells, a combining mark none.
 */
#ifndef CELLS_H
#define CELLS_H

#include <glib.h>

unsigned cells_width(const char *text);

/* The text, or what fits into `width` cells of it with `ellipsis` in its middle: both ends of a
 * host name tell hosts apart. To be freed by the caller. */
char *cells_shorten(const char *text, unsigned width, const char *ellipsis);

/* Appends the text and the blanks that make it `width` cells. */
void cells_append_padded(GString *out, const char *text, unsigned width);

/* Appends the text broken at blanks so that no line of it passes `width` cells, where words allow;
 * further lines begin after `indent` blanks, as the first already does. width: 0 for no limit. */
void cells_append_wrapped(GString *out, const char *text, unsigned width, unsigned indent);

#endif

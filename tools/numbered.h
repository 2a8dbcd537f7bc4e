/* Messages about one of several records.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NUMBERED_H
#define NUMBERED_H

/* Library and daemon say "entry 17: ..." in the user's language: returns 17, and *rest is what
 * stands behind it. 0, and *rest is the text, where it says no number. */
unsigned long numbered_read(const char *text, const char **rest);

#endif

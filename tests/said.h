/* What a piece of a test program says to its user.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SAID_H
#define SAID_H

#include "tests/capture.h"

/* Ends what capture_begin began: the message must hold the text, or there must be none. */
void assert_said(struct capture *capture, const char *expected);

/* The same: a message is one line, whatever is in the texts and the names of files that it repeats.
 * It must hold "[2J" of a text with an escape before that, and not the escape. */
void assert_one_line(struct capture *capture);

#endif

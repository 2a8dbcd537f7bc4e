/* All of a file that the user names, or of standard input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef INPUT_H
#define INPUT_H

#include "common/bytes.h"

#include <glib.h>

/* path: "-" for `input`, a file descriptor. NULL: *problem says what is wrong, to be freed by the
 * caller. */
GBytes *input_read(const char *path, int input, char **problem);

/* Its octets. */
struct span input_span(GBytes *bytes);

#endif

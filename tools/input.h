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

/* The same for a file that has at most so many octets, whole MiB; "-" is standard input. */
GBytes *input_read_small(const char *path, unsigned most, char **problem);

/* The name of a file as it is shown: UTF-8, without what a terminal would obey, and in one line. To
 * be freed by the caller. */
char *input_name(const char *path);

/* Its octets. */
struct span input_span(GBytes *bytes);

#endif

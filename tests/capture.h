/* What a piece of a test program writes to a file descriptor.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can't be had ends the test program.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>

struct capture {
  int fd;     /* 1 or 2 */
  int saved;  /* where it led before */
  int reader; /* what is written can be read here */
};

/* From now on, what is written to the descriptor goes into a file. */
void capture_begin(struct capture *capture, int fd);

/* The same, into a terminal of so many columns (0: one that doesn't know). At most 4 KiB may be
 * written. */
void capture_begin_terminal(struct capture *capture, int fd, unsigned short columns);

/* Ends it. Returns what was written; to be freed with free. */
char *capture_end(struct capture *capture);

#endif

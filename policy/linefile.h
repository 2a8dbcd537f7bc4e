/* A file line by line, from any offset on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LINEFILE_H
#define LINEFILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct linefile {
  int fd;
  int fault;       /* errno of a read that failed, or 0 */
  int64_t base;    /* the offset in the file of what is in the buffer */
  size_t used, at; /* octets in it, and those that were taken */
  size_t step;     /* octets to be read next */
  char octets[1 << 14];
};

/* fd: open for reading; linefile_close closes it. */
void linefile_open(struct linefile *file, int fd);
void linefile_close(struct linefile *file);

/* The offset of the next line. */
int64_t linefile_offset(const struct linefile *file);
void linefile_seek(struct linefile *file, int64_t offset);

/* Reads a line into `line`, without its end: a line feed, or a carriage return and one. What is
 * beyond `most` octets is passed over, and *overlong then. False at the end of the file, or after a
 * fault. */
bool linefile_next(struct linefile *file, GString *line, size_t most, bool *overlong);

#endif

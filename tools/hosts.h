/* Servers that the user names: HOST[:PORT] as arguments, or one a line on standard input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "common/host.h"

#include <glib.h>
#include <stdio.h>

struct target {
  char host[HOST_MAX + 1]; /* normalised */
  uint16_t port;           /* 0: any */
};

/* Reads one of the form HOST[:PORT], UTF-8 or in the locale's character set. False: *problem says
 * what is wrong, to be freed by the caller. */
bool target_read(const char *text, struct target *target, char **problem);

/* "imap.example.org:993", or the host alone; to be freed by the caller. */
char *target_text(const struct target *target);

/* Reads all arguments (ending with NULL). "-" stands for the lines of `input`; empty ones and those
 * that begin with '#' are passed over. Returns an array of struct target, to be freed with
 * g_array_unref; or NULL where one can't be used, and *problem says which one. */
GArray *hosts_read(char *const *arguments, FILE *input, char **problem);

#endif

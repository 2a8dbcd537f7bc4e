/* Servers that the user names: HOST[:PORT] or a place as arguments, or one a line on standard
 * input.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef HOSTS_H
#define HOSTS_H

#include "pinning/place.h"

#include <glib.h>
#include <stdio.h>

enum { TARGET_ANY_SCOPE = -1 };

struct target {
  char host[HOST_MAX + 1]; /* normalised; "": what holds for every host */
  uint16_t port;           /* 0: any */
  int scope;               /* enum scope, or TARGET_ANY_SCOPE: whatever stands at the host */
};

/* The argument that names a server; for "-" the next line of standard input, so that the server
 * stands in no list of processes. To be freed by the caller; NULL: *problem says what is wrong, and
 * is to be freed. */
char *target_argument(const char *text, char **problem);

/* Reads one of the form HOST[:PORT], UTF-8 or in the locale's character set, or "-" as above.
 * False: *problem says what is wrong, to be freed by the caller. */
bool target_read(const char *text, struct target *target, char **problem);

/* The same for a server that is to be met. where: to connect; the host as it was written, which may
 * be an address, if `name` says who the server there is to be, and else the normalised one. */
bool target_read_met(const char *text, const char *name, struct target *target,
                     char where[HOST_INPUT_MAX + 1], char **problem);

/* The same for a server or a place of a record: *.HOST, .HOST or "*", too (pinning/place.h). */
bool target_read_place(const char *text, struct target *target, char **problem);

/* "imap.example.org:993", the host alone, or the place; to be freed by the caller. */
char *target_text(const struct target *target);

/* The token of its scope, for a filter; NULL: any. Static. */
const char *target_scope(const struct target *target);

/* Reads all arguments (ending with NULL), places too. "-" stands for the lines of `input`; empty
 * ones and those that begin with '#' are passed over. Returns an array of struct target, to be
 * freed with g_array_unref; or NULL where one can't be used, and *problem says which one. */
GArray *hosts_read(char *const *arguments, FILE *input, char **problem);

#endif

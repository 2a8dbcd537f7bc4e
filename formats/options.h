/* Keys as ready lines of options for programs that have some of their own.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * curl, wget and openconnect compare the server's key; msmtp and WeeChat its certificate, so that
 * they can only be given one that tlspin was told or has seen.
 */
#ifndef FORMATS_OPTIONS_H
#define FORMATS_OPTIONS_H

#include "formats/reader.h"

enum options_program {
  OPTIONS_CURL,
  OPTIONS_WGET,
  OPTIONS_MSMTP,
  OPTIONS_WEECHAT,
  OPTIONS_OPENCONNECT,
  OPTIONS_PROGRAMS
};

/* "curl"; static. */
const char *options_program_name(enum options_program program);

struct options;

struct options *options_new(enum options_program program, int64_t now);

/* A record, in any order. Those that are no pins, not in force, or only history don't count. */
void options_put(struct options *options, const struct keypin *pin);

/* The lines, with the place in a comment before each; "" where there is none. told: about places
 * and keys that the program can't be given. Frees; the text is to be freed by g_free. */
char *options_end(struct options *options, reading_told told, void *data);

#endif

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

/* asked: the one server that all of it is about, which may have pins of several places; NULL: each
 * place is written by itself. */
struct options *options_new(enum options_program program, int64_t now, const struct place *asked);

/* What is blocked, and so left out of the pins that are put afterwards. Others don't count. */
void options_block(struct options *options, const struct keypin *pin);

/* A record, in any order. Pins that are in force become options; of those that are expired, only
 * reported, masked (another entry decides) or for DTLS, it is told at the end where nothing else is
 * left. An "off" is a reason, too. Others, and those that are only history, don't count. layer:
 * pins of one layer and origin are one set. */
void options_put(struct options *options, const struct keypin *pin, const char *layer, bool masked);

/* The lines, with the place in a comment before each; "" where there is none. told: about places
 * and keys that the program can't be given, and about each place of which nothing is written.
 * Frees; the text is to be freed by g_free. */
char *options_end(struct options *options, reading_told told, void *data);

#endif

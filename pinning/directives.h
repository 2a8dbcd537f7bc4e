/* Directives of a header field: names, with values or without, between semicolons.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The grammar of Public-Key-Pins (RFC 7469 section 2.1), whose token and quoted-string are those of
 * RFC 7230 section 3.2.6. Both manners pass over empty directives, which RFC 6797 section 6.1 has
 * in the same grammar and all deployed readers take.
 */
#ifndef DIRECTIVES_H
#define DIRECTIVES_H

#include "common/bytes.h"

#include <stdbool.h>

enum directives_manner {
  DIRECTIVES_STRICT,  /* the grammar */
  DIRECTIVES_TOLERANT /* and what Chromium took: white space around '=', a value in single quotes,
                         DEL in quotes */
};

struct directives {
  struct span text;
  size_t at;
  enum directives_manner manner;
};

/* All point into the text. */
struct directive {
  struct span name;
  struct span value; /* without its quotes, and its quoted pairs as they stand */
  bool has_value;    /* one of no octets is one, too */
  bool quoted;
};

enum directives_step { DIRECTIVES_END, DIRECTIVES_NEXT, DIRECTIVES_MALFORMED };

/* text: any octets. After DIRECTIVES_MALFORMED there is nothing more to be read. */
struct directives directives_of(struct span text, enum directives_manner manner);
enum directives_step directives_next(struct directives *directives, struct directive *directive);

/* Whether two names are the same but for the case of ASCII letters. */
bool directive_names_equal(struct span a, struct span b);

/* The value without its backslashes. */
void directive_value(const struct directive *directive, struct writer *writer);

#endif

/* What Emacs prints of lists, strings and symbols, read form by form.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing of it is ever evaluated. Vectors, characters and such are not read: no list of keys holds
 * any.
 */
#ifndef FORMATS_LISP_H
#define FORMATS_LISP_H

#include "common/bytes.h"

#include <glib.h>

enum { LISP_DEPTH_MOST = 8 };

enum lisp_kind { LISP_LIST, LISP_STRING, LISP_SYMBOL }; /* numbers are symbols here */

struct lisp {
  enum lisp_kind kind;
  size_t line;
  GString *text;    /* of a string without its quotation marks, or of a symbol */
  GPtrArray *items; /* of a list: struct lisp * */
};

struct lisp_reader {
  struct reader octets;
  size_t line; /* from 1 */
};

struct lisp_reader lisp_reader_of(struct span octets);

/* Past blanks and comments: the next octet, which stays, or -1 at the end. */
int lisp_peek(struct lisp_reader *reader);

/* Takes one parenthesis. False where there is another octet. */
bool lisp_take(struct lisp_reader *reader, char parenthesis);

/* The next form; NULL where it is broken off, too deep, or none that is read here. To be freed by
 * lisp_free. */
struct lisp *lisp_read(struct lisp_reader *reader);
void lisp_free(struct lisp *form);
typedef struct lisp lisp;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lisp, lisp_free)

/* What stands behind a symbol in a property list: NULL where it isn't there. */
const struct lisp *lisp_get(const struct lisp *list, const char *symbol);

#endif

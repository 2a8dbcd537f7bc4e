/* A group of policy text: what is gathered of a place, and how it is written.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FORMATS_POLICY_TEXT_PRIVATE_H
#define FORMATS_POLICY_TEXT_PRIVATE_H

#include "pinning/keypin.h"

#include <glib.h>

/* When and over what it holds. */
struct terms {
  int protocol;
  int64_t enforce_until, report_until;
};

struct group {
  char name[PLACE_TEXT_SIZE];
  bool standing; /* it has pins or blocked keys, or keeps its mode: */
  struct terms terms;
  enum keypin_level level;
  bool critical;
  bool always;
  const char *mode; /* "on" or "off"; NULL: not said */
  struct terms mode_terms;
  size_t mode_line;
  char *comment;      /* NULL: none */
  GPtrArray *pins;    /* texts */
  GPtrArray *blocked; /* the same */
  struct terms exception_terms;
  unsigned errors;
  GPtrArray *exceptions; /* texts */
};

/* until: when all of it ends, seconds since 1970; 0: as the group says. */
void policy_text_write(GKeyFile *file, const struct group *group, int64_t until);

/* Whether anything is enforced until then, or ever was. Of the user's records 1 says that nothing
 * is, since 0 says something else there. */
bool policy_text_is_enforced(int64_t enforce_until);

#endif
